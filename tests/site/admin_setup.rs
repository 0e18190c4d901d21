//! From the set-up code to the first account, and what had come in before it.

use axum::http::StatusCode;
use practice_site::seal;
use practice_site::staff::session::{self, Session};

use crate::office::{Browser, EMAIL, NAME, Office, PASSWORD};
use crate::visit::{Answer, one, words};

/// Sends a request through the public form.
async fn ask(office: &Office) {
    let visitor = office.browser();
    let page = visitor.page("/request-consultation").await;
    let token = one(&page, "[name=token]").value().attr("value").expect("a token").to_owned();
    let fields = [
        ("token", token.as_str()),
        ("name", "Pat Made-Up"),
        ("looking_for", "myself"),
        ("location", "WA"),
        ("adult", "yes"),
        ("by", "email"),
        ("email", "pat@example.com"),
        ("note", "A note that only the practice reads."),
        ("understood", "yes"),
    ];
    let answer = visitor.post("/request-consultation/send", &fields).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text());
}

async fn set_up(browser: &Browser<'_>, code: &str, password: &str) -> Answer {
    let fields = [("setup_code", code), ("name", NAME), ("email", EMAIL), ("password", password)];
    browser.post("/admin/setup", &fields).await
}

async fn session(office: &Office, browser: &Browser<'_>) -> Session {
    let cookie = browser.cookie("__Host-session").expect("a cookie");
    let mut conn = office.desk().db.read().await.expect("reads");
    session::find(&mut conn, &cookie, office.now()).await.expect("reads").expect("a session")
}

#[tokio::test]
async fn set_up_leads_from_the_code_to_the_inbox() {
    let office = Office::fresh().await;
    let browser = office.browser();
    let form = browser.page("/admin/setup").await;
    assert_eq!(one(&form, "#password").value().attr("autocomplete"), Some("new-password"));
    let answer = set_up(&browser, &office.setup_code, PASSWORD).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.header("cache-control"), "no-store");
    let code = words(one(&answer.html(), ".reference"));
    assert_eq!(browser.open("/admin").await.header("location"), "/admin/recovery-code");
    assert!(!browser.open("/admin/recovery-code").await.text().contains(&code), "shown once");

    let wrong = browser.post("/admin/recovery-code", &[("end_of_code", "00000")]).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    let ending = code[code.len() - 5..].to_lowercase();
    let right = browser.post("/admin/recovery-code", &[("end_of_code", &ending)]).await;
    assert_eq!(right.header("location"), "/admin/second-factor");

    assert_eq!(browser.open("/admin").await.header("location"), "/admin/second-factor");
    let page = browser.page("/admin/second-factor").await;
    one(&page, "svg[role=img] path");
    let seed = session(&office, &browser).await.enrolling.expect("a seed");
    assert!(words(one(&page, "main")).contains(&seed.text()));
    let wrong = browser.post("/admin/second-factor", &[("code", "000000")]).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    let now = seed.code(office.now()).expect("a code");
    let right = browser.post("/admin/second-factor", &[("code", &now)]).await;
    assert_eq!(right.header("location"), "/admin?done=second-factor");
    assert_eq!(browser.open("/admin/account").await.status, StatusCode::OK);
}

#[tokio::test]
async fn what_came_in_before_set_up_is_sealed_again_to_the_new_key() {
    let office = Office::fresh().await;
    ask(&office).await;
    let read = async || -> (String, Vec<u8>) {
        let mut conn = office.desk().db.read().await.expect("reads");
        sqlx::query_as("SELECT reference, answers FROM inquiries").fetch_one(&mut *conn).await.expect("a row")
    };
    let before = read().await;
    let browser = office.browser();
    set_up(&browser, &office.setup_code, PASSWORD).await;
    let after = read().await;
    assert_ne!(before.1, after.1);
    let private = session(&office, &browser).await.private;
    let opened = seal::open(&private, &after.0, &after.1).expect("opens");
    assert!(String::from_utf8_lossy(&opened).contains("only the practice reads"));
    assert!(seal::open(&private, &before.0, &before.1).is_err(), "an old copy opens nothing");
    ask(&office).await;
    let mut conn = office.desk().db.read().await.expect("reads");
    let all: Vec<(String, Vec<u8>)> =
        sqlx::query_as("SELECT reference, answers FROM inquiries").fetch_all(&mut *conn).await.expect("rows");
    assert_eq!(all.len(), 2);
    assert!(all.iter().all(|(reference, sealed)| seal::open(&private, reference, sealed).is_ok()));
}

#[tokio::test]
async fn set_up_is_over_after_the_first_account_and_its_code_is_gone() {
    let office = Office::fresh().await;
    assert!(office.data.path().join("setup-code").exists());
    set_up(&office.browser(), &office.setup_code, PASSWORD).await;
    assert!(!office.data.path().join("setup-code").exists());
    let stranger = office.browser();
    assert_eq!(stranger.open("/admin/setup").await.header("location"), "/admin/sign-in");
    let answer = set_up(&stranger, &office.setup_code, PASSWORD).await;
    assert_eq!(answer.header("location"), "/admin/sign-in");
    assert_eq!(stranger.cookie("__Host-session"), None);
}

#[tokio::test]
async fn what_is_wrong_is_said_beside_its_field_and_the_rest_stays() {
    let office = Office::fresh().await;
    let browser = office.browser();
    let other = "ABCDE-FGH12-JKMNP-QRSTV-WXYZ0";
    for (code, password, field, says) in [
        ("short", PASSWORD, "setup_code", "25 letters and digits"),
        (other, PASSWORD, "setup_code", "not the set-up code"),
        (&office.setup_code, "only 14 chars!", "password", "15 characters or more"),
        (&office.setup_code, "passwordpassword", "password", "tried first"),
        (&office.setup_code, "jo example jo example", "password", "others know"),
    ] {
        let answer = set_up(&browser, code, password).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{says}");
        let page = answer.html();
        assert!(words(one(&page, &format!("#{field}-error"))).contains(says), "{says}");
        assert_eq!(one(&page, "#name").value().attr("value"), Some(NAME));
        assert_eq!(one(&page, "#email").value().attr("value"), Some(EMAIL));
        assert!(!answer.text().contains(password), "{says}");
    }
}

#[tokio::test]
async fn where_the_second_factor_is_optional_set_up_ends_with_the_recovery_code() {
    let office = Office::with(&["--second-factor", "optional"]).await;
    let browser = office.browser();
    let answer = set_up(&browser, &office.setup_code, PASSWORD).await;
    let code = words(one(&answer.html(), ".reference"));
    let right = browser.post("/admin/recovery-code", &[("end_of_code", &code[code.len() - 5..])]).await;
    assert_eq!(right.header("location"), "/admin?done=kept");
    assert_eq!(browser.open("/admin/account").await.status, StatusCode::OK);
    browser.post("/admin/sign-out", &[]).await;
    let fields = [("email", EMAIL), ("password", PASSWORD), ("code", ""), ("next", "")];
    assert_eq!(browser.post("/admin/sign-in", &fields).await.header("location"), "/admin");
}
