//! What happens to the practice: each step is one thing that people, machines or bad luck do.

use std::fs;
use std::net::{SocketAddr, TcpStream};
use std::thread;
use std::time::Duration;

use super::chance::Chance;
use super::practice::{Practice, folder};
use crate::practice::{PASSWORD, spaced};
use crate::program::{Plan, Program};
use crate::wire::{Heard, answers, post};

const SEND: &str = "/request-consultation/send";
const RECEIVED: &str = "/request-consultation/received/";

impl Practice {
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
            let heard = TcpStream::connect(address).is_ok().then(|| post_or_not(address, &body));
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

    pub fn signs_in(&mut self, _: &mut Chance) {
        self.sign_in();
        let page = self.clerk().get("/admin/inquiries");
        assert_eq!(page.status(), 200, "{}", page.text);
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
        let status = chance.one_of(&["contacted", "call-booked", "waitlist", "spam", "new"]);
        let path = format!("/admin/inquiries/{reference}/status");
        let body = format!("status={status}&version={version}");
        let heard = self.clerk().post(&path, &body);
        // Not every status may follow every other; then the page says so.
        assert!([303, 409, 422].contains(&heard.status()), "{}", heard.text);
    }

    pub fn erases(&mut self, chance: &mut Chance) {
        let Some((reference, _)) = self.chosen(chance) else { return };
        let body = format!("erase={reference}&password={}", spaced(PASSWORD));
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
}

fn reference(heard: &Heard) -> Option<&str> {
    let reference = heard.header("location").strip_prefix(RECEIVED)?;
    (heard.status() == 303 && reference.len() == 7).then_some(reference)
}

/// Nothing where the connection broke.
fn post_or_not(address: SocketAddr, body: &str) -> Option<Heard> {
    std::panic::catch_unwind(|| post(address, SEND, body)).ok()
}
