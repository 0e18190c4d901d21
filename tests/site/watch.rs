//! Looks for what people typed wherever it must not be: on the disk, in emails, in the log, in headers, on strangers' pages.

use std::path::Path;

use jiff::Timestamp;
use practice_site::inquiry::notice;
use practice_site::mail::{Mailer, Memory};
use practice_site::outbox::{Step, Worker};

use crate::log::Log;
use crate::office::Office;
use crate::visit::Answer;

/// As they are searched for, in lower case; the number in every way it may be spelled.
const MARKERS: [&str; 9] = [
    "zyxlifename",
    "zyxlifemail",
    "zyxlifewrote",
    "zyxlifenoted",
    "zyxlifetimes",
    "zyxlifecolleague",
    "9715550173",
    "971 555 0173",
    "555-0173",
];

/// Everything that somebody who has no business here could get hold of.
pub struct Watch<'a> {
    pub office: &'a Office,
    pub log: Log,
    pub mail: Memory,
    worker: Worker,
    /// Once the request has one.
    pub reference: String,
}

impl<'a> Watch<'a> {
    pub fn over(office: &'a Office, log: Log) -> Self {
        let (desk, mail) = (office.desk(), Memory::default());
        let mailer = Mailer::Memory(mail.clone());
        let worker = Worker::new(desk.db.clone(), mailer, notice::joined, desk.mail.clone());
        Self { office, log, mail, worker, reference: String::new() }
    }

    /// Looks everywhere after a step, also into what the step answered but its body.
    pub async fn after(&mut self, step: &str, answer: &Answer) {
        for (name, value) in &answer.headers {
            holds_none(&format!("{step}: the header {name}"), value.as_bytes());
        }
        let now = Timestamp::from_millisecond(self.office.now()).expect("a time");
        while !matches!(self.worker.step(now).await.expect("a step"), Step::Idle { .. }) {}
        for email in self.mail.accepted() {
            holds_none(&format!("{step}: an email"), format!("{email:?}").as_bytes());
        }
        holds_none(&format!("{step}: the data folder"), &bytes_below(self.office.data.path()));
        holds_none(&format!("{step}: the log"), self.log.text().as_bytes());
        let reference = &self.reference;
        for path in [
            "/".to_owned(),
            "/request-consultation".into(),
            format!("/request-consultation/received/{reference}"),
            format!("/admin/inquiries/{reference}"),
            "/admin/sign-in".into(),
        ] {
            let answer = self.office.browser().open(&path).await;
            holds_none(&format!("{step}: {path} for a stranger"), answer.text().as_bytes());
        }
    }
}

/// Every byte of every file below a folder.
pub fn bytes_below(folder: &Path) -> Vec<u8> {
    let mut bytes = Vec::new();
    for entry in std::fs::read_dir(folder).expect("readable") {
        let path = entry.expect("readable").path();
        match path.is_dir() {
            true => bytes.extend(bytes_below(&path)),
            false => bytes.extend(std::fs::read(path).expect("readable")),
        }
    }
    bytes
}

pub fn holds(bytes: &[u8], needle: &[u8]) -> bool {
    bytes.windows(needle.len()).any(|window| window == needle)
}

pub fn holds_none(what: &str, bytes: &[u8]) {
    let lower = bytes.to_ascii_lowercase();
    for marker in MARKERS {
        assert!(!holds(&lower, marker.as_bytes()), "{marker} in {what}");
    }
}
