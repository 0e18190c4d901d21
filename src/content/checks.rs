//! What texts owe each other: every page there, no title twice, related articles that exist, a home page with its parts.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::fault::Fault;
use super::folder::Folder;
use super::markdown::List;
use super::texts::{Entry, Manuscript, Noted};

/// The files that `content/pages` holds, no more and no fewer.
const PAGES: [&str; 10] = [
    "about",
    "accessibility",
    "articles",
    "browsing-safely",
    "contact",
    "fees",
    "help-now",
    "home",
    "privacy",
    "services",
];

/// The folder is looked at whole: `shown` is its name.
pub fn required_files(folder: &Folder, shown: &Path) -> Vec<Fault> {
    let fault =
        |file: std::path::PathBuf, message: &str| Fault { file, line: 1, message: message.to_owned() };
    let mut faults = Vec::new();
    for name in PAGES {
        if !folder.pages.iter().any(|file| file.name == name) {
            faults.push(fault(shown.join(format!("pages/{name}.md")), "This page is missing."));
        }
    }
    if folder.faq.is_none() {
        faults.push(fault(shown.join("faq.md"), "This page is missing."));
    }
    for file in folder.pages.iter().filter(|file| !PAGES.contains(&file.name.as_str())) {
        faults.push(fault(
            file.path.clone(),
            &format!("There is no page of this name. Pages are {}.", PAGES.join(", ")),
        ));
    }
    faults
}

/// What has to be unique is, what is named is there, and the home page has its parts.
pub fn across(entries: &[Entry]) -> Vec<Fault> {
    let mut faults = twice(entries, "title", |entry| &entry.title);
    faults.extend(twice(entries, "description", |entry| &entry.description));
    for entry in entries {
        for related in &entry.related {
            faults.extend(
                related_trouble(entry, &related.text, entries)
                    .map(|message| fault(entry, related.line, message)),
            );
        }
    }
    faults.extend(moved(entries));
    faults.extend(entries.iter().filter(|entry| entry.address == "/").flat_map(home));
    faults
}

fn fault(entry: &Entry, line: usize, message: impl Into<String>) -> Fault {
    Fault { file: entry.file.clone(), line, message: message.into() }
}

fn twice(entries: &[Entry], what: &str, of: fn(&Entry) -> &Noted) -> Vec<Fault> {
    let mut seen: BTreeMap<String, &Entry> = BTreeMap::new();
    let mut faults = Vec::new();
    for entry in entries.iter().filter(|entry| !of(entry).text.is_empty()) {
        match seen.get(&of(entry).text.to_lowercase()) {
            Some(first) => {
                let message = format!("{} has the same {what}.", first.file.display());
                faults.push(fault(entry, of(entry).line, message));
            }
            None => drop(seen.insert(of(entry).text.to_lowercase(), entry)),
        }
    }
    faults
}

fn related_trouble(entry: &Entry, slug: &str, entries: &[Entry]) -> Option<String> {
    let address = format!("/articles/{slug}");
    if address == entry.address {
        return Some("An article is not related to itself.".into());
    }
    let is_there = entries.iter().any(|other| other.address == address);
    (!is_there).then(|| format!("There is no article {slug}."))
}

/// An old address leads to one new address and stands in nobody's way.
fn moved(entries: &[Entry]) -> Vec<Fault> {
    let mut taken: BTreeSet<String> = entries.iter().map(|entry| entry.address.clone()).collect();
    let mut faults = Vec::new();
    for entry in entries {
        let place = entry.address.rsplit_once('/').map_or("", |(place, _)| place);
        for old in &entry.moved_from {
            if !taken.insert(format!("{place}/{}", old.text)) {
                faults.push(fault(
                    entry,
                    old.line,
                    format!("{place}/{} is the address of another text.", old.text),
                ));
            }
        }
    }
    faults
}

/// The lists that the home page is built around.
fn home(entry: &Entry) -> Vec<Fault> {
    let first = |section: &str| entry.lists.iter().find(|list| list.section.as_deref() == Some(section));
    let mut faults = Vec::new();
    let to_service = |item: &Vec<String>| matches!(item.as_slice(), [url] if url.starts_with("/services/"));
    let is_good = |list: &List| list.items.len() == 4 && list.items.iter().all(to_service);
    faults.extend(home_list(
        entry,
        "is-this-you",
        first("is-this-you"),
        is_good,
        "four sentences, each with one link to a service",
    ));
    let is_good = |list: &List| list.items.len() == 4 && list.ordered;
    faults.extend(home_list(
        entry,
        "what-happens-first",
        first("what-happens-first"),
        is_good,
        "four numbered steps",
    ));
    faults
}

fn home_list(
    entry: &Entry,
    id: &str,
    list: Option<&List>,
    is_good: impl Fn(&List) -> bool,
    what: &str,
) -> Option<Fault> {
    match list {
        None => Some(fault(entry, 1, format!("The home page needs a part {{#{id}}} with a list: {what}."))),
        Some(list) if !is_good(list) => {
            Some(fault(entry, list.line, format!("The list under #{id} has to be {what}.")))
        }
        Some(_) => None,
    }
}

/// A topic that is written in two ways would be two topics at one address.
pub fn topics(manuscripts: &[Manuscript]) -> Vec<Fault> {
    let mut names: BTreeMap<&str, &str> = BTreeMap::new();
    let mut faults = Vec::new();
    for Manuscript { article, file, topic_line, .. } in manuscripts {
        let first = names.entry(&article.topic.slug).or_insert(&article.topic.name);
        if *first != article.topic.name {
            let message = format!("Another article writes this topic as {first}.");
            faults.push(Fault { file: file.clone(), line: *topic_line, message });
        }
    }
    faults
}

/// Health articles that cite nothing are trusted less; that is for the practice to weigh.
pub fn warnings(manuscripts: &[Manuscript]) -> Vec<Fault> {
    let lacking = manuscripts.iter().filter(|text| !text.withdrawn && text.article.body.sources.is_empty());
    let message = "This article names no sources. Readers trust articles on health more when they do.";
    lacking.map(|text| Fault { file: text.file.clone(), line: 1, message: message.into() }).collect()
}
