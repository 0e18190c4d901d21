//! A note that is being typed when another button is pressed.

use crate::inbox::{sam, sent};
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
        ("next-step", "", "Next step taken away"),
    ] {
        let address = format!("/admin/inquiries/{}", sent(&office, &sam(), &[]).await);
        let page = browser.page(&address).await;
        let form = Form::to(&page, &format!("{address}/{what}")).fill("note", TYPED);
        let page = form.go(&browser, button).await;
        let steps: Vec<_> = all(&page, ".timeline li > p:first-child").into_iter().map(words).collect();
        assert_eq!(steps, [step, "Note", "Received"]);
        assert!(words(one(&page, ".timeline li:nth-child(2)")).contains(TYPED));
        assert_eq!(words(one(&page, "#note")), "", "{what}: it is not kept twice");

        let page = Form::on(&page, ".notice form").go(&browser, "").await;
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
async fn the_return_key_in_the_field_for_the_day_sets_the_day() {
    let office = Office::fresh().await;
    let Founder { browser, .. } = office.founded().await;
    let address = format!("/admin/inquiries/{}", sent(&office, &sam(), &[]).await);
    let page = browser.page(&address).await;
    let first = all(&page, "aside button")[0];
    assert_eq!(first.attr("formaction"), Some(format!("{address}/next-step").as_str()));
    let typed_in = all(&page, "aside input:not([type=hidden])");
    assert_eq!(typed_in.len(), 1, "a field of one line in which the key would do something else");
}
