//! The triage of a request by somebody who has no mouse, with the accessibility rules at each step.

use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use crate::browser::{Browser, ENTER, Kind};
use crate::keyboard::{tab_to, tab_to_words};
use crate::visit::NAME;
use crate::{axe, practice, visitor};

#[tokio::test]
async fn a_request_is_called_booked_noted_and_closed_by_keyboard_alone() {
    let browser = practice::fresh(Kind::Usual).await;
    let visitor = visitor::begin(&browser).await;
    practice::set_up(&browser).await;
    visitor.send(&browser).await;
    browser.open("/admin").await;
    look_at(&browser, "Today").await;
    press(&browser, NAME).await;
    look_at(&browser, NAME).await;

    press(&browser, "Left a voicemail").await;
    told(&browser, "Noted that you were in touch.").await;
    tab_to(&browser, "note").await;
    browser.press("Prefers mornings, made up.").await;
    press(&browser, "Call booked").await;
    told(&browser, "Marked as call booked.").await;
    assert!(browser.words(".timeline").await.contains("Prefers mornings, made up."), "the note came along");
    press(&browser, "Undo").await;
    told(&browser, "Taken back.").await;

    tab_to(&browser, "next_step").await;
    browser.press(&in_two_days()).await;
    browser.enter().await;
    told(&browser, "The next step is set.").await;
    tab_to(&browser, "next_step").await;
    browser.enter().await;
    assert!(browser.words(".error-summary").await.contains("The day is as it was"));
    tab_to_words(&browser, "Closed").await;
    browser.press(ENTER).await;
    tab_to(&browser, "reason").await;
    browser.press("No rep").await;
    press(&browser, "Close").await;
    told(&browser, "Marked as closed.").await;
    assert!(browser.words("main > .tags").await.starts_with("Closed: No reply"));
    browser.close().await;
}

/// As it is typed into a field for a day: month, day and year.
fn in_two_days() -> String {
    Timestamp::now().to_zoned(TimeZone::UTC).date().saturating_add(2.days()).strftime("%m%d%Y").to_string()
}

/// Goes to a link or button with Tab alone, and presses it.
async fn press(browser: &Browser, words: &str) {
    tab_to_words(browser, words).await;
    browser.enter().await;
}

async fn told(browser: &Browser, words: &str) {
    let notice = browser.words(".notice").await;
    assert!(notice.starts_with(words), "{notice}");
    axe::check(browser, words).await;
}

async fn look_at(browser: &Browser, heading: &str) {
    let title = browser.words("h1").await;
    assert!(title.starts_with(heading), "{title}");
    axe::check(browser, heading).await;
}
