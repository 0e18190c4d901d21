//! Headings: their level, their mark, their id, and the part of the text that is theirs.

use std::collections::BTreeSet;

use comrak::nodes::{Node, NodeValue};

use super::{line, plain};
use crate::content::address::{is_slug, slug};
use crate::content::fault::Findings;

/// Ids that templates use themselves, and beginnings of those made for tables and sources.
const TAKEN: [&str; 4] = ["contents", "main", "related", "sources"];
const TAKEN_BEGINNINGS: [&str; 3] = ["fn-", "fnref-", "table-"];

pub fn level(node: Node<'_>) -> Option<u8> {
    match node.data().value {
        NodeValue::Heading(heading) => Some(heading.level),
        _ => None,
    }
}

/// Marked `{.questions}`.
pub fn is_marked(heading: Node<'_>) -> bool {
    let data = heading.data();
    data.attrs.as_ref().is_some_and(|attrs| attrs.classes.iter().any(|class| class == "questions"))
}

/// The fixed one, else one made from the words.
pub fn id(heading: Node<'_>) -> String {
    let fixed = heading.data().attrs.as_ref().and_then(|attrs| attrs.id.clone());
    fixed.unwrap_or_else(|| slug(&plain(heading)))
}

/// What stands right after a block; sources do not count, since they are shown elsewhere.
pub fn next_shown(node: Node<'_>) -> Option<Node<'_>> {
    node.following_siblings()
        .skip(1)
        .find(|next| !matches!(next.data().value, NodeValue::FootnoteDefinition(_)))
}

/// Nothing stands between this heading and the end, or the next heading that is not below it.
pub fn is_empty(heading: Node<'_>) -> bool {
    next_shown(heading).is_none_or(|next| level(next).is_some_and(|next| Some(next) <= level(heading)))
}

/// The heading and everything under it.
pub fn part(heading: Node<'_>) -> Vec<Node<'_>> {
    let ends = |node: Node<'_>| level(node).is_some_and(|other| Some(other) <= level(heading));
    let below = heading.following_siblings().skip(1).take_while(|node| !ends(node));
    std::iter::once(heading).chain(below).collect()
}

pub fn collect_ids(root: Node<'_>, ids: &mut BTreeSet<String>, findings: &mut Findings) {
    for heading in root.children().filter(|node| level(node).is_some()) {
        let id = id(heading);
        if heading.data().attrs.as_ref().is_some_and(|attrs| attrs.id.is_some()) && !is_slug(&id) {
            findings.add(
                line(heading),
                format!("The id {{#{id}}} may hold only small letters, digits and hyphens."),
            );
        } else if TAKEN.contains(&id.as_str()) || TAKEN_BEGINNINGS.iter().any(|taken| id.starts_with(taken)) {
            let message =
                format!("The id \"{id}\" is used by the page itself. Give this heading another: {{#…}}");
            findings.add(line(heading), message);
        } else if id.is_empty() {
            findings.add(line(heading), "No id can be made from this heading. Give it one: {#…}");
        } else if !ids.insert(id.clone()) {
            let message = format!("Two headings have the id \"{id}\". Give one of them another: {{#…}}");
            findings.add(line(heading), message);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::content::fixture::written;

    #[test]
    fn an_id_comes_from_the_words_unless_it_is_fixed() {
        let (written, faults) = written("## What it *costs*\n\na\n\n## Anything {#kept-1}\n\nb\n");
        assert_eq!(faults, Vec::<String>::new());
        let sections = &written.prose.sections;
        assert_eq!((sections[0].id.as_str(), sections[1].id.as_str()), ("what-it-costs", "kept-1"));
        assert_eq!(sections[1].title, "Anything");
    }

    #[test]
    fn ids_that_clash_or_can_not_be_are_faults() {
        for (body, expected) in [
            (
                "## A\n\na\n\n## B {#a}\n\nb\n",
                "x.md:5: Two headings have the id \"a\". Give one of them another: {#…}",
            ),
            ("## A {#Big}\n\na\n", "x.md:1: The id {#Big} may hold only small letters, digits and hyphens."),
            (
                "## Sources\n\na\n",
                "x.md:1: The id \"sources\" is used by the page itself. Give this heading another: {#…}",
            ),
            (
                "## Table 1\n\na\n",
                "x.md:1: The id \"table-1\" is used by the page itself. Give this heading another: {#…}",
            ),
            ("## ???\n\na\n", "x.md:1: No id can be made from this heading. Give it one: {#…}"),
        ] {
            assert_eq!(written(body).1, [expected]);
        }
    }
}
