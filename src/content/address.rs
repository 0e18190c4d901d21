//! Words that become part of an address: slugs of texts and topics, ids of headings.

/// `What it costs` becomes `what-it-costs`. Apostrophes vanish; anything else that is no letter or digit parts words.
pub fn slug(words: &str) -> String {
    let mut slug = String::new();
    for letter in words.chars().flat_map(char::to_lowercase) {
        match letter {
            '\'' | '’' => {}
            _ if letter.is_alphanumeric() => slug.push(letter),
            _ if slug.is_empty() || slug.ends_with('-') => {}
            _ => slug.push('-'),
        }
    }
    slug.trim_end_matches('-').to_owned()
}

/// Small letters a to z, digits, and single hyphens between them: safe in any address without escaping.
pub fn is_slug(text: &str) -> bool {
    let plain = |part: &str| {
        !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
    };
    text.len() <= 100 && text.split('-').all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_become_a_slug() {
        assert_eq!(slug("What it costs"), "what-it-costs");
        assert_eq!(slug("Isn’t it – or is it?"), "isnt-it-or-is-it");
        assert_eq!(slug("  1. Emotional!  "), "1-emotional");
        assert_eq!(slug("?!"), "");
    }

    #[test]
    fn only_small_letters_digits_and_single_hyphens_make_a_slug() {
        assert!(is_slug("couples-therapy-2"));
        for text in ["", "Couples", "a--b", "-a", "a-", "a_b", "café", "a b", "a/b"] {
            assert!(!is_slug(text), "{text:?}");
        }
    }
}
