//! What looks like a program is stored all the same, apart from the rest; only a flood is asked to wait.

use axum::http::StatusCode;

use crate::form::Form;
use crate::reception::{self, NOTE, Reception, SEND, reference};
use crate::visit::{one, set_facts, words};

/// Status and reasons of the only request.
async fn held(reception: &Reception) -> (String, String) {
    let mut stored = reception.stored().await;
    assert_eq!(stored.len(), 1);
    let row = stored.remove(0);
    (row.status, row.suspicion.unwrap_or_default())
}

async fn is_held_for(reception: &Reception, form: &Form, reason: &str) {
    let reference = reception.sent(form).await;
    let page = reception.get(&format!("/request-consultation/received/{reference}")).await.html();
    assert!(words(one(&page, ".steps")).contains("by Monday, November 23"), "the same page as for everybody");
    assert_eq!(held(reception).await, ("spam".to_owned(), reason.to_owned()));
    assert!(reception.emails().await.is_empty(), "no instant email");
    assert_eq!(reception.opened(&reception.stored().await[0]).name, "Quill Madeup", "nothing of it is lost");
}

#[tokio::test]
async fn a_filled_trap_is_held_and_never_refused() {
    let reception = reception::open().await;
    let mut form = reception.filled().await;
    form.tamper("contact_fax", "555 0100");
    is_held_for(&reception, &form, "trap").await;
}

#[tokio::test]
async fn faster_than_anybody_types_is_held() {
    let reception = reception::open().await;
    let mut form = reception.filled().await;
    reception.wait(-58);
    is_held_for(&reception, &form, "too-fast").await;
    let other = reception::open().await;
    form = other.filled().await;
    other.wait(-57);
    other.sent(&form).await;
    assert_eq!(held(&other).await, ("new".to_owned(), String::new()), "three seconds are enough");
}

#[tokio::test]
async fn links_in_a_note_are_held() {
    let reception = reception::open().await;
    let mut form = reception.filled().await;
    is_held_for(&reception, form.fill(NOTE, "Visit HTTPS://spam.example now"), "links").await;
}

#[tokio::test]
async fn more_than_five_in_an_hour_from_one_address_are_held() {
    let reception = reception::open().await;
    for number in 0..7 {
        let mut form = reception.filled().await;
        reception.sent(form.fill("Name", &format!("Quill {number}"))).await;
        reception.emails().await;
    }
    let held: Vec<_> = reception.stored().await.into_iter().map(|row| row.suspicion).collect();
    let many = Some("many-from-one-address".to_owned());
    assert_eq!(held, [None, None, None, None, None, many.clone(), many]);
    assert_eq!(reception.emails().await.len(), 5);

    let mut form = reception.filled().await;
    let check = reception.checked(form.fill("Name", "Quill elsewhere")).await;
    reference(&reception.post_from("198.51.100.4:1", check.press(SEND)).await);
    assert_eq!(reception.stored().await[7].suspicion, None, "another address is not held");
    reception.wait(3_600);
    reception.sent(&reception.filled().await).await;
    assert_eq!(reception.stored().await[8].suspicion, None, "an hour later it is forgotten");
}

#[tokio::test]
async fn rel_23_over_sixty_in_an_hour_wait_and_keep_their_text() {
    let reception = reception::open_with(|folder| set_facts(folder, "phone = \"(555) 555-0100\"")).await;
    let check = reception.checked(&reception.filled().await).await;
    let mut one_of_many = check.clone();
    for number in 0..60 {
        one_of_many.tamper("name", &format!("Quill {number}"));
        reference(&reception.press(&one_of_many, SEND).await);
    }
    let answer = reception.press(&check, SEND).await;
    assert_eq!((answer.status, answer.header("retry-after")), (StatusCode::TOO_MANY_REQUESTS, "600"));
    let page = answer.html();
    assert!(words(one(&page, "[role='alert']")).contains("Wait 10 minutes"));
    one(&page, "[role='alert'] a[href='tel:+15555550100']");
    let again = Form::with_button(&page, SEND);
    assert_eq!(again.answers(), check.answers());
    assert_eq!(reception.stored().await.len(), 60);
    reception.wait(3_601);
    reference(&reception.press(&again, SEND).await);
}

#[tokio::test]
async fn sending_the_same_twice_counts_once() {
    let reception = reception::open().await;
    let check = reception.checked(&reception.filled().await).await;
    for _ in 0..20 {
        reference(&reception.press(&check, SEND).await);
    }
    let mut form = reception.filled().await;
    reception.sent(form.fill("Name", "Quill Later")).await;
    assert!(reception.stored().await.iter().all(|row| row.status == "new"));
}
