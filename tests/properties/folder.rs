//! A small content folder, and what must be so of whatever is put into it.

use std::fs;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use practice_site::content::{Content, Faults, Prose, load};
use tempfile::TempDir;

const HOME: &str = "## Is this you?\n\n- [One](/services/therapy)\n- [Two](/services/therapy)\n- [Three](/services/therapy)\n- [Four](/services/therapy)\n\n## What happens first\n\n1. One\n2. Two\n3. Three\n4. Four\n";
pub const FACTS: &str = "name = \"Elm Street Practice\"\ntime_zone = \"America/New_York\"\n\n[[people]]\nname = \"Ada Example\"\n";
pub const FRONT: &str = "title = \"Trust\"\nsummary = \"Sixty letters or so that say what this made-up text is about.\"\ntopic = \"Trust\"\nauthor = \"Ada Example\"\npublished = \"2026-05-01\"\n";

/// A folder that loads, until something in it is changed.
pub struct Folder(TempDir);

impl Folder {
    pub fn new() -> Self {
        let folder = Self(tempfile::tempdir().expect("a folder"));
        let page = |name: &str, body: &str| {
            format!(
                "+++\ntitle = \"The page {name}\"\ndescription = \"Sixty letters or so that say what is on this page: {name}.\"\n+++\n{body}"
            )
        };
        for file in fs::read_dir("content/pages").expect("the shipped pages") {
            let name = file.expect("readable").file_name().into_string().expect("text");
            folder.put(&format!("pages/{name}"), &page(&name, "A paragraph.\n"));
        }
        folder.put("pages/home.md", &page("home", HOME));
        folder.put("faq.md", &page("faq", "## Money\n\n### What does it cost?\n\nAsk us.\n"));
        folder.put("practice.toml", FACTS);
        folder.put("articles/trust.md", &article("Words.[^a]\n\n[^a]: A source.\n"));
        fs::create_dir(folder.0.path().join("content/services")).expect("made");
        let service = "+++\ntitle = \"Therapy\"\ndescription = \"Sixty letters or so that say what this made-up service is about.\"\norder = 1\n+++\nSlowly.\n";
        folder.put("services/therapy.md", service);
        folder.loaded().unwrap_or_else(|faults| panic!("{faults}"));
        folder
    }

    fn put(&self, file: &str, text: &str) {
        let path = self.0.path().join("content").join(file);
        fs::create_dir_all(path.parent().expect("a folder above")).expect("made");
        fs::write(path, text).expect("written");
    }

    fn loaded(&self) -> Result<Content, Faults> {
        let now: Timestamp = "2026-05-06T16:00:00Z".parse().expect("a time");
        load(&self.0.path().join("content"), now).map(|loaded| loaded.content)
    }

    /// Loads with this file in place: sound pages, or faults that each name a line that is there.
    pub fn judge(&self, file: &str, text: &str) -> Option<Content> {
        self.put(file, text);
        match self.loaded() {
            Ok(content) => {
                let texts = content.pages.values().map(|page| &page.body);
                let articles = content.articles.iter().map(|article| &article.body);
                texts.chain(articles).chain([&content.faq.body]).for_each(sound);
                Some(content)
            }
            Err(faults) => {
                assert!(!faults.0.is_empty());
                assert_eq!(faults.to_string().lines().count(), faults.0.len(), "a line each: {faults}");
                faults.0.iter().for_each(|fault| self.is_there(&fault.file, fault.line, &fault.to_string()));
                None
            }
        }
    }

    fn is_there(&self, file: &Path, line: usize, message: &str) {
        let path: PathBuf = self.0.path().join(file);
        let lines = fs::read_to_string(&path)
            .map_or(1, |text| text.replace("\r\n", "\n").split(['\n', '\r']).count());
        assert!((1..=lines).contains(&line), "{}:{line}, of {lines} lines: {message}", file.display());
        assert!(!message.is_empty() && !message.contains(char::is_control), "{message:?}");
    }
}

/// An article with this text, whose head is in order.
pub fn article(body: &str) -> String {
    format!("+++\n{FRONT}+++\n{body}")
}

fn sound(prose: &Prose) {
    let sections = prose.sections.iter().flat_map(|section| {
        let answers = section.questions.iter().map(|question| &question.answer);
        answers.chain([&section.html])
    });
    sections.chain([&prose.intro, &prose.sources]).for_each(|html| check_html(html));
}

/// Every tag that opens closes in its turn, none runs a program, and no link leads into one.
fn check_html(html: &str) {
    let mut open: Vec<&str> = Vec::new();
    let mut rest = html;
    while let Some((_, after)) = rest.split_once('<') {
        let (tag, after) = after.split_once('>').unwrap_or_else(|| panic!("a tag without end: {html}"));
        rest = after;
        let name = tag.trim_start_matches('/').split([' ', '\n']).next().unwrap_or_default();
        assert!(
            !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric()),
            "<{tag}> in {html}"
        );
        assert!(!["script", "style", "iframe", "object", "form", "input"].contains(&name), "{html}");
        check_attributes(tag, html);
        match tag.strip_prefix('/') {
            Some(_) => assert_eq!(open.pop(), Some(name), "{html}"),
            None if ["br", "hr", "img"].contains(&name) => {}
            None => open.push(name),
        }
    }
    assert!(open.is_empty(), "{open:?} stay open in {html}");
}

fn check_attributes(tag: &str, html: &str) {
    assert_eq!(tag.matches('"').count() % 2, 0, "<{tag}> in {html}");
    for (nth, part) in tag.split('"').enumerate() {
        let before = tag.split('"').nth(nth.wrapping_sub(1)).unwrap_or_default();
        if nth % 2 == 0 {
            assert!(!part.trim_start().starts_with("on"), "<{tag}> in {html}");
        } else if before.ends_with("href=") {
            let known = ["/", "#", "https://", "http://", "mailto:", "tel:", "sms:"];
            assert!(known.iter().any(|start| part.starts_with(start)), "<{tag}> in {html}");
        }
    }
}
