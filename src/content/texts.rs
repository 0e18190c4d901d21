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
        address: String,
        asking: Asking,
        out: &mut Findings,
    ) -> Option<(Page, Entry)> {
        let (front, mut head, written) = self.open::<PageFront>(file, asking, out)?;
        let page = Page {
            title: head.required(front.title, "title"),
            description: head.summary(front.description, "description"),
            lead: head.optional(front.lead, "lead"),
            updated: head.past(front.updated, "updated"),
            body: written.prose,
        };
        let entry = Entry {
            title: head.noted("title", &page.title),
            description: head.noted("description", &page.description),
            ..entry(file, address, written.links, written.anchors, written.lists)
        };
        Some((page, entry))
    }

    /// With the place that the practice wants it to have.
    pub fn service(&self, file: &File, out: &mut Findings) -> Option<(i64, Service, Entry)> {
        let (front, mut head, written) = self.open::<ServiceFront>(file, Asking::WhereMarked, out)?;
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
            body: written.prose,
        };
        let address = format!("/services/{}", service.slug);
        let entry = Entry {
            title: head.noted("title", &service.title),
            description: head.noted("description", &service.description),
            related: head.all_noted("related", &service.related),
            moved_from: head.all_noted("moved_from", &front.moved_from),
            ..entry(file, address, written.links, written.anchors, written.lists)
        };
        Some((front.order.unwrap_or_default(), service, entry))
    }

    pub fn article(&self, file: &File, out: &mut Findings) -> Option<(Manuscript, Entry)> {
        let (front, mut head, written) = self.open::<ArticleFront>(file, Asking::WhereMarked, out)?;
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
            body: written.prose,
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
            ..entry(file, address, written.links, written.anchors, written.lists)
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

fn entry(
    file: &File,
    address: String,
    links: Vec<Link>,
    anchors: BTreeSet<String>,
    lists: Vec<List>,
) -> Entry {
    let nothing = Noted { text: String::new(), line: 1 };
    Entry {
        file: file.path.clone(),
        address,
        title: nothing.clone(),
        description: nothing,
        related: Vec::new(),
        moved_from: Vec::new(),
        public_from: Some(Date::MIN),
        links,
        anchors,
        lists,
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
