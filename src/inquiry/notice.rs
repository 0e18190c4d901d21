//! The emails about inquiries. They tell that something came in and until when to answer, and nothing that anybody typed.

use anyhow::Result;
use askama::Template;

use super::reference::Reference;
use super::store::Promise;
use crate::content::Practice;
use crate::content::calendar;

/// An email that is ready to be put into the outbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    pub subject: String,
    pub text: String,
}

/// The facts of an email about a new request, in words; only the reference is still open.
#[derive(Debug, Clone)]
pub struct NewRequest {
    time: String,
    day: String,
    reply_by: String,
}

#[derive(Template)]
#[template(path = "email/new_request.txt")]
struct NewRequestText<'a> {
    request: &'a NewRequest,
    base_url: &'a str,
    reference: &'a Reference,
}

impl NewRequest {
    /// Puts a promise into words, in the time zone of the practice.
    pub fn of(promise: Promise, practice: &Practice) -> Self {
        let received = promise.received.to_zoned(practice.time_zone());
        let reply_by = promise.reply_by.to_zoned(practice.time_zone());
        Self {
            time: calendar::time_in_words(received.time()),
            day: calendar::weekday_and_day(received.date()),
            reply_by: calendar::weekday_and_day(reply_by.date()),
        }
    }

    /// The email for this reference.
    ///
    /// # Errors
    /// When the template can't be rendered.
    pub fn notice(&self, reference: &Reference, base_url: &str) -> Result<Notice> {
        let text = NewRequestText { request: self, base_url, reference }.render()?;
        Ok(Notice { subject: format!("New request {reference}"), text })
    }
}
