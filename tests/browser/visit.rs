//! A first visit: read the article, ask for a consultation, and the practice hears of it.

use fantoccini::Locator;

use crate::axe;
use crate::browser::{Browser, Kind};
use crate::program::{emails, eventually};

const ARTICLE: &str = "/articles/what-is-intimacy-in-a-relationship";
pub const NAME: &str = "Quill Madeup";
pub const NOTE: &str = "A made-up note, nothing more.";

#[tokio::test]
async fn prv_08_a_visitor_reads_asks_checks_sends_and_going_back_shows_nothing_typed() {
    let browser = Browser::start(Kind::Usual).await;
    ask_for_a_consultation(&browser).await;
    browser.close().await;
}

#[tokio::test]
async fn the_same_visit_works_with_scripts_off() {
    let browser = Browser::start(Kind::NoScripts).await;
    ask_for_a_consultation(&browser).await;
    browser.close().await;
}

#[tokio::test]
async fn the_same_visit_works_on_a_small_phone() {
    let browser = Browser::start(Kind::Narrow).await;
    ask_for_a_consultation(&browser).await;
    browser.close().await;
}

async fn ask_for_a_consultation(browser: &Browser) {
    browser.open(ARTICLE).await;
    assert_eq!(browser.words("h1").await, "What is intimacy in a relationship?");
    let link = browser.find("main a[href='/request-consultation']").await;
    browser.leave(link.click()).await;
    assert_eq!(browser.words("h1").await, "Request a consultation");

    leave_everything_blank(browser).await;
    fill_in(browser).await;
    check_the_answers(browser).await;
    let reference = send(browser).await;
    the_practice_hears_of(browser, &reference);
    reload_and_go_back(browser).await;
}

/// The focus lands on the summary, and its links on the questions.
async fn leave_everything_blank(browser: &Browser) {
    browser.click("Continue").await;
    assert_eq!(browser.words("#problems h2").await, "6 things need your attention");
    assert!(browser.client.title().await.expect("a title").starts_with("Error: Request a consultation"));
    assert_eq!(browser.focus().await, "problems");
    let links = browser.client.find_all(Locator::Css("#problems a")).await.expect("links");
    for link in links {
        let target = link.attr("href").await.expect("read").expect("a target");
        link.click().await.expect("a click");
        assert_eq!(format!("#{}", browser.focus().await), target);
    }
}

pub async fn fill_in(browser: &Browser) {
    browser.fill("Name", NAME).await;
    browser.choose("Couples therapy").await;
    browser
        .labelled("Where will you be during sessions?")
        .await
        .select_by_label("Oregon")
        .await
        .expect("Oregon");
    browser.choose("Yes").await;
    browser.choose("Phone call").await;
    browser.choose("Email").await;
    browser.fill("Phone number (only if you chose call or text)", "(503) 555-0142").await;
    browser.choose("Yes, but leave only a first name and number").await;
    browser.fill("Email address (only if you chose email)", "quill@mail.example").await;
    browser.choose("Weekday evenings").await;
    browser.fill("Is there anything you would like us to know first? (optional)", NOTE).await;
    browser.choose("I understand this form is not for emergencies").await;
}

/// Everything is shown back, and Change leads to the question with everything still there.
async fn check_the_answers(browser: &Browser) {
    browser.click("Continue").await;
    assert_eq!(browser.words("h1").await, "Check your request");
    let shown = browser.words(".summary-list").await;
    for answer in [NAME, "Couples therapy", "Oregon", "503 555 0142", "quill@mail.example", NOTE] {
        assert!(shown.contains(answer), "{answer}: {shown}");
    }
    browser.click("Change your name").await;
    assert_eq!(browser.words("h1").await, "Request a consultation");
    assert_eq!(browser.focus().await, "full-name");
    let name = browser.labelled("Name").await;
    assert_eq!(name.prop("value").await.expect("read").as_deref(), Some(NAME));
    browser.fill("Name", "Quill M").await;
    browser.click("Continue").await;
    let shown = browser.words(".summary-list").await;
    assert!(shown.contains("Quill M") && !shown.contains(NAME), "{shown}");
    assert!(shown.contains(NOTE), "{shown}");
}

async fn send(browser: &Browser) -> String {
    browser.click("Send my request").await;
    assert_eq!(browser.words("h1").await, "We have your request");
    let reference = browser.words(".reference").await;
    assert_eq!(browser.path().await, format!("/request-consultation/received/{reference}"));
    assert!(browser.words(".steps").await.contains("within 1 business day, by "));
    reference
}

fn the_practice_hears_of(browser: &Browser, reference: &str) {
    let email = eventually("the email is written", || emails(browser.data.path()).pop());
    assert!(email.contains(reference), "{email}");
    assert!(!email.contains("Quill"), "{email}");
}

/// PRV-08: reloading sends nothing again, and going back all the way shows nobody what was typed.
async fn reload_and_go_back(browser: &Browser) {
    browser.client.refresh().await.expect("reloads");
    assert_eq!(browser.words("h1").await, "We have your request");
    let mut empty_form = false;
    for _ in 0..20 {
        browser.client.back().await.expect("goes back");
        let source = browser.source().await;
        for typed in ["Quill", NOTE, "5550142", "555-0142", "quill@"] {
            assert!(!source.contains(typed), "{typed} is shown at {}", browser.path().await);
        }
        for field in browser.client.find_all(Locator::Css("form input, form textarea")).await.expect("fields")
        {
            let value = field.prop("value").await.expect("read").unwrap_or_default();
            assert!(!value.contains("Quill") && value != NOTE, "a field still holds {value}");
        }
        empty_form |= source.contains("Is there anything you would like us to know first?");
        if browser.path().await == ARTICLE {
            assert!(empty_form, "the empty form lies between");
            assert_eq!(emails(browser.data.path()).len(), 1, "one request, one email");
            return;
        }
    }
    panic!("Back never comes to the article");
}

/// Nothing from elsewhere, nothing left in the browser.
#[tokio::test]
async fn prv_01_and_02_a_visit_asks_no_other_host_and_leaves_nothing_in_the_browser() {
    let browser = Browser::start(Kind::Usual).await;
    for path in ["/", ARTICLE, "/faq", "/search?q=trust", "/request-consultation"] {
        browser.open(path).await;
        nothing_from_elsewhere(&browser).await;
    }
    browser.click("Continue").await;
    nothing_from_elsewhere(&browser).await;
    fill_in(&browser).await;
    browser.click("Continue").await;
    nothing_from_elsewhere(&browser).await;
    browser.click("Send my request").await;
    nothing_from_elsewhere(&browser).await;
    browser.close().await;
}

async fn nothing_from_elsewhere(browser: &Browser) {
    let at = browser.path().await;
    let asked = browser.run("return performance.getEntriesByType('resource').map(entry => entry.name)").await;
    let ours = browser.url("/");
    for name in asked.as_array().expect("a list") {
        assert!(name.as_str().expect("an address").starts_with(&ours), "{at} asks for {name}");
    }
    assert!(browser.client.get_all_cookies().await.expect("a list").is_empty(), "{at} sets a cookie");
    let kept = browser.run("return localStorage.length + sessionStorage.length").await;
    assert_eq!(kept, 0, "{at} keeps something");
    let script = "navigator.serviceWorker.getRegistrations().then(found => arguments[0](found.length))";
    let workers = browser.client.execute_async(script, Vec::new()).await.expect("runs");
    assert_eq!(workers, 0, "{at} installs a worker");
}

#[tokio::test]
async fn every_step_of_the_form_passes_the_accessibility_rules() {
    for kind in [Kind::Usual, Kind::Dark] {
        let browser = Browser::start(kind).await;
        browser.open("/request-consultation").await;
        axe::check(&browser, "the empty form").await;
        browser.click("Continue").await;
        axe::check(&browser, "the form with problems").await;
        fill_in(&browser).await;
        browser.fill("Email address (only if you chose email)", "quill@gmial.com").await;
        browser.click("Continue").await;
        axe::check(&browser, "the check page with a question").await;
        browser.click("Yes, use quill@gmail.com").await;
        axe::check(&browser, "the check page").await;
        browser.click("Change whether you are 18 or older").await;
        browser.choose("No").await;
        browser.click("Continue").await;
        axe::check(&browser, "not a fit").await;
        browser.click("Go back and change an answer").await;
        browser.choose("Yes").await;
        browser.click("Continue").await;
        browser.click("Send my request").await;
        axe::check(&browser, "the received page").await;
        browser.close().await;
    }
}
