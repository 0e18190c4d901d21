//! How a session ends, and that nothing of it is left (SEC-08, SEC-09).

use axum::http::{Method, StatusCode};

use crate::admin_people::joined;
use crate::inbox::{sam, sent};
use crate::office::{Browser, EMAIL, Founder, Office, PASSWORD};

const NEW: &str = "seven quiet harbors 4";

/// Signs in with password and code; a minute later, since a code works once.
async fn sign_in(office: &Office, browser: &Browser<'_>, founder: &Founder<'_>, password: &str) {
    office.wait_minutes(1);
    let code = founder.seed.code(office.now()).expect("a code");
    let fields = [("email", EMAIL), ("password", password), ("code", code.as_str())];
    assert_eq!(browser.post("/admin/sign-in", &fields).await.status, StatusCode::SEE_OTHER);
}

/// Whoever holds this cookie sees nothing and changes nothing.
async fn opens_nothing(office: &Office, how: &str, cookie: &str, reference: &str) {
    let thief = office.browser();
    thief.keep("__Host-session", cookie);
    for path in ["/admin", "/admin/account", "/admin/inquiries", &format!("/admin/inquiries/{reference}")] {
        thief.keep("__Host-session", cookie);
        let answer = thief.open(path).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{how}: {path}");
        assert!(answer.header("location").starts_with("/admin/sign-in"), "{how}: {path}");
        assert!(answer.body.is_empty(), "{how}: {path}");
    }
    thief.keep("__Host-session", cookie);
    let path = format!("/admin/inquiries/{reference}/notes");
    let noted = thief.post(&path, &[("note", "of a thief"), ("version", "1")]).await;
    assert_eq!(noted.status, StatusCode::UNAUTHORIZED, "{how}");
    assert!(!noted.text().contains("Sam Made-Up"), "{how}");
}

/// Ends the session of `other` in some way; whatever the way, its cookie is dead afterwards.
async fn ended_by(how: &str) {
    let office = Office::fresh().await;
    let founder = office.founded().await;
    let reference = sent(&office, &sam(), &[]).await;
    let other = office.browser();
    sign_in(&office, &other, &founder, PASSWORD).await;
    let cookie = other.cookie("__Host-session").expect("a session");
    assert_eq!(other.open("/admin/account").await.status, StatusCode::OK, "{how}");
    let own = founder.id.to_string();
    let staff = &founder.browser;
    let answer = match how {
        "signing out" => other.post("/admin/sign-out", &[]).await,
        "signing out everywhere, from another browser" => {
            staff.post("/admin/account/sessions/all", &[]).await
        }
        "a new password" => {
            let fields = [("old_password", PASSWORD), ("new_password", NEW)];
            staff.post("/admin/account/password", &fields).await
        }
        "a new second factor" => {
            staff.post("/admin/account/second-factor", &[("factor_password", PASSWORD)]).await
        }
        "the account disabled" => {
            let al = joined(&office, &founder).await;
            let password = "seven quiet harbors 4";
            al.post("/admin/people/disable", &[("id", &own), ("password", password)]).await
        }
        "the recovery code used" => {
            let code = founder.recovery_code.as_str();
            let fields = [("email", EMAIL), ("recovery_code", code), ("new_password", NEW)];
            office.browser().post("/admin/recover", &fields).await
        }
        "fifteen quiet minutes" => {
            office.wait_minutes(15);
            office.browser().open("/admin").await
        }
        _ => panic!("{how}"),
    };
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{how}: {}", answer.text());
    opens_nothing(&office, how, &cookie, reference.as_str()).await;
}

#[tokio::test]
async fn sec_09_however_a_session_ends_its_cookie_opens_nothing_any_more() {
    for how in [
        "signing out",
        "signing out everywhere, from another browser",
        "a new password",
        "a new second factor",
        "the account disabled",
        "the recovery code used",
        "fifteen quiet minutes",
    ] {
        ended_by(how).await;
    }
}

#[tokio::test]
async fn sec_09_a_second_browser_has_a_session_of_its_own() {
    let office = Office::fresh().await;
    let founder = office.founded().await;
    let other = office.browser();
    sign_in(&office, &other, &founder, PASSWORD).await;
    assert_ne!(other.cookie("__Host-session"), founder.browser.cookie("__Host-session"));
    other.post("/admin/sign-out", &[]).await;
    assert_eq!(founder.browser.open("/admin/account").await.status, StatusCode::OK);
}

#[tokio::test]
async fn sec_08_a_cookie_set_before_signing_in_is_never_taken_over() {
    let office = Office::fresh().await;
    let founder = office.founded().await;
    let al = joined(&office, &founder).await;
    let planted = al.cookie("__Host-session").expect("a session");
    for before in ["chosen-by-somebody-else", &"A".repeat(43), &planted] {
        let browser = office.browser();
        browser.keep("__Host-session", before);
        sign_in(&office, &browser, &founder, PASSWORD).await;
        let after = browser.cookie("__Host-session").expect("a session");
        assert_ne!(after, before);
        assert_eq!(browser.open("/admin/account").await.status, StatusCode::OK);
        browser.keep("__Host-session", before);
        assert_eq!(browser.open("/admin/account").await.status, StatusCode::SEE_OTHER, "{before}");
    }
}

#[tokio::test]
async fn prv_07_a_browser_whose_session_is_over_is_told_to_forget_it() {
    let office = Office::fresh().await;
    let founder = office.founded().await;
    assert!(founder.browser.open("/admin").await.headers.get("clear-site-data").is_none());
    office.wait_minutes(15);
    let cookie = founder.browser.cookie("__Host-session").expect("a session");
    for (method, path) in [
        (Method::GET, "/admin"),
        (Method::GET, "/admin/sign-in"),
        (Method::GET, "/admin/nowhere"),
        (Method::POST, "/admin/people/invite"),
    ] {
        founder.browser.keep("__Host-session", &cookie);
        let headers = [("sec-fetch-site", "same-origin")];
        let answer = founder.browser.send(method, path, &headers, "name=a".into()).await;
        assert_eq!(answer.header("clear-site-data"), "\"cache\"", "{path}");
        assert!(answer.header("set-cookie").starts_with("__Host-session=; "), "{path}");
        assert_eq!(founder.browser.cookie("__Host-session"), None);
    }
    assert!(office.browser().open("/admin").await.headers.get("set-cookie").is_none(), "strangers get none");
}
