//! A note that is being typed when another button is pressed.

use scraper::Html;

use crate::admin_people::joined;
use crate::inbox::{ledger, sam, sent};
use crate::office::{Founder, Office};
use crate::press::Form;
use crate::visit::{all, one, words};

const TYPED: &str = "Half a made-up note";

#[tokio::test]
async fn a_note_that_is_being_typed_is_kept_with_whatever_is_pressed() {
    let office = Office::fresh().await;
    let Founder { browser, .. } = office.founded().await;
    for (what, button, step) in [
        ("status", "waitlist", "New to Waitlist"),
        ("contacts", "no-answer", "Called, no answer"),
        ("next-step", "", "Next step: Tuesday, December 1"),
    ] {
        let address = format!("/admin/inquiries/{}", sent(&office, &sam(), &[]).await);
        let page = browser.page(&address).await;
        let form = Form::to(&page, &format!("{address}/{what}")).fill("note", TYPED);
        let page = form.fill("next_step", "2026-12-01").go(&browser, button).await;
        let steps: Vec<_> = all(&page, ".timeline li > p:first-child").into_iter().map(words).collect();
        assert_eq!(steps, [step, "Note", "Received"]);
        assert!(words(one(&page, ".timeline li:nth-child(2)")).contains(TYPED));
        assert_eq!(words(one(&page, "#note")), "", "{what}: it is not kept twice");

        let page = Form::to(&page, &format!("{address}/undo")).go(&browser, "").await;
        let taken_back = words(one(&page, ".timeline li:nth-child(2) > p:first-child"));
        assert_eq!(taken_back, format!("{step} (taken back)"));
        assert!(words(one(&page, ".timeline li:nth-child(3)")).contains(TYPED), "{what}: the note stays");
    }
}

#[tokio::test]
async fn not_spam_keeps_the_note_as_well() {
    let office = Office::fresh().await;
    let Founder { browser, .. } = office.founded().await;
    let reference = sent(&office, &sam(), &[practice_site::inquiry::suspicion::Reason::Links]).await;
    let address = format!("/admin/inquiries/{reference}");
    let page = browser.page(&address).await;
    let form = Form::to(&page, &format!("{address}/not-spam")).fill("note", TYPED);
    let page = form.go(&browser, "").await;
    assert!(words(one(&page, "main > .tags")).starts_with("New"));
    assert!(words(one(&page, ".timeline")).contains(TYPED));
}

#[tokio::test]
async fn a_note_is_not_kept_with_a_change_that_is_not_made_and_stays_in_its_field() {
    let office = Office::fresh().await;
    let Founder { browser, .. } = office.founded().await;
    let address = format!("/admin/inquiries/{}", sent(&office, &sam(), &[]).await);
    let page = browser.page(&address).await;
    let form = Form::to(&page, &format!("{address}/status")).fill("note", TYPED);
    let no_reason = form.press(&browser, "closed").await;
    Form::to(&page, &format!("{address}/contacts")).go(&browser, "no-answer").await;
    let too_late = form.press(&browser, "waitlist").await;
    for (answer, status) in [(no_reason, 422), (too_late, 409)] {
        assert_eq!(answer.status, status);
        let page = answer.html();
        assert_eq!(words(one(&page, "#note")), TYPED, "{status}");
        assert!(!words(one(&page, ".timeline")).contains(TYPED), "{status}");
    }
}

#[tokio::test]
async fn the_return_key_in_a_field_sets_the_day_and_takes_none_away() {
    let office = Office::fresh().await;
    let Founder { browser, .. } = office.founded().await;
    let address = format!("/admin/inquiries/{}", sent(&office, &sam(), &[]).await);
    let page = browser.page(&address).await;
    let page = Form::to(&page, &format!("{address}/status")).go(&browser, "contacted").await;
    let buttons = all(&page, "[form='changes'], #changes button");
    assert_eq!(words(buttons[1]), "Undo", "it is not the one that the key presses");
    assert_eq!(buttons[0].attr("formaction"), Some(format!("{address}/next-step").as_str()));
    let typed_in = all(&page, "#changes input:not([type=hidden])");
    assert_eq!(typed_in.len(), 1, "a field of one line in which the key would do something else");

    let by_key = |page: &_| Form::to(page, &format!("{address}/next-step")).fill("note", TYPED);
    let page = by_key(&page).fill("next_step", "2026-12-01").go(&browser, "return").await;
    assert!(words(one(&page, "main > .tags")).contains("December 1"));
    for (day, said) in [("", "The day is blank"), ("2026-12-01", "The day is as it was")] {
        let answer = by_key(&page).fill("next_step", day).press(&browser, "return").await;
        assert_eq!(answer.status, 422, "{day}");
        let page = answer.html();
        assert!(words(one(&page, ".error-summary")).contains(said), "{day}");
        assert_eq!(words(one(&page, "#note")), TYPED);
        assert!(words(one(&page, "main > .tags")).contains("December 1"), "{day}");
    }
    let blank = Form::to(&page, &format!("{address}/next-step")).fill("next_step", "");
    assert!(words(one(&blank.go(&browser, "").await, ".notice")).contains("The next step is taken away."));
}

#[tokio::test]
async fn a_day_that_has_passed_stays_as_it_is_and_is_in_no_buttons_way() {
    let office = Office::fresh().await;
    let Founder { browser, .. } = office.founded().await;
    let address = format!("/admin/inquiries/{}", sent(&office, &sam(), &[]).await);
    let page = browser.page(&address).await;
    let set = Form::to(&page, &format!("{address}/next-step")).fill("next_step", "2026-11-23");
    set.go(&browser, "").await;
    office.execute("UPDATE inquiries SET next_step_at = next_step_at - 7 * 86400000").await;
    let page = browser.page(&address).await;
    let same = Form::to(&page, &format!("{address}/next-step")).press(&browser, "").await;
    assert_eq!(same.status, 422);
    assert!(words(one(&same.html(), ".error-summary")).contains("The day is as it was"));
    for button in all(&page, "[form='changes'], #changes button") {
        let stores_the_day = button.attr("formaction").is_some_and(|to| to.ends_with("/next-step"));
        assert_eq!(button.attr("formnovalidate").is_none(), stores_the_day, "{}", words(button));
    }
    let page = Form::to(&page, &format!("{address}/contacts")).go(&browser, "no-answer").await;
    assert!(words(one(&page, "main > .tags")).contains("Next step: Monday, November 16"));
}

#[tokio::test]
async fn a_day_that_somebody_else_set_meanwhile_is_shown_unless_another_is_being_typed() {
    let office = Office::fresh().await;
    let Founder { browser, .. } = office.founded().await;
    let address = format!("/admin/inquiries/{}", sent(&office, &sam(), &[]).await);
    let page = browser.page(&address).await;
    let day = |what, day| Form::to(&page, &format!("{address}/{what}")).fill("next_step", day);
    day("next-step", "2026-12-01").go(&browser, "").await;
    for (typed, shown) in [("", "2026-12-01"), ("2026-12-24", "2026-12-24")] {
        let answer = day("status", typed).press(&browser, "waitlist").await;
        assert_eq!(answer.status, 409);
        assert_eq!(one(&answer.html(), "#next_step").attr("value"), Some(shown));
    }
}

/// The steps of the timeline, the first first.
fn steps(page: &Html) -> Vec<String> {
    all(page, ".timeline li > p:first-child").into_iter().rev().map(words).collect()
}

#[tokio::test]
async fn a_second_click_with_a_note_is_answered_like_the_first_and_stores_nothing() {
    let office = Office::fresh().await;
    let Founder { browser, .. } = office.founded().await;
    for (what, button, step) in [
        ("notes", "", None),
        ("status", "waitlist", Some("New to Waitlist")),
        ("contacts", "no-answer", Some("Called, no answer")),
        ("next-step", "", Some("Next step: Tuesday, December 1")),
    ] {
        let address = format!("/admin/inquiries/{}", sent(&office, &sam(), &[]).await);
        let page = browser.page(&address).await;
        let form = Form::to(&page, &format!("{address}/{what}")).fill("note", TYPED);
        let form = form.fill("next_step", "2026-12-01");
        let (first, second) = tokio::join!(form.press(&browser, button), form.press(&browser, button));
        let third = form.press(&browser, button).await;
        for later in [&second, &third] {
            assert_eq!((later.status.as_u16(), later.header("location")), (303, first.header("location")));
        }
        let page = browser.page(first.header("location")).await;
        let expected: Vec<_> = ["Received", "Note"].into_iter().chain(step).collect();
        assert_eq!(steps(&page), expected, "{what}");
        one(&page, ".notice button");
    }
}

#[tokio::test]
async fn a_second_click_without_a_note_is_answered_like_the_first_and_stores_nothing() {
    let office = Office::fresh().await;
    let Founder { browser, .. } = office.founded().await;
    for (what, button, step) in [
        ("status", "waitlist", "New to Waitlist"),
        ("status", "closed", "New to Closed"),
        ("status", "referred-out", "Contacted to Referred out"),
        ("next-step", "", "Next step: Tuesday, December 1"),
    ] {
        let reference = sent(&office, &sam(), &[]).await;
        let address = format!("/admin/inquiries/{reference}");
        let mut page = browser.page(&address).await;
        if button == "referred-out" {
            page = Form::to(&page, &format!("{address}/status")).go(&browser, "contacted").await;
        }
        let form = Form::to(&page, &format!("{address}/{what}")).fill("next_step", "2026-12-01");
        let form = form.fill("reason", "no-reply").fill("referred_to", " Quill Madeup ");
        let (first, second) = tokio::join!(form.press(&browser, button), form.press(&browser, button));
        let third = form.press(&browser, button).await;
        for answer in [&first, &second, &third] {
            assert_eq!((answer.status.as_u16(), answer.header("location")), (303, first.header("location")));
        }
        let page = browser.page(first.header("location")).await;
        one(&page, ".notice button");
        let done = steps(&page).into_iter().filter(|done| done.starts_with(step));
        assert_eq!(done.count(), 1, "{button}");
        let changes = ledger(&office, &reference).await;
        let last = if what == "status" { "status changed" } else { "next step set" };
        let changes = changes.iter().filter(|event| *event == last).count();
        assert_eq!(changes, if button == "referred-out" { 2 } else { 1 }, "{button}");
    }
}

#[tokio::test]
async fn what_is_no_second_click_stays_a_conflict() {
    let office = Office::fresh().await;
    let founder = office.founded().await;
    let (browser, other) = (&founder.browser, joined(&office, &founder).await);
    let address = format!("/admin/inquiries/{}", sent(&office, &sam(), &[]).await);
    let form = |page: &_| Form::to(page, &format!("{address}/status"));
    let page = browser.page(&address).await;
    form(&page).go(browser, "contacted").await;
    assert_eq!(form(&page).press(browser, "waitlist").await.status, 409, "another status");
    assert_eq!(form(&page).press(&other, "contacted").await.status, 409, "another person");

    let page = browser.page(&address).await;
    let referred = |to| form(&page).fill("referred_to", to);
    referred("Quill Madeup").go(browser, "referred-out").await;
    let answer = referred("Robin Example").press(browser, "referred-out").await;
    assert_eq!(answer.status, 409, "somebody else was typed");

    let now = browser.page(&address).await;
    form(&now).go(&other, "contacted").await;
    let late = referred("Quill Madeup").press(browser, "referred-out").await;
    assert_eq!(late.status, 409, "changed again since");
}

#[tokio::test]
async fn a_note_from_an_old_page_is_kept_once_whatever_somebody_else_did() {
    let office = Office::fresh().await;
    let founder = office.founded().await;
    let (browser, other) = (&founder.browser, joined(&office, &founder).await);
    let address = format!("/admin/inquiries/{}", sent(&office, &sam(), &[]).await);
    let page = browser.page(&address).await;
    let notes = Form::to(&page, &format!("{address}/notes")).fill("note", TYPED);
    // The same words of somebody else are not this person's.
    notes.go(&other, "").await;
    for _ in 0..2 {
        assert_eq!(steps(&notes.go(browser, "").await), ["Received", "Note", "Note"]);
    }
    // What is left of the old page meets a conflict, without the note that is in.
    let late = Form::to(&page, &format!("{address}/status")).fill("note", TYPED);
    let answer = late.press(browser, "waitlist").await;
    assert_eq!(answer.status, 409);
    assert_eq!(words(one(&answer.html(), "#note")), "");
    // A script that knows no version stores what it is told, each time.
    for count in [4, 5] {
        browser.post(&format!("{address}/notes"), &[("note", TYPED)]).await;
        assert_eq!(steps(&browser.page(&address).await).len(), count);
    }
}

#[tokio::test]
async fn another_button_right_after_the_first_keeps_the_note_once() {
    let office = Office::fresh().await;
    let Founder { browser, .. } = office.founded().await;
    let address = format!("/admin/inquiries/{}", sent(&office, &sam(), &[]).await);
    let page = browser.page(&address).await;
    let to = |what| Form::to(&page, &format!("{address}/{what}")).fill("note", TYPED);
    to("notes").go(&browser, "").await;
    let page = to("status").go(&browser, "contacted").await;
    assert_eq!(steps(&page), ["Received", "Note", "New to Contacted"]);
    let answer = to("status").press(&browser, "waitlist").await;
    assert_eq!(answer.status, 409, "that one is a change of mind");
    assert_eq!(words(one(&answer.html(), "#note")), "");
    assert_eq!(steps(&answer.html()), ["Received", "Note", "New to Contacted"]);
}

#[tokio::test]
async fn undo_keeps_the_note_that_is_being_typed() {
    let office = Office::fresh().await;
    let Founder { browser, .. } = office.founded().await;
    let address = format!("/admin/inquiries/{}", sent(&office, &sam(), &[]).await);
    let page = browser.page(&address).await;
    let page = Form::to(&page, &format!("{address}/status")).go(&browser, "spam").await;
    let undo = Form::to(&page, &format!("{address}/undo")).fill("note", TYPED);
    for _ in 0..2 {
        let page = undo.go(&browser, "").await;
        assert!(words(one(&page, ".notice")).contains("Taken back."));
        assert!(words(one(&page, "main > .tags")).starts_with("New"));
        let taken_back = ["Received", "New to Spam (taken back)", "The change before was taken back", "Note"];
        assert_eq!(steps(&page), taken_back);
        assert!(words(one(&page, ".timeline li:first-child")).contains(TYPED));
    }
    // From a page before the note: what it would take back is no longer the last step, and the note is not it.
    let page =
        Form::to(&browser.page(&address).await, &format!("{address}/status")).go(&browser, "spam").await;
    let to = |what| Form::to(&page, &format!("{address}/{what}")).fill("note", "Another one");
    to("notes").go(&browser, "").await;
    let answer = to("undo").press(&browser, "").await;
    assert_eq!(answer.status, 409);
    assert_eq!(words(one(&answer.html(), "#note")), "");
    assert_eq!(steps(&answer.html())[4..], ["New to Spam", "Note"]);
}
