//! The form: nothing that arrives makes it fail, and no letter that was typed is lost or changed on the way.

use axum::body::Body;
use axum::extract::Request;
use axum::http::{StatusCode, header};
use practice_site::inquiry::draft::Posted;
use practice_site::inquiry::{Draft, Field, check};
use practice_site::web::form::posted;
use proptest::prelude::*;
use proptest::sample::select;
use tokio::runtime::Runtime;

use crate::promise::practice;
use crate::rule::{QUICK, holds, runtime, text};

const NAMES: [&str; 16] = [
    "name",
    "looking_for",
    "location",
    "adult",
    "by",
    "phone",
    "voicemail",
    "email",
    "times",
    "note",
    "insurance",
    "understood",
    "contact_fax",
    "token",
    "keep_email",
    "shoe_size",
];

const CHOICES: [&str; 16] = [
    "",
    " ",
    "myself",
    "couple",
    "OR",
    "elsewhere",
    "yes",
    "no",
    "call",
    "text",
    "email",
    "full",
    "weekends",
    "206 555 0142",
    "jo@example.com",
    "Jo Example",
];

fn read(runtime: &Runtime, body: Vec<u8>) -> Result<Vec<Posted>, StatusCode> {
    let kind = "application/x-www-form-urlencoded";
    let request = Request::builder().header(header::CONTENT_TYPE, kind).body(Body::from(body));
    runtime.block_on(posted(request.expect("a request")))
}

/// As one of the many ways in which programs write a byte in a form post. `way` chooses one.
fn encoded(bytes: &[u8], ways: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    for (place, byte) in bytes.iter().enumerate() {
        let way = ways.get(place % ways.len().max(1)).copied().unwrap_or_default();
        let is_special = matches!(byte, b'%' | b'&' | b'=' | b'+');
        match way % 3 {
            0 if *byte == b' ' => out.push(b'+'),
            0 | 1 if !is_special => out.push(*byte),
            1 => out.extend(format!("%{byte:02x}").bytes()),
            _ => out.extend(format!("%{byte:02X}").bytes()),
        }
    }
    out
}

fn body(fields: &[(Vec<u8>, Vec<u8>)], ways: &[u8]) -> Vec<u8> {
    let one =
        |(name, value): &(Vec<u8>, Vec<u8>)| [encoded(name, ways), encoded(value, ways)].join(&b"="[..]);
    fields.iter().map(one).collect::<Vec<_>>().join(&b'&')
}

#[test]
fn any_bytes_are_read_or_refused_and_never_more_than_they_hold() {
    let runtime = runtime();
    let byte = prop_oneof![2 => any::<u8>(), 1 => select(b"&=+%0aF".to_vec())];
    holds(QUICK, prop::collection::vec(byte, 0..600), |body| {
        let parts = body.split(|byte| *byte == b'&').filter(|part| !part.is_empty()).count();
        match read(&runtime, body) {
            Ok(fields) => assert_eq!(fields.len(), parts),
            Err(status) => assert!(parts > 200 && status == StatusCode::PAYLOAD_TOO_LARGE, "{status}"),
        }
    });
}

#[test]
fn any_text_is_read_as_it_was_typed_every_letter() {
    let runtime = runtime();
    let fields = prop::collection::vec((text(12), text(80)), 0..8);
    holds(QUICK, (fields, prop::collection::vec(any::<u8>(), 0..30)), |(fields, ways)| {
        let bytes: Vec<_> =
            fields.iter().map(|(name, value)| (name.clone().into(), value.clone().into())).collect();
        let read = read(&runtime, body(&bytes, &ways)).expect("a form");
        assert!(read.iter().all(|field| !field.damaged));
        let read: Vec<_> = read.into_iter().map(|field| (field.name, field.value)).collect();
        assert_eq!(read, fields);
    });
}

#[test]
fn any_bytes_that_are_no_text_are_marked_and_what_is_text_among_them_stays() {
    let runtime = runtime();
    let value = prop_oneof![
        prop::collection::vec(any::<u8>(), 0..60),
        text(40).prop_map(String::into_bytes),
        (text(20), prop::collection::vec(0x80..=0xff_u8, 1..4), text(20))
            .prop_map(|(before, broken, after)| [before.into_bytes(), broken, after.into_bytes()].concat()),
    ];
    holds(QUICK, (value, any::<[u8; 8]>()), |(value, ways)| {
        let fields = [(b"note".to_vec(), value.clone())];
        let read = read(&runtime, body(&fields, &ways)).expect("a form");
        assert_eq!(read[0].value, String::from_utf8_lossy(&value));
        assert_eq!(read[0].damaged, std::str::from_utf8(&value).is_err());
        let draft = Draft::from_posted(read);
        assert_eq!(!draft.damaged.is_empty(), std::str::from_utf8(&value).is_err());
    });
}

/// Fields as browsers, programs and people who try things send them.
fn fields() -> impl Strategy<Value = Vec<Posted>> {
    let value = prop_oneof![select(&CHOICES[..]).prop_map(String::from), text(30)];
    let field = (select(&NAMES[..]), value, prop::bool::weighted(0.02));
    let posted = field.prop_map(|(name, value, damaged)| Posted { name: name.into(), value, damaged });
    prop::collection::vec(posted, 0..24)
}

#[test]
fn any_fields_become_a_draft_that_keeps_each_first_answer_and_says_what_it_took_out() {
    holds(QUICK, fields(), |fields| {
        let draft = Draft::from_posted(fields.clone());
        let notes = || fields.iter().filter(|field| field.name == "note");
        let plain = |text: &str| text.replace("\r\n", "\n").replace('\r', "\n");
        let is_control =
            |letter: char| (letter < ' ' && letter != '\n' && letter != '\t') || letter == '\u{7f}';
        let kept: Vec<String> = notes().map(|note| plain(&note.value).replace(is_control, "")).collect();
        let expected = kept.iter().find(|note| !note.trim().is_empty()).or(kept.last());
        assert_eq!(Some(&draft.note), expected.or(Some(&String::new())));
        let took_out = notes().any(|note| plain(&note.value).contains(is_control));
        assert_eq!(draft.control.contains(&Field::Note), took_out);
        assert_eq!(draft.damaged.contains(&Field::Note), notes().any(|note| note.damaged));
    });
}

#[test]
fn any_draft_is_checked_calmly_and_carried_on_to_the_next_page_unchanged() {
    let (runtime, practice) = (runtime(), practice("America/New_York"));
    holds(QUICK, (fields(), any::<[u8; 8]>()), |(fields, ways)| {
        let draft = Draft::from_posted(fields);
        check(&draft, &practice);
        let carried: Vec<_> =
            draft.pairs().into_iter().map(|(name, value)| (name.into(), value.into())).collect();
        let again = Draft::from_posted(read(&runtime, body(&carried, &ways)).expect("a form"));
        assert_eq!(again.pairs(), draft.pairs());
        assert!(again.damaged.is_empty() && again.control.is_empty());
    });
}
