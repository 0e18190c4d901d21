//! The sealed envelope: what went in comes out for its own reference, and nothing comes out once a byte is different.

use practice_site::inquiry::Answers;
use practice_site::inquiry::answers::{LookingFor, Voicemail, Way};
use practice_site::inquiry::phone::Phone;
use practice_site::inquiry::record::answers_in;
use practice_site::seal::{OpenError, PrivateKey, open, seal};
use proptest::prelude::*;
use proptest::sample::{Index, select, subsequence};
use serde_json::json;

use crate::rule::{SLOW, holds, text};

/// The length of an envelope is a multiple of this.
const STEP: usize = 2048;
const REFERENCE: &str = "K7QF-2M";

type Typed = (String, LookingFor, Vec<Way>, Option<String>, Option<Voicemail>, [String; 3]);

fn typed() -> impl Strategy<Value = Typed> {
    (
        text(60),
        select(LookingFor::ALL.to_vec()),
        subsequence(Way::ALL.to_vec(), 1..=3),
        prop::option::of(text(40)),
        prop::option::of(select(Voicemail::ALL.to_vec())),
        [text(40), text(500), text(40)],
    )
}

fn answers((name, looking_for, by, email, voicemail, [time, note, insurance]): Typed) -> Answers {
    Answers {
        name,
        looking_for,
        location: "OR".into(),
        by,
        phone: Phone::read("206 555 0142 x7"),
        voicemail,
        email,
        times: vec![time],
        note: Some(note),
        insurance: Some(insurance),
    }
}

#[test]
fn any_answers_come_out_as_they_went_in() {
    let key = PrivateKey::generate();
    holds(SLOW, typed(), |typed| {
        let answers = answers(typed);
        let sealed = seal(&key.public(), REFERENCE, &answers.to_json().expect("JSON")).expect("seals");
        assert!(answers_in(&key, REFERENCE, &sealed) == Some(answers));
    });
}

#[test]
fn any_text_is_sealed_to_a_length_that_is_a_whole_number_of_steps() {
    let key = PrivateKey::generate();
    let long = (text(8), 0..3000_usize).prop_map(|(text, times)| text.repeat(times));
    holds(SLOW, prop_oneof![text(500), long], |text| {
        let sealed = seal(&key.public(), REFERENCE, text.as_bytes()).expect("seals");
        let inside = json!({ "reference": REFERENCE, "content": text }).to_string().len();
        assert_eq!(length_inside(&sealed), inside.next_multiple_of(STEP));
        assert_eq!(open(&key, REFERENCE, &sealed).expect("opens").as_slice(), text.as_bytes());
    });
}

/// How many bytes an age file holds: after its header come 16 bytes, then chunks of 64 KiB with 16 bytes more each.
fn length_inside(sealed: &[u8]) -> usize {
    let mac = sealed.windows(5).position(|window| window == b"\n--- ").expect("a header") + 5;
    let end = sealed[mac..].iter().position(|byte| *byte == b'\n').expect("its end");
    let chunks = sealed.len() - (mac + end + 1) - 16;
    chunks - 16 * chunks.div_ceil(64 * 1024 + 16)
}

#[test]
fn any_changed_missing_or_added_byte_keeps_it_shut() {
    let key = PrivateKey::generate();
    let damage = (text(500), any::<Index>(), 1..=255_u8, 0..4_u8);
    holds(SLOW, damage, |(text, place, difference, kind)| {
        let mut sealed = seal(&key.public(), REFERENCE, text.as_bytes()).expect("seals");
        let place = place.index(sealed.len());
        match kind {
            0 => sealed[place] ^= difference,
            1 => sealed.truncate(place),
            2 => sealed.insert(place, difference),
            _ => drop(sealed.remove(place)),
        }
        assert!(open(&key, REFERENCE, &sealed).is_err(), "kind {kind} at {place}");
    });
}

#[test]
fn any_envelope_in_another_row_is_noticed() {
    let key = PrivateKey::generate();
    holds(SLOW, (text(200), text(8), text(8)), |(text, one, other)| {
        let sealed = seal(&key.public(), &one, text.as_bytes()).expect("seals");
        let opened = open(&key, &other, &sealed);
        match one == other {
            true => assert_eq!(opened.expect("opens").as_slice(), text.as_bytes()),
            false => assert_eq!(opened, Err(OpenError::OtherReference)),
        }
    });
}

#[test]
fn any_bytes_that_nobody_sealed_stay_shut() {
    let key = PrivateKey::generate();
    let header = "age-encryption.org/v1\n";
    let begun = prop::collection::vec(any::<u8>(), 0..300)
        .prop_map(move |bytes| [header.as_bytes(), b"-> X25519 ", &bytes].concat());
    let bytes = prop_oneof![prop::collection::vec(any::<u8>(), 0..300), begun];
    holds(SLOW, bytes, |bytes| assert!(open(&key, REFERENCE, &bytes).is_err()));
}
