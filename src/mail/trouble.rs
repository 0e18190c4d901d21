//! What can end an attempt over SMTP, and what follows from it.
//!
//! Decides here, once, whether another attempt makes sense and whether other emails would fare the same.

use std::{fmt, io, time::Duration};

use lettre::transport::smtp::Error;

use super::{Affects, SendError};

/// How far an attempt came.
#[derive(Debug, Clone, Copy)]
pub(super) enum Stage {
    Connecting,
    SigningIn,
    Addressing,
    HandingOver,
}

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
            Stage::Connecting | Stage::SigningIn | Stage::Addressing => Affects::EveryEmail,
            Stage::HandingOver => Affects::ThisEmail,
        };
        match self {
            Self::Lettre(error) if error.is_permanent() => {
                SendError::permanent(&answer(&error, stage), affects)
            }
            Self::Lettre(error) => SendError::transient(&answer(&error, stage), affects),
            Self::Connection(error) => SendError::transient(&format!("{error}, while {stage}"), affects),
            Self::NoStartTls => {
                SendError::transient("the server offers no STARTTLS, so nothing was sent", affects)
            }
            Self::Unclear => {
                SendError::transient("the server neither accepted nor refused the email", affects)
            }
            Self::Silent(limit) => SendError::transient(
                &format!("no answer within {} s, while {stage}", limit.as_secs_f32()),
                affects,
            ),
        }
    }
}

/// The server's code and text; where there was none, the innermost cause and how far the attempt came.
fn answer(error: &Error, stage: Stage) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    match error.status() {
        Some(code) => format!("{code} {cause}"),
        None => format!("{cause}, while {stage}"),
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Connecting => "connecting",
            Self::SigningIn => "signing in",
            Self::Addressing => "naming sender and recipient",
            Self::HandingOver => "handing over the email",
        })
    }
}
