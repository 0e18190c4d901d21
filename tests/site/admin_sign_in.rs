//! Signing in and out, and how long a session lasts (SEC-07 to SEC-13, PRV-07).

use axum::http::{Method, StatusCode};
use practice_site::outbox;
use practice_site::staff::second_factor::Seed;

use crate::log::Log;
use crate::office::{Browser, EMAIL, NAME, Office, PASSWORD};
use crate::visit::{Answer, all, one, words};

async fn sign_in(browser: &Browser<'_>, password: &str, code: &str) -> Answer {
    browser
        .post("/admin/sign-in", &[("email", EMAIL), ("password", password), ("code", code), ("next", "")])
        .await
}

fn code(office: &Office, seed: &Seed) -> String {
    seed.code(office.now()).expect("a code")
}

async fn is_in(browser: &Browser<'_>) -> bool {
    browser.open("/admin/account").await.status == StatusCode::OK
}

#[tokio::test]
async fn password_and_code_open_the_inbox() {
    let office = Office::fresh().await;
    let founder = office.founded().await;
    let other = office.browser();
    let form = other.page("/admin/sign-in").await;
    assert_eq!(one(&form, "#password").value().attr("autocomplete"), Some("current-password"));
    assert_eq!(one(&form, "#code").value().attr("inputmode"), Some("numeric"));
    let answer = sign_in(&other, PASSWORD, &code(&office, &founder.seed)).await;
    assert_eq!((answer.status, answer.header("location")), (StatusCode::SEE_OTHER, "/admin"));
    assert!(is_in(&other).await);
}

#[tokio::test]
async fn sec_07_the_cookie_is_for_this_host_alone_and_stands_nowhere_else() {
    let office = Office::fresh().await;
    let founder = office.founded().await;
    let other = office.browser();
    other.keep("__Host-session", "chosen-by-somebody-else");
    let answer = sign_in(&other, PASSWORD, &code(&office, &founder.seed)).await;
    let cookies: Vec<_> = answer
        .headers
        .get_all("set-cookie")
        .iter()
        .map(|cookie| cookie.to_str().expect("readable"))
        .collect();
    assert_eq!(cookies.len(), 2);
    for cookie in cookies {
        assert!(cookie.starts_with("__Host-"), "{cookie}");
        assert!(cookie.contains("; Path=/; HttpOnly; SameSite=Lax; Secure"), "{cookie}");
        assert!(!cookie.contains("Domain"), "{cookie}");
    }
    let cookie = other.cookie("__Host-session").expect("a session");
    assert_ne!(cookie, "chosen-by-somebody-else");
    let stored = std::fs::read(office.desk().db.path()).expect("readable");
    assert!(!stored.windows(cookie.len()).any(|window| window == cookie.as_bytes()));
}

#[tokio::test]
async fn sec_11_no_answer_says_what_was_wrong() {
    let office = Office::fresh().await;
    let founder = office.founded().await;
    let right = code(&office, &founder.seed);
    let wrong_password = sign_in(&office.browser(), "another mortar lily 9", &right).await;
    let wrong_code = sign_in(&office.browser(), PASSWORD, "000000").await;
    let fields = [("email", EMAIL), ("password", PASSWORD), ("code", "")];
    let no_code = office.browser().post("/admin/sign-in", &fields).await;
    let fields = [("email", "al@example.com"), ("password", PASSWORD), ("code", right.as_str())];
    let stranger = office.browser().post("/admin/sign-in", &fields).await;
    assert!(wrong_password.text().contains("Email, password or code does not match."));
    for answer in [wrong_code, no_code, stranger] {
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(answer.text().replace("al@example.com", EMAIL), wrong_password.text());
        assert!(answer.headers.get("set-cookie").is_none());
    }
}

#[tokio::test]
async fn sec_13_a_code_works_once() {
    let office = Office::fresh().await;
    let founder = office.founded().await;
    let code = code(&office, &founder.seed);
    assert_eq!(sign_in(&office.browser(), PASSWORD, &code).await.status, StatusCode::SEE_OTHER);
    assert_eq!(sign_in(&office.browser(), PASSWORD, &code).await.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn sec_10_too_many_tries_wait_and_a_known_browser_does_not() {
    let office = Office::fresh().await;
    let founder = office.founded().await;
    let guesser = office.browser();
    for _ in 0..5 {
        assert_eq!(sign_in(&guesser, "a wrong guess", "1").await.status, StatusCode::UNPROCESSABLE_ENTITY);
    }
    let answer = sign_in(&guesser, PASSWORD, &code(&office, &founder.seed)).await;
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(answer.header("retry-after"), "2");
    assert!(
        words(one(&answer.html(), ".error-summary"))
            .contains("The next one is taken on Friday, November 20, 2026 at")
    );
    assert_eq!(one(&answer.html(), "#email").value().attr("value"), Some(EMAIL));
    let own = sign_in(&founder.browser, PASSWORD, &code(&office, &founder.seed)).await;
    assert_eq!(own.status, StatusCode::SEE_OTHER);
    assert!(founder.browser.open("/admin/log").await.text().contains("Sign-in before the wait was over"));
}

#[tokio::test]
async fn a_new_browser_is_announced_without_details_and_a_known_one_is_not() {
    let office = Office::fresh().await;
    let founder = office.founded().await;
    let other = office.browser();
    sign_in(&other, PASSWORD, &code(&office, &founder.seed)).await;
    let now = office.web.now();
    let mut conn = office.desk().db.read().await.expect("reads");
    let waiting = outbox::due(&mut conn, now).await.expect("reads").expect("an email");
    assert_eq!(waiting.email.subject, "New sign-in");
    assert!(waiting.email.text.contains("/admin/log"));
    for detail in [EMAIL, NAME, "Firefox", "127.0.0.1"] {
        assert!(!waiting.email.text.contains(detail), "{detail}");
    }
    office.wait_minutes(1);
    sign_in(&other, PASSWORD, &code(&office, &founder.seed)).await;
    let count: i64 =
        sqlx::query_scalar("SELECT count(*) FROM outbox").fetch_one(&mut *conn).await.expect("counts");
    assert_eq!(count, 1);
}

#[tokio::test]
async fn sec_17_signing_in_leads_to_the_page_that_was_wanted_and_never_elsewhere() {
    let office = Office::fresh().await;
    let founder = office.founded().await;
    let other = office.browser();
    let away = other.open("/admin/log?person=1").await;
    let form = other.page(away.header("location")).await;
    assert_eq!(one(&form, "[name=next]").value().attr("value"), Some("/admin/log?person=1"));
    for (next, leads) in [
        ("/admin/log?person=1", "/admin/log?person=1"),
        ("//evil.example", "/admin"),
        ("/\\evil.example", "/admin"),
        ("https:evil", "/admin"),
        ("/admin\r\nSet-Cookie: a=b", "/admin"),
    ] {
        office.wait_minutes(1);
        let code = code(&office, &founder.seed);
        let fields = [("email", EMAIL), ("password", PASSWORD), ("code", code.as_str()), ("next", next)];
        assert_eq!(other.post("/admin/sign-in", &fields).await.header("location"), leads, "{next}");
    }
}

#[tokio::test]
async fn sec_09_a_session_ends_after_a_quarter_of_an_hour_of_quiet() {
    let office = Office::fresh().await;
    let founder = office.founded().await;
    for _ in 0..4 {
        office.wait_minutes(14);
        assert!(is_in(&founder.browser).await);
    }
    office.wait_minutes(15);
    assert!(!is_in(&founder.browser).await);
}

#[tokio::test]
async fn sec_09_a_session_ends_after_twelve_hours_of_work() {
    let office = Office::fresh().await;
    let founder = office.founded().await;
    for _ in 0..71 {
        office.wait_minutes(10);
        assert!(is_in(&founder.browser).await);
    }
    office.wait_minutes(10);
    assert!(!is_in(&founder.browser).await);
}

#[tokio::test]
async fn rel_17_a_clock_that_is_set_far_ahead_or_back_leaves_no_session_on_for_longer() {
    const DAY: i64 = 24 * 60;
    for jump in [DAY, -DAY, 3653 * DAY, -3653 * DAY] {
        let office = Office::fresh().await;
        let founder = office.founded().await;
        office.wait_minutes(-1);
        assert!(is_in(&founder.browser).await, "a minute is nothing");
        office.wait_minutes(jump);
        assert!(!is_in(&founder.browser).await, "{jump} minutes");
    }
}

#[tokio::test]
async fn sec_08_signing_in_again_ends_the_session_that_the_browser_had() {
    let office = Office::fresh().await;
    let founder = office.founded().await;
    let earlier = founder.browser.cookie("__Host-session").expect("a session");
    office.wait_minutes(1);
    let answer = sign_in(&founder.browser, PASSWORD, &code(&office, &founder.seed)).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    assert!(is_in(&founder.browser).await);
    founder.browser.keep("__Host-session", &earlier);
    assert!(!is_in(&founder.browser).await);
}

#[tokio::test]
async fn sec_10_strangers_cannot_hold_up_somebody_who_is_signed_in() {
    let office = Office::fresh().await;
    let founder = office.founded().await;
    let account = format!("password of staff:{}", founder.id);
    for _ in 0..8 {
        let fields = [("email", account.as_str()), ("password", "a guess"), ("code", ""), ("next", "")];
        office.browser().post("/admin/sign-in", &fields).await;
    }
    let fields = [("password", PASSWORD), ("name", "Sam Example"), ("email", "sam@practice.example")];
    let answer = founder.browser.post("/admin/people/invite", &fields).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
}

#[tokio::test]
async fn prv_07_signing_out_empties_the_browser_and_the_cookie_is_dead() {
    let office = Office::fresh().await;
    let founder = office.founded().await;
    let cookie = founder.browser.cookie("__Host-session").expect("a session");
    assert_eq!(founder.browser.open("/admin/sign-out").await.status, StatusCode::METHOD_NOT_ALLOWED);
    let answer = founder.browser.post("/admin/sign-out", &[]).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    assert_eq!(answer.header("clear-site-data"), "\"cache\", \"cookies\", \"storage\"");
    assert_eq!(founder.browser.cookie("__Host-session"), None);
    let page = founder.browser.page(answer.header("location")).await;
    assert_eq!(words(one(&page, ".notice")), "You are signed out.");
    founder.browser.keep("__Host-session", &cookie);
    assert!(!is_in(&founder.browser).await);
}

#[tokio::test]
async fn what_was_typed_as_the_session_ended_is_sent_after_signing_in() {
    let office = Office::fresh().await;
    let founder = office.founded().await;
    office.wait_minutes(16);
    let typed =
        [("name", "Al \"Example\" <b>\nsecond line"), ("email", "al@example.com"), ("password", PASSWORD)];
    let answer = founder.browser.post("/admin/people/invite", &typed).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    assert!(!answer.text().contains(PASSWORD));
    let page = answer.html();
    let carried: Vec<(String, String)> = all(&page, "form input[type=hidden]")
        .iter()
        .map(|input| {
            let attr = |name| input.value().attr(name).unwrap_or_default().to_owned();
            (attr("name"), attr("value"))
        })
        .collect();
    let code = code(&office, &founder.seed);
    let mut fields: Vec<_> = carried.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    fields.extend([("email", EMAIL), ("password", "a wrong guess"), ("code", code.as_str())]);
    let again = founder.browser.post("/admin/sign-in", &fields).await;
    assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(again.text().contains("kept.name"), "a slip loses nothing");
    fields.retain(|(name, _)| *name != "password");
    fields.push(("password", PASSWORD));
    let answer = founder.browser.post("/admin/sign-in", &fields).await;
    // The password has to be shown again, so the form comes back with everything else still there.
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    let page = answer.html();
    assert_eq!(words(one(&page, "h1")), "People");
    assert_eq!(one(&page, "#name").value().attr("value"), Some("Al \"Example\" <b>\nsecond line"));
    assert_eq!(one(&page, "#email").value().attr("value"), Some("al@example.com"));
    assert!(is_in(&founder.browser).await);
}

#[tokio::test]
async fn prv_04_no_secret_that_is_typed_shows_in_an_answer_or_in_the_log() {
    let (log, _listening) = Log::listen();
    let office = Office::fresh().await;
    let founder = office.founded().await;
    let canary = "canary-7Qx-password-of-nobody";
    let secrets: Vec<(&str, &str)> = [
        "password",
        "new_password",
        "old_password",
        "factor_password",
        "code",
        "setup_code",
        "recovery_code",
        "invitation_code",
        "end_of_code",
        "email",
        "name",
    ]
    .iter()
    .map(|name| (*name, if matches!(*name, "email" | "name") { "al@example.com" } else { canary }))
    .collect();
    for path in
        practice_site::web::admin::ROUTES.iter().map(|route| route.path.replace("{reference}", "K7QF-2M"))
    {
        if path == "/admin/sign-out" || path.ends_with("/all") {
            continue;
        }
        for browser in [&founder.browser, &office.browser()] {
            assert!(!browser.post(&path, &secrets).await.text().contains(canary), "{path}");
            let bad = format!("password={canary}&code=%FF{canary}");
            let headers = [("sec-fetch-site", "same-origin")];
            assert!(
                !browser.send(Method::POST, &path, &headers, bad).await.text().contains(canary),
                "{path}"
            );
        }
    }
    let log = log.text();
    assert!(log.contains("TRACE"), "the log was listened to");
    assert!(!log.contains(canary) && !log.contains(PASSWORD));
    let stored = std::fs::read(office.desk().db.path()).expect("readable");
    assert!(!stored.windows(canary.len()).any(|window| window == canary.as_bytes()));
}
