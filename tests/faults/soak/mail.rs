//! A mail server with moods, and what it has taken.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use super::chance::Chance;
use crate::fake_smtp::{At, FakeSmtp, HangUp, Say, Silence, usual};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mood {
    Friendly,
    /// Hangs up on whoever connects.
    Down,
    Silent,
    /// Silent once it has the whole email.
    SilentAtTheEnd,
    Later(At),
    Never(At),
    /// Takes the whole email and is gone before it says so.
    GoneAfterTheDot,
}

const MOODS: [Mood; 12] = [
    Mood::Friendly,
    Mood::Friendly,
    Mood::Friendly,
    Mood::Friendly,
    Mood::Down,
    Mood::Silent,
    Mood::SilentAtTheEnd,
    Mood::Later(At::Connect),
    Mood::Later(At::Dot),
    Mood::Never(At::Rcpt),
    Mood::Never(At::Dot),
    Mood::GoneAfterTheDot,
];

pub struct MailServer {
    pub server: FakeSmtp,
    mood: Arc<Mutex<Mood>>,
}

impl MailServer {
    pub fn start() -> Self {
        let mood = Arc::new(Mutex::new(Mood::Friendly));
        let shared = mood.clone();
        let server = FakeSmtp::start(move |_, at| match (*shared.lock().expect("whole"), at) {
            (Mood::Down, At::Connect) | (Mood::GoneAfterTheDot, At::Dot) => HangUp,
            (Mood::Silent, _) | (Mood::SilentAtTheEnd, At::Dot) => Silence,
            (Mood::Later(stage), at) if at == stage => Say("451 4.3.0 later"),
            (Mood::Never(stage), at) if at == stage => Say("550 5.7.1 no"),
            _ => usual(at),
        });
        Self { server, mood }
    }

    pub fn change(&self, chance: &mut Chance) {
        let mood = *chance.one_of(&MOODS);
        println!("  {mood:?}");
        *self.mood.lock().expect("whole") = mood;
    }

    pub fn be_friendly(&self) {
        *self.mood.lock().expect("whole") = Mood::Friendly;
    }

    /// Of each reference, the Message-IDs of the emails about it that the server said yes to, in order.
    pub fn taken(&self) -> BTreeMap<String, Vec<String>> {
        let mut taken: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for message in &self.server.heard().taken {
            let id = message.lines().find(|line| line.starts_with("Message-ID: ")).expect("a Message-ID");
            for reference in references(message) {
                taken.entry(reference).or_default().push(id.to_owned());
            }
        }
        taken
    }
}

/// Every reference that a link in the message names.
fn references(message: &str) -> BTreeSet<String> {
    let text = message.replace("=\r\n", "");
    let links = text.split("/admin/inquiries/").skip(1);
    links.filter_map(|rest| rest.get(..7)).map(String::from).collect()
}
