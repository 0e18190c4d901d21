//! The content folder, read from end to end: complete and right, or a list of everything that is wrong.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use jiff::Timestamp;
use jiff::civil::Date;

use super::fault::{Fault, Faults, Findings};
use super::folder::{self, File, Folder};
use super::links::Targets;
use super::markdown::Asking;
use super::photos::Photos;
use super::texts::{Entry, Manuscript, Reader};
use super::{Article, Content, Page, Practice, Service, checks, practice_file};

/// The content, and what could be better about it.
#[derive(Debug)]
pub struct Loaded {
    pub content: Content,
    /// Where a text still waits for words of the practice.
    pub gaps: Vec<Fault>,
    pub warnings: Vec<Fault>,
}

/// Reads the folder. `now` decides which articles are published, in the practice's time zone.
///
/// # Errors
/// Everything that is wrong, never only the first; then there is no content at all.
pub fn load(dir: &Path, now: Timestamp) -> Result<Loaded, Faults> {
    let folder = folder::read(dir);
    let practice_path = dir_name(dir).join("practice.toml");
    let slugs: BTreeSet<&str> = folder.services.iter().map(|file| file.name.as_str()).collect();
    let mut out = Findings::of(&practice_path);
    let practice = practice_file::read(folder.practice.as_ref(), &slugs, &folder.photos, &mut out);
    let mut reading = Reading { faults: out.into_faults(), ..Reading::default() };
    let reader = Reader {
        practice: &practice,
        photos: &folder.photos,
        today: now.to_zoned(practice.time_zone()).date(),
    };
    reading.read(&folder, &reader, dir_name(dir));
    let gaps = checks::gaps(&folder);
    reading.check(reader.today);
    reading.faults.extend(folder.faults);
    reading.faults.sort();
    reading.faults.dedup();
    if !reading.faults.is_empty() {
        return Err(Faults(reading.faults));
    }
    let mut warnings = folder.warnings;
    warnings.extend(checks::warnings(&reading.manuscripts));
    let today = reader.today;
    Ok(Loaded { content: reading.content(practice, folder.photos, today), gaps, warnings })
}

fn dir_name(dir: &Path) -> &Path {
    dir.file_name().map_or(Path::new("content"), Path::new)
}

/// What has been read so far.
#[derive(Default)]
struct Reading {
    pages: BTreeMap<String, Page>,
    faq: Option<Page>,
    services: Vec<(i64, Service)>,
    manuscripts: Vec<Manuscript>,
    entries: Vec<Entry>,
    faults: Vec<Fault>,
}

impl Reading {
    fn read(&mut self, folder: &Folder, reader: &Reader<'_>, shown: &Path) {
        for file in &folder.pages {
            let address = if file.name == "home" { "/".to_owned() } else { format!("/{}", file.name) };
            let read =
                self.noting(file, &address, |out| reader.page(file, &address, Asking::WhereMarked, out));
            self.pages.extend(read.map(|page| (file.name.clone(), page)));
        }
        if let Some(file) = &folder.faq {
            self.faq = self.noting(file, "/faq", |out| reader.page(file, "/faq", Asking::Everywhere, out));
        }
        for file in &folder.services {
            let read = self.noting(file, &format!("/services/{}", file.name), |out| {
                let (order, service, entry) = reader.service(file, out)?;
                Some(((order, service), entry))
            });
            self.services.extend(read);
        }
        for file in &folder.articles {
            let read =
                self.noting(file, &format!("/articles/{}", file.name), |out| reader.article(file, out));
            self.manuscripts.extend(read);
        }
        self.faults.extend(checks::required_files(folder, shown));
    }

    /// Keeps the faults and the entry of one file.
    fn noting<T>(
        &mut self,
        file: &File,
        address: &str,
        read: impl FnOnce(&mut Findings) -> Option<(T, Entry)>,
    ) -> Option<T> {
        let mut out = Findings::of(&file.path);
        let read = read(&mut out);
        self.faults.extend(out.into_faults());
        let Some((text, entry)) = read else {
            self.entries.push(Entry::unreadable(file, address));
            return None;
        };
        self.entries.push(entry);
        Some(text)
    }

    /// What texts owe each other.
    fn check(&mut self, today: Date) {
        let topics = self.topics();
        let moved = self.moved();
        let targets = Targets::new(&self.entries, &topics, &moved, today);
        let links = self.entries.iter().flat_map(|entry| targets.check(entry));
        let mut found: Vec<Fault> = links.collect();
        found.extend(checks::across(&self.entries));
        found.extend(checks::topics(&self.manuscripts));
        self.faults.extend(found);
    }

    /// The address of each topic and the day from which an article stands under it.
    fn topics(&self) -> BTreeMap<String, Option<Date>> {
        let mut topics: BTreeMap<String, Option<Date>> = BTreeMap::new();
        for text in &self.manuscripts {
            let earliest = topics.entry(format!("/articles/topics/{}", text.article.topic.slug)).or_default();
            *earliest = [*earliest, text.public_from].into_iter().flatten().min();
        }
        topics
    }

    fn moved(&self) -> BTreeMap<String, String> {
        let moves = |entry: &Entry| {
            let place = entry.address.rsplit_once('/').map_or("", |(place, _)| place).to_owned();
            let to = entry.address.clone();
            let old = entry.moved_from.clone();
            old.into_iter().map(move |old| (format!("{place}/{}", old.text), to.clone()))
        };
        self.entries.iter().flat_map(moves).collect()
    }

    fn content(self, practice: Practice, photos: Photos, today: Date) -> Content {
        let is_public = |from: Option<Date>| from.is_some_and(|from| from <= today);
        let moved = self.moved();
        let public = self.entries.iter().filter(|entry| is_public(entry.public_from));
        let public: BTreeSet<&String> = public.map(|entry| &entry.address).collect();
        let moved = moved.into_iter().filter(|(_, to)| public.contains(to)).collect();
        let withdrawn = self.manuscripts.iter().filter(|text| text.withdrawn);
        let withdrawn = withdrawn.map(|text| format!("/articles/{}", text.article.slug)).collect();
        let articles = self.manuscripts.into_iter().filter(|text| is_public(text.public_from));
        let mut articles: Vec<Article> = articles.map(|text| text.article).collect();
        articles.sort_by(|a, b| b.published.cmp(&a.published).then_with(|| a.title.cmp(&b.title)));
        let mut services = self.services;
        services.sort_by(|(a, one), (b, other)| a.cmp(b).then_with(|| one.title.cmp(&other.title)));
        Content {
            practice,
            pages: self.pages,
            services: services.into_iter().map(|(_, service)| service).collect(),
            articles,
            faq: self.faq.expect("a missing faq.md is a fault"),
            moved,
            withdrawn,
            photos,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::content::fixture::{article, faults, folder, loaded, now, page, put, root, service};

    #[test]
    fn a_folder_without_faults_is_read_whole() {
        let content = loaded(&folder()).content;
        assert_eq!(content.practice.name, "Elm Street Practice");
        assert_eq!(content.pages.len(), 10);
        assert_eq!(content.services[0].slug, "therapy");
        assert_eq!(content.author(&content.articles[0]).name, "Ada Example");
        assert_eq!(content.articles[0].topic.slug, "trust");
        assert_eq!(content.faq.body.sections[0].questions[0].id, "cost");
    }

    #[test]
    fn all_faults_of_all_files_are_told_at_once_in_order() {
        let dir = folder();
        put(&dir, "pages/about.md", &page("about", "One\n\n# Two\n\nThree <b>four\n"));
        put(&dir, "articles/trust.md", &article("Trust", "updated = \"2026-04-01\"\ncolor = \"red\"\n"));
        put(&dir, "practice.toml", "name = \"Elm Street Practice\"\ntime_zone = \"Elm/Street\"\n");
        put(&dir, "services/therapy.md", "## No head\n");
        let found = faults(&dir);
        let places: Vec<&str> = found.iter().filter_map(|fault| fault.split(": ").next()).collect();
        let expected = [
            "content/articles/trust.md:5",
            "content/articles/trust.md:7",
            "content/articles/trust.md:8",
            "content/pages/about.md:7",
            "content/pages/about.md:9",
            "content/practice.toml:2",
            "content/services/therapy.md:1",
        ];
        assert_eq!(places, expected, "{found:#?}");
    }

    #[test]
    fn an_article_shows_from_its_day_on_in_the_time_zone_of_the_practice() {
        let dir = folder();
        put(&dir, "articles/later.md", &article("Later", "").replace("2026-05-01", "2026-05-07"));
        let slugs = |now: &str| {
            let content = load(&root(&dir), now.parse().expect("a time")).expect("no faults").content;
            content.articles.iter().map(|article| article.slug.clone()).collect::<Vec<_>>()
        };
        assert_eq!(slugs("2026-05-07T03:59:59Z"), ["trust"]);
        assert_eq!(slugs("2026-05-07T04:00:00Z"), ["later", "trust"]);
    }

    #[test]
    fn drafts_are_left_out_and_what_is_withdrawn_is_remembered() {
        let dir = folder();
        put(&dir, "articles/draft.md", &article("Draft", "draft = true\n"));
        put(&dir, "articles/gone.md", &article("Gone", "withdrawn = true\n"));
        let content = loaded(&dir).content;
        assert_eq!(content.articles.len(), 1);
        assert_eq!(content.withdrawn, BTreeSet::from(["/articles/gone".to_owned()]));
    }

    #[test]
    fn old_addresses_lead_to_new_ones_once_those_can_be_read() {
        let dir = folder();
        put(&dir, "services/therapy.md", &service("Therapy", "moved_from = [\"talking\"]\n"));
        put(&dir, "articles/trust.md", &article("Trust", "moved_from = [\"on-trust\", \"about-trust\"]\n"));
        put(&dir, "articles/draft.md", &article("Draft", "draft = true\nmoved_from = [\"sketch\"]\n"));
        let moved = loaded(&dir).content.moved;
        let moved: Vec<(&str, &str)> = moved.iter().map(|(old, new)| (old.as_str(), new.as_str())).collect();
        let expected = [
            ("/articles/about-trust", "/articles/trust"),
            ("/articles/on-trust", "/articles/trust"),
            ("/services/talking", "/services/therapy"),
        ];
        assert_eq!(moved, expected);
    }

    #[test]
    fn services_come_in_the_order_the_practice_wants() {
        let dir = folder();
        put(&dir, "services/a-later.md", &service("Later", "").replace("order = 1", "order = 7"));
        let slugs: Vec<String> =
            loaded(&dir).content.services.into_iter().map(|service| service.slug).collect();
        assert_eq!(slugs, ["therapy", "a-later"]);
    }

    #[test]
    fn an_article_without_sources_is_a_warning_and_no_fault() {
        let dir = folder();
        put(&dir, "articles/trust.md", &article("Trust", "").replace("[^a]: ", "").replace("[^a]", ""));
        let warnings: Vec<String> = loaded(&dir).warnings.iter().map(ToString::to_string).collect();
        let words = "This article names no sources. Readers trust articles on health more when they do.";
        assert_eq!(warnings, [format!("content/articles/trust.md:1: {words}")]);
    }

    #[test]
    fn a_thousand_articles_are_read() {
        let dir = folder();
        for number in 0..1000 {
            put(&dir, &format!("articles/a{number}.md"), &article(&format!("Number {number}"), ""));
        }
        assert_eq!(load(&root(&dir), now()).expect("no faults").content.articles.len(), 1001);
    }
}
