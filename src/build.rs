//! Makes cargo notice new migrations, which the macro that embeds them does not, and tells the program its commit.

use std::process::Command;

fn main() {
    println!("cargo:rerun-if-changed=migrations");
    println!("cargo:rerun-if-env-changed=BUILD_COMMIT");
    println!("cargo:rustc-env=BUILT_FROM={}", commit());
}

/// `BUILD_COMMIT` where it is set, since a container is built without git; else what git says. A debug build is told
/// nothing: it would have to be built anew after each commit, only to name one that it may differ from.
fn commit() -> String {
    if let Some(given) = std::env::var("BUILD_COMMIT").ok().filter(|given| is_plain(given)) {
        return given;
    }
    if std::env::var("PROFILE").is_ok_and(|profile| profile == "debug") {
        return "a debug build".to_owned();
    }
    let Some(commit) = git(&["rev-parse", "--short=12", "HEAD"]) else { return "commit unknown".to_owned() };
    for source in ["Cargo.lock", "Cargo.toml", "content", "src", "static", "templates"] {
        println!("cargo:rerun-if-changed={source}");
    }
    // HEAD changes with a checkout, its log with each commit.
    for name in ["HEAD", "logs/HEAD"] {
        if let Some(file) = git(&["rev-parse", "--git-path", name]) {
            println!("cargo:rerun-if-changed={file}");
        }
    }
    let is_changed =
        git(&["status", "--porcelain", "--untracked-files=no"]).is_some_and(|files| !files.is_empty());
    if is_changed { format!("{commit}, changed") } else { commit }
}

fn is_plain(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "-._".contains(c))
}

/// What git prints; nothing where there is no git, or no repository.
fn git(arguments: &[&str]) -> Option<String> {
    let output =
        Command::new("git").args(arguments).output().ok().filter(|output| output.status.success())?;
    Some(String::from_utf8(output.stdout).ok()?.trim().to_owned())
}
