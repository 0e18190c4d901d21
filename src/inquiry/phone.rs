//! A phone number, taken in any form that people write.

use serde::{Deserialize, Serialize};

use super::draft::is_invisible;

/// A number that can be dialled.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Phone {
    /// `+` and the country code, then digits only.
    pub number: String,
    pub extension: Option<String>,
}

impl Phone {
    /// Reads a number as typed. Spaces, dots, brackets, slashes and dashes don't count. Without a `+` it is a US number:
    /// ten digits, or eleven with a leading 1; area code and exchange begin with 2 to 9 (North American Numbering Plan).
    pub fn read(typed: &str) -> Option<Self> {
        // "+44 (0)20 …": the zero is only dialled inside the country.
        let typed = &typed.replace("(0)", "");
        let (number, extension) = split_extension(typed);
        let plain: String = number.chars().filter(|c| !is_filler(*c)).map(ascii_digit).collect();
        let plain = match plain.strip_prefix("00") {
            Some(rest) if rest.len() > 8 => format!("+{rest}"),
            _ => plain,
        };
        let number = match plain.strip_prefix('+') {
            Some(digits) if digits.starts_with('1') => format!("+1{}", us_number(digits)?),
            Some(digits) if is_digits(digits) && (8..=15).contains(&digits.len()) => plain,
            Some(_) => return None,
            None => format!("+1{}", us_number(&plain)?),
        };
        Some(Self { number, extension })
    }

    /// For reading aloud: `206 555 0142`, or the number with its country code.
    pub fn spoken(&self) -> String {
        let number = match self.number.strip_prefix("+1") {
            Some(us) if us.len() == 10 => format!("{} {} {}", &us[..3], &us[3..6], &us[6..]),
            _ => self.number.clone(),
        };
        match &self.extension {
            Some(extension) => format!("{number} x{extension}"),
            None => number,
        }
    }
}

fn us_number(digits: &str) -> Option<&str> {
    let digits = if digits.len() == 11 { digits.strip_prefix('1')? } else { digits };
    let begins_well =
        |at: usize| digits.as_bytes().get(at).is_some_and(|digit| (b'2'..=b'9').contains(digit));
    (is_digits(digits) && digits.len() == 10 && begins_well(0) && begins_well(3)).then_some(digits)
}

fn split_extension(typed: &str) -> (&str, Option<String>) {
    let lower = typed.to_ascii_lowercase();
    for mark in ["extension", "ext.", "ext", "x", "#"] {
        if let Some(at) = lower.find(mark) {
            let digits: String =
                lower[at + mark.len()..].chars().filter(|c| !is_filler(*c)).map(ascii_digit).collect();
            if is_digits(&digits) && digits.len() <= 8 {
                return (&typed[..at], Some(digits));
            }
        }
    }
    (typed, None)
}

fn is_filler(c: char) -> bool {
    c.is_whitespace() || "().-/‐‑‒–—".contains(c) || is_invisible(c)
}

/// Digits of other scripts that keyboards produce, as ASCII.
fn ascii_digit(c: char) -> char {
    let zero = match c {
        '０'..='９' => '０',
        '٠'..='٩' => '٠',
        '۰'..='۹' => '۰',
        '०'..='९' => '०',
        _ => return c,
    };
    char::from_digit(c as u32 - zero as u32, 10).unwrap_or(c)
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(typed: &str) -> Option<String> {
        Phone::read(typed).map(|phone| match phone.extension {
            Some(extension) => format!("{}x{extension}", phone.number),
            None => phone.number,
        })
    }

    #[test]
    fn us_numbers_are_read_in_every_usual_form() {
        for typed in [
            "206 555 0142",
            "(206) 555-0142",
            "206.555.0142",
            "1-206-555-0142",
            "+1 206 555 0142",
            "２０６５５５０１４２",
            " 206–555–0142\u{202c}",
        ] {
            assert_eq!(read(typed).as_deref(), Some("+12065550142"), "{typed}");
        }
    }

    #[test]
    fn an_extension_is_kept() {
        assert_eq!(read("206 555 0142 x123").as_deref(), Some("+12065550142x123"));
        assert_eq!(read("206 555 0142 ext. 9").as_deref(), Some("+12065550142x9"));
        assert_eq!(
            Phone::read("2065550142 extension 44").map(|phone| phone.spoken()).as_deref(),
            Some("206 555 0142 x44")
        );
    }

    #[test]
    fn other_countries_need_their_code() {
        assert_eq!(read("+44 20 7946 0958").as_deref(), Some("+442079460958"));
        assert_eq!(read("0044 20 7946 0958").as_deref(), Some("+442079460958"));
        assert_eq!(read("+44 (0)20 7946 0958").as_deref(), Some("+442079460958"));
        assert_eq!(read("020 7946 0958"), None);
    }

    #[test]
    fn what_cannot_be_dialled_is_not_a_number() {
        for typed in [
            "",
            "12345",
            "106 555 0142",
            "206 155 0142",
            "+12",
            "+1 206 555 014",
            "call me",
            "206 555 0142 0",
            "+1234567890123456",
            "x",
        ] {
            assert_eq!(read(typed), None, "{typed}");
        }
    }
}
