//! A practice under test: the real program, its mail server, and everything that was promised to anybody.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use tempfile::TempDir;

use super::ledger::{Ledger, Seen};
use super::mail::MailServer;
use crate::practice::{Clerk, with_account};
use crate::program::{Plan, Program};
use crate::wire::{get, token};

/// What is sent sooner is held as possible spam, and no email tells of it.
const READ_THE_FORM: Duration = Duration::from_secs(4);

pub struct Practice {
    pub(super) data: TempDir,
    pub(super) content: TempDir,
    pub(super) mail: MailServer,
    pub(super) program: Option<Program>,
    pub(super) ledger: Ledger,
    /// Handed out at the beginning, so that it is old enough for every request.
    pub(super) token: String,
    pub(super) clerk: Option<Clerk>,
    pub(super) requests: usize,
    /// Who was told that the request was received, by the name that was typed.
    pub(super) acknowledged: BTreeMap<String, String>,
    /// Sent, and no answer came: stored or not.
    pub(super) in_doubt: BTreeSet<String>,
    pub(super) erased: BTreeSet<String>,
    pub(super) kills: usize,
    /// How often an email may have gone out, where that is more than once.
    allowed: BTreeMap<String, usize>,
    pub(super) copies: usize,
}

impl Practice {
    pub fn open() -> Self {
        let (data, content) = (folder(), folder());
        copy(Path::new("content"), content.path());
        let mut practice = Self {
            data,
            content,
            mail: MailServer::start(),
            program: None,
            ledger: Ledger::new(),
            token: String::new(),
            clerk: None,
            requests: 0,
            acknowledged: BTreeMap::new(),
            in_doubt: BTreeSet::new(),
            erased: BTreeSet::new(),
            kills: 0,
            allowed: BTreeMap::new(),
            copies: 0,
        };
        practice.starts();
        with_account(practice.data.path());
        practice.token = token(practice.serving().address);
        practice.sign_in();
        thread::sleep(READ_THE_FORM);
        practice
    }

    /// A program that runs shows the older texts where one is faulty; one that starts says what is to be mended first.
    pub(super) fn starts(&mut self) {
        fs::copy("content/pages/about.md", self.content.path().join("pages/about.md")).expect("mended");
        let plan = Plan::over(self.data.path())
            .set("PRACTICE_CONTENT", self.content.path())
            .set("PRACTICE_SMTP_URL", self.mail.server.url())
            .set("PRACTICE_MAIL_TO", "office@practice.example")
            .set("PRACTICE_MAIL_FROM", "site@practice.example")
            .set("PRACTICE_SECOND_FACTOR", "optional")
            .set("PRACTICE_RATE_LIMIT", "off");
        self.program = Some(plan.start());
    }

    pub(super) fn serving(&self) -> &Program {
        self.program.as_ref().expect("the program runs between the steps")
    }

    pub(super) fn database(&self) -> PathBuf {
        self.data.path().join("practice.db")
    }

    pub(super) fn sign_in(&mut self) {
        self.clerk = Some(Clerk::sign_in(self.serving()));
    }

    /// The person who signed in. A restart has signed nobody out.
    pub(super) fn clerk(&self) -> Clerk {
        let session = self.clerk.as_ref().map(|clerk| clerk.session.clone()).expect("signed in at the start");
        Clerk { address: self.serving().address, session }
    }

    /// Posts what has to go well.
    pub(super) fn works(&self, path: &str, body: &str) {
        let heard = self.clerk().post(path, body);
        assert_eq!(heard.status(), 303, "{path}: {}", heard.text);
        assert!(!heard.header("location").starts_with("/admin/sign-in"), "signed out");
    }

    /// What the mail server has taken and the program had no time to write down will go out once more.
    pub(super) fn notes_what_was_under_way(&mut self) {
        let waiting = self.ledger.look(&self.database()).waiting;
        for (reference, ids) in
            self.mail.taken().into_iter().filter(|(reference, _)| waiting.contains(reference))
        {
            self.allowed.insert(reference, ids.len() + 1);
        }
    }

    pub(super) fn nobody_is_missing(&self, seen: &Seen) {
        for reference in self.acknowledged.values().filter(|reference| !self.erased.contains(*reference)) {
            assert!(seen.inquiries.contains_key(reference), "{reference} was acknowledged and is lost");
        }
    }

    /// What must be so at every moment.
    pub fn keeps_its_promises(&mut self) {
        assert_eq!(get(self.serving().address, "/about").status(), 200);
        // The server's answer is there a moment before the program has written it down, so the emails come first.
        let taken = self.mail.taken();
        let seen = self.ledger.look(&self.database());
        self.nobody_is_missing(&seen);
        let promised: BTreeSet<&String> = self.acknowledged.values().collect();
        assert_eq!(promised.len(), self.acknowledged.len(), "each request has a reference of its own");
        let promised = promised.into_iter().filter(|reference| !self.erased.contains(*reference)).count();
        assert_eq!(seen.rows, seen.inquiries.len());
        assert!(seen.rows <= promised + self.in_doubt.len(), "{} rows for {promised} requests", seen.rows);
        assert_eq!(seen.begun as usize, seen.rows, "each has its first event");
        assert!(seen.suspected.is_empty(), "{:?}", seen.suspected);
        for reference in self.erased.iter() {
            assert!(!seen.inquiries.contains_key(reference), "{reference} was erased and is back");
        }
        let taken_since = self.mail.taken();
        for reference in seen.inquiries.keys() {
            let is_told = taken_since.contains_key(reference) || seen.waiting.contains(reference);
            assert!(is_told, "no email tells of {reference}, and none waits");
        }
        self.doubles_are_explained(&taken);
    }

    /// An email goes out twice only where the program ended before it could write down the first.
    fn doubles_are_explained(&self, taken: &BTreeMap<String, Vec<String>>) {
        for (reference, ids) in taken {
            let allowed = self.allowed.get(reference).copied().unwrap_or(1);
            assert!(ids.len() <= allowed, "{reference} went out {} times: {ids:?}", ids.len());
        }
    }

    /// At the end the mail server is friendly, and every email goes out.
    pub fn sends_all_that_waits(&mut self) {
        self.mail.be_friendly();
        self.sign_in();
        // Emails wait for their next attempt, or ten minutes for the next digest. Nobody has to wait for that here.
        for _ in 0..10 {
            if self.sends_for_a_while() {
                break;
            }
            self.program.take().expect("runs").kill();
            self.notes_what_was_under_way();
            self.ledger.ends_every_wait(&self.database());
            self.starts();
        }
        let taken = self.mail.taken();
        let seen = self.ledger.look(&self.database());
        for reference in seen.inquiries.keys() {
            assert!(taken.contains_key(reference), "no email ever told of {reference}");
        }
    }

    /// Whether every email has gone out before long.
    fn sends_for_a_while(&self) -> bool {
        (0..25).any(|_| {
            thread::sleep(Duration::from_millis(200));
            self.ledger.look(&self.database()).waiting.is_empty()
        })
    }

    pub fn figures(&self) -> String {
        let taken = self.mail.taken();
        let doubled: Vec<&Vec<String>> = taken.values().filter(|ids| ids.len() > 1).collect();
        let same = doubled.iter().filter(|ids| ids.iter().all(|id| *id == ids[0])).count();
        format!(
            "{} requests acknowledged, 0 lost, {} erased, {} kills, {} copies; told of {} by {} emails, {} twice ({same} with the same Message-ID)",
            self.acknowledged.len(),
            self.erased.len(),
            self.kills,
            self.copies,
            taken.len(),
            self.mail.server.heard().taken.len(),
            doubled.len(),
        )
    }
}

pub(super) fn folder() -> TempDir {
    tempfile::tempdir().expect("a folder")
}

fn copy(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).expect("a folder") {
        let path = entry.expect("readable").path();
        let target = to.join(path.file_name().expect("a name"));
        if path.is_dir() {
            fs::create_dir_all(&target).expect("made");
            copy(&path, &target);
        } else {
            fs::copy(&path, &target).expect("copied");
        }
    }
}
