//! The rules of the house that no compiler knows: who may import whom, and where certain crates may be used.

mod controls;
mod documents;
mod log_fields;
mod supply;

use std::fs;
use std::path::{Path, PathBuf};

/// From the outside in: a module may use those on later lines only.
const FLOORS: [&[&str]; 6] = [
    &["app"],
    &["web"],
    &["inquiry"],
    &["outbox", "staff", "content"],
    &["audit", "seal"],
    &["config", "db", "mail"],
];

/// A name that may be used in these places only.
const KEPT_IN: [(&[&str], &[&str]); 5] = [
    (&["axum::", "http::", "hyper::", "tower::", "tower_http::", "hyper_util::"], &["web/", "app/"]),
    (&["lettre::"], &["mail/"]),
    (&["std::env"], &["config/", "build.rs"]),
    (
        &[
            "age::",
            "age_core::",
            "argon2::",
            "chacha20poly1305::",
            "curve25519_dalek::",
            "hkdf::",
            "totp_rs::",
        ],
        &["seal.rs", "seal/", "staff/"],
    ),
    (&["Timestamp::now", "SystemTime::now", "Utc::now"], &["app/", "outbox/worker.rs"]),
];

/// Each source file as its path below `src` and the code in it, without comments.
fn sources() -> Vec<(String, String)> {
    let mut files = Vec::new();
    gather(Path::new("src"), &mut files);
    assert!(files.len() > 50, "the sources were not found");
    files
        .into_iter()
        .map(|file| {
            let text = fs::read_to_string(&file).expect("readable");
            let code: Vec<_> = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
            let name = file.strip_prefix("src").expect("below src").to_string_lossy().into_owned();
            (name, code.join("\n"))
        })
        .collect()
}

fn gather(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("readable").path();
        if path.is_dir() {
            gather(&path, files);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            files.push(path);
        }
    }
}

/// The part of a file before its tests.
fn without_tests(code: &str) -> &str {
    code.split("#[cfg(test)]\nmod tests").next().unwrap_or(code)
}

fn floor(module: &str) -> Option<usize> {
    FLOORS.iter().position(|modules| modules.contains(&module))
}

/// Every module of this crate that the code names, as `crate::module` or inside `crate::{…}`.
fn modules_named(code: &str) -> Vec<String> {
    let names =
        |text: &str| -> String { text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect() };
    let mut found = Vec::new();
    for (at, _) in code.match_indices("crate::") {
        let rest = &code[at + "crate::".len()..];
        match rest.strip_prefix('{') {
            Some(list) => {
                let list = list.split(';').next().unwrap_or_default();
                found.extend(list.split([',', '{', '}']).map(|part| names(part.trim())));
            }
            None => found.push(names(rest)),
        }
    }
    found
}

#[test]
fn imports_point_down_and_never_sideways() {
    let mut wrong = Vec::new();
    for (file, code) in sources() {
        let own = file.split(['/', '.']).next().unwrap_or_default().to_owned();
        let Some(from) = floor(&own) else { continue };
        for module in modules_named(&code) {
            match floor(&module) {
                Some(to) if module != own && to <= from => wrong.push(format!("{file} uses {module}")),
                _ => {}
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn each_crate_stays_where_it_belongs() {
    let mut wrong = Vec::new();
    for (file, code) in sources() {
        for (names, places) in KEPT_IN {
            for name in names {
                let is_used = without_tests(&code).match_indices(name).any(|(at, _)| {
                    // "http::" inside "some_http::" or "crate::web::http::" is another name.
                    !code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':')
                });
                let belongs = places.iter().any(|place| file.starts_with(place));
                if is_used && !belongs && !file.ends_with("tests.rs") && !file.contains("tests/") {
                    wrong.push(format!("{file} uses {name}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_file_begins_by_saying_what_it_is_for() {
    let silent: Vec<_> =
        walk_raw().into_iter().filter(|(_, text)| !text.starts_with("//!")).map(|(file, _)| file).collect();
    assert!(silent.is_empty(), "{silent:#?}");
}

fn walk_raw() -> Vec<(PathBuf, String)> {
    let mut files = Vec::new();
    gather(Path::new("src"), &mut files);
    files
        .into_iter()
        .map(|file| {
            let text = fs::read_to_string(&file).expect("readable");
            (file, text)
        })
        .collect()
}

#[test]
fn nothing_is_left_unfinished() {
    let marks = ["TO", "DO"].concat();
    let marks = [marks.as_str(), "FIXME", "XXX", "unimplemented!", "dbg!("];
    let mut wrong = Vec::new();
    for (file, text) in walk_raw() {
        wrong.extend(
            marks
                .iter()
                .filter(|mark| text.contains(**mark))
                .map(|mark| format!("{}: {mark}", file.display())),
        );
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
