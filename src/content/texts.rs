//! One file becomes one page, service or article: its head is complete and its dates make sense.
//!
//! Looks at nothing but the file and the practice's facts; what texts owe each other is in `checks` and `links`.

use std::collections::BTreeSet;
use std::path::PathBuf;

use jiff::ToSpan;
use jiff::civil::Date;
use serde::de::DeserializeOwned;
use unicode_segmentation::UnicodeSegmentation;

use super::address::{is_slug, slug};
use super::fault::Findings;
use super::folder::File;
use super::front_matter::{self, ArticleFront, PageFront, ServiceFront};
use super::keys::{Day, Keys};
use super::markdown::{self, Asking, Link, List, Written};
use super::{Article, Page, Practice, Service, Topic};

/// What other texts and checks need to know of a text.
#[derive(Debug)]
pub struct Entry {
    pub file: PathBuf,
    /// `/articles/x`
    pub address: String,
    pub title: Noted,
    pub description: Noted,
    /// Slugs of articles.
    pub related: Vec<Noted>,
    /// Slugs this text had before.
    pub moved_from: Vec<Noted>,
    /// `None`: nobody can read it, now or on any known day.
    pub public_from: Option<Date>,
    pub links: Vec<Link>,
    pub anchors: BTreeSet<String>,
    pub lists: Vec<List>,
    /// False where a fault kept the text from being read: then nobody knows what it holds.
    pub is_readable: bool,
}

impl Entry {
    pub fn unreadable(file: &File, address: &str) -> Self {
        Self { is_readable: false, ..Self::new(file, address, Written::default()) }
    }

    /// Of a page that people can read; its head is still to be noted.
    fn new(file: &File, address: &str, written: Written) -> Self {
        let nothing = Noted { text: String::new(), line: 1 };
        Self {
            file: file.path.clone(),
            address: address.to_owned(),
            title: nothing.clone(),
            description: nothing,
            related: Vec::new(),
            moved_from: Vec::new(),
            public_from: Some(Date::MIN),
            links: written.links,
            anchors: written.anchors,
            lists: written.lists,
            is_readable: true,
        }
    }
}

/// Words and the line where they stand.
#[derive(Debug, Clone)]
pub struct Noted {
    pub text: String,
    pub line: usize,
}

/// An article and whether people may read it.
#[derive(Debug)]
pub struct Manuscript {
    pub file: PathBuf,
    pub article: Article,
    pub topic_line: usize,
    pub withdrawn: bool,
    /// As in its entry.
    pub public_from: Option<Date>,
}

/// Today and the facts, which every text is read against.
pub struct Reader<'p> {
    pub practice: &'p Practice,
    pub today: Date,
}

impl Reader<'_> {
    pub fn page(
        &self,
        file: &File,
        address: &str,
        asking: Asking,
        out: &mut Findings,
    ) -> Option<(Page, Entry)> {
        let (front, mut head, mut written) = self.open::<PageFront>(file, asking, out)?;
        let page = Page {
            title: head.required(front.title, "title"),
            description: head.summary(front.description, "description"),
            lead: head.optional(front.lead, "lead"),
            updated: head.past(front.updated, "updated"),
            body: std::mem::take(&mut written.prose),
        };
        let entry = Entry {
            title: head.noted("title", &page.title),
            description: head.noted("description", &page.description),
            ..Entry::new(file, address, written)
        };
        Some((page, entry))
    }

    /// With the place that the practice wants it to have.
    pub fn service(&self, file: &File, out: &mut Findings) -> Option<(i64, Service, Entry)> {
        let (front, mut head, mut written) = self.open::<ServiceFront>(file, Asking::WhereMarked, out)?;
        head.check_slug(&file.name);
        if front.order.is_none() {
            head.add("order", "order is missing: the place of this service, such as order = 1");
        }
        let service = Service {
            slug: file.name.clone(),
            title: head.required(front.title, "title"),
            description: head.summary(front.description, "description"),
            lead: head.optional(front.lead, "lead"),
            content_note: head.optional(front.content_note, "content_note"),
            quick_exit: front.quick_exit,
            related: front.related,
            body: std::mem::take(&mut written.prose),
        };
        let address = format!("/services/{}", service.slug);
        let entry = Entry {
            title: head.noted("title", &service.title),
            description: head.noted("description", &service.description),
            related: head.all_noted("related", &service.related),
            moved_from: head.all_noted("moved_from", &front.moved_from),
            ..Entry::new(file, &address, written)
        };
        Some((front.order.unwrap_or_default(), service, entry))
    }

    pub fn article(&self, file: &File, out: &mut Findings) -> Option<(Manuscript, Entry)> {
        let (front, mut head, mut written) = self.open::<ArticleFront>(file, Asking::WhereMarked, out)?;
        head.check_slug(&file.name);
        let topic = head.required(front.topic, "topic");
        let article = Article {
            slug: file.name.clone(),
            title: head.required(front.title, "title"),
            summary: head.summary(front.summary, "summary"),
            topic: Topic { slug: slug(&topic), name: topic },
            author: head.required(front.author, "author"),
            published: head.published(front.published),
            reviewed: head.past(front.reviewed, "reviewed"),
            updated: head.past(front.updated, "updated"),
            related: front.related,
            medical: front.medical,
            body: std::mem::take(&mut written.prose),
        };
        head.check_article(&article);
        let public_from = (!front.draft && !front.withdrawn).then_some(article.published);
        let address = format!("/articles/{}", article.slug);
        let entry = Entry {
            title: head.noted("title", &article.title),
            description: head.noted("summary", &article.summary),
            related: head.all_noted("related", &article.related),
            moved_from: head.all_noted("moved_from", &front.moved_from),
            public_from,
            ..Entry::new(file, &address, written)
        };
        let topic_line = head.keys.line(&["topic"]);
        let file = file.path.clone();
        Some((Manuscript { file, article, topic_line, withdrawn: front.withdrawn, public_from }, entry))
    }

    fn open<'t, F: DeserializeOwned>(
        &'t self,
        file: &'t File,
        asking: Asking,
        out: &'t mut Findings,
    ) -> Option<(F, Head<'t>, Written)> {
        let parts = front_matter::split(&file.text, out)?;
        let written = markdown::write(&parts.body, self.practice, asking, out);
        let keys = Keys::parse(parts.front, out);
        let front = keys.read(out)?;
        for line in keys.blank_values() {
            out.add(line, "This is empty. Write something, or leave the line out.");
        }
        Some((front, Head { keys, practice: self.practice, today: self.today, out }, written))
    }
}

/// The head of one text, whose values are taken out one by one.
struct Head<'t> {
    keys: Keys<'t>,
    practice: &'t Practice,
    today: Date,
    out: &'t mut Findings,
}

impl Head<'_> {
    fn add(&mut self, key: &str, message: impl Into<String>) {
        self.out.add(self.keys.line(&[key]), message);
    }

    fn noted(&self, key: &str, text: &str) -> Noted {
        Noted { text: text.to_owned(), line: self.keys.line(&[key]) }
    }

    fn all_noted(&self, key: &str, texts: &[String]) -> Vec<Noted> {
        let line = |index: usize| self.keys.line(&[key, &index.to_string()]);
        texts
            .iter()
            .enumerate()
            .map(|(index, text)| Noted { text: text.clone(), line: line(index) })
            .collect()
    }

    /// Words that have to be there.
    fn required(&mut self, value: Option<String>, key: &str) -> String {
        if value.is_none() {
            self.add(key, format!("{key} is missing."));
        }
        self.optional(value, key).unwrap_or_default()
    }

    fn optional(&mut self, value: Option<String>, key: &str) -> Option<String> {
        let value = value?;
        if value.contains("{{") {
            self.add(key, "Facts in double braces work in the text only, not in its head.");
        }
        Some(markdown::with_curly_quotes(value.trim()))
    }

    fn summary(&mut self, value: Option<String>, key: &str) -> String {
        let is_there = value.is_some();
        let words = self.required(value, key);
        let length = words.graphemes(true).count();
        if is_there && !words.is_empty() && !(50..=160).contains(&length) {
            self.add(key, format!("{key} has {length} letters; 50 to 160 show well in search results."));
        }
        words
    }

    fn check_slug(&mut self, slug: &str) {
        if !is_slug(slug) || slug == "topics" {
            let message =
                "The name of this file makes a poor address. Use small letters a to z, digits, and hyphens.";
            self.out.add(1, message);
        }
    }

    fn past(&mut self, day: Option<Day>, key: &str) -> Option<Date> {
        let date = day?.0;
        if date > self.today {
            self.add(key, format!("{key} is in the future."));
        }
        Some(date)
    }

    fn published(&mut self, day: Option<Day>) -> Date {
        let Some(Day(date)) = day else {
            self.add("published", "published is missing, such as published = \"2026-11-20\"");
            return self.today;
        };
        if date > self.today.saturating_add(1.year()) {
            self.add("published", "published is more than a year away.");
        }
        date
    }

    fn check_article(&mut self, article: &Article) {
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
    use crate::content::practice::Person;

    /// What is wrong with an article of this text in a file of this name.
    fn faults_in(name: &str, text: String) -> Vec<String> {
        let mut practice = Practice::bare("Elm Street Practice", "America/New_York");
        let ada: Person = toml::from_str("name = \"Ada Example\"").expect("a person");
        practice.people.push(ada);
        let reader = Reader { practice: &practice, today: "2026-05-06".parse().expect("a date") };
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
        let facts = "Facts in double braces work in the text only, not in its head.";
        assert_fault("title = \"Trust\"", "title = \"{{name}}\"", &format!("x.md:2: {facts}"));
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
