//! Codes that people copy by hand: for set-up, for recovery and for invitations.
//!
//! 25 characters of Crockford's base32 (no I, L, O, U) in five groups: 125 bits, so nobody guesses one.

use std::fmt;

use anyhow::Context;
use zeroize::{Zeroize, ZeroizeOnDrop};

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

    /// Reads a code as somebody typed it: case, spaces and dashes don't matter, and letters that look like digits are
    /// taken as digits. `None` where it can't be a code, so that a typo can be told from a wrong code.
    pub fn parse(typed: &str) -> Option<Self> {
        let mut code = Self(String::with_capacity(LENGTH));
        for letter in typed.chars().filter(|letter| !letter.is_whitespace() && *letter != '-') {
            let letter = match letter.to_ascii_uppercase() {
                'O' => '0',
                'I' | 'L' => '1',
                other => other,
            };
            if code.0.len() == LENGTH || !letter.is_ascii() || !ALPHABET.contains(&(letter as u8)) {
                return None;
            }
            code.0.push(letter);
        }
        (code.0.len() == LENGTH).then_some(code)
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
