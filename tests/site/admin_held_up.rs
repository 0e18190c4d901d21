//! What somebody typed while a step at the door is still to be taken: it waits in the page of that step.

use axum::http::StatusCode;
use scraper::Html;

use crate::admin_people::{first_code, half_joined};
use crate::inbox::{sam, sent};
use crate::office::{Browser, EMAIL, Founder, Office, PASSWORD};
use crate::press::Form;
use crate::visit::{one, words};

const TYPED: &str = "Half a \"made-up\" note\nand a second line";

/// The address of an inquiry, and what its form holds once a note is typed.
async fn typed(office: &Office, browser: &Browser<'_>) -> (String, Form) {
    let address = format!("/admin/inquiries/{}", sent(office, &sam(), &[]).await);
    let page = browser.page(&address).await;
    let form = Form::to(&page, &format!("{address}/notes")).fill("note", TYPED);
    (address, form)
}

/// Signs in where a first code is still awaited: the page that asks for it.
async fn half_signed_in(browser: &Browser<'_>, page: &Html) -> Html {
    let sign_in = Form::on(page, "form:has(#password)").fill("email", EMAIL);
    let half = sign_in.fill("password", PASSWORD).press(browser, "").await;
    assert_eq!(half.status, StatusCode::UNAUTHORIZED);
    half.html()
}

/// Types the first code into the page of the second factor: a wrong one, then the right one; where that leads.
async fn confirmed(office: &Office, browser: &Browser<'_>, page: &Html) -> String {
    assert_eq!(words(one(page, "h1")), "Add an app that makes codes");
    assert!(words(one(page, "main")).contains("What you typed is kept in this page."));
    let wrong = Form::on(page, "form:has(#code)").fill("code", "000000").press(browser, "").await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    let code = first_code(office, browser).await;
    let right = Form::on(&wrong.html(), "form:has(#code)").fill("code", &code).press(browser, "").await;
    assert_eq!(right.status, StatusCode::SEE_OTHER, "{}", right.text());
    right.header("location").to_owned()
}

/// Types a note and is held up by a new recovery code: where the inquiry is, and the form with the end of that code, which
/// carries the note.
async fn held_up_by_a_code(office: &Office, browser: &Browser<'_>) -> (String, Form) {
    let (address, note) = typed(office, browser).await;
    browser.post("/admin/recovery-code/new", &[("password", PASSWORD)]).await;
    let answer = note.press(browser, "").await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    let again = Form::to(&answer.html(), "/admin/recovery-code/new").fill("password", PASSWORD);
    let page = again.press(browser, "").await.html();
    let code = words(one(&page, ".reference"));
    (address, Form::to(&page, "/admin/recovery-code").fill("end_of_code", &code[code.len() - 5..]))
}

async fn is_in_the_timeline(browser: &Browser<'_>, address: &str) {
    let noted = words(one(&browser.page(address).await, ".timeline li:first-child"));
    assert!(noted.contains("and a second line"), "{noted}");
}

async fn a_second_click_is_answered_like_the_first(form: &Form, browser: &Browser<'_>) {
    let first = form.press(browser, "").await;
    let second = form.press(browser, "").await;
    assert_eq!(second.status, StatusCode::SEE_OTHER, "{}", second.text());
    assert_eq!(second.header("location"), first.header("location"));
}

async fn is_there_once(browser: &Browser<'_>, address: &str) {
    let page = words(one(&browser.page(address).await, ".timeline"));
    assert_eq!(page.matches("and a second line").count(), 1, "{page}");
}

#[tokio::test]
async fn what_was_typed_as_the_session_ended_waits_for_the_second_factor_too() {
    let office = Office::fresh().await;
    let Founder { browser, .. } = office.founded().await;
    let (address, note) = typed(&office, &browser).await;
    browser.post("/admin/account/second-factor", &[("factor_password", PASSWORD)]).await;
    let ended = note.press(&browser, "").await;
    let half = half_signed_in(&browser, &ended.html()).await;
    let led_to = confirmed(&office, &browser, &half).await;
    assert!(led_to.starts_with(&format!("{address}?done=note")), "{led_to}");
    is_in_the_timeline(&browser, &address).await;
}

#[tokio::test]
async fn what_is_sent_between_the_factors_waits_as_well() {
    let office = Office::fresh().await;
    let founder = office.founded().await;
    let (address, note) = typed(&office, &founder.browser).await;
    let half = half_joined(&office, &founder).await;
    let answer = note.press(&half, "").await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    let led_to = confirmed(&office, &half, &answer.html()).await;
    assert!(led_to.starts_with(&format!("{address}?done=note")), "{led_to}");
    is_in_the_timeline(&half, &address).await;
}

#[tokio::test]
async fn what_is_sent_before_a_new_recovery_code_is_typed_back_waits_for_that() {
    let office = Office::fresh().await;
    let Founder { browser, .. } = office.founded().await;
    let (address, back) = held_up_by_a_code(&office, &browser).await;
    let page = back.go(&browser, "").await;
    assert!(words(one(&page, ".notice")).contains("The note is kept."));
    is_in_the_timeline(&browser, &address).await;
}

#[tokio::test]
async fn what_waits_at_a_further_step_is_still_there_when_the_session_ends_there() {
    let office = Office::fresh().await;
    let Founder { browser, .. } = office.founded().await;
    let (address, note) = typed(&office, &browser).await;
    browser.post("/admin/account/second-factor", &[("factor_password", PASSWORD)]).await;
    let ended = note.press(&browser, "").await;
    let half = half_signed_in(&browser, &ended.html()).await;
    let code = first_code(&office, &browser).await;
    office.wait_minutes(16);
    let ended = Form::on(&half, "form:has(#code)").fill("code", &code).press(&browser, "").await;
    assert_eq!(ended.status, StatusCode::UNAUTHORIZED);
    let half = half_signed_in(&browser, &ended.html()).await;
    let led_to = confirmed(&office, &browser, &half).await;
    assert!(led_to.starts_with(&format!("{address}?done=note")), "{led_to}");
    is_in_the_timeline(&browser, &address).await;
}

#[tokio::test]
async fn a_second_click_on_a_recovery_code_that_was_typed_back_is_answered_like_the_first() {
    let office = Office::fresh().await;
    let Founder { browser, .. } = office.founded().await;
    let (address, back) = held_up_by_a_code(&office, &browser).await;
    a_second_click_is_answered_like_the_first(&back, &browser).await;
    is_there_once(&browser, &address).await;
}

#[tokio::test]
async fn a_second_click_on_a_first_code_carries_what_was_typed_like_the_first() {
    let office = Office::fresh().await;
    let founder = office.founded().await;
    let (address, note) = typed(&office, &founder.browser).await;
    let half = half_joined(&office, &founder).await;
    let held_up = note.press(&half, "").await.html();
    let code = first_code(&office, &half).await;
    let turn_on = Form::on(&held_up, "form:has(#code)").fill("code", &code);
    a_second_click_is_answered_like_the_first(&turn_on, &half).await;
    is_there_once(&half, &address).await;
}
