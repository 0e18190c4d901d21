//! Turns an email into the bytes of a message with a constant sender and recipient.
//!
//! Nothing that a visitor typed ever gets here. Headers are only these: From, To, Subject, Date, Message-ID,
//! Auto-Submitted and those that describe the text.

use std::time::{Duration, SystemTime};

use anyhow::{Context, ensure};
use jiff::Timestamp;
use lettre::{
    Address, Message,
    message::{
        Mailbox,
        header::{ContentType, HeaderName, HeaderValue, MIME_VERSION_1_0},
    },
};

use super::Email;

#[derive(Debug, Clone)]
pub(super) struct Letterhead {
    from: Mailbox,
    to: Mailbox,
}

impl Letterhead {
    pub(super) fn new(from: &str, to: &str) -> anyhow::Result<Self> {
        Ok(Self {
            from: mailbox(from).context("the sender of emails is not an email address")?,
            to: mailbox(to).context("the recipient of emails is not an email address")?,
        })
    }

    pub(super) fn sender(&self) -> &Address {
        &self.from.email
    }

    pub(super) fn recipient(&self) -> &Address {
        &self.to.email
    }

    /// The whole message in ASCII with CRLF line ends.
    pub(super) fn compose(&self, email: &Email, now: Timestamp) -> anyhow::Result<Vec<u8>> {
        let auto_submitted = HeaderName::new_from_ascii_str("Auto-Submitted");
        let message = Message::builder()
            .from(self.from.clone())
            .to(self.to.clone())
            .subject(without_controls(&email.subject))
            .date(system_time(now))
            .message_id(Some(format!("<{}@{}>", email.message_id, self.from.email.domain())))
            .raw_header(HeaderValue::new(auto_submitted, "auto-generated".to_owned()))
            .header(MIME_VERSION_1_0)
            .header(ContentType::TEXT_PLAIN)
            .body(email.text.clone())
            .context("an email could not be written")?;
        Ok(message.formatted())
    }
}

/// lettre panics where a display name holds a line break, so control characters go before it sees them.
fn mailbox(written: &str) -> anyhow::Result<Mailbox> {
    let mailbox: Mailbox = without_controls(written).parse()?;
    ensure!(
        mailbox.email.to_string().is_ascii(),
        "an address here must be plain ASCII; write its domain in the xn-- form"
    );
    Ok(mailbox)
}

fn without_controls(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect::<String>().trim().to_owned()
}

/// Before 1970 becomes 1970: a wrong clock must not keep an email back.
fn system_time(now: Timestamp) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(u64::try_from(now.as_second()).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn email(subject: &str, text: &str) -> Email {
        Email { subject: subject.to_owned(), text: text.to_owned(), message_id: "k7qf2m".to_owned() }
    }

    fn now() -> Timestamp {
        "2026-05-04T13:14:00Z".parse().expect("a literal time")
    }

    fn composed(from: &str, email: &Email) -> String {
        let letterhead = Letterhead::new(from, "office@practice.example").expect("addresses");
        String::from_utf8(letterhead.compose(email, now()).expect("a message")).expect("ASCII")
    }

    #[test]
    fn a_message_is_exactly_its_few_headers_and_the_text() {
        let message = composed(
            "Made-up Practice <site@practice.example>",
            &email("New request K7QF-2M", "Reply by Tuesday.\n.\n"),
        );
        assert_eq!(
            message,
            "From: \"Made-up Practice\" <site@practice.example>\r\n\
             To: office@practice.example\r\n\
             Subject: New request K7QF-2M\r\n\
             Date: Mon, 04 May 2026 13:14:00 +0000\r\n\
             Message-ID: <k7qf2m@practice.example>\r\n\
             Auto-Submitted: auto-generated\r\n\
             MIME-Version: 1.0\r\n\
             Content-Type: text/plain; charset=utf-8\r\n\
             Content-Transfer-Encoding: 7bit\r\n\
             \r\n\
             Reply by Tuesday.\r\n.\r\n"
        );
    }

    #[test]
    fn a_sender_that_is_no_address_is_refused_at_start() {
        assert!(Letterhead::new("nobody", "office@practice.example").is_err());
        assert!(Letterhead::new("site@practice.example", "a@b.example, c@d.example").is_err());
        assert!(Letterhead::new("site@präxis.example", "office@practice.example").is_err());
    }

    /// lettre 0.11.23 panics where a display name holds a line break.
    #[test]
    fn a_line_break_in_the_name_of_the_practice_becomes_a_space() {
        let message =
            composed("\"Made-up\r\nPractice\" <site@practice.example>", &email("New\nrequest", "Text."));
        assert!(
            message.starts_with("From: \"Made-up Practice\" <site@practice.example>\r\nTo:"),
            "{message}"
        );
        assert!(message.contains("\r\nSubject: New request\r\n"), "{message}");
    }

    proptest! {
        #[test]
        fn no_name_of_a_practice_breaks_a_message_or_adds_a_header(name in any::<String>(), subject in any::<String>()) {
            let quoted = name.replace(['\\', '"'], " ");
            if let Ok(letterhead) = Letterhead::new(&format!("\"{quoted}\" <site@practice.example>"), "office@practice.example") {
                let bytes = letterhead.compose(&email(&subject, "Text."), now()).expect("a message");
                let message = String::from_utf8(bytes).expect("ASCII");
                let head = message.split("\r\n\r\n").next().unwrap_or_default();
                let names: Vec<_> = head.split("\r\n").filter(|l| !l.starts_with([' ', '\t'])).filter_map(|l| l.split(':').next()).collect();
                prop_assert_eq!(names, ["From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "MIME-Version", "Content-Type", "Content-Transfer-Encoding"]);
            }
        }
    }
}
