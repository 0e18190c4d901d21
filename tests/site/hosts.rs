//! Names of machines that somebody claims: no answer and no email repeats one (SEC-16), and none moves a limit (SEC-27).

use axum::http::{Method, StatusCode};

use crate::form::Form;
use crate::office::{EMAIL, Office};
use crate::reception::{self, Reception, SEND, reference};
use crate::visit::{Answer, shipped};

const EVIL: [(&str, &str); 5] = [
    ("host", "evil.example"),
    ("x-forwarded-host", "evil.example"),
    ("x-host", "evil.example"),
    ("forwarded", "host=evil.example;proto=http"),
    ("x-original-url", "http://evil.example/evil"),
];

fn says_nothing_of_it(what: &str, answer: &Answer) {
    assert!(!answer.text().to_lowercase().contains("evil"), "{what}");
    for (name, value) in &answer.headers {
        assert!(!String::from_utf8_lossy(value.as_bytes()).contains("evil"), "{what}: {name}");
    }
}

#[tokio::test]
async fn sec_16_whatever_host_is_claimed_every_page_is_the_same() {
    let site = shipped();
    let snapshot = site.web.current.load_full();
    let text = |path: &&str| !path.starts_with("/static/");
    for path in snapshot.paths().filter(text).chain(["/search?q=trust", "/leave", "/about/", "/nowhere"]) {
        let usual = site.open(path).await;
        let claimed = site.send(Method::GET, path, &EVIL).await;
        assert_eq!((claimed.status, &claimed.body), (usual.status, &usual.body), "{path}");
        assert_eq!(claimed.header("location"), usual.header("location"), "{path}");
        says_nothing_of_it(path, &claimed);
    }
    let absolute = site.send(Method::GET, "http://evil.example/articles/feed.xml", &EVIL).await;
    assert!(absolute.text().contains("https://practice.example/articles/"));
    says_nothing_of_it("an absolute address", &absolute);
}

#[tokio::test]
async fn sec_16_a_request_that_names_no_site_or_two_is_refused_by_a_page() {
    let site = shipped();
    for path in ["/", "/about", "/search", "/request-consultation", "/admin", "/healthz"] {
        for hosts in [
            &[("host", "practice.example"), ("host", "evil.example")][..],
            &[("host", "")],
            &[("host", "a/b@c")],
        ] {
            let answer = site.send(Method::GET, path, hosts).await;
            assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{path} for {hosts:?}");
            says_nothing_of_it(path, &answer);
            assert!(answer.text().contains("We could not read that request"));
        }
        for host in
            ["practice.example:443", "[::1]:3000", "127.0.0.1:3000", "xn--mnchen-3ya.example", "app_1"]
        {
            let answer = site.send(Method::GET, path, &[("host", host)]).await;
            assert_ne!(answer.status, StatusCode::BAD_REQUEST, "{path} for {host}");
        }
    }
}

#[tokio::test]
async fn sec_16_no_email_and_no_redirect_repeats_a_claimed_host() {
    let reception = reception::open().await;
    let check = reception.checked(&reception.filled().await).await;
    let post = check.press(SEND);
    let mut headers = EVIL[1..].to_vec();
    headers.push(("content-type", "application/x-www-form-urlencoded"));
    let answer = reception.said("192.0.2.7:1", &post.action, &headers, post.body.into_bytes()).await;
    says_nothing_of_it("sent", &answer);
    let reference = reference(&answer);
    let email = reception.emails().await.pop().expect("an email");
    assert!(email.text.contains(&format!("https://practice.example/admin/inquiries/{reference}")));
    assert!(!format!("{email:?}").contains("evil"));

    let office = Office::fresh().await;
    office.founded().await;
    for path in ["/admin", "/admin/log?person=1", "/admin/sign-in"] {
        says_nothing_of_it(path, &office.browser().send(Method::GET, path, &EVIL[1..], String::new()).await);
    }
    let typed = format!("email={EMAIL}&password=x");
    says_nothing_of_it(
        "refused",
        &office.browser().send(Method::POST, "/admin/sign-in", &EVIL[1..], typed).await,
    );
}

/// Sends one more request with these headers from there; its status.
async fn send_from(reception: &Reception, peer: &str, forwarded: &str, number: usize) -> StatusCode {
    let mut check: Form = reception.checked(&reception.filled().await).await;
    check.tamper("name", &format!("Quill {number}"));
    let post = check.press(SEND);
    let headers = [
        ("content-type", "application/x-www-form-urlencoded"),
        ("x-forwarded-for", forwarded),
        ("x-real-ip", "203.0.113.99"),
        ("x-forwarded-proto", "http"),
    ];
    reception.said(peer, &post.action, &headers, post.body.into_bytes()).await.status
}

async fn held(reception: &Reception) -> usize {
    reception.stored().await.iter().filter(|row| row.suspicion.is_some()).count()
}

#[tokio::test]
async fn sec_27_a_stranger_who_claims_a_new_address_each_time_is_counted_as_one() {
    let reception = reception::open().await;
    for number in 0..8 {
        let claim = format!("198.51.100.{number}, 203.0.113.{number}");
        assert_eq!(send_from(&reception, "192.0.2.7:1", &claim, number).await, StatusCode::SEE_OTHER);
    }
    assert_eq!(held(&reception).await, 3, "all but the first five");
    let thousand = "198.51.100.1,".repeat(1_000);
    assert_eq!(send_from(&reception, "192.0.2.7:1", &thousand, 9).await, StatusCode::SEE_OTHER);
    assert_eq!(held(&reception).await, 4);
}

#[tokio::test]
async fn sec_27_behind_a_trusted_proxy_the_last_address_that_is_not_one_counts() {
    let reception = reception::behind(Some("10.0.0.0/8"), |_| {}).await;
    for number in 0..8 {
        let claim = format!("198.51.100.{number}, 203.0.113.5, 10.0.0.9");
        assert_eq!(send_from(&reception, "10.0.0.1:1", &claim, number).await, StatusCode::SEE_OTHER);
    }
    assert_eq!(held(&reception).await, 3, "what the sender wrote itself counts nothing");
    for number in 8..16 {
        let claim = format!("203.0.113.{number}");
        assert_eq!(send_from(&reception, "10.0.0.1:1", &claim, number).await, StatusCode::SEE_OTHER);
    }
    assert_eq!(held(&reception).await, 3, "other people behind the same proxy are not held");
}

#[tokio::test]
async fn s_abu_03_one_line_is_one_sender_and_a_school_can_still_write() {
    let reception = reception::open().await;
    for number in 0..8 {
        let peer = format!("[2001:db8:1:2::{number}]:1");
        assert_eq!(send_from(&reception, &peer, "192.0.2.1", number).await, StatusCode::SEE_OTHER);
    }
    assert_eq!(held(&reception).await, 3, "one bucket for each /64");
    for number in 8..38 {
        let status = send_from(&reception, "198.51.100.4:1", "192.0.2.1", number).await;
        assert_eq!(status, StatusCode::SEE_OTHER, "thirty people of one school: {number}");
    }
    assert_eq!(reception.stored().await.len(), 38, "held or not, each of them is stored");
}
