//! Many emails of one topic become few, and still none is lost (SEC-19).

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use jiff::{SignedDuration, Timestamp};
use practice_site::mail::{Affects, Mailer, Memory, SendError};
use practice_site::outbox::{self, Joinable};

use crate::outbox::{Outbox, drain, noon};

/// `name` is subject, line and what it is about.
async fn put(outbox: &Outbox, name: &str, now: Timestamp) {
    let mut write = outbox.db.begin().await.expect("a write");
    let email =
        Joinable { subject: name, body: "Open it.", topic: "new-requests", line: name, about: name, at: now };
    outbox::enqueue_joinable(&mut write, &[email]).await.expect("enqueued");
    write.commit().await.expect("committed");
}

async fn put_many(outbox: &Outbox, many: usize, now: Timestamp) {
    for number in 0..many {
        put(outbox, &format!("R{number}"), now).await;
    }
}

fn subjects(memory: &Memory) -> Vec<String> {
    memory.accepted().into_iter().map(|email| email.subject).collect()
}

fn minutes(count: i64) -> Timestamp {
    noon() + SignedDuration::from_mins(count)
}

#[tokio::test]
async fn four_requests_at_once_are_four_emails_and_five_are_one() {
    for (many, expected) in [(4, vec!["R0", "R1", "R2", "R3"]), (5, vec!["5 joined"])] {
        let outbox = Outbox::empty().await;
        put_many(&outbox, many, noon()).await;
        let memory = Memory::default();
        drain(&mut outbox.worker(Mailer::Memory(memory.clone())), noon()).await;
        assert_eq!(subjects(&memory), expected);
        assert_eq!(outbox.len().await, 0);
    }
}

#[tokio::test]
async fn sec_19_a_thousand_requests_in_an_hour_are_few_emails_and_each_is_named_once() {
    let outbox = Outbox::empty().await;
    let memory = Memory::default();
    let mut worker = outbox.worker(Mailer::Memory(memory.clone()));
    for number in 0..1000 {
        let now = noon() + SignedDuration::from_secs(number * 3);
        put(&outbox, &format!("R{number}"), now).await;
        drain(&mut worker, now).await;
    }
    let mut now = minutes(50);
    while let (_, Some(next)) = drain(&mut worker, now).await {
        assert_eq!(outbox.trouble(next).await, None, "waiting for a digest is no trouble");
        now = next;
    }
    assert!(memory.accepted().len() <= 11, "{} emails", memory.accepted().len());
    assert_all_named_once(&memory, 1000);
}

fn assert_all_named_once(memory: &Memory, many: usize) {
    let mut named: Vec<String> = memory
        .accepted()
        .iter()
        .flat_map(|email| match email.subject.ends_with("joined") {
            true => email.text.lines().map(str::to_owned).collect(),
            false => vec![email.subject.clone()],
        })
        .collect();
    named.sort_unstable();
    let mut expected: Vec<String> = (0..many).map(|number| format!("R{number}")).collect();
    expected.sort_unstable();
    assert_eq!(named, expected);
}

#[tokio::test]
async fn sec_19_what_came_in_while_the_server_was_away_is_told_in_few_emails_and_is_then_no_trouble() {
    let outbox = Outbox::empty().await;
    let memory = Memory::default();
    let away = Arc::new(AtomicBool::new(true));
    let is_away = away.clone();
    memory.answer_with(move |_| match is_away.load(Ordering::Relaxed) {
        true => Err(SendError::transient("connection refused, while connecting", Affects::EveryEmail)),
        false => Ok(()),
    });
    let mut worker = outbox.worker(Mailer::Memory(memory.clone()));
    for number in 0..300 {
        let now = noon() + SignedDuration::from_secs(number * 3);
        put(&outbox, &format!("R{number}"), now).await;
        drain(&mut worker, now).await;
    }
    away.store(false, Ordering::Relaxed);
    let mut now = minutes(60);
    while let (_, Some(next)) = drain(&mut worker, now).await {
        assert_eq!(outbox.trouble(now).await, None, "the server is back, and the rest waits for a digest");
        now = next;
    }
    assert!(memory.accepted().len() <= 3, "{} emails", memory.accepted().len());
    assert_all_named_once(&memory, 300);
}

#[tokio::test]
async fn a_digest_that_failed_does_not_wait_behind_the_newer_ones() {
    let outbox = Outbox::empty().await;
    put_many(&outbox, 5, noon()).await;
    let memory = Memory::default();
    memory.answer_with(|_| Err(SendError::transient("451 later", Affects::ThisEmail)));
    let mut worker = outbox.worker(Mailer::Memory(memory.clone()));
    drain(&mut worker, noon()).await;

    memory.answer_with(|_| Ok(()));
    let soon = noon() + SignedDuration::from_secs(30);
    for number in 5..11 {
        put(&outbox, &format!("R{number}"), soon).await;
    }
    drain(&mut worker, soon).await;
    assert_eq!(subjects(&memory), ["6 joined", "5 joined"]);
}

#[tokio::test]
async fn a_digest_names_at_most_two_hundred_and_the_rest_waits_ten_minutes() {
    let outbox = Outbox::empty().await;
    put_many(&outbox, 203, noon()).await;
    let memory = Memory::default();
    let mut worker = outbox.worker(Mailer::Memory(memory.clone()));
    assert_eq!(drain(&mut worker, noon()).await, (1, Some(minutes(10))));
    assert_eq!(outbox.len().await, 3);
    drain(&mut worker, minutes(10)).await;
    assert_eq!(subjects(&memory), ["200 joined", "R200", "R201", "R202"]);
}

#[tokio::test]
async fn another_email_does_not_wait_for_a_digest() {
    let outbox = Outbox::empty().await;
    put_many(&outbox, 5, noon()).await;
    let memory = Memory::default();
    let mut worker = outbox.worker(Mailer::Memory(memory.clone()));
    drain(&mut worker, noon()).await;
    put(&outbox, "R5", minutes(1)).await;
    outbox.put("New sign-in", minutes(1)).await;
    assert_eq!(drain(&mut worker, minutes(1)).await, (1, Some(minutes(10))));
    drain(&mut worker, minutes(10)).await;
    assert_eq!(subjects(&memory), ["5 joined", "New sign-in", "R5"]);
}

#[tokio::test]
async fn a_digest_that_is_put_off_keeps_every_row_and_comes_again_under_the_same_id() {
    let outbox = Outbox::empty().await;
    put_many(&outbox, 6, noon()).await;
    let memory = Memory::default();
    let (seen, ids) = std::sync::mpsc::channel();
    let mut failures = 2;
    memory.answer_with(move |email| {
        seen.send(email.message_id.clone()).expect("the test listens");
        failures -= 1;
        match failures {
            1 => Err(SendError::transient("451 later", Affects::ThisEmail)),
            0 => Err(SendError::permanent("550 no such person", Affects::EveryEmail)),
            _ => Ok(()),
        }
    });
    let mut worker = outbox.worker(Mailer::Memory(memory.clone()));
    let mut now = noon();
    for _ in 0..2 {
        let (attempts, next) = drain(&mut worker, now).await;
        assert_eq!((attempts, outbox.len().await), (1, 6));
        now = next.expect("another attempt");
    }
    assert_eq!(drain(&mut worker, now).await, (1, None));
    assert_eq!(subjects(&memory), ["6 joined"]);
    let ids: Vec<String> = ids.try_iter().collect();
    assert!(ids.len() == 3 && ids.iter().all(|id| *id == ids[0]), "{ids:?}");
}

#[tokio::test]
async fn rel_12_a_digest_whose_answer_was_lost_comes_again_as_it_was_whatever_came_in_since() {
    let outbox = Outbox::empty().await;
    put_many(&outbox, 6, noon()).await;
    let memory = Memory::default();
    let (seen, tried) = std::sync::mpsc::channel();
    let mut failures = 1;
    memory.answer_with(move |email| {
        seen.send((email.subject.clone(), email.message_id.clone())).expect("the test listens");
        failures -= 1;
        if failures == 0 { Err(SendError::transient("no answer", Affects::ThisEmail)) } else { Ok(()) }
    });
    let (_, next) = drain(&mut outbox.worker(Mailer::Memory(memory.clone())), noon()).await;
    put(&outbox, "R6", minutes(1)).await;
    // A worker that knows nothing of the one before it, as after a kill.
    drain(&mut outbox.worker(Mailer::Memory(memory.clone())), next.expect("another attempt")).await;
    let (subjects, ids): (Vec<String>, Vec<String>) = tried.try_iter().unzip();
    assert_eq!(subjects, ["6 joined", "R6", "6 joined"]);
    assert_eq!(ids[0], ids[2]);
}

#[tokio::test]
async fn an_email_about_something_that_is_no_more_is_withdrawn() {
    let outbox = Outbox::empty().await;
    put_many(&outbox, 2, noon()).await;
    let mut write = outbox.db.begin().await.expect("a write");
    outbox::withdraw(&mut write, "R0").await.expect("withdrawn");
    write.commit().await.expect("committed");
    let memory = Memory::default();
    drain(&mut outbox.worker(Mailer::Memory(memory.clone())), noon()).await;
    assert_eq!(subjects(&memory), ["R1"]);
}

#[tokio::test]
async fn send_again_now_makes_what_failed_due() {
    let outbox = Outbox::empty().await;
    outbox.put("New request A", noon()).await;
    let memory = Memory::default();
    memory.answer_with(|_| Err(SendError::permanent("535 wrong password", Affects::EveryEmail)));
    let mut worker = outbox.worker(Mailer::Memory(memory.clone()));
    drain(&mut worker, noon()).await;
    assert_eq!(drain(&mut worker, minutes(5)).await.0, 0);

    memory.answer_with(|_| Ok(()));
    let mut write = outbox.db.begin().await.expect("a write");
    assert_eq!(outbox::retry_now(&mut write, minutes(5)).await.expect("made due"), 1);
    write.commit().await.expect("committed");
    assert_eq!(drain(&mut worker, minutes(5)).await, (1, None));
}
