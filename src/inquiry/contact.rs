//! Logging that somebody was in touch. The kinds obey the safe-contact plan: what a person did not allow can't be logged,
//! so that nobody does it by habit. The first one stops the clock.

use super::answers::{Answers, Voicemail, Way};
use super::timeline::{Event, Step};

/// Tries without an answer after which the last note is suggested.
const TRIES: usize = 3;

/// How somebody was in touch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A call, and they spoke.
    Reached,
    Voicemail,
    NoAnswer,
    Text,
    Email,
    /// The person called or wrote.
    HeardFrom,
}

impl Kind {
    pub const ALL: [Self; 6] =
        [Self::Reached, Self::Voicemail, Self::NoAnswer, Self::Text, Self::Email, Self::HeardFrom];

    /// The word in the database and in forms.
    pub fn name(self) -> &'static str {
        match self {
            Self::Reached => "reached",
            Self::Voicemail => "voicemail",
            Self::NoAnswer => "no-answer",
            Self::Text => "text",
            Self::Email => "email",
            Self::HeardFrom => "heard-from",
        }
    }

    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    fn is_allowed(self, answers: &Answers) -> bool {
        match self {
            Self::Reached | Self::NoAnswer => answers.allows(Way::Call),
            Self::Voicemail => {
                answers.allows(Way::Call)
                    && matches!(answers.voicemail, Some(Voicemail::Full | Voicemail::NameOnly))
            }
            Self::Text => answers.allows(Way::Text),
            Self::Email => answers.allows(Way::Email),
            Self::HeardFrom => true,
        }
    }

    fn is_a_talk(self) -> bool {
        matches!(self, Self::Reached | Self::HeardFrom)
    }
}

/// The kinds that a person's plan leaves. Without a plan, because the record is damaged or they asked to stop, only what
/// came from the person is left.
pub fn kinds(plan: Option<&Answers>) -> Vec<Kind> {
    let allowed = |kind: &Kind| plan.map_or(*kind == Kind::HeardFrom, |answers| kind.is_allowed(answers));
    Kind::ALL.into_iter().filter(allowed).collect()
}

/// Tries since the last talk. `timeline` has the latest first.
pub fn tries(timeline: &[Event]) -> usize {
    let kinds = timeline.iter().filter(|event| !event.undone).filter_map(|event| match event.step {
        Step::Contact(kind) => Some(kind),
        _ => None,
    });
    kinds.take_while(|kind| !kind.is_a_talk()).count()
}

/// Whether it is time for the last note.
pub fn suggests_last_note(timeline: &[Event]) -> bool {
    tries(timeline) >= TRIES
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inquiry::fixture;
    use crate::inquiry::timeline::Text;

    #[test]
    fn no_kind_is_offered_that_the_person_did_not_allow() {
        let mut answers = fixture::answers("Sam Made-Up");
        answers.by = vec![Way::Call];
        for (voicemail, offered) in [
            (Some(Voicemail::Full), true),
            (Some(Voicemail::NameOnly), true),
            (Some(Voicemail::None), false),
            (None, false),
        ] {
            answers.voicemail = voicemail;
            assert_eq!(kinds(Some(&answers)).contains(&Kind::Voicemail), offered, "{voicemail:?}");
        }
        assert_eq!(kinds(Some(&answers)), [Kind::Reached, Kind::NoAnswer, Kind::HeardFrom]);
        answers.by = vec![Way::Email];
        // A voicemail choice without calls counts for nothing.
        answers.voicemail = Some(Voicemail::Full);
        assert_eq!(kinds(Some(&answers)), [Kind::Email, Kind::HeardFrom]);
        answers.by = vec![Way::Text];
        assert_eq!(kinds(Some(&answers)), [Kind::Text, Kind::HeardFrom]);
        assert_eq!(kinds(None), [Kind::HeardFrom]);
    }

    fn timeline(kinds: &[(Kind, bool)]) -> Vec<Event> {
        let event = |(kind, undone): &(Kind, bool)| Event {
            at: jiff::Timestamp::UNIX_EPOCH,
            who: None,
            step: Step::Contact(*kind),
            version: None,
            undone: *undone,
            text: Text::None,
        };
        kinds.iter().map(event).collect()
    }

    #[test]
    fn after_three_tries_without_a_talk_the_last_note_is_suggested() {
        use Kind::*;
        assert!(suggests_last_note(&timeline(&[(NoAnswer, false), (Voicemail, false), (Email, false)])));
        assert!(!suggests_last_note(&timeline(&[(NoAnswer, false), (Voicemail, true), (Email, false)])));
        let talked = [(NoAnswer, false), (NoAnswer, false), (Reached, false), (NoAnswer, false)];
        assert!(!suggests_last_note(&timeline(&talked)));
    }
}
