//! Texts for answering, filled in for one person. The practice sends them from its own phone or mail program, never this site.
//!
//! They say nothing about what the person asked for: other people may see the screen they arrive on.

use super::answers::Answers;
use super::reference::Reference;
use crate::content::{Practice, states};

/// A text with places to fill in.
pub struct Template {
    /// The word in addresses and forms.
    pub name: &'static str,
    source: &'static str,
}

/// All of them, in the order of the list to choose from. The first line of a file is its title.
pub const TEMPLATES: [Template; 8] = [
    Template { name: "offer-times", source: include_str!("../../templates/admin/answers/offer-times.txt") },
    Template { name: "first-try", source: include_str!("../../templates/admin/answers/first-try.txt") },
    Template { name: LAST_NOTE, source: include_str!("../../templates/admin/answers/last-note.txt") },
    Template { name: "waitlist", source: include_str!("../../templates/admin/answers/waitlist.txt") },
    Template {
        name: "waitlist-check-in",
        source: include_str!("../../templates/admin/answers/waitlist-check-in.txt"),
    },
    Template {
        name: "not-the-right-fit",
        source: include_str!("../../templates/admin/answers/not-the-right-fit.txt"),
    },
    Template {
        name: "outside-states",
        source: include_str!("../../templates/admin/answers/outside-states.txt"),
    },
    Template { name: "fee-question", source: include_str!("../../templates/admin/answers/fee-question.txt") },
];

/// What to send when nobody answers.
pub const LAST_NOTE: &str = "last-note";

/// A place that somebody of the practice fills in by hand.
pub const TYPED: [&str; 3] = ["times", "fee", "referrals"];

impl Template {
    pub fn named(name: &str) -> Option<&'static Self> {
        TEMPLATES.iter().find(|template| template.name == name)
    }

    pub fn title(&self) -> &'static str {
        self.source.lines().next().unwrap_or_default()
    }

    fn text(&self) -> &'static str {
        self.source.split_once("\n\n").map_or("", |(_, text)| text).trim_end()
    }

    /// Whether it has this place.
    pub fn asks_for(&self, place: &str) -> bool {
        self.text().contains(&format!("{{{place}}}"))
    }

    /// Fills it in. A place for which there is nothing stays as it is, marked.
    pub fn filled(&self, filling: &Filling) -> Filled {
        let mut parts = Vec::new();
        let mut rest = self.text();
        while let Some((before, place, after)) = next_place(rest) {
            parts.push(Part::Text(before.to_owned()));
            parts.push(match filling.value(place).filter(|value| !value.trim().is_empty()) {
                Some(value) => Part::Text(value.trim().to_owned()),
                None => Part::Open(place.to_owned()),
            });
            rest = after;
        }
        parts.push(Part::Text(rest.to_owned()));
        Filled(parts)
    }
}

/// The text before the first place, the name of the place, and what follows it.
fn next_place(text: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = text.split_once('{')?;
    let (place, after) = rest.split_once('}')?;
    Some((before, place, after))
}

/// What is known for the places.
#[derive(Default)]
pub struct Filling {
    values: Vec<(&'static str, String)>,
}

impl Filling {
    /// What the inquiry and the facts of the practice say.
    pub fn of(answers: Option<&Answers>, reference: &Reference, practice: &Practice) -> Self {
        let mut filling = Self::default();
        filling.set("name", answers.map(|answers| answers.name.clone()).unwrap_or_default());
        filling.set("ref", reference.to_string());
        filling.set("fee", only_fee(practice).unwrap_or_default());
        filling.set("states", licensed_states(practice));
        filling
    }

    /// Fills in a place; nothing else may stand in for it later.
    pub fn set(&mut self, place: &'static str, value: String) {
        self.values.retain(|(known, _)| *known != place);
        self.values.push((place, value));
    }

    pub fn value(&self, place: &str) -> Option<&str> {
        self.values.iter().find(|(known, _)| *known == place).map(|(_, value)| value.as_str())
    }
}

/// The fee, where all services that name one cost the same.
fn only_fee(practice: &Practice) -> Option<String> {
    let mut fees = practice.fees.services.iter().filter_map(|service| service.fee.as_ref());
    let first = fees.next()?;
    fees.all(|fee| fee == first).then(|| first.clone())
}

fn licensed_states(practice: &Practice) -> String {
    let names: Vec<_> =
        practice.licensed_states.iter().map(|code| states::name(code).unwrap_or(code)).collect();
    match names.as_slice() {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}

/// A text with its places filled in, as far as they could be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filled(pub Vec<Part>);

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    Text(String),
    /// A place that nothing fills.
    Open(String),
}

impl Filled {
    /// Whether something is left to fill in.
    pub fn is_open(&self) -> bool {
        self.0.iter().any(|part| matches!(part, Part::Open(_)))
    }

    /// The text as it is sent; an open place stands there in its brackets.
    pub fn text(&self) -> String {
        let part = |part: &Part| match part {
            Part::Text(text) => text.clone(),
            Part::Open(place) => format!("{{{place}}}"),
        };
        self.0.iter().map(part).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inquiry::fixture;

    fn filling(practice: &Practice) -> Filling {
        let reference = "K7QF-2M".parse().expect("a reference");
        Filling::of(Some(&fixture::answers("Sam {times}")), &reference, practice)
    }

    #[test]
    fn every_template_has_a_title_and_names_only_places_that_something_fills() {
        let places = ["name", "ref", "times", "fee", "referrals", "states"];
        for template in &TEMPLATES {
            assert!(!template.title().is_empty(), "{}", template.name);
            assert!(template.asks_for("name"), "{}", template.name);
            let mut rest = template.text();
            while let Some((_, place, after)) = next_place(rest) {
                assert!(places.contains(&place), "{place} in {}", template.name);
                rest = after;
            }
            for word in ["therap", "counsel", "session", "couple", "trauma", "diagnos"] {
                let discreet = !template.text().to_lowercase().contains(word);
                assert!(discreet || template.name == "outside-states", "{word} in {}", template.name);
            }
        }
    }

    #[test]
    fn an_open_place_is_marked_and_typed_text_is_never_taken_for_one() {
        let practice = Practice::bare("Elm Street Practice", "America/New_York");
        let template = Template::named("offer-times").expect("there");
        let mut filling = filling(&practice);
        let filled = template.filled(&filling);
        assert!(filled.is_open());
        assert!(filled.text().starts_with("Hello Sam {times},"), "{}", filled.text());
        assert!(filled.0.contains(&Part::Open("times".into())));
        filling.set("times", " Tuesday at 10 ".into());
        let filled = template.filled(&filling);
        assert!(!filled.is_open());
        assert!(filled.text().contains("\n\nTuesday at 10\n\n"), "{}", filled.text());
    }

    #[test]
    fn a_fee_is_filled_in_only_where_there_is_one() {
        let mut practice = Practice::bare("Elm Street Practice", "America/New_York");
        assert_eq!(filling(&practice).value("fee"), Some(""));
        let fee = |fee: &str| crate::content::practice::Fee {
            service: "a".into(),
            minutes: None,
            fee: Some(fee.into()),
        };
        practice.fees.services = vec![fee("$150"), fee("$150")];
        assert_eq!(filling(&practice).value("fee"), Some("$150"));
        practice.fees.services.push(fee("$180"));
        assert_eq!(filling(&practice).value("fee"), Some(""));
    }
}
