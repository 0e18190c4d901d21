//! Reasons to think that a request was sent by a program. A reason never refuses anybody: the request is stored in the
//! spam view, and a wrong guess is seen there.

use std::fmt;

use jiff::SignedDuration;

use super::draft::Draft;

/// Nobody reads and fills in the form faster than this.
pub const FASTEST: SignedDuration = SignedDuration::from_secs(3);
/// More requests than this in an hour from one address are unusual.
pub const USUAL_AN_HOUR: usize = 5;

/// One reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// The field that people don't see was filled in.
    Trap,
    TooFast,
    Links,
    ManyFromOneAddress,
}

impl Reason {
    pub const ALL: [Self; 4] = [Self::Trap, Self::TooFast, Self::Links, Self::ManyFromOneAddress];

    /// The word in the database.
    pub fn name(self) -> &'static str {
        match self {
            Self::Trap => "trap",
            Self::TooFast => "too-fast",
            Self::Links => "links",
            Self::ManyFromOneAddress => "many-from-one-address",
        }
    }

    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.name() == name)
    }
}

/// All reasons that were found; none is the usual case.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Suspicion(pub Vec<Reason>);

impl Suspicion {
    /// Looks at a request. `sent_before` counts those from the same address within the hour; `None` where addresses
    /// can't be told apart.
    pub fn of(draft: &Draft, age: SignedDuration, sent_before: Option<usize>) -> Self {
        let many = sent_before.is_some_and(|count| count >= USUAL_AN_HOUR);
        let found = [
            (!draft.contact_fax.trim().is_empty(), Reason::Trap),
            (age < FASTEST, Reason::TooFast),
            (holds_links(&draft.note) || holds_links(&draft.name), Reason::Links),
            (many, Reason::ManyFromOneAddress),
        ];
        Self(found.into_iter().filter(|(is_so, _)| *is_so).map(|(_, reason)| reason).collect())
    }

    pub fn is_none(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Display for Suspicion {
    /// The words in the database, with spaces between.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words: Vec<_> = self.0.iter().map(|reason| reason.name()).collect();
        f.write_str(&words.join(" "))
    }
}

fn holds_links(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    ["http://", "https://", "www.", "<a ", "[url"].iter().any(|mark| text.contains(mark))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(draft: &Draft, seconds: i64, sent_before: Option<usize>) -> Vec<Reason> {
        Suspicion::of(draft, SignedDuration::from_secs(seconds), sent_before).0
    }

    #[test]
    fn a_person_raises_no_suspicion() {
        let draft = Draft { note: "I found you through a friend.".into(), ..Draft::default() };
        assert!(of(&draft, 3, Some(4)).is_empty());
        assert!(of(&draft, 90, None).is_empty());
    }

    #[test]
    fn each_sign_is_named() {
        let draft =
            Draft { contact_fax: "555".into(), note: "See HTTPS://example.com".into(), ..Draft::default() };
        let found = Suspicion::of(&draft, SignedDuration::from_millis(2_999), Some(5));
        assert_eq!(found.0, Reason::ALL);
        assert_eq!(found.to_string(), "trap too-fast links many-from-one-address");
    }
}
