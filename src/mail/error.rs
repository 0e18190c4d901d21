//! Why an email was not accepted, in words that are safe to log and to show.
//!
//! A server's answer often repeats addresses; they are taken out here, once, for everybody.

use std::fmt;

/// The longest answer that is kept, in characters.
const LONGEST_REPLY: usize = 200;

/// An attempt that did not end in acceptance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SendError {
    /// Worth another try soon: no connection, no answer, or an answer 4xx.
    Transient { reply: String, affects: Affects },
    /// An answer 5xx, a refused sign-in among them: somebody has to change something first.
    Permanent { reply: String, affects: Affects },
}

/// Whether another email would have met the same trouble.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Affects {
    ThisEmail,
    EveryEmail,
}

impl SendError {
    /// Keeps of `reply` only what may be logged and shown.
    pub fn transient(reply: &str, affects: Affects) -> Self {
        Self::Transient { reply: presentable(reply), affects }
    }

    /// Keeps of `reply` only what may be logged and shown.
    pub fn permanent(reply: &str, affects: Affects) -> Self {
        Self::Permanent { reply: presentable(reply), affects }
    }

    /// The server's code and text, or what went wrong before there was an answer.
    pub fn reply(&self) -> &str {
        match self {
            Self::Transient { reply, .. } | Self::Permanent { reply, .. } => reply,
        }
    }

    pub fn affects(&self) -> Affects {
        match self {
            Self::Transient { affects, .. } | Self::Permanent { affects, .. } => *affects,
        }
    }

    pub fn is_permanent(&self) -> bool {
        matches!(self, Self::Permanent { .. })
    }
}

impl fmt::Display for SendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.reply())
    }
}

impl std::error::Error for SendError {}

/// One line without addresses, control or direction characters.
fn presentable(reply: &str) -> String {
    let line: String =
        reply.chars().map(|c| if c.is_alphanumeric() || c.is_ascii_graphic() { c } else { ' ' }).collect();
    let words = line.split_whitespace().map(|word| if word.contains('@') { "[address]" } else { word });
    let line = words.collect::<Vec<_>>().join(" ");
    line.chars().take(LONGEST_REPLY).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_holds_no_addresses() {
        let error = SendError::permanent(
            "550 5.1.1 <office@practice.example>: Recipient address rejected",
            Affects::EveryEmail,
        );
        assert_eq!(error.reply(), "550 5.1.1 [address] Recipient address rejected");
    }

    #[test]
    fn a_reply_is_one_short_line_that_cannot_forge_another() {
        let error = SendError::transient(
            &format!("451 later\r\n\u{1b}[31mERROR\u{202e}{}", "x".repeat(900)),
            Affects::ThisEmail,
        );
        assert!(error.reply().starts_with("451 later [31mERROR xxx"), "{}", error.reply());
        assert_eq!(error.reply().chars().count(), LONGEST_REPLY);
        assert!(!error.reply().contains(|c: char| c.is_control() || c == '\u{202e}'));
    }
}
