//! The emails about inquiries. They tell that something came in and until when to answer, and nothing that anybody typed.

use anyhow::Result;
use askama::Template;

use super::reference::Reference;
use super::store::Promise;
use crate::content::Practice;
use crate::content::calendar;

/// What the emails about new requests have in common, so that many of them become one.
pub const TOPIC: &str = "new-requests";

/// An email that is ready to be put into the outbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    pub subject: String,
    pub text: String,
    /// What is said of it where many are joined into one.
    pub line: String,
}

/// The facts of an email about a new request, in words; only the reference is still open.
#[derive(Debug, Clone)]
pub struct NewRequest {
    time: String,
    day: String,
    reply_by: String,
}

#[derive(Template)]
#[template(path = "email/new_request.txt", whitespace = "preserve")]
struct NewRequestText<'a> {
    request: &'a NewRequest,
    base_url: &'a str,
    reference: &'a Reference,
}

#[derive(Template)]
#[template(path = "email/new_request_line.txt", whitespace = "preserve")]
struct NewRequestLine<'a> {
    request: &'a NewRequest,
    base_url: &'a str,
    reference: &'a Reference,
}

#[derive(Template)]
#[template(path = "email/new_requests.txt", whitespace = "preserve")]
struct NewRequestsText<'a> {
    lines: &'a [&'a str],
}

/// Subject and text of one email instead of many. For the outbox, which joins only emails of [`TOPIC`].
///
/// # Errors
/// When the template can't be rendered.
pub fn joined(_topic: &str, lines: &[&str]) -> Result<(String, String)> {
    Ok((format!("{} new requests", lines.len()), NewRequestsText { lines }.render()?))
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
        let line = NewRequestLine { request: self, base_url, reference }.render()?;
        Ok(Notice { subject: format!("New request {reference}"), text, line })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn notice(reference: &str) -> Notice {
        let practice = Practice::bare("Elm Street Practice", "America/New_York");
        let received = "2025-05-05T13:14:00Z".parse().expect("a time");
        let reference = reference.parse().expect("a reference");
        let notice = NewRequest::of(Promise::made(received, &practice), &practice)
            .notice(&reference, "https://practice.example");
        notice.expect("renders")
    }

    #[test]
    fn the_email_about_a_new_request_reads_like_this() {
        let notice = notice("K7QF-2M");
        assert_eq!(notice.subject, "New request K7QF-2M");
        assert_eq!(
            notice.text,
            "A new consultation request came in at 9:14 AM on Monday, May 5.\n\
             Reply by Tuesday, May 6.\n\
             \n\
             Open it: https://practice.example/admin/inquiries/K7QF-2M\n\
             \n\
             This message holds no details, because email is not private."
        );
    }

    #[test]
    fn the_email_about_many_requests_reads_like_this() {
        let (first, second) = (notice("K7QF-2M"), notice("W3RT-9X"));
        let (subject, text) = joined(TOPIC, &[&first.line, &second.line]).expect("renders");
        assert_eq!(subject, "2 new requests");
        assert_eq!(
            text,
            "2 new consultation requests came in.\n\
             \n\
             K7QF-2M: came in at 9:14 AM on Monday, May 5. Reply by Tuesday, May 6.\n\
             https://practice.example/admin/inquiries/K7QF-2M\n\
             \n\
             W3RT-9X: came in at 9:14 AM on Monday, May 5. Reply by Tuesday, May 6.\n\
             https://practice.example/admin/inquiries/W3RT-9X\n\
             \n\
             This message holds no details, because email is not private."
        );
    }
}
