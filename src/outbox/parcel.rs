//! What the worker hands over to the mail server in one piece.

use super::queue::Waiting;
use crate::mail::{Email, SendError};

/// What goes to the server in one piece: a single email, or a digest of several.
#[derive(Debug)]
pub(super) struct Parcel {
    pub(super) email: Email,
    pub(super) ids: Vec<i64>,
    /// How often it has failed so far.
    pub(super) attempts: i64,
    pub(super) topic: Option<String>,
    pub(super) joined: bool,
    /// It is written down that these go together, under this Message-ID.
    pub(super) packed: bool,
}

impl Parcel {
    pub(super) fn single(row: Waiting, joined: bool) -> Self {
        let Waiting { id, email, attempts, topic, .. } = row;
        Self { email, ids: vec![id], attempts, topic, joined, packed: false }
    }

    /// Tells the log how an attempt went, without a word of the email.
    pub(super) fn log(&self, result: &Result<(), SendError>) {
        let attempt = self.attempts.saturating_add(1);
        let (email, joined) = (self.ids.first(), self.ids.len());
        match result {
            Ok(()) => tracing::info!(email, joined, attempt, "an email was handed over"),
            Err(error) => {
                let permanent = error.is_permanent();
                let reply = error.reply();
                tracing::warn!(email, joined, attempt, permanent, reply, "an email was not accepted");
            }
        }
    }
}
