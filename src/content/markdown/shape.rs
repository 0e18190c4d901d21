//! What a text may hold and in which order; whatever else stands in it is a fault.

use comrak::nodes::{Node, NodeValue};

use super::headings::{is_empty, is_marked, level};
use super::{Asking, line, plain};
use crate::content::fault::Findings;

const CAPTION: &str = "Table: ";

pub fn check(root: Node<'_>, asking: Asking, findings: &mut Findings) {
    for node in root.descendants() {
        match &node.data().value {
            NodeValue::HtmlBlock(_) | NodeValue::HtmlInline(_) => {
                findings.add(line(node), "HTML is not used in texts. Write it in Markdown.");
            }
            NodeValue::Image(_) => {
                findings.add(
                    line(node),
                    "Pictures can't be shown yet. Leave this one out, or put it into words.",
                );
            }
            NodeValue::Heading(_) if node.parent().is_none_or(|parent| !parent.same_node(root)) => {
                findings.add(line(node), "A heading can't stand inside a list, a quote or a source.");
            }
            NodeValue::Link(link) if plain(node).is_empty() => {
                findings.add(line(node), format!("The link to {} has no words.", link.url));
            }
            NodeValue::FootnoteDefinition(note) if note.total_references == 0 => {
                findings
                    .add(line(node), format!("Nothing in the text refers to the source [^{}].", note.name));
            }
            NodeValue::Text(text) => unknown_source(text, line(node), findings),
            _ => {}
        }
    }
    check_headings(root, asking, findings);
    take_captions(root, findings);
}

fn unknown_source(text: &str, line: usize, findings: &mut Findings) {
    if let Some((_, rest)) = text.split_once("[^")
        && let Some((name, _)) = rest.split_once(']')
    {
        findings
            .add(line, format!("The source [^{name}] is not there. Add a line that begins with [^{name}]:"));
    }
}

fn check_headings(root: Node<'_>, asking: Asking, findings: &mut Findings) {
    let mut above = 1;
    let mut asks = false;
    for heading in root.children() {
        let Some(level) = level(heading) else { continue };
        let at = line(heading);
        match level {
            1 => findings.add(at, "The title is the page's first heading. Begin this one with ##"),
            2 => {}
            3 if above == 1 => findings.add(at, "A heading with ### has to stand under one with ##"),
            3 => {}
            _ => findings.add(at, "Headings go down to ### and no further."),
        }
        if plain(heading).is_empty() {
            findings.add(at, "This heading has no words.");
        } else if is_empty(heading) {
            findings.add(at, format!("Nothing stands under the heading \"{}\".", plain(heading)));
        }
        check_mark(heading, level, asking, findings);
        if level == 2 {
            asks = asking == Asking::Everywhere || is_marked(heading);
        }
        if level == 2 && asks && !has_question(heading) {
            findings.add(at, "No question stands here. A question is a heading with ###");
        }
        above = level;
    }
}

fn has_question(heading: Node<'_>) -> bool {
    let mut below = heading.following_siblings().skip(1).filter_map(level);
    below.next() == Some(3)
}

fn check_mark(heading: Node<'_>, level: u8, asking: Asking, findings: &mut Findings) {
    let data = heading.data();
    let Some(attrs) = &data.attrs else { return };
    let at = data.sourcepos.start.line;
    for class in &attrs.classes {
        match (class.as_str(), level, asking) {
            ("questions", 2, Asking::WhereMarked) => {}
            ("questions", 2, Asking::Everywhere) => {
                findings.add(at, "Here every ### is a question anyway. Leave {.questions} out.");
            }
            ("questions", ..) => findings.add(at, "{.questions} belongs to a heading with ##"),
            _ => findings.add(
                at,
                format!("The mark {{.{class}}} means nothing. There is {{.questions}} and {{#id}}."),
            ),
        }
    }
    for (name, _) in &attrs.pairs {
        findings
            .add(at, format!("The mark {{{name}=…}} means nothing. There is {{.questions}} and {{#id}}."));
    }
}

/// Takes `Table: ` off each caption, so that from here on the paragraph before a table is its caption.
fn take_captions(root: Node<'_>, findings: &mut Findings) {
    for node in root.descendants() {
        let is_table = matches!(node.data().value, NodeValue::Table(_));
        if is_table && !node.previous_sibling().is_some_and(take_caption) {
            findings.add(
                line(node),
                "This table has no caption. Put a paragraph before it that begins with \"Table: \"",
            );
        } else if starts_as_caption(node) && !is_caption(node) {
            findings.add(line(node), "No table comes right after this caption.");
        }
    }
}

fn starts_as_caption(node: Node<'_>) -> bool {
    matches!(node.data().value, NodeValue::Paragraph)
        && node
            .first_child()
            .is_some_and(|first| first.data().value.text().is_some_and(|text| text.starts_with(CAPTION)))
}

fn take_caption(paragraph: Node<'_>) -> bool {
    if !starts_as_caption(paragraph) {
        return false;
    }
    let Some(first) = paragraph.first_child() else { return false };
    if let Some(text) = first.data_mut().value.text_mut() {
        text.to_mut().drain(..CAPTION.len());
    }
    true
}

/// A paragraph right before a table.
pub fn is_caption(node: Node<'_>) -> bool {
    matches!(node.data().value, NodeValue::Paragraph)
        && node.next_sibling().is_some_and(|next| matches!(next.data().value, NodeValue::Table(_)))
}

/// A quote whose first words are `**Note**`.
pub fn is_note(quote: Node<'_>) -> bool {
    let first = quote.first_child().and_then(|paragraph| paragraph.first_child());
    first.is_some_and(|first| matches!(first.data().value, NodeValue::Strong) && plain(first) == "Note")
}
