//! The documents speak of what is there: files, headings, commands and settings.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Every document of the project, with its text.
fn documents() -> Vec<(PathBuf, String)> {
    let mut files = vec![PathBuf::from("README.md"), PathBuf::from("content/README.md")];
    for entry in fs::read_dir("docs").expect("a folder") {
        let path = entry.expect("readable").path();
        files.extend(path.extension().is_some_and(|ending| ending == "md").then_some(path));
    }
    assert!(files.len() > 5, "{files:?}");
    files.into_iter().map(|file| (file.clone(), fs::read_to_string(file).expect("readable"))).collect()
}

/// Where each link of a text leads.
fn links(text: &str) -> impl Iterator<Item = &str> {
    text.split("](").skip(1).filter_map(|rest| Some(rest.split_once(')')?.0))
}

/// What stands between backquotes.
fn names(text: &str) -> impl Iterator<Item = &str> {
    text.lines().flat_map(|line| line.split('`').skip(1).step_by(2))
}

/// Without the examples of a document, which are indented or stand in backquotes.
fn without_examples(text: &str) -> String {
    let lines = text.lines().filter(|line| !line.starts_with("    "));
    let parts = lines.map(|line| line.split('`').step_by(2).collect::<String>());
    parts.collect::<Vec<_>>().join("\n")
}

fn run(arguments: &[&str]) -> String {
    let output =
        Command::new(env!("CARGO_BIN_EXE_practice-site")).args(arguments).env_clear().output().expect("runs");
    String::from_utf8(output.stdout).expect("text")
}

#[test]
fn every_link_of_a_document_leads_to_a_file() {
    let mut dead = Vec::new();
    for (document, text) in documents() {
        let folder = document.parent().unwrap_or(Path::new(""));
        for target in links(&without_examples(&text)) {
            let file = target.split('#').next().unwrap_or_default();
            let is_ours = !target.contains("://") && !target.starts_with(['#', '/']);
            if is_ours && !folder.join(file).exists() {
                dead.push(format!("{}: {target}", document.display()));
            }
        }
    }
    assert!(dead.is_empty(), "{dead:#?}");
}

#[test]
fn every_file_that_a_document_names_is_there() {
    let mut missing = Vec::new();
    for (document, text) in documents() {
        for name in names(&text) {
            let is_path = ["src/", "tests/", "templates/", "deploy/", "docs/", "benches/"]
                .iter()
                .any(|top| name.starts_with(top));
            let is_plain = name.chars().all(|c| c.is_ascii_alphanumeric() || "/._-".contains(c));
            if is_path && is_plain && !Path::new(name).exists() {
                missing.push(format!("{}: {name}", document.display()));
            }
        }
    }
    assert!(missing.is_empty(), "{missing:#?}");
}

#[test]
fn every_command_and_flag_that_a_document_names_is_known() {
    let help = run(&["--help"]);
    let mut unknown = BTreeSet::new();
    for (document, text) in documents() {
        for rest in text.split("practice-site ").skip(1) {
            let line = rest.split(['\n', '`', '|', ',', ';', ')']).next().unwrap_or_default();
            let mut words = line.split_whitespace();
            let Some(command) =
                words.next().filter(|word| word.chars().all(|c| c.is_ascii_lowercase() || c == '-'))
            else {
                continue;
            };
            // Words of a sentence follow the name of the program as well; a command is named in code.
            let is_code = text.contains(&format!("`practice-site {command}"))
                || text.contains(&format!("    practice-site {command}"));
            if !is_code || command.starts_with("--") {
                continue;
            }
            let own = run(&[command, "--help"]);
            let is_known = help.lines().any(|line| line.trim_start().split(' ').next() == Some(command));
            let flags = line.split_whitespace().filter(|word| word.starts_with("--"));
            let has_flags = flags.clone().all(|flag| own.contains(flag) || help.contains(flag));
            if !is_known || !(has_flags || command == "staff") {
                unknown.insert(format!("{}: practice-site {line}", document.display()));
            }
        }
    }
    assert!(unknown.is_empty(), "{unknown:#?}");
}

#[test]
fn every_setting_that_a_document_names_is_known_and_the_readme_names_all() {
    let help = run(&["--help"]);
    let settings = |text: &str| -> BTreeSet<String> {
        let ends = |c: char| !(c.is_ascii_uppercase() || c == '_');
        let names = text.match_indices("PRACTICE_").map(|(at, _)| &text[at..]);
        let names = names.map(|rest| rest.split(ends).next().unwrap_or_default());
        names.filter(|name| name.len() > "PRACTICE_".len()).map(str::to_owned).collect()
    };
    let known = settings(&help);
    assert!(known.len() >= 13, "{known:?}");
    for (document, text) in documents() {
        let unknown: Vec<_> = settings(&text).difference(&known).cloned().collect();
        assert!(unknown.is_empty(), "{}: {unknown:?}", document.display());
    }
    let readme = fs::read_to_string("README.md").expect("readable");
    assert_eq!(settings(&readme), known);
}
