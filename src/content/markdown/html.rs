//! The HTML of one block after another.
//!
//! Knows nothing of sections and questions. Whatever a writer typed goes through `escape`.

use std::fmt::Write as _;

use comrak::html::{escape, escape_href};
use comrak::nodes::{ListType, Node, NodeList, NodeValue};

use super::{headings, plain, shape};
use crate::content::photos::Photos;

/// Counts tables, whose captions need ids.
#[derive(Debug)]
pub struct Writer<'p> {
    photos: &'p Photos,
    out: String,
    tables: usize,
}

/// So many columns don't fit on a phone: each row becomes a block there, whose cells say what they are.
const WIDE: usize = 4;

impl<'p> Writer<'p> {
    pub fn new(photos: &'p Photos) -> Self {
        Self { photos, out: String::new(), tables: 0 }
    }

    pub fn write(&mut self, node: Node<'_>) -> String {
        self.block(node);
        std::mem::take(&mut self.out)
    }

    /// The words of a block without the tag around them.
    pub fn write_inside(&mut self, node: Node<'_>) -> String {
        self.inlines(node);
        std::mem::take(&mut self.out)
    }

    fn block(&mut self, node: Node<'_>) {
        match &node.data().value {
            NodeValue::Paragraph if shape::is_caption(node) => {}
            NodeValue::Paragraph if is_tight(node) => self.inlines(node),
            NodeValue::Paragraph => self.wrapped("<p>", node, "</p>\n"),
            NodeValue::Heading(heading) => self.heading(node, heading.level),
            NodeValue::BlockQuote if shape::is_note(node) => {
                self.blocks("<div class=\"note\">\n", node, "</div>\n")
            }
            NodeValue::BlockQuote => self.blocks("<blockquote>\n", node, "</blockquote>\n"),
            NodeValue::List(list) => self.list(node, list),
            NodeValue::Item(_) => self.blocks("<li>", node, "</li>\n"),
            NodeValue::CodeBlock(code) => {
                self.out.push_str("<pre><code>");
                self.text(&code.literal);
                self.out.push_str("</code></pre>\n");
            }
            NodeValue::ThematicBreak => self.out.push_str("<hr>\n"),
            NodeValue::Table(_) => self.table(node),
            _ => {}
        }
    }

    fn blocks(&mut self, open: &str, node: Node<'_>, close: &str) {
        self.out.push_str(open);
        node.children().for_each(|child| self.block(child));
        self.out.push_str(close);
    }

    fn wrapped(&mut self, open: &str, node: Node<'_>, close: &str) {
        self.out.push_str(open);
        self.inlines(node);
        self.out.push_str(close);
    }

    fn heading(&mut self, node: Node<'_>, level: u8) {
        let id = headings::id(node);
        let _ = write!(self.out, "<h{level} id=\"");
        self.text(&id);
        self.out.push_str("\">");
        self.inlines(node);
        self.out.push_str(" <a class=\"anchor\" href=\"#");
        self.href(&id);
        self.out.push_str("\" aria-label=\"Link to this section: ");
        self.text(&plain(node));
        let _ = writeln!(self.out, "\">#</a></h{level}>");
    }

    fn list(&mut self, node: Node<'_>, list: &NodeList) {
        match (list.list_type, list.start) {
            (ListType::Bullet, _) => self.blocks("<ul>\n", node, "</ul>\n"),
            (ListType::Ordered, 1) => self.blocks("<ol>\n", node, "</ol>\n"),
            (ListType::Ordered, start) => self.blocks(&format!("<ol start=\"{start}\">\n"), node, "</ol>\n"),
        }
    }

    /// A region of its own, so that a wide table can be scrolled with the keyboard, named by its caption.
    fn table(&mut self, node: Node<'_>) {
        self.tables += 1;
        let id = format!("table-{}", self.tables);
        let headings: Vec<String> =
            node.first_child().map(|row| row.children().map(plain).collect()).unwrap_or_default();
        let stacked = headings.len() >= WIDE;
        let class = if stacked { " class=\"stacked\"" } else { "" };
        let _ = writeln!(
            self.out,
            "<div class=\"table-region\" role=\"region\" tabindex=\"0\" aria-labelledby=\"{id}\">"
        );
        let _ = write!(self.out, "<table{class}><caption id=\"{id}\">");
        if let Some(caption) = node.previous_sibling() {
            self.inlines(caption);
        }
        self.out.push_str("</caption>\n");
        for (index, row) in node.children().enumerate() {
            self.out.push_str(if index == 0 { "<thead><tr>" } else { "<tr>" });
            self.row(row, index == 0, stacked.then_some(&headings));
            self.out.push_str(if index == 0 { "</tr></thead>\n<tbody>\n" } else { "</tr>\n" });
        }
        self.out.push_str("</tbody></table></div>\n");
    }

    /// `headings` are those of the columns, where a cell has to say by itself what it is.
    fn row(&mut self, row: Node<'_>, is_head: bool, headings: Option<&Vec<String>>) {
        for (index, cell) in row.children().enumerate() {
            // An empty cell is no heading of anything.
            let is_heading = (is_head || index == 0) && cell.first_child().is_some();
            let heading = headings.and_then(|all| all.get(index));
            match (is_heading, is_head, heading) {
                (true, true, _) => self.wrapped("<th scope=\"col\">", cell, "</th>"),
                (true, false, _) => self.wrapped("<th scope=\"row\">", cell, "</th>"),
                (false, false, Some(heading)) => {
                    self.out.push_str("<td data-label=\"");
                    self.text(heading);
                    self.wrapped("\">", cell, "</td>");
                }
                (false, ..) => self.wrapped("<td>", cell, "</td>"),
            }
        }
    }

    fn inlines(&mut self, node: Node<'_>) {
        node.children().for_each(|child| self.inline(child));
    }

    fn inline(&mut self, node: Node<'_>) {
        match &node.data().value {
            NodeValue::Text(text) => self.text(text),
            NodeValue::SoftBreak => self.out.push('\n'),
            NodeValue::LineBreak => self.out.push_str("<br>\n"),
            NodeValue::Emph => self.wrapped("<em>", node, "</em>"),
            // The box says it to the eye.
            NodeValue::Strong if shape::is_note_label(node) => {
                self.out.push_str("<span class=\"visually-hidden\">Note:</span>");
            }
            NodeValue::Strong => self.wrapped("<strong>", node, "</strong>"),
            NodeValue::Code(code) => {
                self.out.push_str("<code>");
                self.text(&code.literal);
                self.out.push_str("</code>");
            }
            NodeValue::Link(link) => {
                self.out.push_str("<a href=\"");
                self.href(&link.url);
                let leaves = link.url.starts_with("http");
                self.wrapped(if leaves { "\" rel=\"noreferrer\">" } else { "\">" }, node, "</a>");
            }
            NodeValue::Image(image) => self.picture(node, &image.url),
            NodeValue::FootnoteReference(note) => {
                let number = note.ix;
                let id = reference_id(number, note.ref_num);
                let _ = write!(
                    self.out,
                    "<sup><a id=\"{id}\" href=\"#fn-{number}\" aria-label=\"Source {number}\">{number}</a></sup>"
                );
            }
            _ => {}
        }
    }

    /// With its size, so that nothing jumps when it arrives.
    fn picture(&mut self, node: Node<'_>, path: &str) {
        let Some(photo) = self.photos.find(path) else { return };
        self.out.push_str("<img src=\"");
        self.href(&photo.address);
        let _ = write!(self.out, "\" width=\"{}\" height=\"{}\" alt=\"", photo.width, photo.height);
        self.text(&plain(node));
        self.out.push_str("\" loading=\"lazy\">");
    }

    fn text(&mut self, text: &str) {
        let _ = escape(&mut self.out, text);
    }

    fn href(&mut self, url: &str) {
        let _ = escape_href(&mut self.out, url, false);
    }
}

/// The id of the place in the text that refers to a source; a source may be named more than once.
pub fn reference_id(source: u32, time: u32) -> String {
    match time {
        1 => format!("fnref-{source}"),
        _ => format!("fnref-{source}-{time}"),
    }
}

/// A paragraph in a list without blank lines between its items has no tag of its own.
fn is_tight(paragraph: Node<'_>) -> bool {
    let list = paragraph.parent().and_then(|item| item.parent());
    list.is_some_and(|list| matches!(list.data().value, NodeValue::List(ref list) if list.tight))
}

#[cfg(test)]
mod tests {
    use crate::content::fixture::written;

    /// The HTML of a text without headings and faults.
    fn html(body: &str) -> String {
        let (written, faults) = written(body);
        assert_eq!(faults, Vec::<String>::new());
        written.prose.intro
    }

    #[test]
    fn a_heading_carries_a_link_to_itself() {
        let sections = written("## Trust & doubt\n\nText.\n").0.prose.sections;
        assert_eq!(
            sections[0].html,
            "<h2 id=\"trust-doubt\">Trust &amp; doubt <a class=\"anchor\" href=\"#trust-doubt\" \
             aria-label=\"Link to this section: Trust &amp; doubt\">#</a></h2>\n<p>Text.</p>\n"
        );
    }

    #[test]
    fn a_table_is_a_region_with_a_caption_and_headings_on_two_sides() {
        let table = "Table: Two *kinds*\n\n| | Emotional |\n|---|---|\n| Built by | Talk |\n";
        assert_eq!(
            html(table),
            "<div class=\"table-region\" role=\"region\" tabindex=\"0\" aria-labelledby=\"table-1\">\n\
             <table><caption id=\"table-1\">Two <em>kinds</em></caption>\n\
             <thead><tr><td></td><th scope=\"col\">Emotional</th></tr></thead>\n\
             <tbody>\n<tr><th scope=\"row\">Built by</th><td>Talk</td></tr>\n</tbody></table></div>\n"
        );
        assert!(html(&format!("{table}\n{table}")).contains("<caption id=\"table-2\">"));
    }

    #[test]
    fn a_cell_of_a_wide_table_says_what_it_is_where_it_stands_alone() {
        let wide = "Table: Four\n\n| What | Why | Who | How \"long\" |\n|---|---|---|---|\n| Log | Order | Us | 1 |\n";
        let written = html(wide);
        assert!(written.contains("<table class=\"stacked\"><caption"), "{written}");
        assert!(written.contains("<th scope=\"row\">Log</th>"), "{written}");
        assert!(written.contains("<td data-label=\"How “long”\">1</td>"), "{written}");
    }

    #[test]
    fn a_quote_that_begins_with_note_is_a_note() {
        assert_eq!(
            html("> **Note** Stop here.\n"),
            "<div class=\"note\">\n<p><span class=\"visually-hidden\">Note:</span> Stop here.</p>\n</div>\n"
        );
        assert_eq!(html("> A quote.\n"), "<blockquote>\n<p>A quote.</p>\n</blockquote>\n");
    }

    #[test]
    fn links_out_of_the_site_do_not_tell_where_they_come_from() {
        assert_eq!(
            html("[a](/fees) [b](https://example.org/?a=b&c=\"d\")"),
            "<p><a href=\"/fees\">a</a> <a href=\"https://example.org/?a=b&amp;c=%22d%22\" rel=\"noreferrer\">b</a></p>\n"
        );
    }

    #[test]
    fn lists_tight_and_loose_ordered_and_not() {
        assert_eq!(html("- a\n  - b\n"), "<ul>\n<li>a<ul>\n<li>b</li>\n</ul>\n</li>\n</ul>\n");
        assert_eq!(
            html("3. a\n\n4. b\n"),
            "<ol start=\"3\">\n<li><p>a</p>\n</li>\n<li><p>b</p>\n</li>\n</ol>\n"
        );
    }

    #[test]
    fn what_a_writer_types_is_escaped() {
        assert_eq!(
            html("a < b & `<i>`\n\n    <b>\n"),
            "<p>a &lt; b &amp; <code>&lt;i&gt;</code></p>\n<pre><code>&lt;b&gt;\n</code></pre>\n"
        );
    }
}
