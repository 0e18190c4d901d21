//! What can end an attempt over SMTP, and what follows from it.
//!
//! Decides here, once, whether another attempt makes sense and whether other emails would fare the same.

use std::{fmt, io, time::Duration};

use lettre::transport::smtp::Error;

use super::{Affects, SendError};

/// How far an attempt came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// For `smtps://` with TLS.
    Connecting,
    StartingTls,
    SigningIn,
    NamingSender,
    NamingRecipient,
    BeginningText,
    HandingOver,
    /// Where emails become files.
    WritingFile,
}

/// The way that emails take to the practice ends too early. Both fields are safe to log and to show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blocked {
    pub stage: Stage,
    error: SendError,
}

impl Blocked {
    pub(super) fn at(stage: Stage, error: SendError) -> Self {
        Self { stage, error }
    }

    /// The program itself failed on the way.
    pub fn by_a_fault() -> Self {
        Self::at(Stage::Connecting, SendError::transient("the program failed", Affects::EveryEmail))
    }

    /// The server's code and text, or what went wrong before there was an answer.
    pub fn reply(&self) -> &str {
        self.error.reply()
    }

    /// The server refused for good, so somebody has to change something first.
    pub fn is_refused(&self) -> bool {
        self.error.is_permanent()
    }
}

impl fmt::Display for Blocked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, while {}", self.reply(), self.stage)
    }
}

impl std::error::Error for Blocked {}

/// What ended an attempt.
pub(super) enum Trouble {
    Lettre(Error),
    Connection(io::Error),
    NoStartTls,
    /// An answer to the text that is neither yes nor no.
    Unclear,
    Silent(Duration),
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Self {
        Self::Lettre(error)
    }
}

impl From<io::Error> for Trouble {
    fn from(error: io::Error) -> Self {
        Self::Connection(error)
    }
}

impl Trouble {
    pub(super) fn into_send_error(self, stage: Stage) -> SendError {
        let affects = match stage {
            Stage::HandingOver => Affects::ThisEmail,
            _ => Affects::EveryEmail,
        };
        let text = self.to_string();
        match self {
            Self::Lettre(error) if error.is_permanent() => SendError::permanent(&text, affects),
            Self::Lettre(error) if error.status().is_some() => SendError::transient(&text, affects),
            Self::NoStartTls | Self::Unclear => SendError::transient(&text, affects),
            Self::Lettre(_) | Self::Connection(_) | Self::Silent(_) => {
                SendError::transient(&format!("{text}, while {stage}"), affects)
            }
        }
    }

    pub(super) fn into_blocked(self, stage: Stage) -> Blocked {
        let (text, affects) = (self.to_string(), Affects::EveryEmail);
        let refused = matches!(&self, Self::Lettre(error) if error.is_permanent());
        let error = if refused { SendError::permanent } else { SendError::transient };
        Blocked::at(stage, error(&text, affects))
    }
}

/// The server's code and text; where there was none, the innermost cause.
impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lettre(error) => answer(error, f),
            Self::Connection(error) => write!(f, "{error}"),
            Self::NoStartTls => f.write_str("the server offers no STARTTLS, so nothing was sent"),
            Self::Unclear => f.write_str("the server neither accepted nor refused the email"),
            Self::Silent(limit) => write!(f, "no answer within {} s", limit.as_secs_f32()),
        }
    }
}

fn answer(error: &Error, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let mut cause: &dyn std::error::Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    match error.status() {
        Some(code) => write!(f, "{code} {cause}"),
        None => write!(f, "{cause}"),
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Connecting => "connecting",
            Self::SigningIn => "signing in",
            Self::StartingTls => "starting TLS",
            Self::NamingSender => "naming the sender",
            Self::NamingRecipient => "naming the recipient",
            Self::BeginningText => "beginning the email",
            Self::HandingOver => "handing over the email",
            Self::WritingFile => "writing to the mail folder",
        })
    }
}
