//! `{{fact}}` in a text becomes what `practice.toml` says, and what names a fact that is not set is left out whole.

use comrak::nodes::{Node, NodeValue};

use super::{headings, line, plain, shape};
use crate::content::Practice;
use crate::content::fault::Findings;

/// What came of the facts that a text names.
#[derive(Debug, PartialEq, Eq)]
pub enum Filled {
    /// All of them are set.
    Whole(String),
    /// One of them is not set.
    Unset,
    /// There is no fact of this name.
    Unknown(String),
}

/// Puts facts into one piece of text. `Unknown` weighs more than `Unset`.
pub fn fill_in(text: &str, practice: &Practice) -> Filled {
    let mut whole = String::with_capacity(text.len());
    let mut is_unset = false;
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{") {
        let Some((name, after)) = after.split_once("}}") else { return Filled::Unknown(after.to_owned()) };
        whole.push_str(before);
        match practice.fact(name.trim()) {
            None => return Filled::Unknown(name.trim().to_owned()),
            Some(None) => is_unset = true,
            Some(Some(fact)) => whole.push_str(&fact),
        }
        rest = after;
    }
    whole.push_str(rest);
    if is_unset { Filled::Unset } else { Filled::Whole(whole) }
}

/// Fills a whole text and returns the headings that were left out.
pub fn fill_all<'a>(root: Node<'a>, practice: &Practice, findings: &mut Findings) -> Vec<Node<'a>> {
    let mut unset = Vec::new();
    for node in root.descendants() {
        let at = line(node);
        let mut data = node.data_mut();
        let (text, is_address) = match &mut data.value {
            NodeValue::Text(text) => (text.to_mut(), false),
            NodeValue::Link(link) => (&mut link.url, true),
            _ => continue,
        };
        match fill_in(text, practice) {
            Filled::Whole(filled) if is_address => *text = diallable(filled),
            Filled::Whole(filled) => *text = filled,
            Filled::Unset => unset.push(node),
            Filled::Unknown(name) => findings.add(at, format!("There is no fact called {{{{{name}}}}}.")),
        }
    }
    let mut left_out = Vec::new();
    for node in unset {
        leave_out(node, &mut left_out, findings);
    }
    prune_headings(root, &mut left_out);
    left_out
}

/// A phone number as people write it, `(555) 010-0100`, is no address that a phone can dial.
fn diallable(text: String) -> String {
    match text.split_once(':') {
        Some((scheme @ ("tel" | "sms"), number)) => {
            let digits: String =
                number.chars().filter(|letter| letter.is_ascii_digit() || *letter == '+').collect();
            format!("{scheme}:{digits}")
        }
        _ => text,
    }
}

/// Takes out the list item or table row around a node, else its paragraph, else the part under its heading.
fn leave_out<'a>(node: Node<'a>, left_out: &mut Vec<Node<'a>>, findings: &mut Findings) {
    let around = |is_it: fn(&NodeValue) -> bool| node.ancestors().find(|above| is_it(&above.data().value));
    if around(|value| matches!(value, NodeValue::FootnoteDefinition(_))).is_some() {
        findings.add(line(node), "A source names a fact that is not set.");
        return;
    }
    let item = around(|value| matches!(value, NodeValue::Item(_) | NodeValue::TableRow(_)));
    let block =
        item.or_else(|| around(|value| matches!(value, NodeValue::Paragraph | NodeValue::Heading(_))));
    match block {
        Some(heading) if headings::level(heading).is_some() => {
            for part in headings::part(heading) {
                left_out.extend(headings::level(part).map(|_| part));
                part.detach();
            }
        }
        Some(block) => detach(block),
        None => {}
    }
}

/// Takes out a block together with what makes no sense without it.
fn detach(block: Node<'_>) {
    let parent = block.parent();
    let partner = match block.data().value {
        NodeValue::Paragraph if shape::is_caption(block) => block.next_sibling(),
        NodeValue::Table(_) => block.previous_sibling(),
        NodeValue::List(_) => block.previous_sibling().filter(|before| plain(before).ends_with(':')),
        _ => None,
    };
    for block in partner.into_iter().chain([block]) {
        block.detach();
    }
    if let Some(parent) = parent
        && is_bare(parent)
    {
        detach(parent);
    }
}

fn is_bare(node: Node<'_>) -> bool {
    match node.data().value {
        NodeValue::List(_) | NodeValue::Item(_) | NodeValue::BlockQuote => node.first_child().is_none(),
        NodeValue::Table(_) => !has_head_and_rows(node),
        _ => false,
    }
}

fn has_head_and_rows(table: Node<'_>) -> bool {
    let head = table.first_child().filter(|row| matches!(row.data().value, NodeValue::TableRow(true)));
    head.is_some_and(|head| head.next_sibling().is_some())
}

/// A heading under which everything was left out goes too; from below, so that the one above it can follow.
fn prune_headings<'a>(root: Node<'a>, left_out: &mut Vec<Node<'a>>) {
    let headings: Vec<Node<'a>> =
        root.reverse_children().filter(|node| headings::level(node).is_some()).collect();
    for heading in headings {
        if headings::is_empty(heading) {
            heading.detach();
            left_out.push(heading);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::content::fixture::{written, written_for};
    use crate::content::markdown::{Asking, Written};

    /// The text with its sections, read without faults.
    fn whole(body: &str) -> (String, Written) {
        let (written, faults) = written(body);
        assert_eq!(faults, Vec::<String>::new());
        let sections = written.prose.sections.iter().map(|section| section.html.as_str());
        (std::iter::once(written.prose.intro.as_str()).chain(sections).collect(), written)
    }

    #[test]
    fn a_fact_stands_where_its_name_stood() {
        assert_eq!(
            whole("{{name}} answers within **{{ reply_within }}**.").0,
            "<p>Elm Street Practice answers within <strong>1 business day</strong>.</p>\n"
        );
    }

    #[test]
    fn a_fact_is_text_and_no_markdown_or_html() {
        let practice = Practice::bare("*A* <b> & Co", "America/New_York");
        let (written, _) = written_for(&practice, Asking::WhereMarked, "{{name}}\n");
        assert_eq!(written.prose.intro, "<p>*A* &lt;b&gt; &amp; Co</p>\n");
    }

    #[test]
    fn a_fact_can_stand_in_a_link_and_a_phone_number_can_be_dialed() {
        let mut practice = Practice::bare("Elm Street Practice", "America/New_York");
        practice.phone = Some("(555) 010-0199".into());
        practice.hipaa_notice_url = Some("https://example.org/notice".into());
        let body = "[{{phone}}](tel:{{phone}}) [notice]({{hipaa_notice_url}})\n";
        let (written, faults) = written_for(&practice, Asking::WhereMarked, body);
        assert_eq!(faults, Vec::<String>::new());
        assert_eq!(
            written.prose.intro,
            "<p><a href=\"tel:5550100199\">(555) 010-0199</a> \
             <a href=\"https://example.org/notice\" rel=\"noreferrer\">notice</a></p>\n"
        );
    }

    #[test]
    fn what_names_a_fact_that_is_not_set_is_left_out_whole() {
        assert_eq!(whole("One.\n\nCall {{phone}} or {{email}}.\n\nTwo.\n").0, "<p>One.</p>\n<p>Two.</p>\n");
        assert_eq!(whole("- One\n- Call {{phone}}\n  - now\n").0, "<ul>\n<li>One</li>\n</ul>\n");
        assert_eq!(whole("[Write](mailto:{{email}})\n\nOne.\n").0, "<p>One.</p>\n");
        let table =
            whole("Table: Ways\n\n| Way | To |\n|---|---|\n| Phone | {{phone}} |\n| Post | a letter |\n").0;
        assert!(!table.contains("Phone") && table.contains("Post"), "{table}");
    }

    #[test]
    fn a_list_table_or_heading_left_empty_goes_too() {
        assert_eq!(whole("One.\n\nCall us:\n\n- {{phone}}\n- {{email}}\n").0, "<p>One.</p>\n");
        assert_eq!(
            whole("One.\n\nTable: Ways\n\n| Way | To |\n|---|---|\n| Phone | {{phone}} |\n").0,
            "<p>One.</p>\n"
        );
        let (html, written) = whole("One.\n\n## Phone\n\n### Number\n\n{{phone}}\n\n## After\n\nTwo.\n");
        assert!(!html.contains("Phone") && !html.contains("Number") && html.contains("After"), "{html}");
        assert!(written.anchors.contains("phone"), "a link to what was left out still leads to the page");
    }

    #[test]
    fn a_heading_that_names_a_fact_that_is_not_set_takes_its_part_along() {
        let (html, _) = whole("## Call {{phone}}\n\nOne.\n\n### More\n\nTwo.\n\n## After\n\nThree.\n");
        assert!(!html.contains("One") && !html.contains("Two") && html.contains("Three"), "{html}");
    }

    #[test]
    fn a_question_whose_answer_is_left_out_goes_too() {
        let body =
            "## Questions people ask {.questions}\n\n### Phone?\n\n{{phone}}\n\n### Name?\n\n{{name}}\n";
        let questions = whole(body).1.prose.sections.remove(0).questions;
        assert_eq!(questions.iter().map(|question| question.id.as_str()).collect::<Vec<_>>(), ["name"]);
    }

    #[test]
    fn an_unknown_fact_is_a_fault_on_its_line() {
        assert_eq!(written("a\nb {{fone}}\n").1, ["x.md:2: There is no fact called {{fone}}."]);
        assert_eq!(written("[a](mailto:{{mail}})\n").1, ["x.md:1: There is no fact called {{mail}}."]);
        assert_eq!(written("a {{phone\n").1, ["x.md:1: There is no fact called {{phone}}."]);
    }

    #[test]
    fn a_source_can_not_be_left_out() {
        let found = written("a[^1]\n\n[^1]: Ask {{email}}.\n").1;
        assert_eq!(found, ["x.md:3: A source names a fact that is not set."]);
    }
}
