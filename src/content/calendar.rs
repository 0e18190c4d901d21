//! The promise clock, and dates in words.
//!
//! Business days are the days the practice is open (Monday to Friday where it sets no hours), its holidays left out. They are
//! the practice's own, in its time zone, whatever clock the sender lives by.

use jiff::civil::{Date, Time};
use jiff::{Timestamp, ToSpan};

use super::practice::{Practice, Weekday};

/// Until when the practice promises to answer.
///
/// The first business day that is not over yet counts as the day of receipt: what comes at closing time or later, at a
/// weekend or on a holiday, counts as received on the next business day. The promise ends with the closing time (17:00 where
/// none is set) of the n-th business day after that one, n being `reply_within_business_days`.
pub fn reply_by(received: Timestamp, practice: &Practice) -> Timestamp {
    let zone = practice.time_zone();
    let local = received.to_zoned(zone.clone()).datetime();
    let is_over = local.time() >= close_of(local.date(), practice);
    let first = if is_over { local.date().saturating_add(1.day()) } else { local.date() };
    let mut day = business_day_from(first, practice);
    for _ in 0..practice.reply_within_business_days.max(1) {
        day = business_day_from(day.saturating_add(1.day()), practice);
    }
    let close = day.to_datetime(close_of(day, practice)).to_zoned(zone);
    close.map_or(received, |close| close.timestamp())
}

pub fn is_business_day(date: Date, practice: &Practice) -> bool {
    let weekday = Weekday::from(date.weekday());
    let is_open = match practice.hours.is_empty() {
        true => !matches!(weekday, Weekday::Saturday | Weekday::Sunday),
        false => practice.hours.contains_key(&weekday),
    };
    is_open && !practice.holidays.contains(&date)
}

/// This day or the next one that is a business day. Ends because holidays are a list and a week has an open day.
fn business_day_from(date: Date, practice: &Practice) -> Date {
    let mut day = date;
    while !is_business_day(day, practice) && day < Date::MAX {
        day = day.saturating_add(1.day());
    }
    day
}

fn close_of(date: Date, practice: &Practice) -> Time {
    practice.close_of(Weekday::from(date.weekday()))
}

/// `Tuesday, May 6`
pub fn weekday_and_day(date: Date) -> String {
    date.strftime("%A, %B %-d").to_string()
}

/// `9 AM`, `5:30 PM`
pub fn time_in_words(time: Time) -> String {
    let form = if time.minute() == 0 { "%-I %p" } else { "%-I:%M %p" };
    time.strftime(form).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::content::practice::Hours;

    fn practice() -> Practice {
        Practice::bare("Elm Street Practice", "America/New_York")
    }

    fn date(text: &str) -> Date {
        text.parse().expect("a date")
    }

    /// What is promised for a request at this local time, as local time.
    fn promised(practice: &Practice, received: &str) -> String {
        let received = format!("{received}[{}]", practice.time_zone);
        let received: jiff::Zoned = received.parse().expect("a time in a time zone");
        let by = reply_by(received.timestamp(), practice).to_zoned(practice.time_zone());
        by.strftime("%a %Y-%m-%d %H:%M").to_string()
    }

    fn open(practice: &mut Practice, day: Weekday, open: &str, close: &str) {
        let hours = Hours { open: open.parse().expect("a time"), close: close.parse().expect("a time") };
        practice.hours.insert(day, hours);
    }

    #[test]
    fn a_request_in_the_day_is_answered_by_the_close_of_the_next() {
        assert_eq!(promised(&practice(), "2025-05-05T10:00"), "Tue 2025-05-06 17:00");
        assert_eq!(promised(&practice(), "2025-05-05T00:00"), "Tue 2025-05-06 17:00");
        assert_eq!(promised(&practice(), "2025-05-05T16:59:59"), "Tue 2025-05-06 17:00");
    }

    #[test]
    fn what_comes_at_closing_time_or_later_counts_as_the_next_business_day() {
        assert_eq!(promised(&practice(), "2025-05-05T17:00"), "Wed 2025-05-07 17:00");
        assert_eq!(promised(&practice(), "2025-05-05T23:59"), "Wed 2025-05-07 17:00");
    }

    #[test]
    fn a_weekend_counts_as_monday() {
        assert_eq!(promised(&practice(), "2025-05-09T10:00"), "Mon 2025-05-12 17:00");
        for received in ["2025-05-09T18:00", "2025-05-10T09:00", "2025-05-11T23:00", "2025-05-12T09:00"] {
            assert_eq!(promised(&practice(), received), "Tue 2025-05-13 17:00", "{received}");
        }
    }

    #[test]
    fn holidays_are_left_out() {
        let mut practice = practice();
        practice.holidays = vec![date("2025-12-25"), date("2025-12-26")];
        assert_eq!(promised(&practice, "2025-12-24T10:00"), "Mon 2025-12-29 17:00");
        assert_eq!(promised(&practice, "2025-12-25T10:00"), "Tue 2025-12-30 17:00");
    }

    #[test]
    fn a_promise_of_several_days_counts_business_days() {
        let mut practice = practice();
        let expected =
            ["Tue 2025-05-06", "Wed 2025-05-07", "Thu 2025-05-08", "Fri 2025-05-09", "Mon 2025-05-12"];
        for (days, expected) in (1..).zip(expected) {
            practice.reply_within_business_days = days;
            assert_eq!(promised(&practice, "2025-05-05T10:00"), format!("{expected} 17:00"));
        }
    }

    #[test]
    fn only_the_days_with_hours_are_business_days_and_each_ends_when_it_closes() {
        let mut practice = practice();
        open(&mut practice, Weekday::Tuesday, "09:00", "19:30");
        open(&mut practice, Weekday::Saturday, "10:00", "12:00");
        assert_eq!(promised(&practice, "2025-05-06T19:00"), "Sat 2025-05-10 12:00");
        assert_eq!(promised(&practice, "2025-05-06T19:30"), "Tue 2025-05-13 19:30");
        assert_eq!(promised(&practice, "2025-05-05T10:00"), "Sat 2025-05-10 12:00");
    }

    #[test]
    fn closing_time_is_local_across_a_change_of_clocks() {
        // In New York clocks went forward on March 9, 2025, and back on November 2, 2025.
        assert_eq!(promised(&practice(), "2025-03-07T10:00"), "Mon 2025-03-10 17:00");
        assert_eq!(promised(&practice(), "2025-10-31T10:00"), "Mon 2025-11-03 17:00");
        let utc = |received: &str| reply_by(received.parse().expect("a time"), &practice()).to_string();
        assert_eq!(utc("2025-03-07T15:00:00Z"), "2025-03-10T21:00:00Z");
        assert_eq!(utc("2025-10-31T15:00:00Z"), "2025-11-03T22:00:00Z");
    }

    #[test]
    fn a_closing_time_that_a_change_of_clocks_skips_still_has_an_end() {
        let mut practice = practice();
        open(&mut practice, Weekday::Sunday, "01:00", "02:30");
        assert_eq!(promised(&practice, "2025-03-02T01:30"), "Sun 2025-03-09 03:30");
    }

    #[test]
    fn the_day_is_the_practices_own_and_not_the_servers() {
        // Tuesday 02:00 UTC is still Monday evening in Los Angeles.
        let practice = Practice::bare("Elm Street Practice", "America/Los_Angeles");
        let by = reply_by("2025-05-06T02:00:00Z".parse().expect("a time"), &practice);
        assert_eq!(by.to_string(), "2025-05-08T00:00:00Z");
    }

    #[test]
    fn dates_and_times_are_written_as_people_say_them() {
        assert_eq!(weekday_and_day(date("2025-05-06")), "Tuesday, May 6");
        assert_eq!(time_in_words("09:00".parse().expect("a time")), "9 AM");
        assert_eq!(time_in_words("17:30".parse().expect("a time")), "5:30 PM");
    }
}
