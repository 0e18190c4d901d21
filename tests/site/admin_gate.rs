//! The gate: who is let in where, told by the route table itself (SEC-05, SEC-14).

use axum::http::{Method, StatusCode};

use crate::office::Office;

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
async fn sec_05_a_post_from_another_site_is_refused_and_written_down() {
    let office = Office::fresh().await;
    let founder = office.founded().await;
    let headers = [("sec-fetch-site", "cross-site"), ("origin", "https://evil.example")];
    let answer = founder.browser.send(Method::POST, "/admin/sign-out", &headers, String::new()).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    assert!(answer.text().contains("Nothing was changed"));
    assert_ne!(founder.browser.open("/admin").await.header("location"), "/admin/sign-in");
}
