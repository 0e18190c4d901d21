//! What somebody does who begins with nothing but the program: a new practice, its checks, and what is missing.

use std::path::Path;

use crate::program::{Plan, Program};
use crate::wire::get;

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a folder")
}

/// A command over a practice in this folder, as if it were run there.
fn over(dir: &Path, arguments: &[&str]) -> Plan {
    let plan = Plan::over(&dir.join("data")).set("PRACTICE_CONTENT", dir.join("content"));
    arguments.iter().fold(plan, |plan, argument| plan.argument(argument))
}

/// A new practice in a folder of its own.
fn practice() -> tempfile::TempDir {
    let dir = folder();
    let at = dir.path().to_str().expect("text").to_owned();
    let (code, said, complaint) = over(dir.path(), &["init", &at]).outcome();
    assert_eq!(code, Some(0), "{complaint}");
    assert!(said.contains("practice-site check --deploy"), "{said}");
    dir
}

fn change(file: &Path, from: &str, to: &str) {
    let text = std::fs::read_to_string(file).expect("readable");
    assert!(text.contains(from), "{from}");
    std::fs::write(file, text.replace(from, to)).expect("written");
}

fn files(dir: &Path) -> usize {
    let entries = std::fs::read_dir(dir).expect("a folder").map(|entry| entry.expect("readable").path());
    entries.map(|path| if path.is_dir() { files(&path) } else { 1 }).sum()
}

#[test]
fn a_new_practice_passes_the_check_which_names_its_gaps() {
    let dir = practice();
    let (code, said, complaint) = over(dir.path(), &["check"]).outcome();
    assert_eq!(code, Some(0), "{complaint}");
    assert!(said.contains("warning: content/practice.toml:"), "{said}");
    assert!(said.contains("A gap waits for your words: [[Your name]]"), "{said}");
    assert!(said.contains("warning: content/pages/about.md:"), "{said}");
    assert!(said.ends_with("no faults\n"), "{said}");
}

#[test]
fn a_new_practice_can_be_looked_at_at_once() {
    let dir = practice();
    let program: Program = over(dir.path(), &[]).start();
    for path in ["/", "/about", "/services/individual-therapy", "/articles", "/faq", "/request-consultation"]
    {
        assert_eq!(get(program.address, path).status(), 200, "{path}");
    }
    let home = get(program.address, "/").text;
    assert!(home.contains("[[Name of the practice]]") && !home.contains("Josephine"), "{home}");
}

#[test]
fn init_writes_over_nothing() {
    let dir = folder();
    std::fs::write(dir.path().join("diary.txt"), "mine").expect("written");
    let at = dir.path().to_str().expect("text");
    let (code, _, complaint) = over(dir.path(), &["init", at]).outcome();
    assert_eq!(code, Some(1));
    assert!(complaint.contains("is not empty"), "{complaint}");
    assert_eq!(files(dir.path()), 1, "nothing was written");
    let file = dir.path().join("diary.txt");
    let (code, _, complaint) = over(dir.path(), &["init", file.to_str().expect("text")]).outcome();
    assert_eq!((code, complaint.contains("can't be used")), (Some(1), true), "{complaint}");
}

#[test]
fn sec_28_what_is_not_fit_for_the_public_is_named_point_by_point() {
    let dir = practice();
    let (code, said, complaint) = over(dir.path(), &["check", "--deploy"]).outcome();
    assert_eq!(code, Some(1));
    let toml = "content/practice.toml";
    for line in [
        "content/practice.toml:20: A gap waits for your words: [[Name of the practice]]",
        "PRACTICE_BASE_URL: http://127.0.0.1:3000 opens on this machine only",
        "PRACTICE_SMTP_URL: it is not set",
        &format!("{toml}: call each emergency number"),
        &format!("{toml}: set `phone` or `email`"),
        "Nobody has an account yet",
    ] {
        assert!(complaint.lines().any(|found| found.starts_with(line)), "{line}\n{complaint}");
    }
    for line in [
        format!("warning: {toml}: `hipaa_notice_url` is not set. The privacy page has no link"),
        format!("warning: {toml}: no day in `holidays` is to come"),
        "warning: PRACTICE_BACKUP: ".to_owned(),
    ] {
        assert!(said.lines().any(|found| found.starts_with(&line)), "{line}\n{said}");
    }
}

#[test]
fn sec_28_settings_that_are_only_for_trying_out_are_named() {
    let dir = practice();
    let (backup, secret) = (dir.path().join("copies"), dir.path().join("smtp"));
    std::fs::create_dir(&backup).expect("made");
    std::fs::write(&secret, "smtp://127.0.0.1:2525?tls=none\n").expect("written");
    for (path, mode) in [(&backup, "755"), (&secret, "644")] {
        assert!(std::process::Command::new("chmod").arg(mode).arg(path).status().expect("runs").success());
    }
    let (code, said, complaint) = over(dir.path(), &["check", "--deploy"])
        .set("PRACTICE_BASE_URL", "http://practice.example")
        .set("PRACTICE_SMTP_URL_FILE", &secret)
        .set("PRACTICE_MAIL_TO", "jo@practice.example")
        .set("PRACTICE_MAIL_FROM", "site@example.com")
        .set("PRACTICE_BACKUP", &backup)
        .set("PRACTICE_RATE_LIMIT", "off")
        .set("PRACTICE_SECOND_FACTOR", "optional")
        .outcome();
    assert_eq!(code, Some(1));
    // The group goes on reading: that is how the service does.
    let readable = format!(
        "PRACTICE_SMTP_URL_FILE: everybody can read the password; run `chmod o= {}`",
        secret.display()
    );
    assert!(complaint.lines().any(|found| found == readable), "{readable}\n{complaint}");
    for line in [
        "PRACTICE_BASE_URL: http://practice.example is not https",
        "PRACTICE_MAIL_TO: no mail is ever delivered",
        "PRACTICE_MAIL_FROM: no mail is ever delivered",
        "PRACTICE_BACKUP: other accounts of this machine may look",
        "PRACTICE_RATE_LIMIT: it is off",
    ] {
        assert!(complaint.lines().any(|found| found.starts_with(line)), "{line}\n{complaint}");
    }
    for line in
        ["warning: PRACTICE_SECOND_FACTOR: ", "warning: PRACTICE_SMTP_URL: emails go to a server on this"]
    {
        assert!(said.lines().any(|found| found.starts_with(line)), "{line}\n{said}");
    }
}

/// Fills every gap with words, as somebody would who is in a hurry.
fn fill(dir: &Path) {
    for entry in std::fs::read_dir(dir).expect("a folder") {
        let path = entry.expect("readable").path();
        if path.is_dir() {
            fill(&path);
        } else if path.file_name().is_some_and(|name| name != "README.md" && name != "practice.toml") {
            change_all(&path);
        }
    }
}

fn change_all(path: &Path) {
    let text = std::fs::read_to_string(path).expect("readable");
    std::fs::write(path, text.replace("[[", "Made up: ").replace("]]", "")).expect("written");
}

#[test]
fn sec_28_a_practice_without_faults_may_go_public() {
    let dir = practice();
    let toml = dir.path().join("content/practice.toml");
    fill(&dir.path().join("content"));
    change(&toml, "\"[[Name of the practice]]\"", "\"Elm Street Practice\"");
    change(&toml, "\"[[Your name]]\"", "\"Ada Example\"");
    change(&toml, "confirmed = false", "confirmed = true");
    change(&toml, "#phone = \"(212) 555-0100\"", "phone = \"(212) 555-0100\"");
    let serving = over(dir.path(), &[]).start();
    let deploy = || {
        over(dir.path(), &["check", "--deploy"])
            .set("PRACTICE_BASE_URL", "https://elmstreet.practice")
            .set("PRACTICE_SMTP_URL", "smtp://user:password@mail.elmstreet.practice:587")
            .set("PRACTICE_MAIL_TO", "ada@elmstreet.practice")
            .set("PRACTICE_MAIL_FROM", "site@elmstreet.practice")
            .outcome()
    };
    let (code, _, complaint) = deploy();
    assert_eq!(code, Some(1));
    assert_eq!(complaint.lines().count(), 1, "{complaint}");
    assert!(complaint.starts_with("Nobody has an account"), "{complaint}");
    let database = dir.path().join("data/practice.db");
    let sql = "INSERT INTO staff (email, name, added_at) VALUES ('ada@elmstreet.practice', 'Ada', 1);
               UPDATE practice_keys SET recovery_kept_at = 1";
    let script = "import sqlite3, sys; db = sqlite3.connect(sys.argv[1]); db.executescript(sys.argv[2])";
    let made = std::process::Command::new("python3").args(["-c", script]).arg(&database).arg(sql).status();
    assert!(made.expect("runs").success());
    let (code, said, complaint) = deploy();
    assert_eq!((code, complaint.as_str()), (Some(0), ""), "{complaint}");
    assert!(said.contains("1 of 1 accounts have no second factor"), "{said}");
    assert!(said.ends_with("no faults\n"), "{said}");
    drop(serving);
}

#[test]
fn the_version_names_what_it_was_built_from() {
    let (code, said, _) = over(folder().path(), &["--version"]).outcome();
    let version = env!("CARGO_PKG_VERSION");
    assert_eq!(code, Some(0));
    assert!(said.starts_with(&format!("practice-site {version} (")) && said.ends_with(")\n"), "{said}");
}
