//! Markdown becomes HTML of our own, in sections and questions.
//!
//! Never lets HTML through that a writer typed, and never lets a template guess: ids, captions and notes are settled here.

mod facts;
mod headings;
mod html;
mod shape;
mod sources;

use std::collections::BTreeSet;

use comrak::nodes::{ListType, Node, NodeValue};
use comrak::{Arena, Options, parse_document};

use super::fault::Findings;
use super::photos::Photos;
use super::{Practice, Prose, Question, Section};
pub use facts::{Filled, fill_in};
use html::Writer;

/// A text, and what other texts and checks need to know of it.
#[derive(Debug, Default)]
pub struct Written {
    pub prose: Prose,
    pub links: Vec<Link>,
    /// Ids that a link may name, those of parts that were left out for want of a fact among them.
    pub anchors: BTreeSet<String>,
    pub lists: Vec<List>,
}

#[derive(Debug)]
pub struct Link {
    pub line: usize,
    pub url: String,
}

/// A list right under a heading or in the introduction.
#[derive(Debug)]
pub struct List {
    /// The id of the h2 above it.
    pub section: Option<String>,
    pub ordered: bool,
    pub line: usize,
    /// For each item the addresses it links to.
    pub items: Vec<Vec<String>>,
}

/// Which h3s are questions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asking {
    /// Those under a heading marked `{.questions}`.
    WhereMarked,
    /// All of them, as in `faq.md`.
    Everywhere,
}

/// Line numbers count from the first line of `body`. Where faults are found the result may lack parts.
pub fn write(
    body: &str,
    practice: &Practice,
    photos: &Photos,
    asking: Asking,
    findings: &mut Findings,
) -> Written {
    let arena = Arena::new();
    let root = parse_document(&arena, body, &options());
    if shape::is_too_deep(root, findings) {
        return Written::default();
    }
    shape::check(root, asking, photos, findings);
    let left_out = facts::fill_all(root, practice, findings);
    let mut anchors: BTreeSet<String> = left_out.into_iter().map(headings::id).collect();
    headings::collect_ids(root, &mut anchors, findings);
    Written { prose: prose(root, asking, photos), links: links(root), anchors, lists: lists(root) }
}

fn options() -> Options<'static> {
    let mut options = Options::default();
    options.extension.table = true;
    options.extension.footnotes = true;
    options.extension.header_attributes = true;
    // Otherwise a source that nothing refers to would vanish without a word.
    options.parse.leave_footnote_definitions = true;
    options.parse.smart = true;
    options
}

fn prose(root: Node<'_>, asking: Asking, photos: &Photos) -> Prose {
    let mut writer = Writer::new(photos);
    let mut prose = Prose::default();
    let mut asks = false;
    for node in root.children() {
        if matches!(node.data().value, NodeValue::FootnoteDefinition(_)) {
            continue;
        }
        prose.words += plain(node).split_whitespace().count();
        match headings::level(node) {
            Some(2) => {
                asks = asking == Asking::Everywhere || headings::is_marked(node);
                prose.sections.push(section(node, writer.write(node)));
            }
            Some(3) if asks => {
                if let Some(section) = prose.sections.last_mut() {
                    section.questions.push(question(node));
                }
            }
            _ => add(&mut prose, node, &writer.write(node)),
        }
    }
    prose.sources = sources::list(root, &mut writer);
    prose
}

fn section(heading: Node<'_>, html: String) -> Section {
    Section { id: headings::id(heading), title: plain(heading), html, questions: Vec::new() }
}

fn question(heading: Node<'_>) -> Question {
    Question {
        id: headings::id(heading),
        question: plain(heading),
        answer: String::new(),
        answer_text: String::new(),
    }
}

/// Puts a block where it belongs: the open answer, else the open section, else the introduction.
fn add(prose: &mut Prose, node: Node<'_>, html: &str) {
    let Some(section) = prose.sections.last_mut() else {
        prose.intro.push_str(html);
        return;
    };
    let Some(question) = section.questions.last_mut() else {
        section.html.push_str(html);
        return;
    };
    question.answer.push_str(html);
    if !question.answer_text.is_empty() {
        question.answer_text.push(' ');
    }
    question.answer_text.push_str(&plain(node));
}

fn links(root: Node<'_>) -> Vec<Link> {
    root.descendants()
        .filter_map(|node| {
            let url = url(node)?;
            Some(Link { line: line(node), url })
        })
        .collect()
}

fn lists(root: Node<'_>) -> Vec<List> {
    let mut section = None;
    let mut lists = Vec::new();
    for node in root.children() {
        if headings::level(node) == Some(2) {
            section = Some(headings::id(node));
        }
        if let NodeValue::List(list) = node.data().value {
            let items = node.children().map(|item| item.descendants().filter_map(url).collect()).collect();
            let ordered = list.list_type == ListType::Ordered;
            lists.push(List { section: section.clone(), ordered, line: line(node), items });
        }
    }
    lists
}

fn url(node: Node<'_>) -> Option<String> {
    match &node.data().value {
        NodeValue::Link(link) => Some(link.url.clone()),
        _ => None,
    }
}

fn line(node: Node<'_>) -> usize {
    node.data().sourcepos.start.line
}

/// The words without their dress, blocks parted by a space.
fn plain(node: Node<'_>) -> String {
    let mut words = String::new();
    for part in node.descendants() {
        match &part.data().value {
            NodeValue::Text(text) => words.push_str(text),
            NodeValue::Code(code) => words.push_str(&code.literal),
            NodeValue::SoftBreak | NodeValue::LineBreak => words.push(' '),
            value if value.block() => words.push(' '),
            _ => {}
        }
    }
    words.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Straight quotes and apostrophes as print sets them, for words that are not Markdown.
pub fn with_curly_quotes(words: &str) -> String {
    let mut before = ' ';
    let mut curl = |letter: char| {
        let opens = before.is_whitespace() || matches!(before, '(' | '[' | '–' | '—' | '“' | '‘');
        before = letter;
        match (letter, opens) {
            ('\'', true) => '‘',
            ('\'', false) => '’',
            ('"', true) => '“',
            ('"', false) => '”',
            _ => letter,
        }
    };
    words.chars().map(&mut curl).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::content::fixture::{written, written_for};

    const QUESTIONS: &str = "Before.\n\n## Costs\n\nText.\n\n## Questions people ask {.questions}\n\nA few.\n
### Can *I* stop?\n\nYes, at any time.\n\n- one\n- two\n\n### What then? {#then}\n\nNothing.\n\n## After\n\nEnd.\n";

    #[test]
    fn a_text_is_cut_into_introduction_sections_and_questions() {
        let (Written { prose, .. }, faults) = written(QUESTIONS);
        assert_eq!(faults, Vec::<String>::new());
        assert_eq!(prose.intro, "<p>Before.</p>\n");
        let ids: Vec<&str> = prose.sections.iter().map(|section| section.id.as_str()).collect();
        assert_eq!(ids, ["costs", "questions-people-ask", "after"]);
        let asked = &prose.sections[1];
        assert_eq!(asked.title, "Questions people ask");
        assert!(asked.html.ends_with("<p>A few.</p>\n"), "{}", asked.html);
        assert_eq!(asked.questions.len(), 2);
        assert_eq!(asked.questions[0].id, "can-i-stop");
        assert_eq!(asked.questions[0].question, "Can I stop?");
        assert_eq!(
            asked.questions[0].answer,
            "<p>Yes, at any time.</p>\n<ul>\n<li>one</li>\n<li>two</li>\n</ul>\n"
        );
        assert_eq!(asked.questions[0].answer_text, "Yes, at any time. one two");
        assert_eq!(asked.questions[1].id, "then");
        assert!(prose.sections[0].questions.is_empty() && prose.sections[2].questions.is_empty());
    }

    #[test]
    fn in_the_faq_every_h3_is_a_question_without_a_mark() {
        let practice = Practice::bare("Elm Street Practice", "America/New_York");
        let body = "## Money\n\n### What does it cost?\n\nAsk.\n";
        let (written, faults) = written_for(&practice, Asking::Everywhere, body);
        assert_eq!(faults, Vec::<String>::new());
        assert_eq!(written.prose.sections[0].questions[0].id, "what-does-it-cost");
    }

    #[test]
    fn words_are_counted_with_headings_and_questions() {
        assert_eq!(written(QUESTIONS).0.prose.words, 22);
    }

    #[test]
    fn anchors_are_those_of_headings_and_questions() {
        let anchors = written(QUESTIONS).0.anchors;
        assert_eq!(
            anchors.iter().map(String::as_str).collect::<Vec<_>>(),
            ["after", "can-i-stop", "costs", "questions-people-ask", "then"]
        );
    }

    #[test]
    fn straight_quotes_become_curly_ones_in_texts_and_heads() {
        assert_eq!(written("It's \"fine\".").0.prose.intro, "<p>It’s “fine”.</p>\n");
        assert_eq!(with_curly_quotes("It's \"fine\" ('so')"), "It’s “fine” (‘so’)");
    }
}
