//! The head of a text: TOML between two lines `+++`, then Markdown.

use serde::Deserialize;

use super::fault::Findings;
use super::keys::Day;

/// A text cut in two. Both parts keep the line numbers of the whole.
pub struct Parts<'t> {
    pub front: &'t str,
    pub body: String,
}

/// `None`, and a fault, where the two lines `+++` are not there.
pub fn split<'t>(text: &'t str, findings: &mut Findings) -> Option<Parts<'t>> {
    let first = text.lines().next().unwrap_or_default();
    if first.trim_end() != "+++" {
        findings.add(1, "The first line has to be +++, then title and the like, then +++ again.");
        return None;
    }
    let mut at = text.find('\n').map_or(text.len(), |end| end + 1);
    for (index, line) in text[at..].split_inclusive('\n').enumerate() {
        let after = at + line.len();
        if line.trim_end() == "+++" {
            let body = "\n".repeat(index + 2) + &text[after..];
            return Some(Parts { front: &text[first.len()..at], body });
        }
        at = after;
    }
    findings.add(1, "The second line of +++, which ends the head of the text, is missing.");
    None
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PageFront {
    pub title: Option<String>,
    pub heading: Option<String>,
    pub description: Option<String>,
    pub lead: Option<String>,
    pub updated: Option<Day>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServiceFront {
    pub title: Option<String>,
    pub description: Option<String>,
    pub lead: Option<String>,
    pub order: Option<i64>,
    pub content_note: Option<String>,
    #[serde(default)]
    pub quick_exit: bool,
    #[serde(default)]
    pub related: Vec<String>,
    #[serde(default)]
    pub moved_from: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ArticleFront {
    pub title: Option<String>,
    pub summary: Option<String>,
    pub topic: Option<String>,
    pub author: Option<String>,
    pub published: Option<Day>,
    pub reviewed: Option<Day>,
    pub updated: Option<Day>,
    #[serde(default)]
    pub related: Vec<String>,
    #[serde(default)]
    pub medical: bool,
    #[serde(default)]
    pub draft: bool,
    #[serde(default)]
    pub withdrawn: bool,
    #[serde(default)]
    pub moved_from: Vec<String>,
}
