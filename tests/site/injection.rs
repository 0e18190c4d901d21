//! What is typed stays a value, in every field, every address and every search (SEC-01, SEC-05, SEC-32).

use axum::http::{Method, StatusCode};
use practice_site::web::admin::{Access, ROUTES};
use sqlx::Row;

use crate::form::encode;
use crate::inbox::{sam, sent};
use crate::log::Log;
use crate::office::{Browser, Office};
use crate::reception::{self, NOTE};
use crate::vectors::{MARKUP, VALUES};
use crate::visit::{Answer, shipped};

/// Every name that a form of the inbox gives a field.
const FIELDS: [&str; 27] = [
    "again",
    "code",
    "email",
    "end_of_code",
    "erase",
    "factor_password",
    "format",
    "from",
    "id",
    "invitation_code",
    "kind",
    "name",
    "new_password",
    "next",
    "next_step",
    "note",
    "old_password",
    "password",
    "q",
    "reason",
    "recovery_code",
    "reference",
    "referred_to",
    "setup_code",
    "status",
    "to",
    "version",
];

/// Words that only our inside uses. None of them belongs on a page.
const INSIDE: [&str; 12] = [
    "sqlx",
    "SQLITE",
    "near \"",
    "syntax error",
    "no such table",
    "serde",
    "panicked",
    ".rs:",
    "anyhow",
    "axum",
    "Traceback",
    "stack backtrace",
];

fn is_calm(what: &str, answer: &Answer) {
    assert!(!answer.status.is_server_error(), "{what}: {}", answer.status);
    shows_nothing_of_the_inside(what, answer);
}

fn shows_nothing_of_the_inside(what: &str, answer: &Answer) {
    let text = String::from_utf8_lossy(&answer.body);
    for word in INSIDE {
        assert!(!text.contains(word), "{what} shows {word}");
    }
}

/// Tables as they were made, and everything in those that only a person of the practice may change.
async fn everything(office: &Office) -> Vec<String> {
    let mut conn = office.desk().db.read().await.expect("reads");
    let mut found = Vec::new();
    for query in [
        "SELECT name || coalesce(sql, '') FROM sqlite_schema ORDER BY 1",
        "SELECT reference || status || version || hex(answers) FROM inquiries ORDER BY 1",
        "SELECT kind || coalesce(detail, '') || hex(coalesce(sealed, '')) FROM events ORDER BY id",
        "SELECT id || email || name || hex(sign_in_hash) || coalesce(disabled_at, '') FROM staff ORDER BY 1",
        "SELECT holder || hex(wrapped) FROM practice_key_copies ORDER BY 1",
        "SELECT email || name FROM invitations ORDER BY 1",
    ] {
        let rows = sqlx::query(query).fetch_all(&mut *conn).await.expect(query);
        found.extend(rows.iter().map(|row| row.try_get::<String, _>(0).expect("text")));
    }
    found
}

/// Not those that end the session of whoever tries them.
fn posts(path: &str) -> bool {
    !path.ends_with("/sign-out") && !path.ends_with("/all")
}

fn percent(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}

#[tokio::test]
async fn sec_01_no_field_of_the_inbox_takes_a_value_for_more_than_that() {
    let office = Office::fresh().await;
    let founder = office.founded().await;
    let reference = sent(&office, &sam(), &[]).await;
    let before = everything(&office).await;
    for value in VALUES.into_iter().chain(["\0", "\u{85}", "ÿ"]) {
        let fields: Vec<_> = FIELDS.iter().map(|name| (*name, value)).collect();
        for route in ROUTES.iter().filter(|route| posts(route.path) && !route.path.contains("/notes")) {
            let path = route.path.replace("{reference}", reference.as_str());
            for browser in [&founder.browser, &office.browser()] {
                is_calm(&format!("{path} with {value}"), &browser.post(&path, &fields).await);
            }
        }
    }
    assert_eq!(everything(&office).await, before);
    let found = founder.browser.post("/admin/inquiries", &[("q", "Sam")]).await;
    assert!(found.text().contains("Sam Made-Up"));
    assert!(!founder.browser.post("/admin/inquiries", &[("q", "%")]).await.text().contains("Sam Made-Up"));
}

#[tokio::test]
async fn sec_01_no_address_takes_a_value_for_more_than_that() {
    let site = shipped();
    let office = Office::fresh().await;
    let founder = office.founded().await;
    for value in VALUES.into_iter().chain(MARKUP).chain(["\0", "\r\n"]) {
        let value = percent(value);
        for start in
            ["/articles/", "/services/", "/articles/topics/", "/request-consultation/received/", "/search?q="]
        {
            let answer = site.open(&format!("{start}{value}")).await;
            is_calm(start, &answer);
            assert!(start.ends_with('=') || answer.status.is_client_error(), "{start}{value}");
        }
        for start in [
            "/admin/inquiries/",
            "/admin/inquiries?view=",
            "/admin/inquiries?page=",
            "/admin/log?person=",
            "/admin/log?inquiry=",
            "/admin/log?page=",
            "/admin/export?reference=",
            "/admin/people/disable?id=",
            "/admin/sign-in?next=",
            "/admin?done=",
            "/admin/settings?done=",
        ] {
            is_calm(start, &founder.browser.open(&format!("{start}{value}")).await);
        }
        is_calm("a stranger's", &office.browser().open(&format!("/admin/inquiries/{value}")).await);
    }
}

#[tokio::test]
async fn sec_01_a_page_of_quotes_is_kept_as_typed_or_refused_with_a_word() {
    let reception = reception::open().await;
    let mut form = reception.filled().await;
    let many = "'\"".repeat(5_000);
    let refused = reception.press(form.fill(NOTE, &many), "Continue").await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    let kept = crate::form::Form::with_button(&refused.html(), "Continue").value("note");
    assert_eq!(kept.as_deref(), Some(many.as_str()));
    let megabyte = format!("note={}", "'".repeat(1_000_000)).into_bytes();
    let kind = "application/x-www-form-urlencoded";
    let answer = reception.raw("192.0.2.7:1", "/request-consultation/send", kind, megabyte).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
    for value in VALUES.into_iter().filter(|value| !value.contains('\n')) {
        let mut form = reception.filled().await;
        for label in ["Name", NOTE] {
            form.fill(label, value);
        }
        reception.sent(&form).await;
        let stored = reception.stored().await.pop().expect("stored");
        let answers = reception.opened(&stored);
        assert_eq!((answers.name.as_str(), answers.note.as_deref()), (value, Some(value)));
        reception.wait(3_600);
    }
}

#[tokio::test]
async fn sec_05_nothing_is_changed_by_looking_or_by_what_is_no_form() {
    let office = Office::fresh().await;
    let founder = office.founded().await;
    let reference = sent(&office, &sam(), &[]).await;
    let before = everything(&office).await;
    let fields = FIELDS.iter().map(|name| format!("{name}={}", encode("1"))).collect::<Vec<_>>().join("&");
    for route in ROUTES.iter().filter(|route| route.access == Access::Staff) {
        let path = route.path.replace("{reference}", reference.as_str());
        for method in [Method::GET, Method::HEAD] {
            let answer = founder.browser.send(method, &format!("{path}?{fields}"), &[], String::new()).await;
            is_calm(&path, &answer);
        }
        if takes_posts(&founder.browser, &path).await {
            for kind in ["text/plain", "application/json", "multipart/form-data; boundary=x"] {
                let answer = founder.browser.send_as(kind, &path, &fields).await;
                assert_eq!(answer.status, StatusCode::UNSUPPORTED_MEDIA_TYPE, "{path} as {kind}");
            }
        }
    }
    assert_eq!(everything(&office).await, before);
    assert_eq!(founder.browser.open("/admin/account").await.status, StatusCode::OK, "still signed in");
}

async fn takes_posts(browser: &Browser<'_>, path: &str) -> bool {
    let answer = browser.send(Method::PUT, path, &[("sec-fetch-site", "same-origin")], String::new()).await;
    // Ending all sessions asks for no field at all.
    answer.header("allow").contains("POST") && !path.ends_with("/all") && !path.ends_with("/retry")
}

#[tokio::test]
async fn sec_32_whatever_breaks_the_page_shows_a_code_and_the_log_has_it() {
    let lines = Log::default();
    let subscriber = practice_site::app::log::subscriber("info", lines.clone());
    let _guard = tracing::subscriber::set_default(subscriber);
    let office = Office::fresh().await;
    let founder = office.founded().await;
    let reference = sent(&office, &sam(), &[]).await;
    office.execute("ALTER TABLE events RENAME TO hidden_events").await;
    let mut broken = 0;
    for route in ROUTES.iter().filter(|route| posts(route.path)) {
        let path = route.path.replace("{reference}", reference.as_str());
        for answer in [
            founder.browser.open(&path).await,
            founder.browser.post(&path, &[("note", "a"), ("version", "1")]).await,
        ] {
            shows_nothing_of_the_inside(&path, &answer);
            if answer.status == StatusCode::INTERNAL_SERVER_ERROR {
                broken += 1;
                let page = answer.html();
                let code = crate::visit::words(crate::visit::one(&page, "main code"));
                let log = lines.text();
                assert!(log.contains(&format!("request={code}")), "{path}: {code} is not in the log");
            }
        }
    }
    assert!(broken > 2, "only {broken} pages broke");
    let log = lines.text();
    assert!(!log.contains("Sam Made-Up") && !log.contains("sam@example.com"), "{log}");
}
