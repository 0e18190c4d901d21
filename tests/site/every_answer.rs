//! What no answer goes without, whatever the address, the method and the status (SEC-03, PRV-02, PRV-13).

use std::collections::BTreeSet;

use axum::http::{Method, StatusCode};
use axum::response::IntoResponse;
use practice_site::web::admin::ROUTES;
use practice_site::web::security;

use crate::form::encode;
use crate::office::{Browser, Office};
use crate::reception::{self, SEND, STATE};
use crate::visit::{Answer, changed, read, shipped, take_an_article_back};

const FORM: &str = "application/x-www-form-urlencoded";
const METHODS: [&str; 8] = ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"];

/// Addresses that are answered for one request alone, and some that are not there.
const OTHERS: [&str; 12] = [
    "/request-consultation",
    "/request-consultation/check",
    "/request-consultation/send",
    "/request-consultation/received/K7QF-2M",
    "/request-consultation/received/nonsense",
    "/search?q=trust",
    "/leave",
    "/healthz",
    "/readyz",
    "/about/",
    "/nowhere",
    "/admin/nowhere",
];

/// Answers that were looked at, by their status.
#[derive(Default)]
struct Seen(BTreeSet<u16>);

impl Seen {
    fn look(&mut self, what: &str, answer: &Answer) {
        self.0.insert(answer.status.as_u16());
        is_protected(what, answer);
        names_its_letters(what, answer);
    }

    /// The same, and it is no answer of the practice's own area, which alone sets cookies.
    fn look_outside(&mut self, what: &str, answer: &Answer) {
        self.look(what, answer);
        assert!(!answer.headers.contains_key("set-cookie"), "{what} sets a cookie");
    }
}

/// With the headers of UX.md 8 and CONTROLS.md SEC-03, each once.
fn is_protected(what: &str, answer: &Answer) {
    let wanted = [
        (
            "content-security-policy",
            "default-src 'none'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; \
             form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
        ),
        ("x-content-type-options", "nosniff"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
        ("strict-transport-security", "max-age=31536000; includeSubDomains"),
    ];
    for (name, value) in wanted {
        let found: Vec<_> = answer.headers.get_all(name).iter().collect();
        assert_eq!(found, [value], "{what}: {name}");
    }
    let policy = if what.ends_with(" /leave") && answer.status == StatusCode::SEE_OTHER {
        "no-referrer"
    } else {
        "same-origin"
    };
    assert_eq!(answer.header("referrer-policy"), policy, "{what}");
    assert!(answer.header("permissions-policy").contains("camera=()"), "{what}");
    for name in ["server", "x-powered-by", "via"] {
        assert!(!answer.headers.contains_key(name), "{what}: {name}");
    }
}

/// A browser never has to guess what it got.
fn names_its_letters(what: &str, answer: &Answer) {
    let kind = answer.header("content-type");
    if !answer.body.is_empty() {
        assert!(!kind.is_empty(), "{what} does not say what it is");
    }
    if kind.starts_with("text/") || kind.starts_with("application/") {
        assert!(kind.ends_with("; charset=utf-8"), "{what}: {kind}");
    }
    if answer.status.is_client_error() || answer.status.is_server_error() {
        assert!(kind.starts_with("text/html") || what.contains("/readyz"), "{what}: {kind}");
        assert_eq!(answer.header("cache-control"), "no-store", "{what}");
        assert_eq!(answer.header("x-robots-tag"), "noindex", "{what}");
    }
}

fn method(name: &str) -> Method {
    Method::from_bytes(name.as_bytes()).expect("a method")
}

#[tokio::test]
async fn sec_03_every_public_address_answers_every_method_with_all_its_headers() {
    let site = shipped();
    let mut seen = Seen::default();
    let snapshot = site.web.current.load_full();
    for path in snapshot.paths().chain(OTHERS) {
        for name in METHODS {
            let answer = site.send(method(name), path, &[]).await;
            seen.look_outside(&format!("{name} {path}"), &answer);
            for hosts in [&[("host", "a,b")][..], &[("host", "")], &[("host", "a"), ("host", "b")]] {
                let refused = site.send(method(name), path, hosts).await;
                assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{name} {path} for {hosts:?}");
                seen.look_outside(&format!("{name} {path}"), &refused);
            }
            let tag = answer.header("etag").to_owned();
            if !tag.is_empty() {
                let known = site.send(method(name), path, &[("if-none-match", &tag)]).await;
                assert_eq!(known.status, StatusCode::NOT_MODIFIED, "{name} {path}");
                seen.look_outside(&format!("known {name} {path}"), &known);
            }
        }
    }
    for status in [200, 303, 304, 308, 400, 404, 405, 503] {
        assert!(seen.0.contains(&status), "{status} was not among {:?}", seen.0);
    }
}

#[tokio::test]
async fn sec_03_every_answer_of_the_form_has_all_its_headers() {
    let reception = reception::open().await;
    let mut seen = Seen::default();
    let form = reception.filled().await;
    let mut elsewhere = form.clone();
    elsewhere.choose("No").fill("Name", "Quill");
    let check = reception.press(&form, "Continue").await;
    seen.look_outside("check", &check);
    seen.look_outside("not a fit", &reception.press(&elsewhere, "Continue").await);
    seen.look_outside(
        "problems",
        &reception.press(form.clone().pick(STATE, "Choose a state"), "Continue").await,
    );
    let check = crate::form::Form::with_button(&check.html(), SEND);
    for step in ["", "/check", "/send"] {
        let path = format!("/request-consultation{step}");
        for (kind, body) in
            [(FORM, vec![b'a'; 140_000]), ("text/plain", b"x".to_vec()), (FORM, b"note=%FF".to_vec())]
        {
            seen.look_outside(&path, &reception.raw("192.0.2.7:1", &path, kind, body).await);
        }
    }
    let mut one_of_many = check.clone();
    for number in 0..61 {
        one_of_many.tamper("name", &format!("Quill {number}"));
        seen.look_outside("sent", &reception.press(&one_of_many, SEND).await);
    }
    reception.wait(3_601);
    reception.break_storage();
    seen.look_outside("not stored", &reception.press(&check, SEND).await);
    assert_eq!(seen.0, BTreeSet::from([200, 303, 413, 415, 422, 429, 503]));
}

#[tokio::test]
async fn sec_03_every_answer_of_the_inbox_has_all_its_headers_and_is_kept_nowhere() {
    let office = Office::fresh().await;
    let founder = office.founded().await;
    let stranger = office.browser();
    let mut seen = Seen::default();
    for path in ROUTES.iter().map(|route| route.path.replace("{reference}", "K7QF-2M")).chain([
        "/admin/".to_owned(),
        "/admin/people/".into(),
        "/admin/nowhere".into(),
    ]) {
        for (who, browser) in [("stranger", &stranger), ("staff", &founder.browser)] {
            for name in METHODS {
                // Whoever signs out or ends all sessions sees nothing more here.
                let ends = name == "POST" && (path.ends_with("/sign-out") || path.ends_with("/all"));
                if !(ends && who == "staff") {
                    let what = format!("{who} {name} {path}");
                    let answer = said(browser, name, &path, "same-origin").await;
                    seen.look(&what, &answer);
                    assert_eq!(answer.header("cache-control"), "no-store", "{what}");
                    assert_eq!(answer.header("x-robots-tag"), "noindex", "{what}");
                    seen.look(&what, &said(browser, name, &path, "cross-site").await);
                }
            }
        }
    }
    for _ in 0..6 {
        seen.look("guess", &stranger.post("/admin/sign-in", &[("email", "jo@example.com")]).await);
    }
    office.execute("ALTER TABLE sessions RENAME TO hidden").await;
    for path in ["/admin", "/admin/log", "/admin/sign-in", "/admin/nowhere"] {
        seen.look(path, &founder.browser.open(path).await);
    }
    for status in [200, 303, 308, 401, 403, 404, 405, 422, 429, 500] {
        assert!(seen.0.contains(&status), "{status} was not among {:?}", seen.0);
    }
}

async fn said(browser: &Browser<'_>, name: &str, path: &str, site: &str) -> Answer {
    let fields = format!("a={}", encode("b"));
    browser.send(method(name), path, &[("sec-fetch-site", site)], fields).await
}

/// Those that only slow, old or strange clients see.
#[tokio::test]
async fn sec_03_every_other_status_is_dressed_the_same() {
    let site = changed(take_an_article_back);
    let mut seen = Seen::default();
    seen.look_outside("GET /articles/taken-back", &site.open("/articles/taken-back").await);
    for code in [
        301, 307, 400, 401, 403, 406, 408, 409, 410, 411, 412, 413, 414, 416, 417, 421, 428, 431, 501, 502,
        504,
    ] {
        let status = StatusCode::from_u16(code).expect("a status");
        seen.look_outside("", &read(security::dress(&site.web, status.into_response())).await);
    }
}

#[tokio::test]
async fn sec_03_without_https_no_browser_is_told_to_stay_with_it() {
    let headers = security::headers("http://127.0.0.1:3000");
    assert!(!headers.contains_key("strict-transport-security"));
    assert!(headers.contains_key("content-security-policy"));
}

#[tokio::test]
async fn prv_13_search_engines_list_the_empty_form_and_nothing_that_was_typed_or_went_wrong() {
    let site = shipped();
    for path in OTHERS {
        let answer = site.open(path).await;
        if answer.status.is_redirection() && path != "/leave" {
            continue;
        }
        assert_eq!(answer.header("x-robots-tag"), "noindex", "{path}: {}", answer.status);
    }
    for path in ["/", "/about", crate::visit::ARTICLE] {
        assert_eq!(site.open(path).await.header("x-robots-tag"), "", "{path}");
    }
    let reception = reception::open().await;
    let form = reception.filled().await;
    for answer in [
        reception.press(&form, "Continue").await,
        reception.press(form.clone().fill("Name", ""), "Continue").await,
        reception.get("/request-consultation/received/K7QF-2M").await,
    ] {
        assert_eq!(answer.header("x-robots-tag"), "noindex");
    }
}
