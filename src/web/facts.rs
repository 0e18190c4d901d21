//! The facts of the practice, shaped for tables: fees and opening hours.

use crate::content::practice::{Fee, Practice, Weekday};
use crate::content::{Content, Service};

/// A service with what is known about its length and fee.
pub struct FeeRow<'a> {
    pub service: &'a Service,
    pub minutes: Option<u16>,
    pub fee: Option<&'a str>,
}

/// One row for each service that has a length or a fee, in the order of the services.
pub fn fees(content: &Content) -> Vec<FeeRow<'_>> {
    let row = |service| {
        let fee = fee(&content.practice, service)?;
        Some(FeeRow { service, minutes: fee.minutes, fee: fee.fee.as_deref() })
    };
    content.services.iter().filter_map(row).filter(|row| row.minutes.is_some() || row.fee.is_some()).collect()
}

/// What is known about one service.
pub fn fee<'a>(practice: &'a Practice, service: &Service) -> Option<&'a Fee> {
    practice.fees.services.iter().find(|fee| fee.service == service.slug)
}

/// Days and times as people read them; days with the same hours stand together: `Monday to Wednesday`, `9:00 AM to 5:00 PM`.
pub fn hours(practice: &Practice) -> Vec<(String, String)> {
    let mut runs: Vec<(Weekday, Weekday, String)> = Vec::new();
    for (&day, hours) in &practice.hours {
        let clock = |time: jiff::civil::Time| time.strftime("%-I:%M %p").to_string();
        let times = format!("{} to {}", clock(hours.open), clock(hours.close));
        match runs.last_mut() {
            Some((_, last, same)) if *same == times && day as u8 == *last as u8 + 1 => *last = day,
            _ => runs.push((day, day, times)),
        }
    }
    let named = |(first, last, times): (Weekday, Weekday, String)| match last as u8 - first as u8 {
        0 => (format!("{first:?}"), times),
        1 => (format!("{first:?} and {last:?}"), times),
        _ => (format!("{first:?} to {last:?}"), times),
    };
    runs.into_iter().map(named).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_with_the_same_hours_stand_together() {
        let practice: Practice = toml::from_str(
            r#"name = "Example Practice"
            time_zone = "America/New_York"
            [hours]
            monday = { open = "09:00", close = "17:00" }
            tuesday = { open = "09:00", close = "17:00" }
            wednesday = { open = "09:00", close = "17:00" }
            friday = { open = "12:00", close = "20:30" }"#,
        )
        .expect("the facts are right");
        let expected = [("Monday to Wednesday", "9:00 AM to 5:00 PM"), ("Friday", "12:00 PM to 8:30 PM")];
        assert_eq!(hours(&practice), expected.map(|(days, times)| (days.to_owned(), times.to_owned())));
    }
}
