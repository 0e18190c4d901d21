//! `{{fact}}` in a text becomes what `practice.toml` says, and what names a fact that is not set is left out whole.

use comrak::nodes::{Node, NodeValue};

use super::{headings, line, plain, shape};
use crate::content::Practice;
use crate::content::fault::Findings;

/// What came of the facts that a text names.
#[derive(Debug, PartialEq, Eq)]
enum Filled {
    /// All of them are set.
    Whole(String),
    /// One of them is not set.
    Unset,
    /// There is no fact of this name.
    Unknown(String),
}

/// Puts facts into one piece of text. `Unknown` weighs more than `Unset`.
fn fill_in(text: &str, practice: &Practice) -> Filled {
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
