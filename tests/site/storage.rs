//! A database that becomes damaged while the site runs, and a handler that panics.

use std::fs::File;
use std::os::unix::fs::FileExt;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use axum::routing::get;
use jiff::{SignedDuration, Timestamp};
use practice_site::app::housekeeping::Housekeeping;
use practice_site::db::Db;
use practice_site::web::error::panicked;
use practice_site::web::security;
use tower::ServiceExt;
use tower_http::catch_panic::CatchPanicLayer;

use crate::office::{EMAIL, NAME, Office, PASSWORD};
use crate::visit::{self, read};

#[tokio::test]
async fn rel_06_damage_is_noticed_within_a_day_and_from_then_on_nothing_is_written() {
    let office = Office::fresh().await;
    let founder = office.founded().await;
    let (db, practice) = (&office.desk().db, office.web.current.load().content().practice.clone());
    let backup = office.data.path().join("backup");
    let mut house = Housekeeping::new(db.clone(), visit::BASE_URL.into(), office.desk().mail.clone(), backup);
    let now = || Timestamp::from_millisecond(office.now()).expect("a time");
    house.turn(&practice, now()).await;
    let (file, page, good) = damage(db).await;
    house.turn(&practice, now() + SignedDuration::from_mins(1)).await;
    assert!(!db.is_damaged(), "not every minute: it reads all of it");
    house.turn(&practice, now() + SignedDuration::from_hours(24)).await;
    assert!(db.is_damaged());

    assert!(db.begin().await.is_err());
    assert_eq!(founder.browser.open("/readyz").await.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(founder.browser.open("/request-consultation").await.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(founder.browser.open("/").await.status, StatusCode::OK);
    let today = founder.browser.open("/admin/people").await;
    assert_eq!(today.status, StatusCode::OK, "reading goes on");
    assert!(today.text().contains("The database is damaged"), "{}", today.text());

    let (other, before) = (office.browser(), office.hashed());
    let answer =
        other.post("/admin/sign-in", &[("email", EMAIL), ("password", PASSWORD), ("code", "")]).await;
    assert_eq!((answer.status, office.hashed()), (StatusCode::SERVICE_UNAVAILABLE, before));
    assert!(answer.text().contains("the database is damaged") && answer.text().contains(EMAIL));
    let code = founder.recovery_code.as_str();
    let recovery = [("email", EMAIL), ("recovery_code", code), ("new_password", PASSWORD)];
    let invitation = [("invitation_code", code), ("password", PASSWORD)];
    for (path, typed) in [("/admin/recover", &recovery[..]), ("/admin/join", &invitation)] {
        let answer = other.post(path, typed).await;
        assert_eq!((answer.status, office.hashed()), (StatusCode::SERVICE_UNAVAILABLE, before), "{path}");
        let text = answer.text();
        assert!(text.contains("the database is damaged") && !text.contains(PASSWORD), "{path}: {text}");
        assert_eq!(text.contains(EMAIL), path == "/admin/recover", "{path}");
    }
    let answer = founder.browser.post("/admin/sign-out", &[]).await;
    assert_eq!(answer.header("location"), "/admin/sign-in?done=signed-out");
    assert!(founder.browser.cookie("__Host-session").is_none());

    // Where it turns out to be whole after all, as with memory that failed once, the site works again.
    file.write_all_at(&good, page).expect("written");
    house.turn(&practice, now() + SignedDuration::from_hours(25)).await;
    assert!(!db.is_damaged());
    assert_eq!(founder.browser.open("/request-consultation").await.status, StatusCode::OK);
}

#[tokio::test]
async fn setting_up_on_a_damaged_database_is_refused_in_words_and_at_once() {
    let office = Office::fresh().await;
    let db = &office.desk().db;
    damage(db).await;
    assert!(db.check_whole().await.is_err());
    let (code, before) = (office.setup_code.as_str(), office.hashed());
    let typed = [("setup_code", code), ("name", NAME), ("email", EMAIL), ("password", PASSWORD)];
    let answer = office.browser().post("/admin/setup", &typed).await;
    assert_eq!((answer.status, office.hashed()), (StatusCode::SERVICE_UNAVAILABLE, before));
    let text = answer.text();
    assert!(text.contains("the database is damaged") && text.contains(EMAIL) && !text.contains(PASSWORD));
}

/// Makes nonsense of a page that no page of the site reads. The file, where it begins there, and what was there before.
async fn damage(db: &Db) -> (File, u64, Vec<u8>) {
    assert!(db.truncate_log().await.expect("no error"));
    let file = File::options().read(true).write(true).open(db.path()).expect("opens");
    let root = sqlx::query_scalar("SELECT rootpage FROM sqlite_schema WHERE name = 'events'");
    let root: i64 = root.fetch_one(&mut *db.read().await.expect("a reader")).await.expect("a table");
    let page = u64::try_from(root - 1).expect("a page") * 4096;
    let mut good = vec![0; 4096];
    file.read_exact_at(&mut good, page).expect("read");
    file.write_all_at(&[0xA5; 4096], page).expect("written");
    (file, page, good)
}

#[tokio::test]
async fn a_browser_is_signed_out_also_where_its_session_can_t_be_read() {
    let office = Office::fresh().await;
    let founder = office.founded().await;
    office.execute("ALTER TABLE sessions RENAME TO lost").await;
    let answer = founder.browser.post("/admin/sign-out", &[]).await;
    assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert!(founder.browser.cookie("__Host-session").is_none());
}

#[tokio::test]
async fn rel_24_a_handler_that_panics_is_a_page_and_the_next_request_is_fine() {
    let office = Office::fresh().await;
    // As `web::router` puts them together.
    let broken = Router::new()
        .route("/broken", get(async || -> StatusCode { panic!("made up: Quill Madeup") }))
        .route("/fine", get(async || "fine"))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(axum::middleware::from_fn_with_state(office.web.clone(), security::layer));
    let ask = async |path: &str| {
        let request = Request::builder()
            .uri(path)
            .header("host", "practice.example")
            .body(Body::empty())
            .expect("a request");
        read(broken.clone().oneshot(request).await.expect("an answer")).await
    };
    let answer = ask("/broken").await;
    assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR);
    let text = answer.text();
    assert!(text.contains("Something on our side failed") && text.contains("988"), "{text}");
    assert!(!text.contains("Quill"), "what it panicked with is nobody's business");
    assert_eq!(ask("/fine").await.status, StatusCode::OK);
}
