//! Killed at any moment: nobody who was told "received" is lost, and no email with them.

use std::collections::{HashMap, HashSet};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use crate::fake_smtp::{At, FakeSmtp, HangUp, Say, Silence, usual};
use crate::program::{Plan, eventually, folder, rounds};
use crate::stored::stored;
use crate::wire::{answers, get, old_token, post, send};

const CLIENTS: u64 = 8;

#[test]
fn rel_01_killed_at_any_moment_every_acknowledged_request_is_there_once_with_its_email() {
    let data = folder();
    let server = FakeSmtp::start(|_, at| usual(at));
    let plan = || Plan::under_load(data.path()).mail(&server.url());
    let acknowledged = Mutex::new(Vec::new());
    let kills = rounds(25, 200);
    for round in 0..kills {
        let program = plan().start();
        let (token, stop) = (old_token(data.path()), AtomicBool::new(false));
        thread::scope(|scope| {
            for client in 0..CLIENTS {
                let (token, stop, acknowledged, address) = (&token, &stop, &acknowledged, program.address);
                scope.spawn(move || send_until(address, token, round * CLIENTS + client, stop, acknowledged));
            }
            thread::sleep(Duration::from_millis(50 + round * 31 % 350));
            program.kill();
            stop.store(true, Ordering::SeqCst);
        });
    }
    let found = stored(data.path());
    let rows: HashSet<_> = found.references.iter().collect();
    assert_eq!(rows.len(), found.references.len(), "each once");
    let acknowledged = acknowledged.into_inner().expect("whole");
    assert!(acknowledged.len() as u64 > kills, "there was load: {}", acknowledged.len());
    for reference in &acknowledged {
        assert!(rows.contains(reference), "{reference} was acknowledged and is lost");
    }
    let mail = Mail::of(&server, &found.waiting);
    let without: Vec<_> = rows.iter().filter(|row| !mail.told.contains_key(row.as_str())).collect();
    println!(
        "{kills} kills: {} acknowledged, 0 lost, {} stored; {} emails arrived, {} of them told again what one before \
         them had told, {} of these under its Message-ID",
        acknowledged.len(),
        rows.len(),
        mail.arrived,
        mail.again,
        mail.same_id
    );
    // One is under way at most when the program is killed, and comes again as it was.
    assert!(mail.again as u64 <= kills);
    assert_eq!(mail.again, mail.same_id, "told again under another Message-ID");
    assert!(without.is_empty(), "stored without an email: {without:?}");
}

/// Which emails there are about each request: accepted ones and one that waits.
struct Mail {
    told: HashMap<String, usize>,
    arrived: usize,
    /// Emails about a request that one before them was about.
    again: usize,
    /// Those that came under the same Message-ID.
    same_id: usize,
}

impl Mail {
    fn of(server: &FakeSmtp, waiting: &[String]) -> Self {
        let mut told: HashMap<String, usize> = HashMap::new();
        let (mut ids, mut same_id, mut again) = (HashSet::new(), 0, 0);
        let messages = &server.heard().messages;
        for message in messages {
            let id = message.lines().find(|line| line.starts_with("Message-ID:")).expect("a Message-ID");
            same_id += usize::from(!ids.insert(id.to_owned()));
            let mut about: Vec<_> = references(message).collect();
            about.sort_unstable();
            about.dedup();
            again += usize::from(about.iter().any(|reference| told.contains_key(*reference)));
            about.into_iter().for_each(|reference| *told.entry(reference.to_owned()).or_default() += 1);
        }
        waiting.iter().for_each(|reference| *told.entry(reference.clone()).or_default() += 1);
        Self { told, arrived: messages.len(), again, same_id }
    }
}

/// What a message links to.
fn references(message: &str) -> impl Iterator<Item = &str> {
    message.split("/admin/inquiries/").skip(1).filter_map(|rest| rest.get(..7))
}

/// Sends one request after another and notes the references that came back.
fn send_until(
    address: SocketAddr,
    token: &str,
    client: u64,
    stop: &AtomicBool,
    acknowledged: &Mutex<Vec<String>>,
) {
    for number in 0.. {
        if stop.load(Ordering::SeqCst) || std::net::TcpStream::connect(address).is_err() {
            return;
        }
        let heard = std::panic::catch_unwind(|| {
            post(address, "/request-consultation/send", &answers(token, &format!("Quill{client}x{number}")))
        });
        let Ok(heard) = heard else { return };
        if let Some(reference) = heard.reference() {
            acknowledged.lock().expect("whole").push(reference.to_owned());
        }
    }
}

#[test]
fn rel_13_fifty_emails_that_wait_survive_a_kill_and_only_the_one_under_way_comes_twice() {
    let data = folder();
    let dots = std::sync::Arc::new(AtomicUsize::new(0));
    let seen = dots.clone();
    // Takes two emails, and the third without ever saying so.
    let silent = FakeSmtp::start(move |_, at| match at {
        At::Dot if seen.fetch_add(1, Ordering::SeqCst) == 2 => Silence,
        _ => usual(at),
    });
    let program = Plan::under_load(data.path()).mail(&silent.url()).start();
    let token = old_token(data.path());
    let mut sent = Vec::new();
    let mut send_many = |count: usize| {
        for _ in 0..count {
            let heard = send(program.address, &token, &format!("Quill{}", sent.len()));
            sent.push(heard.reference().expect("stored").to_owned());
        }
    };
    // One by one, so that they are not joined.
    for number in 1..=3 {
        send_many(1);
        eventually("an email is under way", || (dots.load(Ordering::SeqCst) == number).then_some(()));
    }
    send_many(47);
    program.kill();
    let before = stored(data.path());
    assert_eq!((before.references.len(), before.waiting.len()), (50, 48), "two were accepted");
    assert_eq!(silent.heard().accepted, 2);

    let server = FakeSmtp::start(|_, at| usual(at));
    let mut program = Plan::under_load(data.path()).mail(&server.url()).start();
    let all_told = || {
        let mail = Mail::of(&server, &[]);
        before.waiting.iter().all(|reference| mail.told.contains_key(reference)).then_some(())
    };
    eventually("every email is delivered", all_told);
    // Politely, so that it notes what was accepted.
    program.terminate();
    assert!(program.ended_within(Duration::from_secs(10)).is_some());
    let mut told = Mail::of(&silent, &[]).told;
    Mail::of(&server, &[]).told.into_iter().for_each(|(key, times)| *told.entry(key).or_default() += times);
    assert!(sent.iter().all(|reference| told.contains_key(reference)));
    let heard = silent.heard();
    let under_way: HashSet<_> = references(&heard.messages[2]).collect();
    let twice: HashSet<_> =
        told.iter().filter(|(_, times)| **times > 1).map(|(about, _)| about.as_str()).collect();
    assert_eq!(twice, under_way);
    assert!(stored(data.path()).waiting.is_empty());
}

#[test]
fn rel_14_twenty_at_once_and_one_more_are_one_request_with_one_email() {
    let data = folder();
    let mut program = Plan::over(data.path()).start();
    let token = old_token(data.path());
    let all: Vec<_> = thread::scope(|scope| {
        let senders: Vec<_> =
            (0..20).map(|_| scope.spawn(|| send(program.address, &token, "Quill"))).collect();
        senders.into_iter().map(|sender| sender.join().expect("sends")).collect()
    });
    let last = send(program.address, &token, "Quill");
    let references: HashSet<_> =
        all.iter().chain([&last]).map(|heard| heard.reference().expect("received")).collect();
    assert_eq!(references.len(), 1, "everybody reads the same reference");
    eventually("its email is there", || (!crate::program::emails(data.path()).is_empty()).then_some(()));
    assert_eq!(get(program.address, "/healthz").status(), 200);
    // Politely, so that it notes what was sent.
    program.terminate();
    assert!(program.ended_within(Duration::from_secs(10)).is_some());
    let found = stored(data.path());
    assert_eq!((found.references.len(), found.waiting.len()), (1, 0));
    assert_eq!(crate::program::emails(data.path()).len(), 1);
}

#[test]
fn rel_13_a_server_that_is_away_costs_no_email_whichever_way_it_is_away() {
    for away in [HangUp, Silence, Say("421 4.3.2 not now")] {
        let data = folder();
        let server = away_at_first(away);
        let program = Plan::under_load(data.path()).mail(&server.url()).start();
        let token = old_token(data.path());
        assert!(send(program.address, &token, "Quill").reference().is_some());
        eventually("it is tried", || (server.heard().connections > 0).then_some(()));
        program.kill();
        assert_eq!(stored(data.path()).waiting.len(), 1);
        make_due(data.path());
        let program = Plan::under_load(data.path()).mail(&server.url()).start();
        eventually("it is delivered", || (server.heard().accepted == 1).then_some(()));
        program.kill();
    }
}

/// Away for the first connection.
fn away_at_first(away: crate::fake_smtp::Answer) -> FakeSmtp {
    let away = Mutex::new(Some(away));
    FakeSmtp::start(move |_, at| away.lock().expect("whole").take().unwrap_or_else(|| usual(at)))
}

fn make_due(data: &Path) {
    crate::stored::in_writing(&data.join("practice.db"), "UPDATE outbox SET due_at = waits_since");
}
