//! The form's token: known while it is what was handed out, and nothing else ever is.

use data_encoding::BASE64URL_NOPAD;
use jiff::{SignedDuration, Timestamp};
use practice_site::inquiry::{TokenAge, TokenKey};
use proptest::prelude::*;

use crate::rule::{QUICK, holds, text};

const DAY: i64 = 24 * 60 * 60 * 1000;

fn key() -> TokenKey {
    TokenKey::load(tempfile::tempdir().expect("a folder").path()).expect("a key")
}

fn at(ms: i64) -> Timestamp {
    Timestamp::from_millisecond(ms).expect("a time")
}

/// From 1970 to about 2096.
fn times() -> impl Strategy<Value = i64> {
    0..4_000_000_000_000_i64
}

#[test]
fn any_token_is_known_for_a_day_and_not_a_millisecond_longer() {
    let key = key();
    holds(QUICK, (times(), -DAY..=2 * DAY), |(issued, age)| {
        let token = key.issue(at(issued)).expect("a token");
        let expected = match age {
            0..=DAY => TokenAge::Known(SignedDuration::from_millis(age)),
            _ => TokenAge::Unknown,
        };
        assert_eq!(key.age(&token, at(issued + age)), expected);
    });
}

#[test]
fn any_bit_that_is_turned_makes_a_token_unknown() {
    let key = key();
    holds(QUICK, (times(), any::<prop::sample::Index>()), |(issued, bit)| {
        let token = key.issue(at(issued)).expect("a token");
        let mut bytes = BASE64URL_NOPAD.decode(token.as_bytes()).expect("what was encoded");
        let bit = bit.index(bytes.len() * 8);
        bytes[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(key.age(&BASE64URL_NOPAD.encode(&bytes), at(issued)), TokenAge::Unknown);
    });
}

#[test]
fn any_letter_that_is_changed_added_or_left_out_makes_a_token_unknown() {
    let key = key();
    let changes = (times(), any::<prop::sample::Index>(), any::<char>(), 0..3_u8);
    holds(QUICK, changes, |(issued, place, letter, change)| {
        let token = key.issue(at(issued)).expect("a token");
        let mut letters: Vec<char> = token.chars().collect();
        let place = place.index(letters.len());
        match change {
            0 => letters[place] = letter,
            1 => letters.insert(place, letter),
            _ => letters.truncate(place),
        }
        let changed = String::from_iter(letters);
        let expected =
            if changed == token { TokenAge::Known(SignedDuration::ZERO) } else { TokenAge::Unknown };
        assert_eq!(key.age(&changed, at(issued)), expected, "{changed}");
    });
}

#[test]
fn any_text_that_was_not_handed_out_is_unknown() {
    let key = key();
    let encoded = prop::collection::vec(any::<u8>(), 0..64).prop_map(|bytes| BASE64URL_NOPAD.encode(&bytes));
    holds(QUICK, (prop_oneof![text(80), encoded], times()), |(token, now)| {
        assert_eq!(key.age(&token, at(now)), TokenAge::Unknown);
    });
}

#[test]
fn any_token_of_another_site_is_unknown() {
    let (ours, theirs) = (key(), key());
    holds(QUICK, times(), |issued| {
        let token = theirs.issue(at(issued)).expect("a token");
        assert_eq!(ours.age(&token, at(issued)), TokenAge::Unknown);
    });
}
