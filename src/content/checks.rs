//! What texts owe each other: every page there, no title twice, related articles that exist, a home page with its parts.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::fault::Fault;
use super::folder::Folder;
use super::head::Noted;
use super::markdown::List;
use super::texts::{Entry, Manuscript};

/// The files that `content/pages` holds, no more and no fewer.
pub(super) const PAGES: [&str; 10] = [
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

/// Every file that has to be there, and no page that nobody asks for. `shown` is the name of the folder.
pub fn required_files(folder: &Folder, shown: &Path) -> Vec<Fault> {
    let mut missing: Vec<PathBuf> = Vec::new();
    missing.extend(folder.practice.is_none().then(|| shown.join("practice.toml")));
    missing.extend(folder.faq.is_none().then(|| shown.join("faq.md")));
    let is_page = |name: &&str| folder.pages.iter().any(|file| file.name == **name);
    missing.extend(
        PAGES.iter().filter(|name| !is_page(name)).map(|name| shown.join(format!("pages/{name}.md"))),
    );
    // A file that is there and can't be read has its fault already.
    missing.retain(|path| folder.faults.iter().all(|fault| fault.file != *path));
    let missing =
        missing.into_iter().map(|file| Fault { file, line: 1, message: "This file is missing.".into() });
    let strangers = folder.pages.iter().filter(|file| !PAGES.contains(&file.name.as_str()));
    let message = format!("There is no page of this name. Pages are {}.", PAGES.join(", "));
    let strangers =
        strangers.map(|file| Fault { file: file.path.clone(), line: 1, message: message.clone() });
    missing.chain(strangers).collect()
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

/// Each `[[gap]]` that a text was begun with and nobody has filled.
pub fn gaps(folder: &Folder) -> Vec<Fault> {
    let texts = folder.pages.iter().chain(&folder.services).chain(&folder.articles).chain(&folder.faq);
    let mut faults = Vec::new();
    for file in folder.practice.iter().chain(texts) {
        let is_toml = file.path.extension().is_some_and(|ending| ending == "toml");
        for (index, line) in file.text.lines().enumerate() {
            // There, a line that begins with brackets is a heading, and one that begins with # explains something.
            if !(is_toml && line.trim_start().starts_with(['#', '['])) {
                let message = |gap| format!("A gap waits for your words: [[{gap}]]");
                let found = gaps_in(line).map(|gap| (file.path.clone(), message(gap)));
                faults.extend(found.map(|(file, message)| Fault { file, line: index + 1, message }));
            }
        }
    }
    faults
}

fn gaps_in(line: &str) -> impl Iterator<Item = &str> {
    line.split("[[").skip(1).filter_map(|rest| rest.split_once("]]")).map(|(gap, _)| gap)
}

#[cfg(test)]
mod tests {
    use crate::content::fixture::{article, faults, folder, loaded, page, put, root, service};

    #[test]
    fn a_page_that_is_missing_and_one_nobody_knows_are_faults() {
        let dir = folder();
        std::fs::remove_file(root(&dir).join("pages/fees.md")).expect("removed");
        std::fs::remove_file(root(&dir).join("faq.md")).expect("removed");
        put(&dir, "pages/feees.md", &page("feees", "Words.\n"));
        let pages = "about, accessibility, articles, browsing-safely, contact, fees, help-now, home, privacy, services";
        let expected = [
            "content/faq.md:1: This file is missing.".to_owned(),
            format!("content/pages/feees.md:1: There is no page of this name. Pages are {pages}."),
            "content/pages/fees.md:1: This file is missing.".to_owned(),
        ];
        assert_eq!(faults(&dir), expected);
    }

    #[test]
    fn two_texts_with_one_title_or_description_are_a_fault() {
        let dir = folder();
        put(&dir, "articles/trust.md", &article("Therapy", ""));
        let expected = [
            "content/articles/trust.md:2: content/services/therapy.md has the same title.",
            "content/articles/trust.md:3: content/services/therapy.md has the same description.",
        ];
        assert_eq!(faults(&dir), expected);
    }

    #[test]
    fn related_articles_have_to_be_there() {
        let dir = folder();
        put(&dir, "articles/trust.md", &article("Trust", "related = [\n  \"trust\",\n  \"trsut\",\n]\n"));
        put(&dir, "services/therapy.md", &service("Therapy", "related = [\"trust\", \"truts\"]\n"));
        let expected = [
            "content/articles/trust.md:8: An article is not related to itself.",
            "content/articles/trust.md:9: There is no article trsut.",
            "content/services/therapy.md:5: There is no article truts.",
        ];
        assert_eq!(faults(&dir), expected);
    }

    #[test]
    fn a_related_article_may_wait_for_its_day() {
        let dir = folder();
        put(&dir, "articles/trust.md", &article("Trust", "related = [\"later\"]\n"));
        put(&dir, "articles/later.md", &article("Later", "draft = true\n"));
        let content = loaded(&dir).content;
        assert!(content.related(&content.articles[0]).is_empty());
    }

    #[test]
    fn an_old_address_must_not_be_the_address_of_another_text() {
        let dir = folder();
        put(&dir, "articles/other.md", &article("Other", "moved_from = [\"trust\"]\n"));
        let message = "/articles/trust is the address of another text.";
        assert_eq!(faults(&dir), [format!("content/articles/other.md:7: {message}")]);
    }

    #[test]
    fn a_topic_is_written_in_one_way() {
        let dir = folder();
        put(&dir, "articles/z.md", &article("Other", "").replace("\"Trust\"", "\"TRUST\""));
        assert_eq!(faults(&dir), ["content/articles/z.md:4: Another article writes this topic as Trust."]);
    }

    #[test]
    fn the_home_page_needs_its_two_lists() {
        let dir = folder();
        put(&dir, "pages/home.md", &page("home", "## Is this you?\n\n- [One](/services/therapy)\n- Two\n"));
        let steps = "The home page needs a part {#what-happens-first} with a list: four numbered steps.";
        let links = "The list under #is-this-you has to be four sentences, each with one link to a service.";
        let expected =
            [format!("content/pages/home.md:1: {steps}"), format!("content/pages/home.md:7: {links}")];
        assert_eq!(faults(&dir), expected);
    }

    #[test]
    fn each_gap_is_told_with_its_line_and_nothing_else_is_taken_for_one() {
        let dir = folder();
        let practice =
            "#phone = \"[[not set]]\"\nname = \"[[Your practice]]\"\ntime_zone = \"America/New_York\"\n";
        put(&dir, "practice.toml", &format!("{practice}[[people]]\nname = \"Ada Example\"\n"));
        put(&dir, "pages/about.md", &page("about", "[[One]] and [[two]], see [this](/fees).\n"));
        let gaps: Vec<String> = loaded(&dir).gaps.iter().map(ToString::to_string).collect();
        let words = "A gap waits for your words";
        let expected = [
            format!("content/practice.toml:2: {words}: [[Your practice]]"),
            format!("content/pages/about.md:5: {words}: [[One]]"),
            format!("content/pages/about.md:5: {words}: [[two]]"),
        ];
        assert_eq!(gaps, expected);
    }
}
