//! Sending: stored once, acknowledged only then, and the practice hears of it once.

use axum::http::StatusCode;
use practice_site::inquiry::answers::{LookingFor, Voicemail, Way};

use crate::form::Form;
use crate::reception::{self, SEND, reference};
use crate::visit::{all, one, set_facts, words};

#[tokio::test]
async fn a_request_is_stored_and_the_practice_is_told() {
    let reception = reception::open().await;
    let form = reception.filled().await;
    let check = reception.press(&form, "Continue").await.html();
    assert!(words(one(&check, "main")).contains("you will hear from us by Monday, November 23"));
    let answer = reception.press(&Form::with_button(&check, SEND), SEND).await;
    let reference = reference(&answer);
    assert_eq!(answer.header("cache-control"), "no-store");
    assert!(answer.headers.get("set-cookie").is_none());

    let stored = reception.stored().await;
    assert_eq!((stored[0].reference.as_str(), stored[0].status.as_str()), (reference.as_str(), "new"));
    assert_eq!(stored[0].suspicion, None);
    let emails = reception.emails().await;
    assert_eq!(emails.len(), 1);
    assert_eq!(emails[0].subject, format!("New request {reference}"));
    assert!(emails[0].text.contains("came in at 12:01 PM on Friday, November 20"), "{}", emails[0].text);
    assert!(emails[0].text.contains("Reply by Monday, November 23"));
    assert!(emails[0].text.contains(&format!("https://practice.example/admin/inquiries/{reference}")));
}

#[tokio::test]
async fn the_practice_s_key_gives_back_every_answer() {
    let reception = reception::open().await;
    reception.sent(&reception.filled().await).await;
    let answers = reception.opened(&reception.stored().await[0]);
    assert_eq!(answers.name, "Quill Madeup");
    assert_eq!(answers.looking_for, LookingFor::Couple);
    assert_eq!(answers.location, "OR");
    assert_eq!(answers.by, [Way::Call, Way::Email]);
    assert_eq!(answers.phone.map(|phone| phone.number).as_deref(), Some("+15035550142"));
    assert_eq!(answers.voicemail, Some(Voicemail::None));
    assert_eq!(answers.email.as_deref(), Some("quill@mail.example"));
    assert_eq!(answers.times, ["weekday-evenings", "weekends"]);
    assert_eq!(answers.note.as_deref(), Some("Two made-up lines,\nthis is the second."));
}

#[tokio::test]
async fn prv_08_the_received_page_names_the_day_only_within_the_hour_and_never_a_person() {
    let reception = reception::open_with(|folder| set_facts(folder, "phone = \"(555) 555-0100\"")).await;
    let reference = reception.sent(&reception.filled().await).await;
    let path = format!("/request-consultation/received/{reference}");
    let answer = reception.get(&path).await;
    assert_eq!((answer.status, answer.header("cache-control")), (StatusCode::OK, "no-store"));
    let page = answer.html();
    assert_eq!(words(one(&page, "h1")), "We have your request");
    assert_eq!(words(one(&page, ".reference")), reference);
    assert!(words(one(&page, ".steps")).contains("within 1 business day, by Monday, November 23."));
    assert!(words(one(&page, "main")).contains("call (555) 555-0100 and give the reference"));
    assert_eq!(all(&page, "main li a[href^='/articles/']").len(), 2);
    assert!(!answer.text().contains("Quill"));

    reception.wait(59 * 60);
    assert!(reception.get(&path).await.text().contains("Monday, November 23"));
    reception.wait(2 * 60);
    let later = reception.get(&path).await;
    assert_eq!(later.status, StatusCode::OK);
    assert!(!later.text().contains("Monday, November 23"));
}

#[tokio::test]
async fn a_reference_tells_nobody_whether_it_was_given_out() {
    let reception = reception::open().await;
    let reference = reception.sent(&reception.filled().await).await;
    reception.wait(2 * 3_600);
    let known = reception.get(&format!("/request-consultation/received/{reference}")).await.text();
    let unknown = reception.get("/request-consultation/received/K7QF-2M").await;
    assert_eq!(unknown.status, StatusCode::OK);
    assert_eq!(unknown.text().replace("K7QF-2M", &reference), known);
    for none in ["k7qf-2m", "K7QF2M", "1", "K7QF-2M'", "..%2f..%2fetc", "%00", "%FF"] {
        let answer = reception.get(&format!("/request-consultation/received/{none}")).await;
        assert!(answer.status.is_client_error(), "{none}: {}", answer.status);
        assert!(!all(&answer.html(), "h1").is_empty(), "{none} is a page");
    }
}

#[tokio::test]
async fn rel_14_the_same_answers_sent_twice_are_one_request_with_one_email() {
    let reception = reception::open().await;
    let check = reception.checked(&reception.filled().await).await;
    let first = reference(&reception.press(&check, SEND).await);
    reception.wait(3_600);
    let second = reference(&reception.press(&check, SEND).await);
    assert_eq!(first, second);
    assert_eq!((reception.stored().await.len(), reception.emails().await.len()), (1, 1));
}

#[tokio::test]
async fn rel_14_the_same_answers_sent_twenty_times_at_once_are_one_request_with_one_email() {
    let reception = reception::open().await;
    let check = reception.checked(&reception.filled().await).await;
    let presses = (0..20).map(|_| reception.press(&check, SEND));
    let answers = futures_of(presses).await;
    let mut references: Vec<_> = answers.iter().map(reference).collect();
    references.dedup();
    assert_eq!(references.len(), 1, "everybody reads the same reference");
    assert_eq!((reception.stored().await.len(), reception.emails().await.len()), (1, 1));
}

/// All of them at the same time on this one thread.
pub async fn futures_of<F: Future>(futures: impl Iterator<Item = F>) -> Vec<F::Output> {
    let mut waiting: Vec<_> = futures.map(|future| (Box::pin(future), None)).collect();
    std::future::poll_fn(|context| {
        for (future, output) in &mut waiting {
            if output.is_none()
                && let std::task::Poll::Ready(ready) = future.as_mut().poll(context)
            {
                *output = Some(ready);
            }
        }
        match waiting.iter().all(|(_, output)| output.is_some()) {
            true => std::task::Poll::Ready(()),
            false => std::task::Poll::Pending,
        }
    })
    .await;
    waiting.into_iter().filter_map(|(_, output)| output).collect()
}

#[tokio::test]
async fn answers_changed_after_sending_are_a_request_of_their_own() {
    let reception = reception::open().await;
    let mut form = reception.filled().await;
    let first = reception.sent(&form).await;
    let second = reception.sent(form.fill("Name", "Quill Other")).await;
    assert_ne!(first, second);
    assert_eq!(reception.stored().await.len(), 2);
}

#[tokio::test]
async fn rel_23_a_page_left_open_for_days_asks_to_look_again_and_then_sends() {
    let reception = reception::open().await;
    let form = reception.filled().await;
    let check = reception.checked(&form).await;
    reception.wait(3 * 86_400);
    let answer = reception.press(&check, SEND).await;
    assert_eq!(answer.status, StatusCode::OK);
    let page = answer.html();
    assert!(words(one(&page, "[role='alert']")).contains("Nothing you typed is lost"));
    let again = Form::with_button(&page, SEND);
    assert_eq!(again.answers(), check.answers());
    assert!(reception.stored().await.is_empty());
    reception.wait(30);
    reference(&reception.press(&again, SEND).await);
    assert_eq!(reception.stored().await[0].status, "new");
}

#[tokio::test]
async fn rel_23_a_forged_or_missing_token_loses_nothing() {
    let reception = reception::open().await;
    for token in ["", "forged", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "ü\u{202e}"] {
        let form = reception.filled().await;
        let mut check = reception.checked(&form).await;
        check.tamper("token", token);
        let answer = reception.press(&check, SEND).await;
        assert_eq!(answer.status, StatusCode::OK, "{token}");
        let again = Form::with_button(&answer.html(), SEND);
        assert_eq!(again.answers(), form.answers());
        let stored = reception.stored().await.len();
        reception.wait(30);
        reference(&reception.press(&again, SEND).await);
        let rows = reception.stored().await;
        assert_eq!((rows.len(), rows[stored].status.as_str()), (stored + 1, "new"), "{token}");
    }
}

#[tokio::test]
async fn rel_23_trouble_with_the_disk_keeps_every_word_and_names_the_phone() {
    let reception = reception::open_with(|folder| set_facts(folder, "phone = \"(555) 555-0100\"")).await;
    let form = reception.filled().await;
    let check = reception.checked(&form).await;
    reception.break_storage();
    let answer = reception.press(&check, SEND).await;
    assert_eq!((answer.status, answer.header("retry-after")), (StatusCode::SERVICE_UNAVAILABLE, "60"));
    let page = answer.html();
    assert_eq!(one(&page, "[role='alert'] a[href^='tel:']").attr("href"), Some("tel:+15555550100"));
    assert_eq!(Form::with_button(&page, SEND).answers(), form.answers());
    assert_eq!(reception.get("/").await.status, StatusCode::OK);
}

#[tokio::test]
async fn rel_05_without_storage_the_form_says_to_phone_and_shows_what_was_typed() {
    let closed = crate::visit::changed(|folder| set_facts(folder, "phone = \"(555) 555-0100\""));
    let answer = closed.open("/request-consultation").await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    let page = answer.html();
    assert_eq!(words(one(&page, "h1")), "Request a consultation");
    assert!(all(&page, "main form").is_empty(), "nothing is asked that can't be stored");
    assert_eq!(one(&page, "main a[href^='tel:+1']").attr("href"), Some("tel:+15555550100"));
    assert_eq!(closed.open("/readyz").await.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(closed.open("/healthz").await.status, StatusCode::OK);
    assert_eq!(closed.open("/about").await.status, StatusCode::OK);

    let form = reception::open().await.filled().await;
    let answer = closed.post("/request-consultation/check", form.press("Continue").body).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    let page = answer.html();
    assert!(words(one(&page, "blockquote")).contains("this is the second."));
    let again = all(&page, "main form button").into_iter().map(words).next().expect("a way to try again");
    assert_eq!(Form::with_button(&page, &again).answers(), form.answers());
}
