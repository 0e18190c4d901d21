//! The triage of one request, from the form to its end, as the practice does it at its laptop.

use fantoccini::{Client, Locator};
use sqlx::{Connection, SqliteConnection};

use crate::afterwards;
use crate::browser::{Browser, Kind};
use crate::practice::{self, PERSON};
use crate::visit::{NAME, NOTE};
use crate::visitor;

pub const OUR_NOTE: &str = "Prefers mornings, made up.";

#[tokio::test]
async fn a_request_is_seen_called_booked_noted_answered_closed_found_and_exported() {
    triage(&practice::fresh(Kind::Usual).await).await;
}

#[tokio::test]
async fn the_same_triage_works_with_scripts_off() {
    triage(&practice::fresh(Kind::NoScripts).await).await;
}

#[tokio::test]
async fn a_next_step_whose_day_has_passed_is_in_no_buttons_way() {
    let browser = practice::fresh(Kind::Usual).await;
    let visitor = visitor::begin(&browser).await;
    practice::set_up(&browser).await;
    let address = format!("/admin/inquiries/{}", visitor.send(&browser).await);
    let path = browser.data.path().join("practice.db");
    let mut database = SqliteConnection::connect(path.to_str().expect("a path")).await.expect("opens");
    sqlx::query("UPDATE inquiries SET next_step_at = 1000 * 86400000")
        .execute(&mut database)
        .await
        .expect("set");
    database.close().await.expect("closed");
    browser.open(&address).await;
    browser.fill("Note", OUR_NOTE).await;
    browser.click("Call booked").await;
    assert!(browser.words(".notice").await.contains("Marked as call booked."));
    browser.fill("Note", "Another note, made up.").await;
    browser.click("Undo").await;
    assert!(browser.words(".notice").await.contains("Taken back."));
    let timeline = browser.words(".timeline").await;
    assert!(timeline.contains(OUR_NOTE) && timeline.contains("Another note, made up."), "{timeline}");
    browser.client.clone().close().await.expect("closes");
}

async fn triage(browser: &Browser) {
    let reference = before_the_inquiry(browser).await;
    today_shows_who_is_waiting(browser, &reference).await;
    the_safe_contact_plan_stands_on_top(browser).await;
    log_a_contact(browser).await;
    book_a_call_and_take_it_back(browser).await;
    keep_a_note(browser).await;
    answer_in_an_allowed_way(browser, &reference).await;
    close_with_a_reason(browser).await;
    afterwards::search(browser, &reference).await;
    afterwards::export(browser, &reference).await;
    afterwards::no_email_names_anybody(browser, &reference);
    afterwards::go_back_after_signing_out(browser, &reference).await;
    browser.client.clone().close().await.expect("closes");
}

/// Set-up in one window, a visitor's request in another that was open first, as people take longer than programs.
async fn before_the_inquiry(browser: &Browser) -> String {
    let visitor = visitor::begin(browser).await;
    let app = practice::set_up(browser).await;
    assert_eq!(browser.words(".empty").await, "All caught up. Nothing is waiting for you.");
    practice::sign_out(browser).await;
    practice::sign_in(browser, &app).await;
    assert_eq!(browser.words("h1").await, "Today");
    visitor.send(browser).await
}

async fn today_shows_who_is_waiting(browser: &Browser, reference: &str) {
    browser.click("Today").await;
    assert_eq!(browser.words("main h2").await, "Reply now");
    let row = browser.words("tbody tr").await;
    for part in [NAME, reference, "Couples therapy", "Oregon", "Call, voicemail: name only", "Email", "Due"] {
        assert!(row.contains(part), "{part}: {row}");
    }
    browser.click(NAME).await;
    assert_eq!(browser.words("h1").await, format!("{NAME} {reference}"));
}

/// Before everything else of the page, in larger letters, and seen without scrolling.
async fn the_safe_contact_plan_stands_on_top(browser: &Browser) {
    let plan = browser.words("#plan").await;
    for part in
        ["Call (503) 555-0142", "only a first name and a number", "No texts", "Email quill@mail.example"]
    {
        let digits = |text: &str| text.replace(['(', ')'], "").replace('-', " ");
        assert!(digits(&plan).contains(&digits(part)), "{part}: {plan}");
    }
    let (_, top, _, height) = browser.find("#plan ul").await.rectangle().await.expect("a place");
    assert!(top + height < 900.0, "it ends at {}, below the first screen", top + height);
    let (_, sent, _, _) = browser.find(".summary-list").await.rectangle().await.expect("a place");
    assert!(top < sent, "what they sent comes first");
    let letters = |size: String| size.trim_end_matches("px").parse::<f64>().expect("pixels");
    let plan = letters(browser.find("#plan li").await.css_value("font-size").await.expect("a size"));
    let rest = letters(browser.find(".summary-list dd").await.css_value("font-size").await.expect("a size"));
    assert!(plan > rest, "{plan} is no larger than {rest}");
    assert!(browser.words(".summary-list").await.contains(NOTE));
}

async fn log_a_contact(browser: &Browser) {
    let offered = buttons(&browser.client, "#kind button").await;
    let allowed = [
        "Called, and we spoke",
        "Left a voicemail",
        "Called, no answer",
        "Sent an email",
        "They got in touch",
    ];
    assert_eq!(offered, allowed);
    browser.click("Left a voicemail").await;
    assert!(browser.words(".notice").await.contains("Noted that you were in touch."));
    let tags = browser.words("main > .tags").await;
    assert!(tags.contains("Contacted") && !tags.contains("Due"), "the clock has stopped: {tags}");
}

async fn book_a_call_and_take_it_back(browser: &Browser) {
    browser.click("Call booked").await;
    assert!(browser.words(".notice").await.contains("Marked as call booked."));
    assert!(browser.words("main > .tags").await.starts_with("Call booked"));
    browser.click("Undo").await;
    assert!(browser.words(".notice").await.contains("Taken back."));
    assert!(browser.words("main > .tags").await.starts_with("Contacted"));
}

async fn keep_a_note(browser: &Browser) {
    browser.fill("Note", OUR_NOTE).await;
    browser.click("Keep the note").await;
    let first = browser.words(".timeline li").await;
    assert!(first.contains(OUR_NOTE) && first.contains(PERSON), "{first}");
}

/// Only links for the ways that were chosen, filled in, and one press that writes it down.
async fn answer_in_an_allowed_way(browser: &Browser, reference: &str) {
    browser.click("Answer").await;
    assert_eq!(browser.words("#preview mark").await, "{times}");
    assert!(browser.words("#ways").await.contains("No text: they did not choose texts."));
    browser.fill("Times you can offer", "Tuesday at 10").await;
    browser.click("Fill in").await;
    assert!(browser.words("#preview").await.starts_with(&format!("Hello {NAME},")));
    let mut links = Vec::new();
    for link in browser.client.find_all(Locator::Css("#ways a")).await.expect("links") {
        links.push(link.attr("href").await.expect("read").expect("a target"));
    }
    assert_eq!(links.len(), 2, "{links:?}");
    assert_eq!(links[0], "tel:+15035550142");
    let mail = format!("mailto:quill@mail.example?subject=Your%20message%2C%20{reference}&body=Hello%20");
    assert!(links[1].starts_with(&mail) && links[1].contains("Tuesday%20at%2010"), "{}", links[1]);
    browser.click("Sent an email").await;
    assert!(browser.words(".timeline li").await.starts_with("Sent an email"));
}

async fn close_with_a_reason(browser: &Browser) {
    unfold(browser, "Closed").await;
    browser.click("Close").await;
    assert!(browser.words(".error-summary").await.contains("Select why you close it."));
    browser.labelled("Why").await.select_by_label("Chose someone else").await.expect("a reason");
    browser.click("Close").await;
    assert!(browser.words(".notice").await.contains("Marked as closed."));
    assert!(browser.words("main > .tags").await.starts_with("Closed: Chose someone else"));
    assert_eq!(
        buttons(&browser.client, "[aria-labelledby='status-heading'] button").await,
        ["New", "Contacted"]
    );
    let timeline = browser.words(".timeline").await;
    for step in ["Received", "Left a voicemail", "Contacted to Call booked", "taken back", "Sent an email"] {
        assert!(timeline.contains(step), "{step}: {timeline}");
    }
}

async fn unfold(browser: &Browser, words: &str) {
    let path = format!("//summary[normalize-space()=\"{words}\"]");
    let summary = browser.client.find(Locator::XPath(&path)).await.expect("something to unfold");
    summary.click().await.expect("a click");
}

async fn buttons(client: &Client, selector: &str) -> Vec<String> {
    let mut words = Vec::new();
    for button in client.find_all(Locator::Css(selector)).await.expect("buttons") {
        words.push(button.text().await.expect("text"));
    }
    words
}
