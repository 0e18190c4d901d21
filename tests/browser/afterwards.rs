//! What is done with a request after its triage: finding it, taking it out, and leaving the laptop to others.

use crate::browser::Browser;
use crate::practice::{self, PASSWORD, PERSON};
use crate::program::{emails, eventually};
use crate::triage::OUR_NOTE;
use crate::visit::{NAME, NOTE};

/// What is searched for stands in no address.
pub async fn search(browser: &Browser, reference: &str) {
    browser.click("Inquiries").await;
    assert_eq!(browser.words(".empty").await, "No new requests.");
    for typed in ["quill made", "555 0142", reference] {
        browser.fill("Name, reference or phone digits", typed).await;
        browser.click("Search").await;
        let row = browser.words("tbody tr").await;
        assert!(row.contains(NAME) && row.contains(reference), "{typed}: {row}");
        let address = browser.client.current_url().await.expect("an address");
        assert_eq!(address.as_str(), browser.url("/admin/inquiries"));
    }
    browser.fill("Name, reference or phone digits", "nobody").await;
    browser.click("Search").await;
    assert!(browser.words(".empty").await.starts_with("Nothing matches \"nobody\"."));
}

/// A file lands in the folder for downloads once the password is right, and not before.
pub async fn export(browser: &Browser, reference: &str) {
    browser.open(&format!("/admin/inquiries/{reference}")).await;
    browser.click("Export or erase it").await;
    browser.fill("Your password", "a wrong one, made up").await;
    let button = "main form[action='/admin/export'] button";
    browser.leave(browser.find(button).await.click()).await;
    let field = browser.labelled("Reference of one request").await;
    assert_eq!(field.prop("value").await.expect("read").as_deref(), Some(reference), "it was typed for us");
    let file = browser.downloads().join(format!("request-{reference}.csv"));
    assert!(!file.exists());
    browser.fill("Your password", PASSWORD).await;
    browser.find(button).await.click().await.expect("a click");
    // The browser holds the name with an empty file until it has the whole one.
    let whole = || std::fs::read_to_string(&file).ok().filter(|csv| !csv.is_empty());
    let csv = eventually("the file is there", whole);
    for part in [NAME, NOTE, OUR_NOTE, "quill@mail.example"] {
        assert!(csv.contains(part), "{part}: {csv}");
    }
}

pub fn no_email_names_anybody(browser: &Browser, reference: &str) {
    let written =
        || Some(emails(browser.data.path())).filter(|all| all.iter().any(|one| one.contains(reference)));
    for email in eventually("the email about the request", written) {
        assert!(!email.contains("Quill") && !email.contains(PERSON), "{email}");
    }
}

/// PRV-07: whoever sits down at the laptop next finds the way to sign in, and nobody's name.
pub async fn go_back_after_signing_out(browser: &Browser, reference: &str) {
    browser.open("/admin").await;
    browser.open(&format!("/admin/inquiries/{reference}?view=all")).await;
    assert_eq!(browser.words("h1").await, format!("{NAME} {reference}"));
    assert!(!browser.client.title().await.expect("a title").contains("Quill"));
    practice::sign_out(browser).await;
    for nth in 1..=12 {
        browser.client.back().await.expect("goes back");
        if nth <= 2 {
            assert_eq!(browser.words("h1").await, "Sign in", "{nth} back");
        }
        let source = browser.source().await;
        for secret in ["Quill", "555-0142", "555 0142", "quill@", NOTE, OUR_NOTE, PERSON] {
            assert!(!source.contains(secret), "{secret} is shown at {}", browser.path().await);
        }
    }
}
