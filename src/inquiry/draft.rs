//! What somebody typed into the form, exactly as it came. Nothing missing, repeated or unlisted can make it fail.

use super::problem::Field;

/// One value of a form post.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Posted {
    pub name: String,
    pub value: String,
    /// The bytes were not text: some letters of the value were lost on the way and stand as U+FFFD.
    pub damaged: bool,
}

/// The form as typed.
#[derive(Clone, Default)]
pub struct Draft {
    pub name: String,
    pub looking_for: String,
    pub location: String,
    pub adult: String,
    pub by: Vec<String>,
    pub phone: String,
    pub voicemail: String,
    pub email: String,
    pub times: Vec<String>,
    pub note: String,
    pub insurance: String,
    pub understood: String,
    /// A field that people don't see; programs fill it in.
    pub contact_fax: String,
    pub token: String,
    /// The person has seen the question about the email address and keeps it.
    pub keep_email: String,
    /// Fields whose letters arrived damaged.
    pub damaged: Vec<Field>,
    /// Fields that held control characters, which are taken out.
    pub control: Vec<Field>,
}

impl Draft {
    /// Takes the fields of a form post. Of a field that stands there twice, the first that is not blank counts.
    pub fn from_posted(posted: Vec<Posted>) -> Self {
        let mut draft = Self::default();
        for Posted { name, value, damaged } in posted {
            let (value, had_control) = without_control(&value);
            if let Some(field) = Field::named(&name) {
                if damaged && !draft.damaged.contains(&field) {
                    draft.damaged.push(field);
                }
                if had_control && !draft.control.contains(&field) {
                    draft.control.push(field);
                }
            }
            match draft.slot(&name) {
                Some(Slot::One(slot)) if slot.trim().is_empty() => *slot = value,
                Some(Slot::Many(list)) if !value.is_empty() && !list.contains(&value) => list.push(value),
                _ => {}
            }
        }
        draft
    }

    /// Every value with its name, for carrying the answers on to the next page. Blank ones are left out.
    pub fn pairs(&self) -> Vec<(&'static str, &str)> {
        let one = [
            ("name", &self.name),
            ("looking_for", &self.looking_for),
            ("location", &self.location),
            ("adult", &self.adult),
            ("phone", &self.phone),
            ("voicemail", &self.voicemail),
            ("email", &self.email),
            ("note", &self.note),
            ("insurance", &self.insurance),
            ("understood", &self.understood),
            ("contact_fax", &self.contact_fax),
            ("keep_email", &self.keep_email),
        ];
        let many = [("by", &self.by), ("times", &self.times)];
        one.into_iter()
            .map(|(name, value)| (name, value.as_str()))
            .chain(
                many.into_iter()
                    .flat_map(|(name, list)| list.iter().map(move |value| (name, value.as_str()))),
            )
            .filter(|(_, value)| !value.is_empty())
            .collect()
    }

    pub fn wants(&self, way: &str) -> bool {
        self.by.iter().any(|by| by == way)
    }

    pub fn is_free(&self, time: &str) -> bool {
        self.times.iter().any(|chosen| chosen == time)
    }

    fn slot(&mut self, name: &str) -> Option<Slot<'_>> {
        Some(match name {
            "name" => Slot::One(&mut self.name),
            "looking_for" => Slot::One(&mut self.looking_for),
            "location" => Slot::One(&mut self.location),
            "adult" => Slot::One(&mut self.adult),
            "by" => Slot::Many(&mut self.by),
            "phone" => Slot::One(&mut self.phone),
            "voicemail" => Slot::One(&mut self.voicemail),
            "email" => Slot::One(&mut self.email),
            "times" => Slot::Many(&mut self.times),
            "note" => Slot::One(&mut self.note),
            "insurance" => Slot::One(&mut self.insurance),
            "understood" => Slot::One(&mut self.understood),
            "contact_fax" => Slot::One(&mut self.contact_fax),
            "token" => Slot::One(&mut self.token),
            "keep_email" => Slot::One(&mut self.keep_email),
            _ => return None,
        })
    }
}

enum Slot<'a> {
    One(&'a mut String),
    Many(&'a mut Vec<String>),
}

/// Marks that nobody sees and that copying from a contact list brings along: direction, joiners, byte order.
pub fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// Line breaks become `\n`; other control characters below U+0020, except tabs, are taken out.
fn without_control(value: &str) -> (String, bool) {
    let text = value.replace("\r\n", "\n").replace('\r', "\n");
    let unwanted = |c: char| (c < '\u{20}' && c != '\n' && c != '\t') || c == '\u{7f}';
    if text.contains(unwanted) { (text.replace(unwanted, ""), true) } else { (text, false) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn posted(pairs: &[(&str, &str)]) -> Draft {
        let all = pairs.iter().map(|(name, value)| Posted {
            name: (*name).into(),
            value: (*value).into(),
            damaged: false,
        });
        Draft::from_posted(all.collect())
    }

    #[test]
    fn a_repeated_field_counts_once_and_an_unlisted_one_not_at_all() {
        let draft = posted(&[("name", " "), ("name", "Robin"), ("name", "Second"), ("shoe_size", "44")]);
        assert_eq!(draft.name, "Robin");
        assert_eq!(draft.pairs(), [("name", "Robin")]);
    }

    #[test]
    fn every_way_and_time_is_kept_once() {
        let draft = posted(&[("by", "call"), ("by", "email"), ("by", "call"), ("times", "weekends")]);
        assert_eq!(draft.by, ["call", "email"]);
        assert!(draft.wants("email") && !draft.wants("text") && draft.is_free("weekends"));
    }

    #[test]
    fn control_characters_are_taken_out_and_reported_but_line_breaks_stay() {
        let draft = posted(&[("note", "one\r\ntwo\u{0}\u{1b}[31m\tthree")]);
        assert_eq!(draft.note, "one\ntwo[31m\tthree");
        assert_eq!(draft.control, [Field::Note]);
    }

    #[test]
    fn what_is_carried_on_comes_back_the_same() {
        let first = posted(&[
            ("name", "Ana"),
            ("by", "text"),
            ("by", "email"),
            ("note", "a\nb"),
            ("contact_fax", "x"),
        ]);
        let again = posted(&first.pairs());
        assert_eq!(first.pairs(), again.pairs());
    }
}
