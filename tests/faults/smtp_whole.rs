//! From the form to a real mail server: whatever visitors type, what leaves is the practice's own few words, to the
//! practice alone (SEC-18, SEC-19, REL-08, REL-11).
//!
//! Needs python3 with aiosmtpd (Debian: python3-aiosmtpd).

use std::collections::BTreeSet;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use practice_site::db::Db;
use practice_site::inquiry::TokenKey;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::fake_smtp::{FakeSmtp, Silence};
use crate::program::{Plan, Program, eventually};
use crate::smtp::MailServer;
use crate::wire::{Heard, post};

const SEND: &str = "/request-consultation/send";
const CANARY: &str = "zzcanary";

fn start(url: String) -> (Program, TempDir) {
    let data = tempfile::tempdir().expect("a folder");
    let program = Plan::over(data.path())
        .set("PRACTICE_SMTP_URL", url)
        .set("PRACTICE_MAIL_TO", "office@practice.example")
        .set("PRACTICE_MAIL_FROM", "site@practice.example")
        .set("PRACTICE_RATE_LIMIT", "off")
        .start();
    (program, data)
}

/// Of a form that was opened a minute ago, so that nobody takes its sender for a program.
fn token(data: &Path) -> String {
    let opened = Timestamp::now() - SignedDuration::from_mins(1);
    TokenKey::load(data).expect("a key").issue(opened).expect("a token")
}

/// Answers that are in order but for what is given.
fn body(token: &str, given: &[(&str, &str)]) -> String {
    let usual = [
        ("token", token),
        ("name", "Quill Madeup"),
        ("looking_for", "couple"),
        ("location", "OR"),
        ("adult", "yes"),
        ("by", "email"),
        ("email", "quill@mail.example"),
        ("understood", "yes"),
    ];
    let is_given = |name: &str| given.iter().any(|(other, _)| *other == name);
    let fields = usual.iter().filter(|(name, _)| !is_given(name)).chain(given);
    let encoded = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    fields.map(|(name, value)| format!("{name}={}", encoded(value))).collect::<Vec<_>>().join("&")
}

fn reference(sent: &Heard) -> String {
    assert_eq!(sent.status(), 303, "{}", sent.text);
    sent.header("location").rsplit('/').next().expect("a reference").to_owned()
}

/// What every email of the program must look like, whatever it is about.
fn assert_ours(message: &Value) {
    assert_eq!(message["to"], json!(["office@practice.example"]), "{message}");
    assert_eq!(message["from"], "site@practice.example");
    let headers = message["headers"].as_array().expect("a list");
    let value = |name: &str| {
        headers.iter().find(|header| header[0] == name).map_or("", |h| h[1].as_str().expect("text"))
    };
    let names: Vec<_> = headers.iter().map(|header| header[0].as_str().expect("a name")).collect();
    let ours = [
        "From",
        "To",
        "Subject",
        "Date",
        "Message-ID",
        "Auto-Submitted",
        "MIME-Version",
        "Content-Type",
        "Content-Transfer-Encoding",
    ];
    assert_eq!(names, ours, "{message}");
    assert_eq!(value("From"), "site@practice.example");
    assert_eq!(value("To"), "office@practice.example");
    assert_eq!(value("Auto-Submitted"), "auto-generated");
    assert_eq!(value("Content-Type"), "text/plain; charset=\"utf-8\"");
    assert!(value("Message-ID").ends_with("@practice.example>"), "{message}");
    let subject = subject(message);
    let is_one = subject.strip_prefix("New request ").is_some_and(|rest| rest.len() == 7);
    let is_many = subject.strip_suffix(" new requests").is_some_and(|rest| rest.parse::<u32>().is_ok());
    assert!(is_one || is_many, "{subject}");
}

fn subject(message: &Value) -> &str {
    message["headers"][2][1].as_str().expect("a subject")
}

fn named_in(messages: &[Value]) -> BTreeSet<String> {
    let texts = messages.iter().map(|message| message["text"].as_str().expect("text"));
    texts
        .flat_map(|text| {
            text.lines().filter_map(|line| line.split("/admin/inquiries/").nth(1)).map(str::to_owned)
        })
        .collect()
}

#[test]
fn sec_18_and_rel_11_nothing_that_is_typed_changes_an_email_or_keeps_the_next_one_back() {
    let server = MailServer::start(&[]);
    let (program, data) = start(format!("smtp://127.0.0.1:{}?tls=none", server.port));
    let hostile = [
        "zzcanary\r\nBcc: x@victim.example",
        "zzcanary\nTo: x@victim.example",
        "zzcanary%0d%0aBcc: x@victim.example",
        "zzcanary\u{85}Bcc: x@victim.example",
        "zzcanary\u{2028}Bcc: x@victim.example",
        "=?utf-8?q?zzcanary=0D=0ABcc:_x@victim.example?=",
        "zzcanary\0",
        "zzcanary \u{202e}nimda",
        "zzcanary\r\n.\r\nMAIL FROM:<x@victim.example>\r\n",
    ];
    let addresses =
        ["x@victim.example,zzcanary@w.example", "\"a\r\nb\"@zzcanary.example", "zzcanary@victim.example"];
    let long = format!("{CANARY} {}", "x".repeat(5_000));
    let mut taken = BTreeSet::new();
    let mut try_with = |given: &[(&str, &str)]| {
        let sent = post(program.address, SEND, &body(&token(data.path()), given));
        match sent.status() {
            303 => drop(taken.insert(reference(&sent))),
            // Shown again with what was typed.
            status => assert!((200..500).contains(&status) && sent.is_page(), "{given:?}: {}", sent.text),
        }
    };
    for text in hostile.iter().copied().chain([long.as_str()]) {
        try_with(&[("name", text)]);
        try_with(&[("note", text)]);
        try_with(&[("by", "text"), ("phone", text)]);
    }
    addresses.iter().for_each(|address| try_with(&[("email", address)]));
    taken.insert(reference(&post(program.address, SEND, &body(&token(data.path()), &[]))));
    assert!(taken.len() >= 5, "nothing hostile was taken in, so nothing was tried");

    let messages = eventually("an email about many", || {
        let messages = server.kept("message");
        messages.iter().any(|message| subject(message).ends_with("new requests")).then_some(messages)
    });
    messages.iter().for_each(assert_ours);
    let everything = format!("{messages:?}");
    for private in [CANARY, "victim", "Quill", "mail.example", "nimda"] {
        assert!(!everything.contains(private), "{private}: {everything}");
    }
    let told = told_or_waiting(data.path(), &messages);
    assert_eq!(told, taken, "each is told once or waits for the next email about many");
}

/// The references that an email named, and those that wait for the next one.
fn told_or_waiting(data: &Path, messages: &[Value]) -> BTreeSet<String> {
    let mut told = named_in(messages);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let db = Db::open_as_it_is(&data.join("practice.db")).await.expect("opens");
        let mut conn = db.read().await.expect("a reader");
        let waiting: Vec<String> =
            sqlx::query_scalar("SELECT about FROM outbox").fetch_all(&mut *conn).await.expect("rows");
        drop(conn);
        db.close().await;
        told.extend(waiting);
    });
    told
}

#[test]
fn sec_19_a_thousand_strangers_addresses_get_nothing_and_the_practice_a_handful() {
    let server = MailServer::start(&[]);
    let (program, data) = start(format!("smtp://127.0.0.1:{}?tls=none", server.port));
    let (address, token) = (program.address, token(data.path()));
    let senders: Vec<_> = (0..4)
        .map(|sender| {
            let token = token.clone();
            thread::spawn(move || {
                let one = |number: i32| {
                    let victim = format!("{number}@victim{number}.example");
                    reference(&post(address, SEND, &body(&token, &[("email", victim.as_str())])))
                };
                (0..250).map(|number| one(sender * 250 + number)).collect::<Vec<_>>()
            })
        })
        .collect();
    let taken: BTreeSet<_> = senders.into_iter().flat_map(|sender| sender.join().expect("sent")).collect();
    assert_eq!(taken.len(), 1000);
    let messages = eventually("emails", || {
        let messages = server.kept("message");
        let told = told_or_waiting(data.path(), &messages);
        (told.len() == 1000 && !messages.is_empty()).then_some(messages)
    });
    assert!(messages.len() <= 6, "{} emails", messages.len());
    messages.iter().for_each(assert_ours);
    assert!(!format!("{messages:?}").contains("victim"));
}

#[test]
fn rel_08_a_silent_server_delays_no_visitor_and_is_given_up_within_thirty_seconds() {
    let server = FakeSmtp::start(|_, _| Silence);
    let (program, data) = start(server.url());
    let start = Instant::now();
    let token = token(data.path());
    for number in 0..10 {
        let asked = Instant::now();
        reference(&post(program.address, SEND, &body(&token, &[("name", &format!("Quill {number}"))])));
        assert!(asked.elapsed() < Duration::from_secs(2), "a visitor waits for the mail server");
    }
    while !program.printed().contains("no answer within 30 s") {
        assert!(start.elapsed() < Duration::from_secs(45), "{}", program.printed());
        thread::sleep(Duration::from_millis(100));
    }
    // One when the program began to look after the way, one for all that wait.
    assert!(server.heard().connections <= 2, "{} connections", server.heard().connections);
}
