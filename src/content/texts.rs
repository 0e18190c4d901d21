//! One file becomes one page, service or article.
//!
//! Looks at nothing but the file and the practice's facts; what texts owe each other is in `checks` and `links`.

use std::collections::BTreeSet;
use std::path::PathBuf;

use jiff::civil::Date;
use serde::de::DeserializeOwned;

use super::address::slug;
use super::fault::Findings;
use super::folder::File;
use super::front_matter::{self, ArticleFront, PageFront, ServiceFront};
use super::head::{Head, Noted};
use super::keys::Keys;
use super::markdown::{self, Asking, Link, List, Written};
use super::photos::Photos;
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
    pub photos: &'p Photos,
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
        let title = head.required(front.title, "title");
        let page = Page {
            heading: head.optional(front.heading, "heading").unwrap_or_else(|| title.clone()),
            title,
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
        let written = markdown::write(&parts.body, self.practice, self.photos, asking, out);
        let keys = Keys::parse(parts.front, out);
        let front = keys.read(out)?;
        for line in keys.blank_values() {
            out.add(line, "This is empty. Write something, or leave the line out.");
        }
        Some((front, Head { keys, practice: self.practice, today: self.today, out }, written))
    }
}
