//! What lines of the log may hold: every field that the source writes down is on the list of `app::log`.

use std::fs;
use std::path::Path;

use practice_site::app::log::FIELDS;

use crate::gather;

/// The parts of a call's arguments, up to the bracket that ends it.
fn arguments(call: &str) -> Vec<String> {
    let (mut parts, mut part, mut depth, mut in_text, mut escaped) =
        (Vec::new(), String::new(), 0, false, false);
    for letter in call.chars() {
        if in_text {
            in_text = escaped || letter != '"';
            escaped = letter == '\\' && !escaped;
        } else {
            match letter {
                '"' => in_text = true,
                '(' | '[' | '{' => depth += 1,
                ')' | ']' | '}' if depth == 0 => break,
                ')' | ']' | '}' => depth -= 1,
                ',' if depth == 0 => {
                    parts.push(std::mem::take(&mut part));
                    continue;
                }
                _ => {}
            }
        }
        part.push(letter);
    }
    parts.push(part);
    parts.iter().map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect()
}

/// The names of the fields that a call of `tracing` writes down.
fn fields(call: &str) -> Vec<String> {
    let before_the_words = arguments(call).into_iter().take_while(|part| !part.starts_with('"'));
    let name =
        |part: String| part.split('=').next().unwrap_or_default().trim_matches(['%', '?', ' ']).to_owned();
    before_the_words.map(name).collect()
}

#[test]
fn prv_04_no_line_of_the_log_is_given_a_field_that_is_not_on_the_list() {
    let mut files = Vec::new();
    gather(Path::new("src"), &mut files);
    let mut unknown = Vec::new();
    for file in files.iter().filter(|file| !file.ends_with("app/log.rs")) {
        let text = fs::read_to_string(file).expect("readable");
        for (_, rest) in text.match_indices("tracing::").map(|(at, _)| text.split_at(at)) {
            let Some((level, call)) = rest.split_once("!(") else { continue };
            if !["error", "warn", "info", "debug", "trace"]
                .map(|level| format!("tracing::{level}"))
                .contains(&level.to_owned())
            {
                continue;
            }
            let strange = fields(call).into_iter().filter(|name| !FIELDS.contains(&name.as_str()));
            unknown.extend(strange.map(|name| format!("{}: {name}", file.display())));
        }
    }
    assert!(
        unknown.is_empty(),
        "add it to app::log::FIELDS if it can never hold what somebody typed: {unknown:#?}"
    );
    assert_eq!(fields("%request, error = format!(\"{a}, b\"), \"words {}\", typed)"), ["request", "error"]);
}
