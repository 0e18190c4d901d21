//! A visit by somebody who has no mouse.

use crate::axe;
use crate::browser::{Browser, DOWN, ENTER, Kind, SPACE, TAB};

/// Moves on with Tab until the control with this id has the focus.
pub async fn tab_to(browser: &Browser, id: &str) {
    for _ in 0..60 {
        if browser.focus().await == id {
            return;
        }
        browser.press(TAB).await;
    }
    panic!("Tab never comes to {id}");
}

/// Moves on with Tab until a link or button with these words has the focus.
pub async fn tab_to_words(browser: &Browser, words: &str) {
    for _ in 0..80 {
        let active = browser.client.active_element().await.expect("something has the focus");
        if active.text().await.expect("text").trim() == words {
            return;
        }
        browser.press(TAB).await;
    }
    panic!("Tab never comes to {words}");
}

#[tokio::test]
async fn everything_from_the_first_page_to_the_reference_works_by_keyboard_alone() {
    let browser = Browser::start(Kind::Usual).await;
    browser.open("/").await;
    browser.press(TAB).await;
    let first = browser.client.active_element().await.expect("a link").text().await.expect("text");
    assert_eq!(first, "Skip to main content");
    browser.press(ENTER).await;
    assert_eq!(browser.focus().await, "main");
    tab_to_words(&browser, "Request a consultation").await;
    browser.enter().await;
    assert_eq!(browser.words("h1").await, "Request a consultation");

    tab_to_words(&browser, "Continue").await;
    browser.enter().await;
    browser.find("#problems").await;
    assert_eq!(browser.focus().await, "problems");
    axe::check(&browser, "the form with problems").await;
    browser.press(TAB).await;
    browser.press(ENTER).await;
    assert_eq!(browser.focus().await, "full-name");

    fill_in(&browser).await;
    tab_to_words(&browser, "Continue").await;
    browser.enter().await;
    assert_eq!(browser.words("h1").await, "Check your request");
    tab_to_words(&browser, "Send my request").await;
    browser.enter().await;
    assert_eq!(browser.words("h1").await, "We have your request");
    browser.close().await;
}

async fn fill_in(browser: &Browser) {
    browser.press("Quill Madeup").await;
    tab_to(browser, "looking-for").await;
    browser.press(SPACE).await;
    browser.press(DOWN).await;
    assert_eq!(browser.focus().await, "looking-for-2", "the arrow moves within the question");
    tab_to(browser, "location").await;
    browser.press("Oreg").await;
    tab_to(browser, "adult").await;
    browser.press(SPACE).await;
    tab_to(browser, "by-2").await;
    browser.press(SPACE).await;
    tab_to(browser, "phone").await;
    browser.press("503 555 0142").await;
    tab_to(browser, "understood").await;
    browser.press(SPACE).await;
}

#[tokio::test]
async fn the_trap_for_programs_is_never_in_the_way_of_the_keyboard() {
    let browser = Browser::start(Kind::Usual).await;
    browser.open("/request-consultation").await;
    let mut seen = Vec::new();
    for _ in 0..60 {
        browser.press(TAB).await;
        seen.push(browser.focus().await);
    }
    assert!(seen.iter().any(|id| id == "understood"));
    assert!(!seen.iter().any(|id| id == "contact-fax"));
    browser.close().await;
}
