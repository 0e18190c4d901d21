//! An email to the practice, and three ways to hand it over: SMTP, a folder, memory.
//!
//! Knows nothing of inquiries and nothing of the outbox. Must never log an address, a subject or a text, and must never
//! send to anybody but the one recipient of the settings.

mod error;
mod folder;
mod letterhead;
mod line_by_line;
mod memory;
mod smtp;
mod trouble;
mod url;

use std::{path::PathBuf, time::Duration};

use jiff::Timestamp;

pub use error::{Affects, SendError};
pub use folder::Folder;
pub use memory::Memory;
pub use smtp::Smtp;
pub use trouble::{Blocked, Stage};
pub use url::{Login, Security, SmtpUrl, SmtpUrlFault};

use letterhead::Letterhead;

/// How long one attempt may take, from the connection to the server's acceptance. lettre limits only the connection.
const TIME_LIMIT: Duration = Duration::from_secs(30);

/// What the practice is told. Sender and recipient are constant, so they are not here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Email {
    pub subject: String,
    pub text: String,
    /// The part of the Message-ID before the `@`: the same at every attempt, so that a copy can be recognized.
    pub message_id: String,
}

/// Where emails go.
#[derive(Debug, Clone)]
pub struct MailSettings {
    /// Without it, emails are written into `folder`.
    pub smtp: Option<SmtpUrl>,
    pub folder: PathBuf,
    /// `practice@example.org` or `Name <practice@example.org>`.
    pub from: String,
    pub to: String,
}

/// The way emails leave the program.
#[derive(Debug)]
pub enum Mailer {
    Smtp(Smtp),
    Folder(Folder),
    Memory(Memory),
}

impl Mailer {
    /// Fails with one sentence for the operator: an address that is none, or certificates that can't be read.
    pub fn new(settings: MailSettings) -> anyhow::Result<Self> {
        let letterhead = Letterhead::new(&settings.from, &settings.to)?;
        Ok(match settings.smtp {
            Some(url) => Self::Smtp(Smtp::new(url, letterhead, TIME_LIMIT)?),
            None => Self::Folder(Folder::new(settings.folder, letterhead)),
        })
    }

    /// The same mailer with another limit for one attempt over SMTP.
    #[must_use]
    pub fn with_time_limit(self, limit: Duration) -> Self {
        match self {
            Self::Smtp(smtp) => Self::Smtp(smtp.with_time_limit(limit)),
            other => other,
        }
    }

    /// Hands one email over. `Ok` means that somebody else has it now; `now` becomes its date.
    pub async fn send(&self, email: &Email, now: Timestamp) -> Result<(), SendError> {
        match self {
            Self::Smtp(smtp) => smtp.send(email, now).await,
            Self::Folder(folder) => folder.send(email, now).await,
            Self::Memory(memory) => memory.send(email),
        }
    }

    /// Walks the whole way of an email without sending one: connects, signs in, and asks whether the server would take
    /// an email from the sender for the recipient.
    ///
    /// # Errors
    /// Where the way ends too early: how far it came and what the server said.
    pub async fn probe(&self) -> Result<(), Blocked> {
        match self {
            Self::Smtp(smtp) => smtp.probe().await,
            Self::Folder(folder) => folder.probe().await,
            Self::Memory(_) => Ok(()),
        }
    }
}
