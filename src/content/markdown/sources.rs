//! The list of sources, made from footnotes in the order in which the text first names them.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use comrak::nodes::{Node, NodeValue};

use super::html::{Writer, reference_id};

/// An `ol` whose items link back to each place that names them; empty where the text names none.
pub fn list(root: Node<'_>, writer: &mut Writer<'_>) -> String {
    let mut numbers = BTreeMap::new();
    let mut definitions = Vec::new();
    for node in root.descendants() {
        match &node.data().value {
            NodeValue::FootnoteReference(note) => {
                let times: &mut (u32, u32) = numbers.entry(note.name.clone()).or_insert((note.ix, 0));
                times.1 = times.1.max(note.ref_num);
            }
            NodeValue::FootnoteDefinition(note) => definitions.push((note.name.clone(), node)),
            _ => {}
        }
    }
    let mut items: BTreeMap<u32, String> = BTreeMap::new();
    for (name, node) in definitions {
        if let Some((number, times)) = numbers.get(&name) {
            items.insert(*number, item(node, *number, *times, writer));
        }
    }
    if items.is_empty() {
        return String::new();
    }
    format!("<ol>\n{}</ol>\n", items.into_values().collect::<String>())
}

fn item(definition: Node<'_>, number: u32, times: u32, writer: &mut Writer<'_>) -> String {
    let mut html = format!("<li id=\"fn-{number}\">");
    for block in definition.children() {
        match block.data().value {
            NodeValue::Paragraph => {
                let separator = if block.previous_sibling().is_some() { "<br>\n" } else { "" };
                let _ = write!(html, "{separator}{}", writer.write_inside(block));
            }
            _ => html.push_str(&writer.write(block)),
        }
    }
    for time in 1..=times {
        let id = reference_id(number, time);
        let label = if times == 1 { String::new() } else { format!(", mention {time}") };
        let _ = write!(
            html,
            " <a href=\"#{id}\" aria-label=\"Back to the text at source {number}{label}\">↩</a>"
        );
    }
    html + "</li>\n"
}

#[cfg(test)]
mod tests {
    use crate::content::fixture::written;

    #[test]
    fn sources_are_listed_in_the_order_of_the_text_with_links_both_ways() {
        let body =
            "[^b]: Second, [link](https://example.org).\n\nOne.[^a] Two.[^b] Three.[^a]\n\n[^a]: First.\n";
        let (written, faults) = written(body);
        assert_eq!(faults, Vec::<String>::new());
        assert_eq!(
            written.prose.intro,
            "<p>One.<sup><a id=\"fnref-1\" href=\"#fn-1\" aria-label=\"Source 1\">1</a></sup> \
             Two.<sup><a id=\"fnref-2\" href=\"#fn-2\" aria-label=\"Source 2\">2</a></sup> \
             Three.<sup><a id=\"fnref-1-2\" href=\"#fn-1\" aria-label=\"Source 1\">1</a></sup></p>\n"
        );
        assert_eq!(
            written.prose.sources,
            "<ol>\n<li id=\"fn-1\">First. \
             <a href=\"#fnref-1\" aria-label=\"Back to the text at source 1, mention 1\">↩</a> \
             <a href=\"#fnref-1-2\" aria-label=\"Back to the text at source 1, mention 2\">↩</a></li>\n\
             <li id=\"fn-2\">Second, <a href=\"https://example.org\" rel=\"noreferrer\">link</a>. \
             <a href=\"#fnref-2\" aria-label=\"Back to the text at source 2\">↩</a></li>\n</ol>\n"
        );
    }

    #[test]
    fn a_text_that_cites_nothing_has_no_list_of_sources() {
        assert_eq!(written("Words.\n").0.prose.sources, "");
    }
}
