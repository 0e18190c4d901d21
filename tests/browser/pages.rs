//! The public pages in a real browser.

use crate::axe;
use crate::browser::{Browser, Kind};

const PAGES: [&str; 16] = [
    "/",
    "/about",
    "/services",
    "/services/couples-therapy",
    "/fees",
    "/articles",
    "/articles/what-is-intimacy-in-a-relationship",
    "/faq",
    "/contact",
    "/help-now",
    "/privacy",
    "/accessibility",
    "/browsing-safely",
    "/sitemap",
    "/search?q=trust",
    "/no-such-page",
];

#[tokio::test]
async fn every_page_passes_the_accessibility_rules() {
    let browser = Browser::start(Kind::Usual).await;
    for path in PAGES {
        browser.open(path).await;
        axe::check(&browser, path).await;
    }
    browser.close().await;
}

#[tokio::test]
async fn every_page_passes_the_accessibility_rules_in_the_dark() {
    let browser = Browser::start(Kind::Dark).await;
    for path in PAGES {
        browser.open(path).await;
        let is_dark = browser.run("return matchMedia('(prefers-color-scheme: dark)').matches").await;
        assert_eq!(is_dark, true);
        axe::check(&browser, path).await;
    }
    browser.close().await;
}

#[tokio::test]
async fn no_page_is_wider_than_a_small_phone() {
    let browser = Browser::start(Kind::Narrow).await;
    browser.client.set_window_size(320, 640).await.expect("resized");
    for path in PAGES.into_iter().chain(["/request-consultation"]) {
        browser.open(path).await;
        let page = "const page = document.documentElement;";
        let widths =
            browser.run(&format!("{page} return [page.scrollWidth, page.clientWidth, innerWidth]")).await;
        assert_eq!(widths[0], widths[1], "{path} scrolls sideways");
        assert_eq!(widths[2], 320);
    }
    browser.close().await;
}

#[tokio::test]
async fn an_address_of_a_question_opens_its_answer() {
    for kind in [Kind::Usual, Kind::NoScripts] {
        let browser = Browser::start(kind).await;
        browser.open("/faq").await;
        assert!(!browser.find("#cost").await.is_displayed().await.expect("read"), "closed at first");
        browser.open("/faq#cost").await;
        let answer = browser.find("#cost").await;
        assert!(answer.is_displayed().await.expect("read"), "{kind:?}: the answer stays closed");
        browser.close().await;
    }
}

#[tokio::test]
async fn the_accessibility_rules_would_find_a_fault() {
    let browser = Browser::start(Kind::Usual).await;
    browser.open("/").await;
    let planted = "<img src='/icon.png'><input>";
    browser.run(&format!("document.querySelector('main').innerHTML += \"{planted}\"")).await;
    let found = axe::faults(&browser).await.join(" ");
    for rule in ["image-alt", "label"] {
        assert!(found.contains(rule), "{rule} is missing: {found}");
    }
    browser.close().await;
}
