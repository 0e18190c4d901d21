//! What writers may write: Markdown of every kind, and keys and values.

use proptest::prelude::*;
use proptest::sample::select;

use crate::rule::text;

/// What means something in Markdown, in our own marks, or to a browser.
const MARKS: [&str; 72] = [
    "\n",
    "\n",
    "\n\n",
    "\n\n",
    "\n\n## ",
    "\n\n### ",
    "\n# ",
    "\n#### ",
    "\n> ",
    "\n- ",
    "\n  - ",
    "\n1. ",
    "\n7) ",
    "\n    ",
    "\n\t",
    "\n***\n",
    "\n===\n",
    "\n---\n",
    "\n```\n",
    "\n~~~ x\n",
    "`",
    "``",
    "*",
    "**",
    "_",
    "~~",
    "\\",
    " ",
    "  \n",
    "[",
    "](",
    ")",
    "]",
    "](/fees)",
    "](#a)",
    "](https://example.com)",
    "](javascript:alert(1))",
    "](data:text/html,x)",
    "](/fees \"title\")",
    "![",
    "](x.png)",
    "][a]",
    "\n\n[a]: /fees\n",
    "<",
    ">",
    "<script>",
    "</script>",
    "<b onclick=x>",
    "</p>",
    "<!--",
    "-->",
    "<https://example.com>",
    "<a@b.example>",
    "&",
    "&lt;",
    "&#60;script&#62;",
    "&#x0;",
    "\n\nTable: T\n\n| a | b |\n|---|---|\n| c | d |\n",
    "|",
    "\n|",
    "|---|---|\n",
    "[^a]",
    "\n\n[^a]: ",
    "[^",
    " {#a}",
    " {.questions}",
    "{",
    "}",
    "{{name}}",
    "{{phone}}",
    "{{",
    "\"",
];

/// Words, marks and any letters in any order.
pub fn markdown() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        5 => select(&MARKS[..]).prop_map(String::from),
        4 => "[a-z]{1,6}",
        1 => text(6),
    ];
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

/// Blocks that a careful writer makes, so that most of these load; what looks like HTML stands in code or is escaped.
pub fn careful() -> impl Strategy<Value = String> {
    let words = "[a-zA-Z<>&\"' ]{1,12}".prop_map(|words| words.replace('<', "\\<"));
    let inline = prop_oneof![
        4 => words.boxed(),
        1 => words_in("`", "`").boxed(),
        1 => words_in("**", "**").boxed(),
        1 => words_in("_", "_").boxed(),
        1 => words_in("[w", "](/fees)").boxed(),
        1 => words_in("[w", "](https://example.com/?a=1&b=\"2\")").boxed(),
        1 => select(vec!["&lt;script&gt;", "&#60;b&#62;", "{{name}}", "…", "é\u{301}"]).prop_map(String::from),
    ];
    let line =
        || prop::collection::vec(inline.clone(), 1..5).prop_map(|parts| format!("w{}", parts.join(" ")));
    let block = prop_oneof![
        line().boxed(),
        line().prop_map(|line| format!("> {line}")).boxed(),
        prop::collection::vec(line(), 1..4).prop_map(|lines| format!("- {}", lines.join("\n- "))).boxed(),
        prop::collection::vec(line(), 1..4)
            .prop_map(|lines| format!("3. {}\n   - x", lines.join("\n3. ")))
            .boxed(),
        text(30).prop_map(|code| format!("````\n{}\n````", code.replace('`', ""))).boxed(),
        line()
            .prop_map(|line| format!("Table: T\n\n| a | b |\n|---|---|\n| c | {} |", line.replace('|', "")))
            .boxed(),
        select(vec!["***", "w[^a]"]).prop_map(String::from).boxed(),
    ];
    let section = prop::collection::vec(block, 1..4).prop_map(|blocks| blocks.join("\n\n"));
    prop::collection::vec(section, 1..4).prop_map(|sections| {
        let numbered = sections.iter().enumerate();
        let body: String =
            numbered.map(|(number, section)| format!("## Part {number}\n\n{section}\n\n")).collect();
        if body.contains("[^a]") { format!("{body}[^a]: A source.\n") } else { body }
    })
}

fn words_in(before: &'static str, after: &'static str) -> impl Strategy<Value = String> + Clone {
    "[a-z<>&]{1,8}".prop_map(move |words| {
        let words = if before == "`" { words } else { words.replace('<', "\\<") };
        format!("{before}{words}{after}")
    })
}

/// Something between TOML and a slip of the finger.
pub fn toml_like(keys: &'static [&'static str]) -> impl Strategy<Value = String> {
    let value = prop_oneof![
        select(vec![
            "\"\"",
            "\" \"",
            "\"x\"",
            "true",
            "7",
            "-1",
            "1e400",
            "\"2026-05-01\"",
            "\"2027-02-30\"",
            "2026-05-01",
            "[]",
            "[\"a\"]",
            "[[\"a\"], 1]",
            "{ a = 1 }",
            "{",
            "[",
            "\"\"\"a\nb\"\"\"",
            "'''",
            "\"\\u0000\"",
            "inf",
            "\"trust\"",
            "[\"trust\", \"trust\"]",
            "\"-1\"",
            "{ open = \"09:00\", close = \"08:00\" }",
            "\"America/New_York\"",
            "99999999999999999999",
        ])
        .prop_map(String::from),
        text(20).prop_map(|text| format!("{text:?}")),
        text(12),
    ];
    let line = prop_oneof![
        8 => (select(keys), value).prop_map(|(key, value)| format!("{key} = {value}")),
        1 => select(vec!["[hours]", "[[people]]", "[fees]", "[[fees.services]]", "+++", "# words", "", "]", "[x.y]"])
            .prop_map(String::from),
        1 => text(20),
    ];
    prop::collection::vec(line, 0..10).prop_map(|lines| lines.join("\n"))
}

pub const KEYS: [&str; 18] = [
    "title",
    "summary",
    "description",
    "topic",
    "author",
    "published",
    "reviewed",
    "updated",
    "related",
    "medical",
    "draft",
    "withdrawn",
    "moved_from",
    "order",
    "lead",
    "quick_exit",
    "color",
    "heading",
];

pub const FACT_KEYS: [&str; 24] = [
    "name",
    "time_zone",
    "phone",
    "email",
    "address",
    "directions",
    "licensed_states",
    "adults_only",
    "reply_within_business_days",
    "holidays",
    "hipaa_notice_url",
    "hours",
    "monday",
    "hours.tuesday",
    "people",
    "photo",
    "fees",
    "retention",
    "retention.closed_days",
    "leave_url",
    "security_contact",
    "crisis",
    "form.times",
    "shoe_size",
];
