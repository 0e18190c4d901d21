//! What a text may hold and in which order; whatever else stands in it is a fault.

use comrak::arena_tree::NodeEdge;
use comrak::nodes::{Node, NodeValue};

use super::headings::{is_empty, is_marked, level};
use super::{Asking, line, plain};
use crate::content::fault::Findings;
use crate::content::photos::Photos;

const CAPTION: &str = "Table: ";

/// Lists in quotes in lists, and words inside each other: more than any text needs, and what can be written without
/// running out of stack.
const DEEPEST: usize = 50;

/// Whether something stands deeper inside other things than can be written; then that is a fault.
pub fn is_too_deep(root: Node<'_>, findings: &mut Findings) -> bool {
    let mut depth = 0_usize;
    for edge in root.traverse() {
        let NodeEdge::Start(node) = edge else {
            depth -= 1;
            continue;
        };
        depth += 1;
        if depth > DEEPEST {
            findings.add(line(node), "This stands too deep inside lists, quotes or other words.");
            return true;
        }
    }
    false
}

pub fn check(root: Node<'_>, asking: Asking, photos: &Photos, findings: &mut Findings) {
    for node in root.descendants() {
        match &node.data().value {
            NodeValue::HtmlBlock(_) | NodeValue::HtmlInline(_) => {
                findings.add(line(node), "HTML is not used in texts. Write it in Markdown.");
            }
            NodeValue::Image(image) if photos.find(&image.url).is_none() => {
                let message =
                    format!("There is no picture {}. Pictures belong in content/photos.", image.url);
                findings.add(line(node), message);
            }
            NodeValue::Image(_) if plain(node).is_empty() => {
                let message = "This picture has no words. Say what it shows between [ and ], for people who can't see it.";
                findings.add(line(node), message);
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
    quote.first_child().and_then(|paragraph| paragraph.first_child()).is_some_and(is_note_label)
}

/// The word `**Note**` that makes a quote a note.
pub fn is_note_label(strong: Node<'_>) -> bool {
    let above = strong.parent().and_then(|paragraph| paragraph.parent());
    matches!(strong.data().value, NodeValue::Strong)
        && plain(strong) == "Note"
        && strong.previous_sibling().is_none()
        && above.is_some_and(|above| matches!(above.data().value, NodeValue::BlockQuote))
}

#[cfg(test)]
mod tests {
    use crate::content::Practice;
    use crate::content::fixture::{written, written_for};
    use crate::content::markdown::Asking;

    fn assert_faults(body: &str, expected: &[&str]) {
        let expected: Vec<String> = expected.iter().map(|fault| format!("x.md:{fault}")).collect();
        assert_eq!(written(body).1, expected, "{body}");
    }

    #[test]
    fn html_is_a_fault_wherever_it_stands() {
        let message = "HTML is not used in texts. Write it in Markdown.";
        assert_faults("a\n\n<div>\nb\n</div>\n", &[&format!("3: {message}")]);
        assert_faults("a\nb <br> c\n", &[&format!("2: {message}")]);
        assert_faults("<!-- a remark -->\n", &[&format!("1: {message}")]);
        assert_faults(
            "| a |\n|---|\n| <b> |\n",
            &[
                &format!("3: {message}"),
                "1: This table has no caption. Put a paragraph before it that begins with \"Table: \"",
            ],
        );
    }

    #[test]
    fn headings_come_in_order_and_have_words_and_something_under_them() {
        assert_faults("# A\n\na\n", &["1: The title is the page's first heading. Begin this one with ##"]);
        assert_faults("a\n\n### B\n\nb\n", &["3: A heading with ### has to stand under one with ##"]);
        assert_faults("## A\n\n#### B\n\nb\n", &["3: Headings go down to ### and no further."]);
        assert_faults("## A\n\n## B\n\nb\n", &["1: Nothing stands under the heading \"A\"."]);
        assert_faults("a\n\n## A\n\n### B\n", &["5: Nothing stands under the heading \"B\"."]);
        assert_faults("> ## A\n>\n> b\n", &["1: A heading can't stand inside a list, a quote or a source."]);
    }

    #[test]
    fn a_heading_without_words_is_a_fault() {
        assert!(written("##\n\na\n").1.contains(&"x.md:1: This heading has no words.".to_owned()));
    }

    #[test]
    fn only_known_marks_may_stand_at_a_heading() {
        assert_faults(
            "## A {.big}\n\na\n",
            &["1: The mark {.big} means nothing. There is {.questions} and {#id}."],
        );
        assert_faults(
            "## A {x=y}\n\na\n",
            &["1: The mark {x=…} means nothing. There is {.questions} and {#id}."],
        );
        assert_faults("## A\n\n### B {.questions}\n\nb\n", &["3: {.questions} belongs to a heading with ##"]);
        assert_faults(
            "## A {.questions}\n\nb\n",
            &["1: No question stands here. A question is a heading with ###"],
        );
        let practice = Practice::bare("Elm Street Practice", "America/New_York");
        let (_, faults) = written_for(&practice, Asking::Everywhere, "## A {.questions}\n\n### B\n\nb\n");
        assert_eq!(faults, ["x.md:1: Here every ### is a question anyway. Leave {.questions} out."]);
    }

    #[test]
    fn a_table_and_its_caption_belong_together() {
        let table = "| a |\n|---|\n| b |\n";
        let missing = "This table has no caption. Put a paragraph before it that begins with \"Table: \"";
        assert_faults(&format!("Words.\n\n{table}"), &[&format!("3: {missing}")]);
        assert_faults("Table: Alone.\n\nWords.\n", &["1: No table comes right after this caption."]);
        assert_faults(&format!("Table: Right before.\n{table}"), &[]);
    }

    #[test]
    fn sources_and_the_places_that_name_them_belong_together() {
        assert_faults("a\nb[^x]\n", &["2: The source [^x] is not there. Add a line that begins with [^x]:"]);
        assert_faults("a\n\n[^x]: b\n", &["3: Nothing in the text refers to the source [^x]."]);
    }

    #[test]
    fn a_link_has_words() {
        assert_faults("[](/fees)\n", &["1: The link to /fees has no words."]);
    }

    #[test]
    fn what_is_nested_without_end_is_a_fault_and_no_crash() {
        for mark in ["> ", "> - ", "![", "1. "] {
            let (_, faults) = written(&format!("Words.\n\n{}a{}\n", mark.repeat(9000), "](x)".repeat(9000)));
            assert_eq!(
                faults,
                ["x.md:3: This stands too deep inside lists, quotes or other words."],
                "{mark}"
            );
        }
        assert_faults(&format!("{}a\n", "> ".repeat(20)), &[]);
    }
}
