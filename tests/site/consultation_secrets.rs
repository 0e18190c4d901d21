//! What a sender typed exists sealed and nowhere else.

use axum::http::StatusCode;

use crate::form::Form;
use crate::log::Log;
use crate::reception::{self, EMAIL, NOTE, PHONE, Reception, SEND};
use crate::watch::{bytes_below, holds};

/// Typed into every field that takes words, in a form of no other text.
const CANARIES: [&str; 4] = ["Zyxnamewq", "9715550186", "zyxmailwq", "Zyxnotewq"];

async fn typed(reception: &Reception) -> Form {
    let mut form = reception.filled().await;
    form.fill("Name", CANARIES[0]).fill(PHONE, CANARIES[1]).fill(NOTE, CANARIES[3]);
    form.fill(EMAIL, &format!("{}@mail.example", CANARIES[2]));
    form
}

fn holds_no_canary(what: &str, bytes: &[u8]) {
    assert!(!bytes.is_empty(), "{what} is empty");
    for canary in CANARIES {
        let (needle, lower) = (canary.to_ascii_lowercase(), bytes.to_ascii_lowercase());
        assert!(!holds(&lower, needle.as_bytes()), "{canary} in {what}");
    }
}

#[tokio::test]
async fn prv_03_what_was_typed_is_nowhere_but_sealed() {
    let (log, _listening) = Log::listen();
    let reception = reception::open().await;
    let mut form = typed(&reception).await;
    let refused = reception.press(form.clone().fill(EMAIL, ""), "Continue").await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    let reference = reception.sent(&form).await;
    form.tamper("contact_fax", CANARIES[0]);
    reception.sent(&form).await;
    let emails = reception.emails().await;
    let check = reception.checked(typed(&reception).await.fill(NOTE, "Zyxnotewq again")).await;
    reception.break_storage();
    assert_eq!(reception.press(&check, SEND).await.status, StatusCode::SERVICE_UNAVAILABLE);

    holds_no_canary("the data folder", &bytes_below(reception.data.path()));
    holds_no_canary("the log", log.text().as_bytes());
    for email in &emails {
        holds_no_canary("the email", format!("{email:?}").as_bytes());
    }
    let page = reception.get(&format!("/request-consultation/received/{reference}")).await;
    holds_no_canary("the received page", &page.body);
    let stored = reception.stored().await;
    assert_eq!(reception.opened(&stored[0]).name, CANARIES[0], "the practice reads it all the same");
}

#[tokio::test]
async fn prv_06_and_12_the_one_email_is_to_the_practice_and_always_the_same() {
    let reception = reception::open().await;
    let first = reception.sent(&reception.filled().await).await;
    // Taken away at once, or both requests would share an email.
    reception.emails().await;
    let mut other = reception.filled().await;
    let second =
        reception.sent(other.fill("Name", "Somebody Else").fill(NOTE, "").choose("Trauma therapy")).await;
    let emails = reception.emails().await;
    assert_eq!(emails.len(), 2);
    let minute = |text: &str| {
        text.replace("12:01 PM", "12:0x PM").replace("12:02 PM", "12:0x PM").replace("12 PM", "12:0x PM")
    };
    assert_eq!(minute(&emails[0].text.replace(&first, "R")), minute(&emails[1].text.replace(&second, "R")));
}

#[tokio::test]
async fn prv_16_without_a_key_nothing_is_stored_in_any_form() {
    let reception = reception::open().await;
    for damage in ["UPDATE practice_keys SET public_key = 'age1damaged'", "DELETE FROM practice_keys"] {
        let check = reception.checked(&typed(&reception).await).await;
        let mut write = reception.db.begin().await.expect("begins");
        sqlx::query(damage).execute(&mut *write).await.expect("damaged");
        write.commit().await.expect("commits");
        let answer = reception.press(&check, SEND).await;
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{damage}");
        assert_eq!(Form::with_button(&answer.html(), SEND).answers(), check.answers());
        assert!(reception.stored().await.is_empty());
    }
    holds_no_canary("the data folder", &bytes_below(reception.data.path()));
}

#[tokio::test]
async fn a_row_moved_to_another_reference_is_noticed() {
    let reception = reception::open().await;
    reception.sent(&reception.filled().await).await;
    let stored = reception.stored().await;
    let opened = practice_site::seal::open(&reception.key, "K7QF-2M", &stored[0].answers);
    assert_eq!(opened.err(), Some(practice_site::seal::OpenError::OtherReference));
}
