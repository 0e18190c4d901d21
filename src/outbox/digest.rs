//! Decides when emails of one topic go singly and when they are joined, so that a flood becomes a few emails.
//!
//! Up to four in ten minutes go singly; from the fifth on they are joined, into at most one digest each ten minutes. What
//! the server may have taken already comes again as it was, and is not joined anew. What
//! went out is remembered in memory only: after a restart a few more go singly, and nothing is lost.

use std::collections::HashMap;

use anyhow::{Context, Result};
use data_encoding::BASE32_NOPAD;
use jiff::{SignedDuration, Timestamp};
use sha2::{Digest as _, Sha256};

use super::queue::Waiting;
use crate::mail::Email;

/// From this many in [`WINDOW`] on, emails of one topic are joined.
const MANY: usize = 5;
const WINDOW: SignedDuration = SignedDuration::from_mins(10);
/// So that no digest grows too large to be read or sent. The rest comes with the next one.
pub(super) const MOST_LINES: i64 = 200;

/// Subject and text of a digest, from its topic and the lines of its emails.
pub type Words = fn(topic: &str, lines: &[&str]) -> Result<(String, String)>;

/// What went out of each topic.
#[derive(Debug)]
pub(super) struct Digests {
    words: Words,
    sent: HashMap<String, Sent>,
}

#[derive(Debug, Default)]
struct Sent {
    /// Singles and digests alike.
    at: Vec<Timestamp>,
    last_digest: Option<Timestamp>,
}

/// A topic of which nothing goes before that time but what was tried already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Held {
    pub topic: String,
    pub until: Timestamp,
}

/// What is to happen to the emails of a topic that are due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Plan {
    OneByOne,
    Join,
}

impl Digests {
    pub(super) fn new(words: Words) -> Self {
        Self { words, sent: HashMap::new() }
    }

    /// Topics whose emails wait for the next digest.
    pub(super) fn held(&mut self, now: Timestamp) -> Vec<Held> {
        let mut held = Vec::new();
        for (topic, sent) in &mut self.sent {
            sent.forget_old(now);
            if let Some(last) = sent.last_digest {
                held.push(Held { topic: topic.clone(), until: last.saturating_add(WINDOW).unwrap_or(now) });
            }
        }
        held
    }

    /// `due` counts the emails of a topic that is not held.
    pub(super) fn plan(&mut self, topic: &str, due: usize, now: Timestamp) -> Plan {
        let sent = self.sent.get_mut(topic).map_or(0, |sent| {
            sent.forget_old(now);
            sent.at.len()
        });
        if sent + due < MANY { Plan::OneByOne } else { Plan::Join }
    }

    /// The server has taken emails of this topic, joined or one.
    pub(super) fn note(&mut self, topic: &str, joined: bool, now: Timestamp) {
        let sent = self.sent.entry(topic.to_owned()).or_default();
        sent.forget_old(now);
        sent.at.push(now);
        if joined {
            sent.last_digest = Some(now);
        }
    }

    /// One email instead of all these, with a Message-ID made from theirs.
    pub(super) fn join(&self, topic: &str, rows: &[Waiting]) -> Result<Email> {
        let lines: Vec<&str> = rows.iter().map(|row| row.line.as_str()).collect();
        let (subject, text) = (self.words)(topic, &lines).context("a digest can't be written")?;
        let mut digest = Sha256::new();
        for row in rows {
            digest.update(row.email.message_id.as_bytes());
            digest.update(b"\n");
        }
        let message_id = BASE32_NOPAD.encode(&digest.finalize()[..16]).to_lowercase();
        Ok(Email { subject, text, message_id })
    }
}

impl Sent {
    /// What lies in the future is the trace of a clock that was put back.
    fn forget_old(&mut self, now: Timestamp) {
        let is_recent = |at: &Timestamp| *at <= now && now.duration_since(*at) < WINDOW;
        self.at.retain(is_recent);
        self.last_digest = self.last_digest.filter(is_recent);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOPIC: &str = "made-up";

    fn digests() -> Digests {
        Digests::new(|_, lines| Ok((format!("{} joined", lines.len()), lines.concat())))
    }

    fn at(minutes: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + minutes * 60).expect("a time")
    }

    #[test]
    fn four_go_one_by_one_and_five_are_joined() {
        let mut digests = digests();
        assert_eq!(digests.plan(TOPIC, 4, at(0)), Plan::OneByOne);
        assert_eq!(digests.plan(TOPIC, 5, at(0)), Plan::Join);
    }

    #[test]
    fn what_went_out_in_the_last_ten_minutes_counts() {
        let mut digests = digests();
        for minute in 0..4 {
            assert_eq!(digests.plan(TOPIC, 1, at(minute)), Plan::OneByOne);
            digests.note(TOPIC, false, at(minute));
        }
        assert_eq!(digests.plan(TOPIC, 1, at(9)), Plan::Join);
        assert_eq!(digests.plan("another", 4, at(9)), Plan::OneByOne);
        assert_eq!(digests.plan(TOPIC, 1, at(10)), Plan::OneByOne);
    }

    #[test]
    fn one_digest_in_ten_minutes_and_the_rest_waits_for_the_next() {
        let mut digests = digests();
        digests.note(TOPIC, true, at(0));
        assert_eq!(digests.held(at(9)), [Held { topic: TOPIC.to_owned(), until: at(10) }]);
        assert_eq!(digests.held(at(10)), []);
        assert_eq!(digests.plan(TOPIC, 300, at(10)), Plan::Join);
        assert_eq!(digests.plan(TOPIC, 1, at(10)), Plan::OneByOne);
    }

    #[test]
    fn a_clock_that_was_put_back_holds_nothing_up() {
        let mut digests = digests();
        digests.note(TOPIC, true, at(600));
        assert_eq!(digests.held(at(0)), []);
        assert_eq!(digests.plan(TOPIC, 1, at(0)), Plan::OneByOne);
    }
}
