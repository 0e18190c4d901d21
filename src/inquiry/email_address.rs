//! An email address as people type it: accepted generously, because a person must not be lost to a strict rule.

use super::draft::is_invisible;

/// The longest address that mail carries (RFC 3696, erratum 1690), in characters.
pub const LONGEST: usize = 254;

/// Whether it has one @, something on each side, and a dot after it.
pub fn looks_right(typed: &str) -> bool {
    let Some((local, host)) = typed.split_once('@') else { return false };
    let dotted = host.split('.').filter(|label| !label.is_empty()).count() >= 2;
    !local.is_empty() && dotted && !host.contains('@') && !typed.contains(char::is_whitespace)
}

/// The address without what people add by accident: blanks and invisible marks, a dot at the end, `mailto:`.
pub fn tidy(typed: &str) -> String {
    let typed: String = typed.chars().filter(|c| !is_invisible(*c)).collect();
    let typed = typed.trim();
    let scheme = "mailto:";
    let is_link = typed.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme));
    let address = if is_link { &typed[scheme.len()..] } else { typed };
    address.trim_end_matches('.').to_owned()
}

/// What was probably meant, where the host is a frequent slip of the finger.
pub fn likely_meant(address: &str) -> Option<String> {
    let (local, host) = address.rsplit_once('@')?;
    let host = host.to_ascii_lowercase();
    let meant = SLIPS.iter().find(|(slip, _)| *slip == host).map(|(_, meant)| (*meant).to_owned());
    let meant = meant.or_else(|| host.strip_suffix(".con").map(|name| format!("{name}.com")))?;
    Some(format!("{local}@{meant}"))
}

const SLIPS: [(&str, &str); 24] = [
    ("gmial.com", "gmail.com"),
    ("gmai.com", "gmail.com"),
    ("gmal.com", "gmail.com"),
    ("gmil.com", "gmail.com"),
    ("gamil.com", "gmail.com"),
    ("gnail.com", "gmail.com"),
    ("gmaill.com", "gmail.com"),
    ("gmail.co", "gmail.com"),
    ("gmail.cm", "gmail.com"),
    ("gmail.om", "gmail.com"),
    ("gmail.comm", "gmail.com"),
    ("hotmial.com", "hotmail.com"),
    ("hotmal.com", "hotmail.com"),
    ("hotmail.co", "hotmail.com"),
    ("hotmail.cm", "hotmail.com"),
    ("yaho.com", "yahoo.com"),
    ("yahooo.com", "yahoo.com"),
    ("yahoo.cm", "yahoo.com"),
    ("outlok.com", "outlook.com"),
    ("outloook.com", "outlook.com"),
    ("outlook.cm", "outlook.com"),
    ("iclod.com", "icloud.com"),
    ("icoud.com", "icloud.com"),
    ("protonmial.com", "protonmail.com"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_that_work_somewhere_are_accepted() {
        for typed in [
            "o'brien+x@example.com",
            "ü@münchen.de",
            "a@xn--mnchen-3ya.de",
            "a@example.photography",
            "a@[127.0.0.1]",
            "名前@例え.jp",
        ] {
            assert!(looks_right(typed), "{typed}");
        }
    }

    #[test]
    fn addresses_that_cannot_work_are_not() {
        for typed in
            ["", "a", "a@b", "@example.com", "a@", "a@@example.com", "a b@example.com", "a@.com", "x@y,z@w"]
        {
            assert!(!looks_right(typed), "{typed}");
        }
    }

    #[test]
    fn a_slip_of_the_finger_becomes_a_question() {
        assert_eq!(likely_meant("Robin@Gmial.com").as_deref(), Some("Robin@gmail.com"));
        assert_eq!(likely_meant("r@example.con").as_deref(), Some("r@example.com"));
        assert_eq!(likely_meant("r@gmail.com"), None);
    }

    #[test]
    fn what_comes_along_by_accident_is_dropped() {
        assert_eq!(tidy("  Mailto:a@example.com.\u{200b} "), "a@example.com");
    }
}
