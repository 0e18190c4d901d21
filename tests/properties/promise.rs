//! The promise clock: always the close of a business day that is still to come, and never earlier for who comes later.

use jiff::civil::{Date, Time};
use jiff::{Timestamp, ToSpan};
use practice_site::content::calendar::{is_business_day, reply_by};
use practice_site::content::practice::{Hours, Weekday};
use practice_site::content::{Practice, calendar};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use crate::rule::{QUICK, holds};

const ZONES: [&str; 8] = [
    "America/New_York",
    "America/Los_Angeles",
    "America/Phoenix",
    "Australia/Lord_Howe",
    "Europe/Berlin",
    "Pacific/Apia",
    "Asia/Kathmandu",
    "UTC",
];

const DAYS: [Weekday; 7] = [
    Weekday::Monday,
    Weekday::Tuesday,
    Weekday::Wednesday,
    Weekday::Thursday,
    Weekday::Friday,
    Weekday::Saturday,
    Weekday::Sunday,
];

/// A practice of which nothing is known but where it is.
pub fn practice(time_zone: &str) -> Practice {
    let facts = format!("name = \"Elm Street Practice\"\ntime_zone = \"{time_zone}\"\n");
    toml::from_str(&facts).expect("the facts that must be there")
}

fn date(days: i64) -> Date {
    jiff::civil::date(2020, 1, 1).saturating_add(days.days())
}

/// Any practice: its week, its holidays, its place, how soon it answers.
fn practices() -> impl Strategy<Value = Practice> {
    let week = (subsequence(DAYS.to_vec(), 0..=7), prop::collection::vec(0..24 * 60_i16, 7));
    let holidays = prop::collection::vec(0..4000_i64, 0..40);
    let together = (0..3900_i64, 0..20_i64);
    (select(&ZONES[..]), week, holidays, together, 0..=5_u8).prop_map(
        |(zone, (open, closes), holidays, (first, length), within)| {
            let mut practice = practice(zone);
            practice.reply_within_business_days = within;
            practice.holidays = holidays.into_iter().chain(first..first + length).map(date).collect();
            let close = |minutes: i16| Time::constant((minutes / 60) as i8, (minutes % 60) as i8, 0, 0);
            let hours = |minutes| Hours { open: Time::midnight(), close: close(minutes) };
            practice.hours = open.into_iter().zip(closes.into_iter().map(hours)).collect();
            practice
        },
    )
}

/// Within the years of the holidays, to the millisecond.
fn times() -> impl Strategy<Value = Timestamp> {
    let ms = 1_577_836_800_000..1_577_836_800_000_i64 + 3800 * 86_400_000;
    ms.prop_map(|ms| Timestamp::from_millisecond(ms).expect("a time"))
}

#[test]
fn any_promise_ends_when_a_business_day_still_to_come_closes() {
    holds(QUICK, (practices(), times()), |(practice, received)| {
        let by = reply_by(received, &practice);
        assert!(by > received, "{by} is not after {received}");
        let day = by.to_zoned(practice.time_zone()).date();
        assert!(is_business_day(day, &practice), "{day} is no business day");
        assert!(day > received.to_zoned(practice.time_zone()).date(), "{day} is the same day");
        let words = calendar::weekday_and_day(day);
        assert!(words.contains(&day.day().to_string()), "{words}");
    });
}

#[test]
fn any_promise_is_no_earlier_than_that_of_somebody_who_came_before() {
    let pairs = (practices(), times(), prop_oneof![0..7_200_000_i64, 0..86_400_000 * 30_i64]);
    holds(QUICK, pairs, |(practice, first, later)| {
        let second = first + jiff::SignedDuration::from_millis(later);
        let (one, two) = (reply_by(first, &practice), reply_by(second, &practice));
        assert!(one <= two, "{first}: {one}, and {second}: {two}");
    });
}
