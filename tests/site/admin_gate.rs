//! The gate: who is let in where, told by the route table itself (SEC-05, SEC-14).

use axum::http::{Method, StatusCode};
use practice_site::web::admin::{Access, ROUTES};

use crate::office::{Browser, Office};
use crate::visit;

/// Every route as an address, with a reference where one belongs.
fn addresses() -> impl Iterator<Item = (String, Access)> {
    ROUTES.iter().map(|route| (route.path.replace("{reference}", "K7QF-2M"), route.access))
}

/// The first account after its password, before its second factor.
async fn half_signed_in(office: &Office) -> Browser<'_> {
    let founder = office.founded().await;
    office.execute("UPDATE staff SET second_factor_since = NULL").await;
    founder.browser
}

#[tokio::test]
async fn before_the_first_account_everything_leads_to_set_up() {
    let office = Office::fresh().await;
    for path in ["/admin", "/admin/", "/admin/inquiries", "/admin/nothing", "/admin/sign-in"] {
        let answer = office.browser().open(path).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{path}");
        assert_eq!(answer.header("location"), "/admin/setup", "{path}");
    }
}

#[tokio::test]
async fn sec_14_a_stranger_sees_the_doors_and_nothing_else() {
    let office = Office::fresh().await;
    office.founded().await;
    let stranger = office.browser();
    for (path, access) in addresses().filter(|(_, access)| *access != Access::Everybody) {
        let answer = stranger.open(&path).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{access:?} {path}");
        assert!(answer.header("location").starts_with("/admin/sign-in"), "{path}");
        assert!(answer.body.is_empty(), "{path}");
        let answer = stranger.post(&path, &[("note", "typed"), ("status", "closed")]).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{path}");
        assert!(answer.text().contains("Your session has ended"), "{path}");
        for method in [Method::PUT, Method::DELETE, Method::PATCH, Method::OPTIONS] {
            let answer =
                stranger.send(method, &path, &[("sec-fetch-site", "same-origin")], String::new()).await;
            assert_eq!(answer.status, StatusCode::SEE_OTHER, "{path}");
        }
    }
}

#[tokio::test]
async fn sec_14_an_address_that_is_not_there_answers_a_stranger_like_one_that_is() {
    let office = Office::fresh().await;
    office.founded().await;
    let stranger = office.browser();
    let known = stranger.open("/admin/inquiries/AAAA-AA").await;
    for path in ["/admin/inquiries/BBBB-BB", "/admin/nothing/00000", "/admin/people/x/y"] {
        let answer = stranger.open(path).await;
        assert_eq!((answer.status, &answer.body), (known.status, &known.body), "{path}");
        let names =
            |answer: &visit::Answer| answer.headers.keys().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(names(&answer), names(&known), "{path}");
        let next = percent_encoding::utf8_percent_encode(path, percent_encoding::NON_ALPHANUMERIC);
        assert_eq!(answer.header("location"), format!("/admin/sign-in?next={next}"));
    }
    let posted = stranger.post("/admin/inquiries/AAAA-AA/notes", &[("note", "a")]).await;
    let other = stranger.post("/admin/inquiries/BBBB-BB/notes", &[("note", "a")]).await;
    assert_eq!(posted.status, other.status);
    assert_eq!(posted.text().replace("AAAA-AA", "BBBB-BB"), other.text());
}

#[tokio::test]
async fn sec_13_nothing_is_reachable_between_the_factors() {
    let office = Office::fresh().await;
    let half = half_signed_in(&office).await;
    for (path, _) in addresses().filter(|(_, access)| *access == Access::Staff) {
        for answer in [half.open(&path).await, half.post(&path, &[("a", "b")]).await] {
            assert_eq!(answer.status, StatusCode::SEE_OTHER, "{path}");
            assert_eq!(answer.header("location"), "/admin/second-factor", "{path}");
        }
    }
    let unknown = half.open("/admin/nothing").await;
    assert_eq!(unknown.header("location"), "/admin/second-factor");
    let renewed = half.post("/admin/recovery-code/new", &[("password", crate::office::PASSWORD)]).await;
    assert_eq!(renewed.header("location"), "/admin/second-factor");
}

#[tokio::test]
async fn prv_07_every_route_lets_in_whoever_is_signed_in_and_is_never_kept() {
    let office = Office::fresh().await;
    let founder = office.founded().await;
    for (path, access) in addresses() {
        let answer = founder.browser.open(&path).await;
        let leads_away = answer.header("location").starts_with("/admin/sign-in") && access == Access::Staff;
        assert!(!leads_away, "{path}");
        assert!(!answer.status.is_server_error(), "{path}: {}", answer.status);
        assert_eq!(answer.header("cache-control"), "no-store", "{path}");
        assert_eq!(answer.header("x-robots-tag"), "noindex", "{path}");
        assert!(answer.header("content-security-policy").contains("default-src 'none'"), "{path}");
    }
    assert_eq!(founder.browser.open("/admin/nothing").await.status, StatusCode::NOT_FOUND);
    let slash = founder.browser.open("/admin/people/").await;
    assert_eq!((slash.status, slash.header("location")), (StatusCode::PERMANENT_REDIRECT, "/admin/people"));
}

#[tokio::test]
async fn sec_05_a_post_from_another_site_is_refused_and_written_down() {
    let office = Office::fresh().await;
    let founder = office.founded().await;
    for (path, _) in addresses() {
        for headers in [
            [("sec-fetch-site", "cross-site"), ("origin", "https://evil.example")],
            [("x-nothing", "1"), ("origin", "https://evil.example")],
            [("x-nothing", "1"), ("origin", "null")],
        ] {
            let answer = founder.browser.send(Method::POST, &path, &headers, "id=1".into()).await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{path} {headers:?}");
            assert!(answer.text().contains("Nothing was changed"), "{path}");
        }
    }
    let log = founder.browser.open("/admin/log").await;
    assert_eq!(log.status, StatusCode::OK, "still signed in");
    assert!(log.text().contains("Cross-site post"));
}

#[tokio::test]
async fn without_a_desk_the_area_says_that_it_is_not_there_just_now() {
    let site = visit::shipped();
    for path in ["/admin", "/admin/sign-in", "/admin/setup", "/admin/nothing"] {
        let answer = site.open(path).await;
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{path}");
        assert!(answer.text().contains("We are not able to answer just now"), "{path}");
    }
}
