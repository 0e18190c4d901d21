//! Errors are pages of the site.

use anyhow::anyhow;
use axum::http::{Method, StatusCode};
use axum::response::IntoResponse;
use practice_site::web::error::{self, Fault, RequestId};

use crate::visit::{all, changed, one, read, set_facts, shipped, words};

#[tokio::test]
async fn a_page_that_is_not_there_says_so_and_leads_on() {
    let answer = shipped().open("/no-such-page").await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    assert_eq!(answer.header("content-type"), "text/html; charset=utf-8");
    let page = answer.html();
    assert_eq!(words(one(&page, "h1")), "We could not find that page");
    for path in ["/articles", "/services", "/contact"] {
        assert!(!all(&page, &format!("main a[href='{path}']")).is_empty(), "{path}");
    }
    assert!(words(one(&page, ".crisis-line")).contains("988"));
}

#[tokio::test]
async fn an_error_page_names_the_phone_number_where_there_is_one() {
    let shown = |page: &scraper::Html| !all(page, "main a[href^='tel:']").is_empty();
    assert!(!shown(&shipped().open("/no-such-page").await.html()));
    let site = changed(|folder| set_facts(folder, "phone = \"(555) 555-0100\""));
    let page = site.open("/no-such-page").await.html();
    assert_eq!(one(&page, "main a[href^='tel:']").attr("href"), Some("tel:+15555550100"));
}

#[tokio::test]
async fn sec_26_a_method_that_is_not_there_is_answered_by_a_page() {
    let site = shipped();
    for path in ["/about", "/search", "/leave"] {
        let answer = site.send(Method::POST, path, &[]).await;
        assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED, "{path}");
        assert!(answer.header("allow").contains("GET"), "{path}");
        assert_eq!(words(one(&answer.html(), "h1")), "This page cannot be used that way");
    }
}

#[tokio::test]
async fn every_error_is_a_page_with_the_crisis_line() {
    let site = shipped();
    for code in [400, 403, 404, 405, 408, 410, 413, 414, 415, 422, 429, 431, 500, 503] {
        let status = StatusCode::from_u16(code).expect("a status");
        let answer = read(error::filled(&site.web.current.load(), status.into_response())).await;
        assert_eq!(answer.status, status);
        assert_eq!(answer.headers.contains_key("retry-after"), [429, 503].contains(&code), "{code}");
        let page = answer.html();
        assert!(!words(one(&page, "h1")).is_empty());
        assert!(words(one(&page, ".crisis-line")).contains("988"), "{code}");
        for word in ["sorry", "oops", "invalid", "please"] {
            assert!(!words(one(&page, "main")).to_lowercase().contains(word), "{code}: {word}");
        }
    }
}

#[tokio::test]
async fn sec_32_a_fault_of_ours_shows_a_code_and_nothing_from_inside() {
    let site = shipped();
    let mut fault = Fault::from(anyhow!("the disk of cabinet 7 is on fire")).into_response();
    error::log(&mut fault, RequestId::new());
    let answer = read(error::filled(&site.web.current.load(), fault)).await;
    assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert!(!answer.text().contains("cabinet"));
    assert_eq!(words(one(&answer.html(), "main code")).len(), 8);
}
