//! The practice's own words and facts, read from the content folder and checked once: complete or not at all.
//!
//! Nothing here knows about HTTP or how a page looks.

mod address;
mod articles;
pub mod calendar;
mod checks;
mod facts;
pub mod fault;
#[cfg(test)]
mod fixture;
mod folder;
mod front_matter;
mod head;
mod keys;
mod links;
mod load;
mod markdown;
pub mod photos;
pub mod practice;
mod practice_file;
pub mod states;
mod texts;
pub mod watch;

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

pub use fault::{Fault, Faults};
pub use load::{Loaded, load};
pub use practice::Practice;

/// Everything the site says, complete and checked.
#[derive(Debug, Clone)]
pub struct Content {
    pub practice: Practice,
    /// By the name of the file without `.md`: `home`, `about`, `services`, `fees`, `articles`, `contact`, `help-now`, `privacy`, …
    pub pages: BTreeMap<String, Page>,
    /// In the order the practice wants.
    pub services: Vec<Service>,
    /// Published ones, newest first.
    pub articles: Vec<Article>,
    pub faq: Page,
    /// Old address to new address, both paths such as `/articles/x`.
    pub moved: BTreeMap<String, String>,
    /// Paths that answer 410.
    pub withdrawn: BTreeSet<String>,
    pub photos: photos::Photos,
}

/// A page of plain text with a title.
#[derive(Debug, Clone)]
pub struct Page {
    /// What the place is: for the window, search engines and lists.
    pub title: String,
    /// What stands on top of the page itself; the title, where nothing else is said.
    pub heading: String,
    /// For search engines and previews; 50 to 160 characters.
    pub description: String,
    /// One or two sentences under the heading.
    pub lead: Option<String>,
    pub updated: Option<Date>,
    pub body: Prose,
}

#[derive(Debug, Clone)]
pub struct Service {
    pub slug: String,
    pub title: String,
    pub description: String,
    pub lead: Option<String>,
    /// Shown before anything else, where a text could weigh on somebody.
    pub content_note: Option<String>,
    /// Shows "Leave this site" on the page.
    pub quick_exit: bool,
    /// Slugs of articles.
    pub related: Vec<String>,
    pub body: Prose,
}

#[derive(Debug, Clone)]
pub struct Article {
    pub slug: String,
    pub title: String,
    /// The sentence under the title; also the description for search engines. 50 to 160 characters.
    pub summary: String,
    pub topic: Topic,
    /// The name of one of `practice.people`.
    pub author: String,
    pub published: Date,
    /// When somebody of the practice last read it through and found it right.
    pub reviewed: Option<Date>,
    pub updated: Option<Date>,
    /// Slugs of articles, chosen by hand.
    pub related: Vec<String>,
    /// It describes a condition or a treatment (`MedicalWebPage` in structured data).
    pub medical: bool,
    pub body: Prose,
}

/// What an article is about: `Relationships` at `/articles/topics/relationships`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Topic {
    pub slug: String,
    pub name: String,
}

/// A text made from Markdown. The HTML is ours: what a writer types as HTML is a fault.
#[derive(Debug, Clone, Default)]
pub struct Prose {
    /// The text before the first h2.
    pub intro: String,
    /// One for each h2, in order.
    pub sections: Vec<Section>,
    /// The list of sources, empty where the text cites none.
    pub sources: String,
    pub words: usize,
}

/// An h2 and what stands under it.
#[derive(Debug, Clone)]
pub struct Section {
    pub id: String,
    /// The words of the heading, as plain text.
    pub title: String,
    /// The heading's own line and what follows, as HTML. In a section of questions only what comes before the first one.
    pub html: String,
    /// The h3s as questions, where the section is marked `{.questions}`.
    pub questions: Vec<Question>,
}

#[derive(Debug, Clone)]
pub struct Question {
    /// The id of the answer, so that a link to it opens it.
    pub id: String,
    /// Plain text.
    pub question: String,
    pub answer: String,
    /// The answer as plain text, for search and structured data.
    pub answer_text: String,
}
