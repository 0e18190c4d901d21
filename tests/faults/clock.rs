//! The real program while somebody sets its clock, by libfaketime (REL-07, REL-17).
//!
//! Needs libfaketime (`apt-get install faketime`).

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use practice_site::inquiry::TokenKey;

use crate::fake_smtp::{At, FakeSmtp, HangUp, usual};
use crate::program::{Plan, Program, eventually};
use crate::wire::{answers, get, post};

const DAY: i64 = 24 * 60 * 60;

/// A program whose clock the test sets.
struct Clocked {
    program: Program,
    data: tempfile::TempDir,
    /// How far ahead its clock is, in seconds.
    ahead: i64,
}

fn library() -> PathBuf {
    let places = ["x86_64-linux-gnu", "aarch64-linux-gnu"];
    let files = places.map(|place| PathBuf::from(format!("/usr/lib/{place}/faketime/libfaketime.so.1")));
    let found = files.into_iter().find(|file| file.is_file());
    found.expect("libfaketime is needed for this test: apt-get install faketime")
}

fn set(file: &Path, ahead: i64) {
    // Under its name there is always a whole file.
    let new = file.with_extension("new");
    fs::write(&new, format!("{ahead:+}")).expect("written");
    fs::rename(new, file).expect("renamed");
}

impl Clocked {
    fn start(server: &FakeSmtp) -> Self {
        let data = tempfile::tempdir().expect("a folder");
        let file = data.path().join("clock");
        set(&file, 0);
        let program = Plan::over(data.path())
            .set("PRACTICE_SMTP_URL", server.url())
            .set("PRACTICE_MAIL_TO", "office@practice.example")
            .set("PRACTICE_MAIL_FROM", "site@practice.example")
            .set("PRACTICE_RATE_LIMIT", "off")
            .set("LD_PRELOAD", library())
            .set("FAKETIME_TIMESTAMP_FILE", file)
            .set("FAKETIME_NO_CACHE", "1")
            // Waits are measured by another clock, which nobody can set.
            .set("FAKETIME_DONT_FAKE_MONOTONIC", "1")
            .start();
        Self { program, data, ahead: 0 }
    }

    fn set(&mut self, ahead: i64) {
        self.ahead = ahead;
        set(&self.data.path().join("clock"), ahead);
    }

    /// Sends a request whose form was opened a minute ago, and returns its reference.
    fn submit(&self, name: &str) -> String {
        let opened = Timestamp::now() + SignedDuration::from_secs(self.ahead - 60);
        let token = TokenKey::load(self.data.path()).expect("a key").issue(opened).expect("a token");
        let start = Instant::now();
        let sent = post(self.program.address, "/request-consultation/send", &answers(&token, name));
        assert!(start.elapsed() < Duration::from_secs(5), "a visitor waits for the mail server");
        assert_eq!(sent.status(), 303, "{}", sent.text);
        sent.header("location").rsplit('/').next().expect("a reference").to_owned()
    }
}

/// A mail server that hangs up for as long as the flag says.
fn server_that_may_be_down() -> (FakeSmtp, Arc<AtomicBool>) {
    let down = Arc::new(AtomicBool::new(true));
    let flag = Arc::clone(&down);
    let server = FakeSmtp::start(move |_, at| match at == At::Connect && flag.load(Ordering::SeqCst) {
        true => HangUp,
        false => usual(at),
    });
    (server, down)
}

fn named(server: &FakeSmtp, reference: &str) -> usize {
    let heard = server.heard();
    // The link names it a second time.
    heard.messages.iter().filter(|message| message.contains(&format!("/admin/inquiries/{reference}"))).count()
}

#[test]
fn rel_07_what_came_in_while_the_server_was_down_is_told_once_when_it_is_back() {
    let (server, down) = server_that_may_be_down();
    let mut clocked = Clocked::start(&server);
    let mut references: Vec<_> = (0..5).map(|number| clocked.submit(&format!("Quill{number}"))).collect();
    clocked.program.wait_for("an email was not accepted");
    assert_eq!(get(clocked.program.address, "/readyz").status(), 200, "it goes on taking requests");
    down.store(false, Ordering::SeqCst);
    clocked.set(3 * 60);
    // A worker that sleeps would look within a minute; a new request wakes it.
    references.push(clocked.submit("Sam"));
    for reference in &references {
        eventually("it is told", || (named(&server, reference) == 1).then_some(()));
    }
    assert!(references.iter().all(|reference| named(&server, reference) == 1), "once");
}

#[test]
fn rel_17_however_the_clock_is_set_no_email_is_stuck_and_requests_are_taken() {
    for jump in [DAY, -DAY, 3653 * DAY, -3653 * DAY] {
        let (server, down) = server_that_may_be_down();
        let mut clocked = Clocked::start(&server);
        let before = clocked.submit("Quill");
        clocked.program.wait_for("an email was not accepted");
        down.store(false, Ordering::SeqCst);
        clocked.set(jump);
        let after = clocked.submit("Sam");
        for reference in [&before, &after] {
            eventually("it is told", || (named(&server, reference) == 1).then_some(()));
        }
        assert_eq!(get(clocked.program.address, "/").status(), 200);
        // Back to where it was, as a time server would do it.
        clocked.set(0);
        let last = clocked.submit("Robin");
        eventually("it is told", || (named(&server, &last) == 1).then_some(()));
    }
}
