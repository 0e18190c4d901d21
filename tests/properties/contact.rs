//! How people may be reached, and references: read generously, kept exactly, and never a crash.

use practice_site::inquiry::phone::Phone;
use practice_site::inquiry::{Reference, email_address};
use proptest::prelude::*;
use proptest::sample::select;

use crate::rule::{QUICK, holds, text};

#[test]
fn any_text_is_a_number_that_can_be_dialled_or_none() {
    let digits = "[-+0-9 ()./x#٠-٩０-９]{0,24}";
    holds(QUICK, prop_oneof![text(30), digits], |typed| {
        let Some(phone) = Phone::read(&typed) else { return };
        let digits = phone.number.strip_prefix('+').expect("a country code");
        assert!(
            (8..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit()),
            "{digits}"
        );
        let spoken = phone.spoken();
        let again = Phone::read(&spoken).map(|again| (again.number, again.extension));
        assert_eq!(again, Some((phone.number, phone.extension)), "as it is spoken: {spoken}");
    });
}

#[test]
fn any_way_to_write_a_us_number_is_the_same_number() {
    let number = "[2-9][0-9]{2}[2-9][0-9]{6}";
    let fillers = prop::collection::vec(select(vec!["", " ", "-", ".", "/", ") ", "–", "\u{202c}"]), 10);
    let begins = select(vec!["", "1", "+1", "+1 ", "1-", "001"]);
    holds(QUICK, (number, fillers, begins), |(number, fillers, begins)| {
        let written: String = number
            .chars()
            .zip(&fillers)
            .flat_map(|(digit, filler)| [String::from(*filler), digit.into()])
            .collect();
        let phone = Phone::read(&format!("{begins}{written}"));
        assert_eq!(phone.map(|phone| phone.number), Some(format!("+1{number}")), "{begins}{written}");
    });
}

#[test]
fn any_text_that_looks_like_an_address_has_one_at_and_nothing_blank() {
    let parts = "[a-zü.+'@ ]{0,8}@?[a-z.@-]{0,8}[.]?[a-z]{0,3}";
    holds(QUICK, prop_oneof![text(30), parts], |typed| {
        let tidy = email_address::tidy(&typed);
        assert!(typed.contains(&tidy) || typed.len() > tidy.len(), "nothing is made up");
        let likely = email_address::likely_meant(&tidy);
        if email_address::looks_right(&tidy) {
            assert_eq!(tidy.matches('@').count(), 1, "{tidy}");
            assert!(
                !tidy.contains(char::is_whitespace) && !tidy.starts_with('@') && !tidy.ends_with('.'),
                "{tidy}"
            );
            assert!(likely.is_none_or(|likely| email_address::looks_right(&likely)), "{tidy}");
        }
    });
}

#[test]
fn any_address_that_looks_right_still_does_after_what_came_along_by_accident_is_dropped() {
    let around = || select(vec!["", " ", "\u{200b}", "\u{202a}", "\t", "\u{feff} "]);
    let address = "[a-z0-9.+'_-]{1,12}@[a-z0-9-]{1,8}[.][a-z]{2,6}";
    holds(QUICK, (around(), address, around()), |(before, address, after)| {
        assert!(email_address::looks_right(&address));
        assert_eq!(email_address::tidy(&format!("{before}mailto:{address}.{after}")), address);
    });
}

#[test]
fn any_text_is_a_reference_exactly_as_it_stands_or_not_at_all() {
    let nearly = "[2-9A-Z]{4}[-_]?[2-9A-Z]{2}";
    holds(QUICK, prop_oneof![text(9), nearly], |typed| {
        if let Ok(reference) = typed.parse::<Reference>() {
            assert_eq!(reference.as_str(), typed);
            assert!(!typed.contains(['A', 'E', 'I', 'O', 'U', '0', '1', 'Y', 'L']), "{typed}");
        }
    });
    let made = Reference::random().expect("randomness");
    assert_eq!(made.as_str().parse(), Ok(made));
}
