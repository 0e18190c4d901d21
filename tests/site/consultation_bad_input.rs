//! What no person types, and what people type all over the world.

use axum::http::StatusCode;

use crate::form::{Form, encode};
use crate::reception::{self, NOTE, Reception, SEND};
use crate::vectors::{MARKUP, VALUES};
use crate::visit::{Answer, all, one, set_facts, words};

const CHECK: &str = "/request-consultation/check";
const FORM: &str = "application/x-www-form-urlencoded";

async fn post(reception: &Reception, body: impl Into<Vec<u8>>) -> Answer {
    reception.raw("192.0.2.7:1", CHECK, FORM, body.into()).await
}

/// The body of a form that is in order, with one field set to something else, already encoded.
async fn body_with(reception: &Reception, field: &str, encoded: &[u8]) -> Vec<u8> {
    let form = reception.filled().await;
    let mut body: Vec<u8> = Vec::new();
    for (name, value) in form.pairs().into_iter().filter(|(name, _)| name != field) {
        body.extend(format!("{}={}&", encode(&name), encode(&value)).bytes());
    }
    body.extend(field.bytes());
    body.push(b'=');
    body.extend(encoded);
    body
}

#[tokio::test]
async fn sec_21_damaged_letters_are_said_and_never_stored_silently() {
    let reception = reception::open().await;
    for bytes in [&b"Ana%FF%FEx"[..], b"Ana\xFF", b"%C0%AF", b"%ED%A0%80", b"%F8%88%80%80%80", b"abc%E2%82"] {
        let answer = post(&reception, body_with(&reception, "note", bytes).await).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{bytes:?}");
        let page = answer.html();
        assert_eq!(
            words(one(&page, "#note-error")),
            "Error: Some letters of this answer were damaged on the way. Look at it and mend it"
        );
        assert_eq!(Form::with_button(&page, "Continue").value("name").as_deref(), Some("Quill Madeup"));
    }
}

#[tokio::test]
async fn sec_21_control_characters_are_taken_out_only_with_a_word_about_it() {
    let reception = reception::open().await;
    for bytes in [&b"a%00b"[..], b"a\x00b", b"a%1B%5B31mb", b"a%08b", b"a%7Fb"] {
        let answer = post(&reception, body_with(&reception, "note", bytes).await).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{bytes:?}");
        let page = answer.html();
        assert!(words(one(&page, "#note-error")).contains("held characters that cannot be shown"));
        let note = Form::with_button(&page, "Continue").value("note").expect("kept");
        assert!(note.starts_with('a') && note.ends_with('b') && !note.contains(|c: char| c.is_control()));
    }
}

#[tokio::test]
async fn sec_22_every_script_comes_back_letter_by_letter() {
    let reception = reception::open().await;
    let texts = [
        "Łucja Ñandú",
        "محمد",
        "\u{202e}evil\u{202c}",
        "👩‍👩‍👧‍👦 🏳️‍🌈",
        "นายสมมุติ",
        "a\u{200b}b\u{feff}c",
        "e\u{301}\u{323}",
        "𐍈𝒳",
        "名前\u{3000}例",
        "a\u{85}b\u{2028}c",
    ];
    for text in texts {
        let mut form = reception.filled().await;
        let note = format!("{text}\r\n\tsecond line\n{text}.");
        reception.sent(form.fill("Name", text).fill(NOTE, &note.replace("\r\n", "\n"))).await;
        let stored = reception.stored().await.pop().expect("stored");
        let answers = reception.opened(&stored);
        assert_eq!(answers.name, text.split_whitespace().collect::<Vec<_>>().join(" "));
        assert_eq!(answers.note.as_deref(), Some(note.replace("\r\n", "\n").as_str()));
        assert_eq!(stored.status, "new");
        reception.wait(3_600);
    }
}

#[tokio::test]
async fn sec_01_and_02_what_is_typed_is_only_ever_text() {
    let reception = reception::open().await;
    let plain = reception.press(&reception.filled().await, "Continue").await.html();
    let tags = |page: &scraper::Html| all(page, "*").len();
    let vectors = || MARKUP.into_iter().chain(VALUES).filter(|vector| !vector.contains('\t'));
    for vector in vectors() {
        let mut form = reception.filled().await;
        form.fill("Name", vector).fill(NOTE, vector);
        let page = reception.press(&form, "Continue").await.html();
        assert_eq!(tags(&page), tags(&plain), "{vector} makes an element");
        let check = Form::with_button(&page, SEND);
        assert_eq!(check.value("note").as_deref(), Some(vector));
        let refused = reception.press(form.untick(reception::UNDERSTOOD), "Continue").await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(Form::with_button(&refused.html(), "Continue").value("note").as_deref(), Some(vector));
        reception.press(&check, SEND).await;
        let stored = reception.stored().await.pop().expect("stored");
        assert_eq!(reception.opened(&stored).note.as_deref(), Some(vector));
        reception.wait(3_600);
    }
    let emails = reception.emails().await;
    assert!(emails.iter().all(|email| !email.subject.contains("Bcc") && !email.text.contains("Bcc")));
    assert_eq!(reception.stored().await.len(), vectors().count());
}

#[tokio::test]
async fn rel_23_repeated_and_unlisted_fields_break_nothing() {
    let reception = reception::open().await;
    let form = reception.filled().await;
    let body = format!(
        "name=&name=++&{}&name=Second&by=call&by=call&shoe_size=44&=nameless&&&note=other&looking_for=myself",
        form.press("Continue").body
    );
    let answer = post(&reception, body).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(Form::with_button(&answer.html(), SEND).answers(), form.answers());
}

#[tokio::test]
async fn rel_23_a_post_with_nothing_in_it_is_the_form_with_its_problems() {
    let reception = reception::open().await;
    for body in ["", "&&&", "=", "token", "%", "%zz=%zz"] {
        for step in ["check", "send"] {
            let answer = reception
                .raw("192.0.2.7:1", &format!("/request-consultation/{step}"), FORM, body.into())
                .await;
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{body}");
            assert_eq!(all(&answer.html(), "#problems li").len(), 6);
        }
    }
}

#[tokio::test]
async fn rel_23_what_cannot_be_read_is_a_page_with_the_phone_and_the_crisis_line() {
    let reception = reception::open_with(|folder| set_facts(folder, "phone = \"(555) 555-0100\"")).await;
    let large = vec![b'a'; 140_000];
    for step in ["", "/check", "/send"] {
        let path = format!("/request-consultation{step}");
        for (kind, body, status) in [
            ("application/json", b"{}".to_vec(), 415),
            ("multipart/form-data; boundary=x", b"--x--".to_vec(), 415),
            ("", Vec::new(), 415),
            (FORM, large.clone(), 413),
            (FORM, b"a=1&".repeat(100_000), 413),
        ] {
            let answer = reception.raw("192.0.2.7:1", &path, kind, body).await;
            assert_eq!(answer.status.as_u16(), status, "{kind}");
            let page = answer.html();
            one(&page, "main a[href='tel:+15555550100']");
            assert!(words(one(&page, ".crisis-line")).contains("988"));
        }
    }
}

#[tokio::test]
async fn the_kind_of_body_may_name_its_letters() {
    let reception = reception::open().await;
    let body = reception.filled().await.press("Continue").body;
    for kind in [
        "application/x-www-form-urlencoded;charset=UTF-8",
        "Application/X-WWW-Form-Urlencoded; charset=utf-8",
    ] {
        let answer = reception.raw("192.0.2.7:1", CHECK, kind, body.clone().into_bytes()).await;
        assert_eq!(answer.status, StatusCode::OK, "{kind}");
    }
}
