//! The list of what must survive, ticked off: each control is named by a test that proves it.
//!
//! A test says so by how its name begins: `rel_03_a_full_disk_never_says_received`, or `prv_06_and_12_…` for two.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::gather;

/// Each in a word or two. SEAL-04, SEAL-08 and SEAL-10 are about key epochs and a restart that locks, which this design
/// does without.
const CONTROLS: [(&str, &[&str]); 4] = [
    (
        "rel",
        &[
            "kill",
            "failing disk calls",
            "full disk",
            "watermark",
            "no folder",
            "corruption",
            "dead mail",
            "silent mail",
            "back-off",
            "refused mail",
            "poison",
            "lost answer",
            "pending mail",
            "same token",
            "cut answer",
            "crowd",
            "clock",
            "stop",
            "migration",
            "backup",
            "left-over log",
            "health",
            "refusals",
            "panic",
            "slow sockets",
            "stuck worker",
        ],
    ),
    (
        "sec",
        &[
            "injection",
            "markup",
            "headers",
            "frames",
            "cross-site",
            "no dead end",
            "cookie",
            "fixation",
            "ending",
            "guessing",
            "same work",
            "passwords",
            "codes",
            "doors",
            "paths",
            "hosts",
            "redirects",
            "mail headers",
            "mail flood",
            "large bodies",
            "bad letters",
            "all letters",
            "odd addresses",
            "spreadsheets",
            "two meanings",
            "methods",
            "proxies",
            "deployment",
            "mail TLS",
            "known faults",
            "file modes",
            "calm errors",
            "conflicts",
        ],
    ),
    (
        "prv",
        &[
            "other hosts",
            "browser storage",
            "canary",
            "log",
            "addresses",
            "notice",
            "back button",
            "success page",
            "retention",
            "erasing",
            "ledger",
            "no mail to senders",
            "robots",
            "safe contact",
            "no IP",
            "no key",
            "few questions",
        ],
    ),
    (
        "seal",
        &[
            "canary",
            "stolen copy",
            "damage",
            "",
            "recovery",
            "wrong code",
            "invitation",
            "",
            "new password",
            "",
            "exchanged key",
            "memory",
            "stock age",
            "ten thousand",
        ],
    ),
];

/// The names of all tests, but for those that only a long run includes.
fn tests() -> Vec<String> {
    let mut files = Vec::new();
    for folder in ["tests", "src"] {
        gather(Path::new(folder), &mut files);
    }
    let mut names = Vec::new();
    for file in files {
        let mut is_test = false;
        for line in fs::read_to_string(file).expect("readable").lines().map(str::trim) {
            if line.starts_with("#[test]") || line.starts_with("#[tokio::test") {
                is_test = true;
            } else if line.starts_with("#[ignore") {
                is_test = false;
            } else if let Some((_, rest)) = line.split_once("fn ")
                && is_test
            {
                names.push(rest.split(['(', '<']).next().unwrap_or_default().to_owned());
                is_test = false;
            }
        }
    }
    names
}

/// The controls that a name begins with: `prv_06_and_12_the_one_email` names two.
fn controls_of(name: &str) -> Vec<(String, usize)> {
    let mut parts = name.split('_').peekable();
    let family = parts.next().unwrap_or_default();
    let mut found = Vec::new();
    while let Some(number) = parts.next().and_then(|part| part.parse().ok()) {
        found.push((family.to_owned(), number));
        if parts.next_if_eq(&"and").is_none() {
            break;
        }
    }
    found
}

#[test]
fn every_control_that_must_hold_is_proven_by_a_test_of_its_name() {
    let proven: BTreeSet<_> = tests().iter().flat_map(|name| controls_of(name)).collect();
    assert!(proven.contains(&("sec".to_owned(), 3)), "the tests were not found");
    let mut missing = Vec::new();
    for (family, words) in CONTROLS {
        for (number, word) in (1..).zip(words).filter(|(_, word)| !word.is_empty()) {
            if !proven.contains(&(family.to_owned(), number)) {
                missing.push(format!("{}-{number:02} {word}", family.to_uppercase()));
            }
        }
    }
    assert!(missing.is_empty(), "no test begins with the name of: {missing:#?}");
}

#[test]
fn a_name_says_which_controls_a_test_proves() {
    let named = |name: &str| controls_of(name).into_iter().map(|(_, number)| number).collect::<Vec<_>>();
    assert_eq!(named("rel_03_a_full_disk_never_says_received"), [3]);
    assert_eq!(named("prv_06_and_12_the_one_email"), [6, 12]);
    assert!(named("a_page_is_there").is_empty() && named("rel_x_3").is_empty());
}
