//! A practice under test: the real program, its mail server, and everything that was promised to anybody.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use tempfile::TempDir;

use super::chance::Chance;
use super::ledger::{Ledger, Seen};
use super::mail::MailServer;
use crate::operator;
use crate::program::{Plan, Program, eventually};
use crate::wire::{FORM, Heard, answers, get, post, request, token};

const EMAIL: &str = "jo@example.com";
const PASSWORD: &str = "mortar lily 9 kettle";
const SEND: &str = "/request-consultation/send";
const RECEIVED: &str = "/request-consultation/received/";
/// What is sent sooner is held as possible spam, and no email tells of it.
const READ_THE_FORM: Duration = Duration::from_secs(4);

pub struct Practice {
    data: TempDir,
    content: TempDir,
    mail: MailServer,
    program: Option<Program>,
    ledger: Ledger,
    /// Handed out at the beginning, so that it is old enough for every request.
    token: String,
    session: String,
    requests: usize,
    /// Who was told that the request was received, by the name that was typed.
    acknowledged: BTreeMap<String, String>,
    /// Sent, and no answer came: stored or not.
    in_doubt: BTreeSet<String>,
    erased: BTreeSet<String>,
    kills: usize,
    /// How often an email may have gone out, where that is more than once.
    allowed: BTreeMap<String, usize>,
    copies: usize,
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
            session: String::new(),
            requests: 0,
            acknowledged: BTreeMap::new(),
            in_doubt: BTreeSet::new(),
            erased: BTreeSet::new(),
            kills: 0,
            allowed: BTreeMap::new(),
            copies: 0,
        };
        practice.starts();
        let add = ["staff", "add", "--email", EMAIL, "--name", "Jo Example"];
        let (went_well, said) = operator::run(practice.data.path(), &add, &[PASSWORD]);
        assert!(went_well, "{said}");
        practice.token = token(practice.serving().address);
        practice.sign_in();
        thread::sleep(READ_THE_FORM);
        practice
    }

    fn starts(&mut self) {
        let plan = Plan::over(self.data.path())
            .set("PRACTICE_CONTENT", self.content.path())
            .set("PRACTICE_SMTP_URL", self.mail.server.url())
            .set("PRACTICE_MAIL_TO", "office@practice.example")
            .set("PRACTICE_MAIL_FROM", "site@practice.example")
            .set("PRACTICE_SECOND_FACTOR", "optional")
            .set("PRACTICE_RATE_LIMIT", "off");
        self.program = Some(plan.start());
    }

    fn serving(&self) -> &Program {
        self.program.as_ref().expect("the program runs between the steps")
    }

    fn database(&self) -> PathBuf {
        self.data.path().join("practice.db")
    }

    /// The answers of somebody new.
    fn somebody(&mut self) -> String {
        self.requests += 1;
        answers(&self.token, &format!("Quill{}", self.requests))
    }

    /// Sends answers and expects "received".
    fn sends(&mut self, body: &str) -> String {
        let heard = post(self.serving().address, SEND, body);
        let reference =
            reference(&heard).unwrap_or_else(|| panic!("not received: {}", heard.text)).to_owned();
        self.is_told(body, &reference);
        reference
    }

    fn is_told(&mut self, body: &str, reference: &str) {
        let before = self.acknowledged.insert(body.to_owned(), reference.to_owned());
        assert!(before.is_none_or(|before| before == reference), "one request, two references");
        self.in_doubt.remove(body);
    }

    pub fn submits(&mut self, _: &mut Chance) {
        let body = self.somebody();
        self.sends(&body);
    }

    pub fn submits_twice(&mut self, _: &mut Chance) {
        let body = self.somebody();
        let first = self.sends(&body);
        assert_eq!(self.sends(&body), first);
    }

    pub fn submits_at_once(&mut self, chance: &mut Chance) {
        let body = self.somebody();
        let bodies = vec![body; 2 + chance.below(6)];
        self.sent_together(bodies);
    }

    pub fn submit_together(&mut self, chance: &mut Chance) {
        let bodies = (0..2 + chance.below(8)).map(|_| self.somebody()).collect();
        self.sent_together(bodies);
    }

    fn sent_together(&mut self, bodies: Vec<String>) {
        let address = self.serving().address;
        let sending: Vec<_> = bodies
            .into_iter()
            .map(|body| thread::spawn(move || (post(address, SEND, &body), body)))
            .collect();
        for (heard, body) in sending.into_iter().map(|sent| sent.join().expect("sends")) {
            let reference = reference(&heard).unwrap_or_else(|| panic!("not received: {}", heard.text));
            self.is_told(&body, reference);
        }
    }

    /// What is under way while the program ends: each answer that came is a promise, the rest is in doubt.
    fn ends_under_load(&mut self, chance: &mut Chance, end: impl FnOnce(Program)) {
        let bodies: Vec<String> = (0..1 + chance.below(8)).map(|_| self.somebody()).collect();
        self.in_doubt.extend(bodies.iter().cloned());
        let program = self.program.take().expect("the program runs between the steps");
        let address = program.address;
        let send = move |body: String| {
            // The program may be gone before it is even asked.
            let heard = std::net::TcpStream::connect(address).is_ok().then(|| post_or_not(address, &body));
            (heard.flatten(), body)
        };
        let sending: Vec<_> = bodies.into_iter().map(|body| thread::spawn(move || send(body))).collect();
        thread::sleep(Duration::from_millis(chance.below(60) as u64));
        end(program);
        for (heard, body) in sending.into_iter().map(|sent| sent.join().expect("sends")) {
            if let Some(reference) = heard.as_ref().and_then(reference) {
                self.is_told(&body, reference);
            }
        }
        self.notes_what_was_under_way();
        self.starts();
        // Some try again, as the page of the browser offers.
        let again: Vec<String> = self.in_doubt.iter().filter(|_| chance.below(2) == 0).cloned().collect();
        for body in again {
            self.sends(&body);
        }
    }

    pub fn is_killed(&mut self, chance: &mut Chance) {
        self.kills += 1;
        self.ends_under_load(chance, Program::kill);
    }

    /// What the mail server has taken and the program had no time to write down will go out once more.
    fn notes_what_was_under_way(&mut self) {
        let waiting = self.ledger.look(&self.database()).waiting;
        for (reference, ids) in
            self.mail.taken().into_iter().filter(|(reference, _)| waiting.contains(reference))
        {
            self.allowed.insert(reference, ids.len() + 1);
        }
    }

    pub fn is_stopped(&mut self, chance: &mut Chance) {
        self.ends_under_load(chance, |mut program| {
            program.terminate();
            let status = program.ended_within(Duration::from_secs(12)).expect("it ends in time");
            assert!(status.success(), "{status}: {}", program.printed());
        });
    }

    pub fn mail_server_changes(&mut self, chance: &mut Chance) {
        self.mail.change(chance);
    }

    pub fn copies(&mut self, _: &mut Chance) {
        let away = folder();
        let file = away.path().join("copy.db");
        let plan = Plan::over(self.data.path()).argument("backup").argument(file.to_str().expect("text"));
        let (code, _, complaint) = plan.outcome();
        assert_eq!(code, Some(0), "{complaint}");
        let seen = self.ledger.look(&file);
        self.nobody_is_missing(&seen);
        self.copies += 1;
    }

    fn sign_in(&mut self) {
        let body = format!("email={EMAIL}&password={}&code=", PASSWORD.replace(' ', "+"));
        let heard = post(self.serving().address, "/admin/sign-in", &body);
        let cookie = heard.text.lines().find_map(|line| line.split_once("session="));
        let cookie = cookie.unwrap_or_else(|| panic!("not signed in: {}", heard.text)).1;
        self.session = cookie.split(';').next().unwrap_or_default().to_owned();
    }

    pub fn signs_in(&mut self, _: &mut Chance) {
        self.sign_in();
        let headers = format!("Cookie: session={}\r\n", self.session);
        let page = request(self.serving().address, "GET", "/admin/inquiries", &headers, b"");
        assert_eq!(page.status(), 200, "{}", page.text);
    }

    /// Posts as the person who is signed in. A restart has signed nobody out.
    fn works(&self, path: &str, body: &str) -> Heard {
        let headers = format!("{FORM}Cookie: session={}\r\n", self.session);
        let heard = request(self.serving().address, "POST", path, &headers, body.as_bytes());
        assert_eq!(heard.status(), 303, "{path}: {}", heard.text);
        assert!(!heard.header("location").starts_with("/admin/sign-in"), "signed out");
        heard
    }

    /// Any request that is there.
    fn chosen(&self, chance: &mut Chance) -> Option<(String, i64)> {
        let seen = self.ledger.look(&self.database());
        let all: Vec<_> = seen.inquiries.into_iter().collect();
        (!all.is_empty())
            .then(|| chance.one_of(&all).clone())
            .map(|(reference, (_, version))| (reference, version))
    }

    pub fn changes_a_status(&mut self, chance: &mut Chance) {
        let Some((reference, version)) = self.chosen(chance) else { return };
        let headers = format!("{FORM}Cookie: session={}\r\n", self.session);
        let status = chance.one_of(&["contacted", "call-booked", "waitlist", "spam", "new"]);
        let path = format!("/admin/inquiries/{reference}/status");
        let body = format!("status={status}&version={version}");
        let heard = request(self.serving().address, "POST", &path, &headers, body.as_bytes());
        // Not every status may follow every other; then the page says so.
        assert!([303, 409, 422].contains(&heard.status()), "{}", heard.text);
    }

    pub fn erases(&mut self, chance: &mut Chance) {
        let Some((reference, _)) = self.chosen(chance) else { return };
        let body = format!("erase={reference}&password={}", PASSWORD.replace(' ', "+"));
        self.works("/admin/export/erase/now", &body);
        self.erased.insert(reference);
    }

    pub fn changes_a_text(&mut self, chance: &mut Chance) {
        let original = fs::read_to_string("content/pages/about.md").expect("readable");
        let text = match chance.below(3) {
            0 => original,
            1 => format!("{original}\n\nAnother paragraph, number {}.\n", chance.below(1000)),
            _ => format!("{original}\n\n<script>a fault</script>\n"),
        };
        fs::write(self.content.path().join("pages/about.md"), text).expect("written");
    }

    fn nobody_is_missing(&self, seen: &Seen) {
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

    /// An email goes out twice only where the program was killed before it could write down the first.
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
        eventually("the outbox is empty", || {
            self.works("/admin/mail/retry", "");
            thread::sleep(Duration::from_secs(1));
            let waiting = self.ledger.look(&self.database()).waiting;
            if !waiting.is_empty() {
                // A digest holds back what follows it for ten minutes, but a restart forgets that.
                self.program.take().expect("runs").kill();
                self.notes_what_was_under_way();
                self.starts();
            }
            waiting.is_empty().then_some(())
        });
        let taken = self.mail.taken();
        let seen = self.ledger.look(&self.database());
        for reference in seen.inquiries.keys() {
            assert!(taken.contains_key(reference), "no email ever told of {reference}");
        }
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

fn folder() -> TempDir {
    tempfile::tempdir().expect("a folder")
}

fn reference(heard: &Heard) -> Option<&str> {
    let reference = heard.header("location").strip_prefix(RECEIVED)?;
    (heard.status() == 303 && reference.len() == 7).then_some(reference)
}

/// Nothing where the connection broke.
fn post_or_not(address: std::net::SocketAddr, body: &str) -> Option<Heard> {
    std::panic::catch_unwind(|| post(address, SEND, body)).ok()
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
