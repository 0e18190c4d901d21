//! Codes that people copy by hand: for set-up, for recovery and for invitations.
//!
//! 25 characters of Crockford's base32 (no I, L, O, U) in five groups: 125 bits, so nobody guesses one.

use std::fmt;

use anyhow::{Context, anyhow};
use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::seal::WrappingKey;

const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const LENGTH: usize = 25;
const GROUP: usize = 5;

/// A code as it was made or typed. Shown in groups; wiped from memory when dropped.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct Code(String);

impl Code {
    /// A new code.
    ///
    /// # Errors
    /// Only where the operating system gives no randomness.
    pub fn generate() -> anyhow::Result<Self> {
        let mut random = [0_u8; LENGTH];
        getrandom::fill(&mut random).context("no randomness from the operating system")?;
        let code = random.iter().map(|byte| char::from(ALPHABET[usize::from(byte % 32)])).collect();
        random.zeroize();
        Ok(Self(code))
    }

    /// Reads a code as somebody typed it, see [`tidied`]. `None` where it can't be a code, so that a typo can be told
    /// from a wrong code.
    pub fn parse(typed: &str) -> Option<Self> {
        tidied(typed).map(Self).filter(|code| code.0.len() == LENGTH)
    }

    /// What a table may hold to find what was made for this code. No slow hash is needed: nobody guesses 125 bits.
    ///
    /// # Errors
    /// None in practice: the lengths are fixed.
    pub fn lookup(&self) -> anyhow::Result<[u8; 32]> {
        self.expanded(b"practice-site: finding an invitation")
    }

    /// The key for what was made for this code.
    ///
    /// # Errors
    /// None in practice: the lengths are fixed.
    pub fn wrapping(&self) -> anyhow::Result<WrappingKey> {
        Ok(WrappingKey::new(self.expanded(b"practice-site: opening an invitation")?))
    }

    fn expanded(&self, purpose: &[u8]) -> anyhow::Result<[u8; 32]> {
        let mut key = [0; 32];
        Hkdf::<Sha256>::new(None, self.0.as_bytes())
            .expand(purpose, &mut key)
            .map_err(|reason| anyhow!("deriving a key failed: {reason}"))?;
        Ok(key)
    }

    /// The code without dashes, as it is hashed.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The last group, which a person types back to show that the code was written down.
    pub fn last_group(&self) -> &str {
        &self.0[LENGTH - GROUP..]
    }
}

/// A code or a part of one as it was meant: case, spaces and dashes don't matter, and letters that look like digits are
/// digits. `None` where it holds anything else.
pub fn tidied(typed: &str) -> Option<String> {
    let letters = typed.chars().filter(|letter| !letter.is_whitespace() && *letter != '-');
    let meant = letters.map(|letter| match letter.to_ascii_uppercase() {
        'O' => '0',
        'I' | 'L' => '1',
        other => other,
    });
    meant
        .map(|letter| ALPHABET.iter().map(|&known| char::from(known)).find(|known| *known == letter))
        .collect()
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, letter) in self.0.chars().enumerate() {
            if place > 0 && place % GROUP == 0 {
                f.write_str("-")?;
            }
            write!(f, "{letter}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Code(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_read_as_people_type_it() {
        let code = Code::generate().expect("randomness");
        let shown = code.to_string();
        assert_eq!(shown.len(), 29, "{shown}");
        assert_eq!(Code::parse(&shown), Some(code.clone()));
        assert_eq!(Code::parse(&shown.to_lowercase().replace('-', " ")), Some(code.clone()));
        assert!(shown.ends_with(code.last_group()));
        let looks_alike = shown.replace('0', "o").replace('1', "l");
        assert_eq!(Code::parse(&looks_alike), Some(code));
    }

    #[test]
    fn what_cannot_be_a_code_is_told_from_a_wrong_one() {
        let code = Code::generate().expect("randomness").to_string();
        for typed in ["", "ABCDE", &format!("{code}A"), &code[1..], &format!("U{}", &code[1..]), "é"] {
            assert_eq!(Code::parse(typed), None, "{typed}");
        }
    }

    #[test]
    fn two_codes_differ_and_none_is_printed_by_accident() {
        let (one, two) = (Code::generate().expect("randomness"), Code::generate().expect("randomness"));
        assert_ne!(one, two);
        assert_eq!(format!("{one:?}"), "Code(…)");
    }
}
