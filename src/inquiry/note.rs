//! What somebody of the practice types about an inquiry: read, bounded and sealed. In the database it is only ciphertext.

use anyhow::Result;
use unicode_segmentation::UnicodeSegmentation;

use super::reference::Reference;
use crate::seal::{self, PublicKey};

/// The longest note, in letters as people see them.
pub const LONGEST: usize = 5_000;
/// The longest name of somebody to whom a person was referred.
pub const LONGEST_NAME: usize = 200;

/// Why typed text can't be kept as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Problem {
    Blank,
    /// It has so many letters.
    TooLong(usize),
    /// Letters were lost on the way.
    Damaged,
}

/// The text as it is kept: without blanks around it, with lines ended as everywhere, without characters that can't be shown.
///
/// # Errors
/// See [`Problem`].
pub fn read(typed: &str, longest: usize) -> Result<String, Problem> {
    if typed.contains('\u{fffd}') {
        return Err(Problem::Damaged);
    }
    let text = typed.replace("\r\n", "\n").replace('\r', "\n");
    let text: String = text.chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\t')).collect();
    let text = text.trim();
    let letters = text.graphemes(true).count();
    match letters {
        0 => Err(Problem::Blank),
        // A letter can carry any number of marks; eight bytes each is more than any language needs.
        _ if letters > longest || text.len() > longest * 8 => Err(Problem::TooLong(letters)),
        _ => Ok(text.to_owned()),
    }
}

/// Seals it for the practice.
///
/// # Errors
/// When the operating system has no randomness.
pub fn sealed(to: &PublicKey, reference: &Reference, text: &str) -> Result<Vec<u8>> {
    seal::seal(to, reference.as_str(), text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_keeps_its_words_and_lines() {
        assert_eq!(read("  first\r\nsecond\u{7}\tthird \n", LONGEST).as_deref(), Ok("first\nsecond\tthird"));
    }

    #[test]
    fn what_cannot_be_kept_is_said() {
        assert_eq!(read(" \r\n ", LONGEST), Err(Problem::Blank));
        assert_eq!(read(&"é".repeat(11), 10), Err(Problem::TooLong(11)));
        assert_eq!(read(&format!("a{}", "\u{301}".repeat(50)), 10), Err(Problem::TooLong(1)));
        assert_eq!(read("lost \u{fffd}", 10), Err(Problem::Damaged));
    }
}
