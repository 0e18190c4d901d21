//! The check page: everything shown back, every answer a step away from being changed, nothing sent yet.

use axum::http::{Method, StatusCode};

use crate::form::Form;
use crate::reception::{self, EMAIL, PHONE, SEND, STATE, UNDERSTOOD};
use crate::visit::{all, one, set_facts, words};

#[tokio::test]
async fn the_answers_are_shown_back_in_the_words_of_the_form() {
    let reception = reception::open().await;
    let form = reception.filled().await;
    let answer = reception.press(&form, "Continue").await;
    assert_eq!(answer.header("cache-control"), "no-store");
    let page = answer.html();
    assert_eq!(words(one(&page, "h1")), "Check your request");
    assert!(words(one(&page, "main")).contains("Nothing has been sent yet."));
    let shown: Vec<_> = all(&page, ".summary-list dd:nth-of-type(1)").into_iter().map(words).collect();
    let wanted = [
        "Quill Madeup",
        "Couples therapy",
        "Oregon",
        "Yes",
        "Phone call Email",
        "503 555 0142",
        "No voicemail",
        "quill@mail.example",
        "Weekday evenings Weekends",
        "Two made-up lines, this is the second.",
    ];
    assert_eq!(shown, wanted);
    assert!(reception.stored().await.is_empty(), "nothing is stored before it is sent");
}

#[tokio::test]
async fn what_was_left_blank_says_so() {
    let reception = reception::open().await;
    let mut form = reception.form().await;
    form.fill("Name", "Quill").choose("Not sure, or I would rather say on the call").pick(STATE, "Maine");
    form.choose("Yes").choose("Text message").fill(PHONE, "207 555 0142").choose(UNDERSTOOD);
    let page = reception.press(&form, "Continue").await.html();
    let blank = all(&page, ".summary-list dd").into_iter().filter(|dd| words(*dd) == "Left blank").count();
    assert_eq!(blank, 3, "email, times, note");
}

#[tokio::test]
async fn an_answer_that_will_not_be_used_is_not_hidden_from_its_sender() {
    let reception = reception::open().await;
    let mut form = reception.filled().await;
    form.untick("Email");
    let page = reception.press(&form, "Continue").await.html();
    assert!(words(one(&page, ".summary-list")).contains("Not sent, because you did not choose email"));
    let check = Form::with_button(&page, SEND);
    reception.press(&check, SEND).await;
    assert_eq!(reception.opened(&reception.stored().await[0]).email, None);
}

#[tokio::test]
async fn every_change_leads_to_its_question_with_everything_still_there() {
    let reception = reception::open().await;
    let form = reception.filled().await;
    let check = reception.checked(&form).await;
    let changes: Vec<_> =
        check.buttons().iter().filter(|button| button.words.starts_with("Change ")).collect();
    assert_eq!(changes.len(), 10);
    for button in changes {
        let answer = reception.press(&check, &button.words).await;
        assert_eq!(answer.status, StatusCode::OK);
        let page = answer.html();
        let (path, id) = button.action.split_once('#').expect("a fragment");
        assert_eq!(path, "/request-consultation");
        let target = one(&page, &format!("#{id}"));
        assert!(["input", "select", "textarea"].contains(&target.value().name()), "{id} can be focused");
        assert_eq!(Form::with_button(&page, "Continue").answers(), form.answers(), "{}", button.words);
    }
}

#[tokio::test]
async fn a_likely_slip_in_the_address_is_a_question_with_two_answers() {
    for (button, kept) in
        [("Yes, use quill@gmail.com", "quill@gmail.com"), ("No, keep quill@gmial.com", "quill@gmial.com")]
    {
        let reception = reception::open().await;
        let mut form = reception.filled().await;
        form.fill(EMAIL, "quill@gmial.com");
        let page = reception.press(&form, "Continue").await.html();
        assert!(words(one(&page, "main")).contains("Did you mean quill@gmail.com?"));
        let page = reception.press(&Form::with_button(&page, button), button).await.html();
        assert!(!words(one(&page, "main")).contains("Did you mean"));
        reception.press(&Form::with_button(&page, SEND), SEND).await;
        let answers = reception.opened(&reception.stored().await[0]);
        assert_eq!(answers.email.as_deref(), Some(kept));
        assert_eq!(
            answers.note.as_deref(),
            Some("Two made-up lines,\nthis is the second."),
            "the rest is carried along"
        );
    }
}

#[tokio::test]
async fn sec_23_an_odd_address_stops_nobody_who_can_be_called() {
    let reception = reception::open().await;
    for address in
        ["quill@mail", "ü@münchen.de", "a@[127.0.0.1]", "o'brien+x@mail.example", "quill@mail.example."]
    {
        let mut form = reception.filled().await;
        form.fill(EMAIL, address);
        reception.sent(&form).await;
        let stored = reception.stored().await.pop().expect("stored");
        assert_eq!(reception.opened(&stored).email.as_deref(), Some(address.trim_end_matches('.')));
    }
}

#[tokio::test]
async fn somebody_elsewhere_or_too_young_is_shown_on_and_nothing_is_stored() {
    let reception =
        reception::open_with(|folder| set_facts(folder, "licensed_states = [\"OR\", \"WA\"]")).await;
    let fill = |form: &mut Form| {
        form.fill("Name", "Quill").choose("Therapy for myself").choose("Text message");
        form.fill(PHONE, "207 555 0142").choose(UNDERSTOOD);
    };
    for (place, adult, words_there, target) in [
        ("Somewhere else", "Yes", "ours cover Oregon and Washington", "location"),
        ("Oregon", "No", "Ask a parent, school counselor or doctor to contact us with you", "adult"),
    ] {
        let mut form = reception.form().await;
        fill(&mut form);
        form.choose(place).choose(adult);
        let answer = reception.press(&form, "Continue").await;
        assert_eq!(answer.status, StatusCode::OK);
        let page = answer.html();
        assert_eq!(words(one(&page, "h1")), "We may not be able to see you");
        let main = words(one(&page, "main"));
        assert!(
            main.contains(words_there)
                && main.contains("988")
                && main.contains("Nothing you typed has been sent or kept."),
            "{main}"
        );
        assert!(!words(one(&page, "title")).starts_with("Error"));
        let back = Form::with_button(&page, "Go back and change an answer");
        assert_eq!(back.buttons()[0].action, format!("/request-consultation#{target}"));
        let page = reception.press(&back, "Go back and change an answer").await.html();
        one(&page, &format!("#{target}"));
        assert_eq!(Form::with_button(&page, "Continue").answers(), form.answers());
    }
    let mut form = reception.form().await;
    fill(&mut form);
    form.choose("Oregon").choose("Yes");
    let sent = reception.press(&reception.checked(&form).await, SEND).await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER, "a form that was changed back is sent");
    assert_eq!(reception.stored().await.len(), 1);
}

#[tokio::test]
async fn a_link_to_a_later_step_leads_to_the_form() {
    let site = crate::visit::shipped();
    for path in ["/request-consultation/check", "/request-consultation/send"] {
        for method in [Method::GET, Method::HEAD] {
            let answer = site.send(method, path, &[]).await;
            assert_eq!(answer.status, StatusCode::SEE_OTHER, "{path}");
            assert_eq!(answer.header("location"), "/request-consultation");
        }
    }
}
