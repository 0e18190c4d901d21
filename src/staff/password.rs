//! Which passwords are taken (SEC-12): long ones that nobody would try first.
//!
//! No rule about which characters they are made of. Says only why a password is refused, never anything about it.

/// Letters, digits and signs as people count them. NIST SP 800-63B-4 asks for 15 where a password may stand alone; here
/// it also encrypts the key.
pub const SHORTEST: usize = 15;

/// In bytes. Far more than any password manager makes, and too little to keep the hash busy.
pub const LONGEST: usize = 1024;

/// What must be left of a password when everything easy to guess is taken out.
const LEFT: usize = 8;

/// Why a password is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weak {
    /// Under 15 characters.
    TooShort,
    /// Over 1,024 bytes.
    TooLong,
    /// Made of what is tried first: common passwords, one thing over and over, runs on the keyboard.
    Common,
    /// Made of the person's own name or address, or the practice's name.
    Personal,
}

/// Whole passwords of 15 and more characters from published lists of stolen ones.
const WHOLE: &[&str] = &[
    "correcthorsebatterystaple",
    "thequickbrownfox",
    "thequickbrownfoxjumpsoverthelazydog",
    "loremipsumdolorsitamet",
    "maytheforcebewithyou",
    "iloveyousomuch",
    "iloveyouforever",
    "ihatemylife",
    "nevergonnagiveyouup",
    "supercalifragilisticexpialidocious",
    "tobeornottobethatisthequestion",
    "onceuponatimeinalandfarfaraway",
    "openupitsmenobodyelse",
    "jesuschristismysavior",
    "jesusismysavior",
    "livelaughlovealways",
    "thispasswordissecure",
    "thisismypassword",
    "mypasswordispassword",
    "areyoukiddingme",
    "donttellanyone",
    "rememberthismoment",
];

/// What common passwords are put together from.
const PARTS: &[&str] = &[
    "password",
    "passwort",
    "passw0rd",
    "p4ssword",
    "passphrase",
    "pass",
    "secret",
    "letmein",
    "welcome",
    "iloveyou",
    "qwertyuiop",
    "qwertyui",
    "qwerty",
    "qwertz",
    "azerty",
    "asdfghjkl",
    "asdfgh",
    "asdf",
    "zxcvbnm",
    "zxcvbn",
    "1qaz",
    "2wsx",
    "3edc",
    "4rfv",
    "5tgb",
    "qazwsx",
    "admin",
    "administrator",
    "login",
    "master",
    "monkey",
    "dragon",
    "sunshine",
    "princess",
    "football",
    "baseball",
    "superman",
    "batman",
    "pokemon",
    "starwars",
    "changeme",
    "default",
    "trustno1",
    "whatever",
    "computer",
    "internet",
    "michael",
    "jennifer",
    "charlie",
    "jordan",
    "shadow",
    "hello",
    "freedom",
    "summer",
    "autumn",
    "spring",
    "winter",
    "january",
    "february",
    "october",
    "november",
    "december",
    "therapy",
    "therapist",
    "psychotherapy",
    "counseling",
    "practice",
    "test",
    "user",
    "love",
];

/// Runs on the keyboard and in the alphabet, forwards; they are looked for backwards too.
const RUNS: &[&str] = &[
    "abcdefghijklmnopqrstuvwxyz",
    "01234567890",
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "qwertzuiop",
    "azertyuiop",
];

/// Checks a password that somebody wants to use. `own` are the person's name and address and the practice's name.
///
/// # Errors
/// The reason, to be told in words.
pub fn check(password: &str, own: &[&str]) -> Result<(), Weak> {
    if password.len() > LONGEST {
        return Err(Weak::TooLong);
    }
    if password.chars().count() < SHORTEST {
        return Err(Weak::TooShort);
    }
    let bare = bare(password);
    // Signs and other scripts count as they are; only letters and digits of English are looked at closely.
    let signs = password.chars().filter(|sign| !sign.is_alphanumeric()).collect::<Vec<_>>();
    let other = distinct(&signs) + bare.chars().filter(|letter| !letter.is_ascii()).count();
    if WHOLE.contains(&bare.as_str()) || repeats(password) {
        return Err(Weak::Common);
    }
    let rest = without_runs(&without(&bare, PARTS));
    if rest.len() + other < LEFT {
        return Err(Weak::Common);
    }
    let own: Vec<String> = own.iter().flat_map(|words| words_of(words)).collect();
    let own: Vec<&str> = own.iter().map(String::as_str).collect();
    let rest = without_runs(&without(&without(&bare, &own), PARTS));
    if rest.len() + other < LEFT {
        return Err(Weak::Personal);
    }
    Ok(())
}

/// Small letters and digits only.
fn bare(text: &str) -> String {
    text.to_lowercase().chars().filter(|letter| letter.is_alphanumeric()).collect()
}

/// The words of a name or an address that are long enough to be recognized, and the whole of it.
fn words_of(text: &str) -> Vec<String> {
    let words = text.split(|letter: char| !letter.is_alphanumeric()).map(bare);
    let mut words: Vec<String> = words.chain([bare(text)]).filter(|word| word.len() > 2).collect();
    words.sort_by_key(|word| std::cmp::Reverse(word.len()));
    words
}

/// Takes out every one of the parts; the longest must come first where one holds another.
fn without(text: &str, parts: &[&str]) -> String {
    let mut parts = parts.to_vec();
    parts.sort_by_key(|part| std::cmp::Reverse(part.len()));
    parts.iter().fold(text.to_owned(), |text, part| text.replace(part, ""))
}

/// Takes out runs of three and more neighbors (`abcd`, `4321`) and of the same letter.
fn without_runs(text: &str) -> String {
    let letters: Vec<char> = text.chars().filter(char::is_ascii).collect();
    let mut kept = String::new();
    let mut start = 0;
    while start < letters.len() {
        let mut end = start + 1;
        while end < letters.len() && is_run(&letters[start..=end]) {
            end += 1;
        }
        if end - start < 3 {
            kept.push(letters[start]);
            start += 1;
        } else {
            start = end;
        }
    }
    kept
}

fn is_run(letters: &[char]) -> bool {
    let run: String = letters.iter().collect();
    let backwards: String = letters.iter().rev().collect();
    letters.iter().all(|letter| *letter == letters[0])
        || RUNS.iter().any(|known| known.contains(&run) || known.contains(&backwards))
}

/// Whether the whole is one unit of up to 8 characters over and over.
fn repeats(text: &str) -> bool {
    let letters: Vec<char> = text.to_lowercase().chars().collect();
    (1..=8)
        .any(|unit| letters.len() > unit && letters[unit..].iter().zip(&letters).all(|(one, two)| one == two))
}

fn distinct(signs: &[char]) -> usize {
    signs.iter().collect::<std::collections::BTreeSet<_>>().len()
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWN: &[&str] = &["Josephine Example", "josephine@example.com", "Example Psychotherapy"];

    #[test]
    fn long_passwords_of_any_kind_are_taken() {
        for password in [
            "mortar lily 9 kettle",
            "  leading and trailing spaces  ",
            "vK8#pQ2!mZ7@wL4",
            "\u{1F600}\u{1F603}\u{1F984}\u{1F600}\u{1F603}\u{1F984}\u{1F9ED}\u{1F600}\u{1F603}\u{1F98A}\u{1F600}\u{1F603}\u{1F985}\u{1F41D}\u{1F33B}",
            "žluťoučký kůň úpěl",
            "josephine likes marzipan towers",
            &"mortar lily kettle 9 ".repeat(40),
        ] {
            assert_eq!(check(password, OWN), Ok(()), "{password}");
        }
    }

    #[test]
    fn the_length_is_counted_in_characters_and_capped_in_bytes() {
        assert_eq!(check("vK8#pQ2!mZ7@wL", OWN), Err(Weak::TooShort));
        assert_eq!(check("\u{e9}\u{e8}vKpQ2!mZ7@wL", OWN), Err(Weak::TooShort));
        assert_eq!(check("", OWN), Err(Weak::TooShort));
        let long = "mortar lily kettle 9 ".repeat(60);
        assert_eq!(check(&long[..LONGEST], OWN), Ok(()));
        assert_eq!(check(&long[..LONGEST + 1], OWN), Err(Weak::TooLong));
    }

    #[test]
    fn what_is_tried_first_is_refused_with_the_reason() {
        for password in [
            "passwordpassword",
            "Password123456789",
            "password12345!!",
            "qwertyuiopasdfgh",
            "1qaz2wsx3edc4rfv",
            "aaaaaaaaaaaaaaaaaaaa",
            "abcabcabcabcabcabc",
            "123456789012345",
            "987654321987654321",
            "Correct Horse Battery Staple",
            "correct-horse-battery-staple",
            "iloveyouiloveyou",
            "Welcome2Therapy!!",
            "               ",
            "\u{1F600}\u{1F600}\u{1F600}\u{1F600}\u{1F600}\u{1F600}\u{1F600}\u{1F600}\u{1F600}\u{1F600}\u{1F600}\u{1F600}\u{1F600}\u{1F600}\u{1F600}",
        ] {
            assert_eq!(check(password, OWN), Err(Weak::Common), "{password}");
        }
    }

    #[test]
    fn what_is_known_about_the_person_and_the_practice_is_refused() {
        for password in
            ["Josephine Example", "JosephineExample1", "josephine@example.com", "example-psychotherapy-2026"]
        {
            assert_eq!(check(password, OWN), Err(Weak::Personal), "{password}");
        }
    }
}
