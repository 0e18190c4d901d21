//! The reference of an inquiry, such as `K7QF-2M`: short enough to say on the phone, and never a word.

use std::fmt;
use std::str::FromStr;

use anyhow::anyhow;

/// No vowels, so that it spells nothing, and nothing that looks or sounds like another one.
const ALPHABET: &[u8; 27] = b"23456789BCDFGHJKMNPQRSTVWXZ";

/// Names an inquiry. It is no secret: it stands in emails and addresses and opens nothing.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Reference(String);

impl Reference {
    /// A new one at random. Whether it is taken already, only the database knows.
    ///
    /// # Errors
    /// When the operating system has no randomness.
    pub fn random() -> anyhow::Result<Self> {
        let mut letters = String::with_capacity(7);
        while letters.len() < 7 {
            let mut bytes = [0; 8];
            getrandom::fill(&mut bytes).map_err(|error| anyhow!("no randomness: {error}"))?;
            // 243 is the largest multiple of 27 in a byte; what is above would favour some letters.
            for byte in bytes.into_iter().filter(|byte| *byte < 243) {
                match letters.len() {
                    7 => break,
                    4 => letters.push('-'),
                    _ => {}
                }
                letters.push(char::from(ALPHABET[usize::from(byte % 27)]));
            }
        }
        Ok(Self(letters))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The text is not a reference.
#[derive(Debug, PartialEq, Eq)]
pub struct NotAReference;

impl FromStr for Reference {
    type Err = NotAReference;

    fn from_str(text: &str) -> Result<Self, NotAReference> {
        let bytes = text.as_bytes();
        let fits = |at: usize, byte: u8| if at == 4 { byte == b'-' } else { ALPHABET.contains(&byte) };
        if bytes.len() == 7 && bytes.iter().enumerate().all(|(at, byte)| fits(at, *byte)) {
            Ok(Self(text.to_owned()))
        } else {
            Err(NotAReference)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_random_reference_reads_back() {
        for _ in 0..200 {
            let reference = Reference::random().expect("randomness");
            assert_eq!(reference.as_str().parse(), Ok(reference.clone()));
        }
    }

    #[test]
    fn anything_else_is_not_a_reference() {
        for text in ["", "K7QF2M", "k7qf-2m", "K7QF-2A", "K7QF-2M3", "K7QF_2M", "K7Qé-2M", "../../etc"] {
            assert_eq!(text.parse::<Reference>(), Err(NotAReference), "{text}");
        }
        assert!("K7QF-2M".parse::<Reference>().is_ok());
    }
}
