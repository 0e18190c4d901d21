//! What the eye could be fooled by: marks that turn the direction of writing, and letters in a host that look like others.

/// Whether a text holds characters that change the direction of what follows them (Unicode Bidi_Control).
pub fn turns_direction(text: &str) -> bool {
    text.chars().any(|c| {
        matches!(c, '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    })
}

/// The host of an email address as mail programs spell it, where that differs from what was typed: `xn--mnchen-3ya.de`.
pub fn punycode(email: &str) -> Option<String> {
    let (_, host) = email.rsplit_once('@')?;
    if host.is_ascii() {
        return None;
    }
    idna::domain_to_ascii(host).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_of_direction_are_seen_and_languages_from_right_to_left_are_not_suspect() {
        assert!(turns_direction("Robin\u{202e}nimda"));
        assert!(turns_direction("\u{2067}x"));
        assert!(!turns_direction("רובין"));
        assert!(!turns_direction("مثال"));
        assert!(!turns_direction("Robin"));
    }

    #[test]
    fn a_host_in_other_letters_is_spelled_out() {
        assert_eq!(punycode("ü@münchen.de").as_deref(), Some("xn--mnchen-3ya.de"));
        assert_eq!(punycode("a@еxample.com").as_deref(), Some("xn--xample-2of.com"));
        assert_eq!(punycode("ü@example.com"), None);
        assert_eq!(punycode("nothing"), None);
    }
}
