//! The list of sources, made from footnotes in the order in which the text first names them.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use comrak::nodes::{Node, NodeValue};

use super::html::{Writer, reference_id};

/// An `ol` whose items link back to each place that names them; empty where the text names none.
pub fn list(root: Node<'_>, writer: &mut Writer) -> String {
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

fn item(definition: Node<'_>, number: u32, times: u32, writer: &mut Writer) -> String {
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
