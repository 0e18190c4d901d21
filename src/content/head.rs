//! The head of a text, taken apart key by key: what is missing, too long or can't be is a fault on its line.

use jiff::ToSpan;
use jiff::civil::Date;
use unicode_segmentation::UnicodeSegmentation;

use super::address::is_slug;
use super::fault::Findings;
use super::keys::{Day, Keys};
use super::markdown::{self, Filled};
use super::{Article, Practice};

/// Words and the line where they stand.
#[derive(Debug, Clone)]
pub struct Noted {
    pub text: String,
    pub line: usize,
}

/// The head of one text, whose values are taken out one by one.
pub struct Head<'t> {
    pub keys: Keys<'t>,
    pub practice: &'t Practice,
    pub today: Date,
    pub out: &'t mut Findings,
}

impl Head<'_> {
    pub fn add(&mut self, key: &str, message: impl Into<String>) {
        self.out.add(self.keys.line(&[key]), message);
    }

    pub fn noted(&self, key: &str, text: &str) -> Noted {
        Noted { text: text.to_owned(), line: self.keys.line(&[key]) }
    }

    pub fn all_noted(&self, key: &str, texts: &[String]) -> Vec<Noted> {
        let line = |index: usize| self.keys.line(&[key, &index.to_string()]);
        texts
            .iter()
            .enumerate()
            .map(|(index, text)| Noted { text: text.clone(), line: line(index) })
            .collect()
    }

    /// Words that have to be there.
    pub fn required(&mut self, value: Option<String>, key: &str) -> String {
        let Some(value) = value else {
            self.add(key, format!("{key} is missing."));
            return String::new();
        };
        let words = self.optional(Some(value), key);
        if words.is_none() {
            self.add(key, format!("{key} names a fact that is not set."));
        }
        words.unwrap_or_default()
    }

    /// Words that are left out where they name a fact that is not set.
    pub fn optional(&mut self, value: Option<String>, key: &str) -> Option<String> {
        match markdown::fill_in(&value?, self.practice) {
            Filled::Whole(words) => Some(markdown::with_curly_quotes(words.trim())),
            Filled::Unset => None,
            Filled::Unknown(name) => {
                self.add(key, format!("There is no fact called {{{{{name}}}}}."));
                Some(String::new())
            }
        }
    }

    pub fn summary(&mut self, value: Option<String>, key: &str) -> String {
        let is_there = value.is_some();
        let words = self.required(value, key);
        let length = words.graphemes(true).count();
        if is_there && !words.is_empty() && !(50..=160).contains(&length) {
            self.add(key, format!("{key} has {length} letters; 50 to 160 show well in search results."));
        }
        words
    }

    pub fn check_slug(&mut self, slug: &str) {
        if !is_slug(slug) || slug == "topics" {
            let message =
                "The name of this file makes a poor address. Use small letters a to z, digits, and hyphens.";
            self.out.add(1, message);
        }
    }

    pub fn past(&mut self, day: Option<Day>, key: &str) -> Option<Date> {
        let date = day?.0;
        if date > self.today {
            self.add(key, format!("{key} is in the future."));
        }
        Some(date)
    }

    pub fn published(&mut self, day: Option<Day>) -> Date {
        let Some(Day(date)) = day else {
            self.add("published", "published is missing, such as published = \"2026-11-20\"");
            return self.today;
        };
        if date > self.today.saturating_add(1.year()) {
            self.add("published", "published is more than a year away.");
        }
        date
    }

    pub fn check_article(&mut self, article: &Article) {
        if article.updated.is_some_and(|updated| updated < article.published) {
            self.add("updated", "updated is earlier than published.");
        }
        if !article.author.is_empty()
            && !self.practice.people.iter().any(|person| person.name == article.author)
        {
            self.add(
                "author",
                format!("Nobody called {} is among the people in practice.toml.", article.author),
            );
        }
        if !article.topic.name.is_empty() && !is_slug(&article.topic.slug) {
            self.add("topic", "No address can be made from this topic. Use the letters a to z.");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::content::fixture::article;
    use crate::content::folder::File;
    use crate::content::photos::Photos;
    use crate::content::practice::Person;
    use crate::content::texts::Reader;

    /// What is wrong with an article of this text in a file of this name.
    fn faults_in(name: &str, text: String) -> Vec<String> {
        let mut practice = Practice::bare("Elm Street Practice", "America/New_York");
        let ada: Person = toml::from_str("name = \"Ada Example\"").expect("a person");
        practice.people.push(ada);
        let reader = Reader {
            practice: &practice,
            photos: &Photos::default(),
            today: "2026-05-06".parse().expect("a date"),
        };
        let file = File { path: "x.md".into(), name: name.into(), text };
        let mut out = Findings::of(&file.path);
        reader.article(&file, &mut out);
        out.into_faults().iter().map(ToString::to_string).collect()
    }

    /// What is wrong with the article after one change of its head.
    fn faults(from: &str, to: &str) -> Vec<String> {
        let text = article("Trust", "");
        assert!(text.contains(from), "{from}");
        faults_in("x", text.replacen(from, to, 1))
    }

    fn assert_fault(from: &str, to: &str, expected: &str) {
        let found = faults(from, to);
        assert!(found.contains(&expected.to_owned()), "{expected}\n{found:#?}");
    }

    #[test]
    fn what_has_to_be_there_is_missed() {
        assert_fault("title = \"Trust\"\n", "", "x.md:1: title is missing.");
        assert_fault("author = \"Ada Example\"\n", "", "x.md:1: author is missing.");
        let date = "published is missing, such as published = \"2026-11-20\"";
        assert_fault("published = \"2026-05-01\"\n", "", &format!("x.md:1: {date}"));
        let empty = "This is empty. Write something, or leave the line out.";
        assert_fault("title = \"Trust\"", "title = \" \"", &format!("x.md:2: {empty}"));
    }

    #[test]
    fn words_of_the_head_have_to_fit() {
        let unknown = "There is no fact called {{nme}}.";
        assert_fault("title = \"Trust\"", "title = \"{{nme}}\"", &format!("x.md:2: {unknown}"));
        let unset = "title names a fact that is not set.";
        assert_fault("title = \"Trust\"", "title = \"Call {{phone}}\"", &format!("x.md:2: {unset}"));
        let short = "summary has 5 letters; 50 to 160 show well in search results.";
        let summary = "Sixty letters or so that say what this text is about: Trust.";
        assert_fault(summary, "Short", &format!("x.md:3: {short}"));
        let topic = "No address can be made from this topic. Use the letters a to z.";
        assert_fault("topic = \"Trust\"", "topic = \"Café\"", &format!("x.md:4: {topic}"));
        let author = "Nobody called Ida Example is among the people in practice.toml.";
        assert_fault("Ada Example", "Ida Example", &format!("x.md:5: {author}"));
    }

    #[test]
    fn dates_have_to_make_sense() {
        assert_fault("2026-05-01", "2027-05-07", "x.md:6: published is more than a year away.");
        assert_fault("2026-05-01", "2026-02-30", "x.md:6: \"2026-02-30\" is no date such as \"2026-11-20\"");
        let end = "\n+++\n";
        let early = "\nupdated = \"2026-04-30\"\n+++\n";
        assert_fault(end, early, "x.md:7: updated is earlier than published.");
        assert_fault(end, "\nreviewed = \"2026-05-07\"\n+++\n", "x.md:7: reviewed is in the future.");
    }

    #[test]
    fn the_head_stands_between_two_lines_of_plus_signs() {
        let first = "The first line has to be +++, then title and the like, then +++ again.";
        assert_fault("+++\ntitle", "---\ntitle", &format!("x.md:1: {first}"));
        let second = "The second line of +++, which ends the head of the text, is missing.";
        assert_fault("\n+++\n", "\n", &format!("x.md:1: {second}"));
    }

    #[test]
    fn unknown_keys_and_wrong_kinds_are_all_told_with_their_lines() {
        let lines = "\ncolor = 1\nmedical = \"yes\"\nupdated = 2026-05-02\nsize = 1\n+++\n";
        let mut found = faults("\n+++\n", lines);
        found.sort_by_key(|fault| fault.len());
        assert_eq!(found.len(), 4, "{found:#?}");
        for line in 7..=10 {
            assert!(found.iter().any(|fault| fault.starts_with(&format!("x.md:{line}: "))), "{found:#?}");
        }
    }

    #[test]
    fn a_slip_in_toml_is_told_with_its_line() {
        let found = faults("topic = \"Trust\"", "topic = Trust");
        assert!(found[0].starts_with("x.md:4: "), "{found:#?}");
    }

    #[test]
    fn the_name_of_the_file_has_to_make_an_address() {
        for name in ["On-Trust", "on trust", "topics", "on_trust"] {
            let found = faults_in(name, article("Trust", ""));
            assert!(found[0].starts_with("x.md:1: The name of this file makes a poor address."), "{found:?}");
        }
    }

    #[test]
    fn lengths_are_counted_in_letters_as_people_see_them() {
        // A family of five code points is one letter: 46, the family and three dots are 50.
        let summary = "Sixty letters or so that say what this text is about: Trust.";
        assert_eq!(faults(summary, &("x".repeat(46) + "👨‍👩‍👧...")), Vec::<String>::new());
        assert_eq!(faults(summary, &("x".repeat(45) + "👨‍👩‍👧...")).len(), 1);
    }
}
