//! TOML with the line of each key, so that a fault can name it.
//!
//! Reads on after a fault: what can't be used is cut out and the rest read again, until every fault is found.

use std::fmt;
use std::ops::Range;

use jiff::civil::{Date, Time};
use serde::Deserialize;
use serde::de::{DeserializeOwned, Deserializer, Error, Visitor};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::fault::Findings;

/// A parsed table and the text it came from.
pub struct Keys<'t> {
    text: &'t str,
    table: Spanned<DeTable<'t>>,
}

impl<'t> Keys<'t> {
    /// Notes each fault of syntax. Line 1 is the first line of `text`.
    pub fn parse(text: &'t str, findings: &mut Findings) -> Self {
        let (table, errors) = DeTable::parse_recoverable(text);
        for error in errors {
            let start = error.span().map_or(0, |span| span.start);
            findings.add(line_at(text, start), one_line(error.message()));
        }
        Self { text, table }
    }

    /// Notes each key and value that does not fit. `None` where something that can't be done without is missing.
    pub fn read<T: DeserializeOwned>(&self, findings: &mut Findings) -> Option<T> {
        let mut table = self.table.clone();
        loop {
            let error = match T::deserialize(toml::de::Deserializer::from(table.clone())) {
                Ok(value) => return Some(value),
                Err(error) => error,
            };
            let span = error.span().unwrap_or_default();
            findings.add(line_at(self.text, span.start), one_line(error.message()));
            if !cut(table.get_mut(), &span) {
                return None;
            }
        }
    }

    /// The line of a key, such as `["fees", "services", "0", "fee"]`; of what holds it where it is not there itself.
    pub fn line(&self, path: &[&str]) -> usize {
        let mut table = self.table.get_ref();
        let mut at = 0;
        let mut steps = path.iter();
        while let Some((key, mut value)) = steps.next().and_then(|step| table.get_key_value(*step)) {
            at = key.span().start;
            while let DeValue::Array(items) = value.get_ref() {
                let Some(item) = steps.next().and_then(|step| items.get(step.parse::<usize>().ok()?)) else {
                    break;
                };
                at = item.span().start;
                value = item;
            }
            let Some(inner) = value.get_ref().as_table() else { break };
            table = inner;
        }
        line_at(self.text, at)
    }

    /// The lines of values that are nothing but blanks.
    pub fn blank_values(&self) -> Vec<usize> {
        let mut found = Vec::new();
        for value in self.table.get_ref().values() {
            blanks(value, &mut found);
        }
        found.into_iter().map(|at| line_at(self.text, at)).collect()
    }
}

fn blanks(value: &Spanned<DeValue<'_>>, found: &mut Vec<usize>) {
    match value.get_ref() {
        DeValue::String(text) if text.trim().is_empty() => found.push(value.span().start),
        DeValue::Array(items) => items.iter().for_each(|item| blanks(item, found)),
        DeValue::Table(table) => table.values().for_each(|value| blanks(value, found)),
        _ => {}
    }
}

/// Takes out the key, value or list item that stands exactly at `span`. False where there is none.
fn cut(table: &mut DeTable<'_>, span: &Range<usize>) -> bool {
    let found = table.iter().find(|(key, value)| key.span() == *span || value.span() == *span);
    if let Some(key) = found.map(|(key, _)| key.get_ref().to_string()) {
        return table.remove(key.as_str()).is_some();
    }
    table.iter_mut().any(|(_, value)| cut_inside(value, span))
}

fn cut_inside(value: &mut Spanned<DeValue<'_>>, span: &Range<usize>) -> bool {
    match value.get_mut() {
        DeValue::Table(table) => cut(table, span),
        DeValue::Array(items) => {
            let before = items.len();
            *items = items.iter().filter(|item| item.span() != *span).cloned().collect();
            items.len() < before || items.iter_mut().any(|item| cut_inside(item, span))
        }
        _ => false,
    }
}

fn line_at(text: &str, offset: usize) -> usize {
    let before = &text.as_bytes()[..offset.min(text.len())];
    1 + before.iter().filter(|byte| **byte == b'\n').count()
}

fn one_line(message: &str) -> String {
    message.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A date as writers give it: `"2026-11-20"`, in quotes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Day(pub Date);

impl<'de> Deserialize<'de> for Day {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        input.deserialize_any(DayVisitor)
    }
}

struct DayVisitor;

impl Visitor<'_> for DayVisitor {
    type Value = Day;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a date in quotes, such as \"2026-11-20\"")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Day, E> {
        let date = text.parse().ok().filter(|_| text.len() == "2026-11-20".len());
        date.map(Day).ok_or_else(|| E::custom(format!("\"{text}\" is no date such as \"2026-11-20\"")))
    }
}

/// A time of day as writers give it: `"09:00"`, in quotes.
#[derive(Debug, Clone, Copy)]
pub struct Clock(pub Time);

impl<'de> Deserialize<'de> for Clock {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        input.deserialize_any(ClockVisitor)
    }
}

struct ClockVisitor;

impl Visitor<'_> for ClockVisitor {
    type Value = Clock;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a time of day in quotes, such as \"09:00\"")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Clock, E> {
        let time = text.parse().ok().filter(|_| text.len() == "09:00".len());
        time.map(Clock).ok_or_else(|| E::custom(format!("\"{text}\" is no time of day such as \"09:00\"")))
    }
}
