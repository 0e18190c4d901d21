//! Texts and facts: whatever a writer saves, the folder loads or says in which line of which file to look.

use std::cell::Cell;

use proptest::prelude::*;
use proptest::sample::select;

use crate::folder::{FACTS, FRONT, Folder, article};
use crate::rule::{SLOW, SLOWEST, holds, text};
use crate::writing::{FACT_KEYS, KEYS, careful, markdown, toml_like};

#[test]
fn any_markdown_loads_as_sound_html_or_is_a_fault_on_a_line_that_is_there() {
    let folder = Folder::new();
    holds(SLOW, markdown(), |body| drop(folder.judge("articles/trust.md", &article(&body))));
}

#[test]
fn any_careful_text_loads_as_sound_html() {
    let folder = Folder::new();
    let loaded = Cell::new(0_u64);
    let tried = Cell::new(0_u64);
    holds(SLOW, careful(), |body| {
        tried.set(tried.get() + 1);
        loaded.set(loaded.get() + u64::from(folder.judge("articles/trust.md", &article(&body)).is_some()));
    });
    println!("{} of {} loaded", loaded.get(), tried.get());
    assert!(
        loaded.get() * 2 > tried.get(),
        "most of these have to load: {} of {}",
        loaded.get(),
        tried.get()
    );
}

#[test]
fn any_list_of_questions_loads_as_sound_html_or_is_a_fault() {
    let folder = Folder::new();
    holds(SLOWEST, (markdown(), markdown()), |(one, two)| {
        let front = "title = \"Questions\"\ndescription = \"Sixty letters or so that say which questions are answered here.\"\n";
        folder.judge(
            "faq.md",
            &format!("+++\n{front}+++\n## Money\n\n### What?\n\n{one}\n\n### Why?\n\n{two}\n"),
        );
    });
}

#[test]
fn any_head_of_a_text_is_read_or_is_a_fault_on_a_line_that_is_there() {
    let folder = Folder::new();
    let end = select(vec!["\n+++\nWords.\n", "\n+++", "\n", "+++\n", "\r\n+++\r\nWords.\r\n"]);
    let start = prop_oneof![9 => Just("+++\n".to_owned()), 1 => text(6)];
    holds(SLOW, (start, toml_like(&KEYS), end), |(start, head, end)| {
        folder.judge("articles/trust.md", &format!("{start}{head}{end}"));
    });
    holds(SLOW, (toml_like(&KEYS), markdown()), |(more, body)| {
        folder.judge("articles/trust.md", &format!("+++\n{FRONT}{more}\n+++\n{body}"));
    });
}

#[test]
fn any_facts_are_read_or_are_a_fault_on_a_line_that_is_there() {
    let folder = Folder::new();
    holds(SLOW, (any::<bool>(), toml_like(&FACT_KEYS)), |(known, facts)| {
        let known = if known { FACTS } else { "" };
        folder.judge("practice.toml", &format!("{facts}\n{known}"));
    });
}

#[test]
fn any_text_at_all_in_any_place_is_no_crash() {
    let folder = Folder::new();
    let places = ["articles/trust.md", "pages/about.md", "faq.md", "practice.toml", "services/therapy.md"];
    holds(SLOWEST, (select(places.to_vec()), text(200)), |(place, text)| drop(folder.judge(place, &text)));
}

#[test]
fn any_depth_of_nesting_is_no_crash() {
    let folder = Folder::new();
    let deep = ["> ", "- ", "1. ", "[", "*a **b ", "`", "![", "[^a", "((", "\\", "{{", "- > "];
    holds(SLOWEST, (select(deep.to_vec()), 1..20_000_usize), |(mark, times)| {
        folder.judge("articles/trust.md", &article(&format!("{}a\n", mark.repeat(times))));
    });
    for open in ["a = [", "a = {b=", "[a.", "\"", "a."] {
        folder.judge("practice.toml", &open.repeat(20_000));
    }
}
