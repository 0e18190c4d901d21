//! A small content folder for tests, with nothing wrong in it until a test changes a file.

use std::fs;
use std::path::Path;

use jiff::Timestamp;
use tempfile::TempDir;

use super::checks::PAGES;
use super::fault::Findings;
use super::load::{Loaded, load};
use super::markdown::{self, Asking, Written};
use super::photos::Photos;
use super::practice::Practice;

const PRACTICE: &str = r#"name = "Elm Street Practice"
time_zone = "America/New_York"

[[people]]
name = "Ada Example"
"#;

const HOME: &str = "## Is this you?

- [One](/services/therapy)
- [Two](/services/therapy)
- [Three](/services/therapy)
- [Four](/services/therapy)

## What happens first

1. One
2. Two
3. Three
4. Four
";

/// A content folder that loads without faults.
pub fn folder() -> TempDir {
    let dir = tempfile::tempdir().expect("a folder");
    put(&dir, "practice.toml", PRACTICE);
    for name in PAGES {
        let body = if name == "home" { HOME } else { "A paragraph.\n" };
        put(&dir, &format!("pages/{name}.md"), &page(name, body));
    }
    put(&dir, "faq.md", &page("faq", "## Money {#money}\n\n### What does it cost? {#cost}\n\nAsk us.\n"));
    put(&dir, "services/therapy.md", &service("Therapy", ""));
    put(&dir, "articles/trust.md", &article("Trust", ""));
    dir
}

/// Four lines of head; the body begins on line 5.
pub fn page(title: &str, body: &str) -> String {
    format!("+++\ntitle = \"Page {title}\"\ndescription = \"{}\"\n+++\n{body}", description(title))
}

/// Three lines of keys from line 2 on, then `more`, then a body.
pub fn service(title: &str, more: &str) -> String {
    let head = format!("title = \"{title}\"\ndescription = \"{}\"\norder = 1\n{more}", description(title));
    format!("+++\n{head}+++\n## How it goes\n\nSlowly.\n")
}

/// Five lines of keys from line 2 on, then `more`, then a body.
pub fn article(title: &str, more: &str) -> String {
    let words = format!("title = \"{title}\"\nsummary = \"{}\"\ntopic = \"Trust\"", description(title));
    let head = format!("{words}\nauthor = \"Ada Example\"\npublished = \"2026-05-01\"\n{more}");
    format!("+++\n{head}+++\n## What it is\n\nWords.[^a]\n\n[^a]: A made-up source.\n")
}

/// One of its own for each title, long enough.
fn description(title: &str) -> String {
    format!("Sixty letters or so that say what this text is about: {title}.")
}

pub fn put(dir: &TempDir, file: &str, text: &str) {
    put_bytes(dir, file, text.as_bytes());
}

pub fn put_bytes(dir: &TempDir, file: &str, bytes: &[u8]) {
    let path = root(dir).join(file);
    fs::create_dir_all(path.parent().expect("a folder above")).expect("a folder");
    fs::write(path, bytes).expect("written");
}

/// As much of a picture as says how large it is.
pub fn png(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR".to_vec();
    bytes.extend(width.to_be_bytes());
    bytes.extend(height.to_be_bytes());
    bytes.extend(b"\x08\x02\0\0\0");
    bytes
}

pub fn root(dir: &TempDir) -> std::path::PathBuf {
    dir.path().join("content")
}

/// Noon in New York on Wednesday, May 6, 2026.
pub fn now() -> Timestamp {
    "2026-05-06T16:00:00Z".parse().expect("a time")
}

pub fn loaded(dir: &TempDir) -> Loaded {
    load(&root(dir), now()).unwrap_or_else(|faults| panic!("{faults}"))
}

/// Each fault as it is shown.
pub fn faults(dir: &TempDir) -> Vec<String> {
    match load(&root(dir), now()) {
        Ok(_) => Vec::new(),
        Err(faults) => faults.to_string().lines().map(String::from).collect(),
    }
}

/// A text read against a practice of which only the name is known, with its faults as `x.md:1: …`.
pub fn written(body: &str) -> (Written, Vec<String>) {
    written_for(&Practice::bare("Elm Street Practice", "America/New_York"), Asking::WhereMarked, body)
}

pub fn written_for(practice: &Practice, asking: Asking, body: &str) -> (Written, Vec<String>) {
    let mut out = Findings::of(Path::new("x.md"));
    let written = markdown::write(body, practice, &Photos::default(), asking, &mut out);
    (written, out.into_faults().iter().map(ToString::to_string).collect())
}
