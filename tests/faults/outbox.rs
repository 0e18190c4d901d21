//! The outbox and its worker with a mailer in memory: nothing is lost, nothing goes out twice, nobody waits for another.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use practice_site::db::Db;
use practice_site::mail::{Affects, Mailer, Memory, SendError};
use practice_site::outbox::{self, Step, Trouble, Worker};
use tempfile::TempDir;
use tokio::sync::{Notify, oneshot};

pub struct Outbox {
    pub db: Db,
    _folder: TempDir,
}

impl Outbox {
    pub async fn empty() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let db = Db::open(&folder.path().join("practice.db")).await.expect("a database");
        Self { db, _folder: folder }
    }

    pub async fn put(&self, subject: &str, now: Timestamp) -> i64 {
        let mut write = self.db.begin().await.expect("a write");
        let id = outbox::enqueue(&mut write, subject, "Open it.", now).await.expect("enqueued");
        write.commit().await.expect("committed");
        id
    }

    pub async fn trouble(&self, now: Timestamp) -> Option<Trouble> {
        outbox::trouble(&mut self.db.read().await.expect("a reader"), now).await.expect("an answer")
    }

    /// How many emails wait.
    pub async fn len(&self) -> i64 {
        let mut conn = self.db.read().await.expect("a reader");
        sqlx::query_scalar("SELECT count(*) FROM outbox").fetch_one(&mut *conn).await.expect("a number")
    }

    pub fn worker(&self, mailer: Mailer) -> Worker {
        Worker::new(self.db.clone(), mailer, joined, Arc::new(Notify::new()))
    }
}

/// Words of a digest that tests can count.
pub fn joined(_: &str, lines: &[&str]) -> anyhow::Result<(String, String)> {
    Ok((format!("{} joined", lines.len()), lines.join("\n")))
}

/// Steps until nothing is due; returns how many attempts that took and when the next one comes.
pub async fn drain(worker: &mut Worker, now: Timestamp) -> (usize, Option<Timestamp>) {
    for attempts in 0..1000 {
        if let Step::Idle { next_due } = worker.step(now).await.expect("a step") {
            return (attempts, next_due);
        }
    }
    panic!("the worker never rests");
}

pub fn noon() -> Timestamp {
    "2026-05-04T12:00:00Z".parse().expect("a literal time")
}

fn later() -> SendError {
    SendError::transient("451 4.3.0 later", Affects::EveryEmail)
}

fn subjects(memory: &Memory) -> Vec<String> {
    memory.accepted().into_iter().map(|email| email.subject).collect()
}

#[tokio::test]
async fn an_email_goes_out_once_and_leaves_the_outbox() {
    let outbox = Outbox::empty().await;
    outbox.put("New request A", noon()).await;
    let memory = Memory::default();
    let mut worker = outbox.worker(Mailer::Memory(memory.clone()));
    assert_eq!(drain(&mut worker, noon()).await, (1, None));
    assert_eq!(subjects(&memory), ["New request A"]);
    assert_eq!(outbox.len().await, 0);
    assert_eq!(outbox.trouble(noon()).await, None);
}

#[tokio::test]
async fn rel_09_waits_grow_are_capped_and_end_in_exactly_one_email() {
    let outbox = Outbox::empty().await;
    outbox.put("New request A", noon()).await;
    let memory = Memory::default();
    let mut failures = 8;
    memory.answer_with(move |_| {
        failures -= 1;
        if failures >= 0 { Err(later()) } else { Ok(()) }
    });
    let mut worker = outbox.worker(Mailer::Memory(memory.clone()));
    let (mut now, mut waits) = (noon(), Vec::new());
    while let (1, Some(next)) = drain(&mut worker, now).await {
        waits.push(next.duration_since(now).as_secs_f64() / 60.0);
        now = next;
    }
    assert_eq!(waits.len(), 8);
    for (wait, minutes) in waits.iter().zip([1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0, 30.0]) {
        assert!((wait / minutes - 1.0).abs() <= 0.101, "{waits:?}");
    }
    assert_eq!(subjects(&memory), ["New request A"]);
}

#[tokio::test]
async fn rel_10_a_refusal_for_good_stays_in_sight_is_tried_again_and_recovers() {
    let outbox = Outbox::empty().await;
    outbox.put("New request A", noon()).await;
    let memory = Memory::default();
    memory.answer_with(|_| Err(SendError::permanent("550 no such person", Affects::EveryEmail)));
    let mut worker = outbox.worker(Mailer::Memory(memory.clone()));
    let (attempts, next) = drain(&mut worker, noon()).await;
    let next = next.expect("another attempt");
    assert_eq!(attempts, 1);
    let hours = next.duration_since(noon()).as_secs_f64() / 3600.0;
    assert!((5.4..=6.6).contains(&hours), "{hours}");
    let trouble = outbox.trouble(noon()).await.expect("trouble");
    assert_eq!(
        trouble,
        Trouble { since: noon(), waiting: 1, last_reply: Some("550 no such person".into()), refused: true }
    );

    memory.answer_with(|_| Ok(()));
    assert_eq!(drain(&mut worker, next).await, (1, None));
    assert_eq!(outbox.trouble(next).await, None);
}

#[tokio::test]
async fn an_accepted_email_shows_that_the_server_works_so_what_was_refused_goes_out_at_once() {
    let outbox = Outbox::empty().await;
    outbox.put("New request A", noon()).await;
    let memory = Memory::default();
    memory.answer_with(|_| Err(SendError::permanent("535 wrong password", Affects::EveryEmail)));
    let mut worker = outbox.worker(Mailer::Memory(memory.clone()));
    drain(&mut worker, noon()).await;

    memory.answer_with(|_| Ok(()));
    let now = noon() + SignedDuration::from_mins(10);
    outbox.put("New request B", now).await;
    assert_eq!(drain(&mut worker, now).await, (2, None));
    assert_eq!(subjects(&memory), ["New request B", "New request A"]);
}

#[tokio::test]
async fn rel_11_an_email_that_makes_the_program_panic_stops_no_other() {
    let outbox = Outbox::empty().await;
    for subject in ["poison", "New request A", "New request B"] {
        outbox.put(subject, noon()).await;
    }
    let memory = Memory::default();
    memory.answer_with(|email| if email.subject == "poison" { panic!("made up") } else { Ok(()) });
    let mut worker = outbox.worker(Mailer::Memory(memory.clone()));
    drain(&mut worker, noon()).await;
    assert_eq!(subjects(&memory), ["New request A", "New request B"]);
    let trouble = outbox.trouble(noon()).await.expect("trouble");
    assert_eq!((trouble.waiting, trouble.refused), (1, false));
    assert_eq!(trouble.last_reply.as_deref(), Some("the program failed while sending"));
}

#[tokio::test]
async fn a_new_email_goes_before_one_that_fails_again_and_again() {
    let outbox = Outbox::empty().await;
    outbox.put("bad", noon()).await;
    let memory = Memory::default();
    memory.answer_with(|email| {
        if email.subject == "bad" {
            Err(SendError::transient("451 not this one", Affects::ThisEmail))
        } else {
            Ok(())
        }
    });
    let mut worker = outbox.worker(Mailer::Memory(memory.clone()));
    let (_, next) = drain(&mut worker, noon()).await;
    let now = next.expect("another attempt");
    outbox.put("New request A", now).await;
    assert_eq!(worker.step(now).await.expect("a step"), Step::Accepted);
    assert_eq!(subjects(&memory), ["New request A"]);
}

#[tokio::test]
async fn what_comes_in_right_after_a_failure_waits_for_the_next_attempt_or_a_minute() {
    let outbox = Outbox::empty().await;
    outbox.put("New request A", noon()).await;
    let memory = Memory::default();
    memory.answer_with(|_| Err(later()));
    let mut worker = outbox.worker(Mailer::Memory(memory.clone()));
    let seconds = |at: Timestamp, count| at + SignedDuration::from_secs(count);
    let (_, next) = drain(&mut worker, noon()).await;
    for count in 1..20 {
        outbox.put("New request B", seconds(noon(), count)).await;
        assert_eq!(drain(&mut worker, seconds(noon(), count)).await, (0, next));
    }
    let second = next.expect("another attempt");
    let (attempts, third) = drain(&mut worker, second).await;
    assert_eq!((attempts, third > Some(seconds(second, 100))), (1, true), "all of them wait together");

    outbox.put("New request C", seconds(second, 1)).await;
    assert_eq!(drain(&mut worker, seconds(second, 59)).await, (0, third));
    memory.answer_with(|_| Ok(()));
    let (attempts, left) = drain(&mut worker, seconds(second, 60)).await;
    assert_eq!((attempts, left, subjects(&memory)[0].as_str()), (21, None, "New request C"));
}

#[tokio::test]
async fn rel_13_what_waits_outlives_the_worker() {
    let outbox = Outbox::empty().await;
    for number in 0..50 {
        outbox.put(&format!("New request {number}"), noon()).await;
    }
    let memory = Memory::default();
    let mut worker = outbox.worker(Mailer::Memory(memory.clone()));
    for _ in 0..20 {
        worker.step(noon()).await.expect("a step");
    }
    drop(worker);
    drain(&mut outbox.worker(Mailer::Memory(memory.clone())), noon()).await;
    let expected: Vec<_> = (0..50).map(|number| format!("New request {number}")).collect();
    assert_eq!(subjects(&memory), expected);
}

#[tokio::test]
async fn rel_17_a_clock_that_is_put_back_leaves_nothing_stuck() {
    for jump in [24, 24 * 365 * 10] {
        let outbox = Outbox::empty().await;
        let ahead = noon() + SignedDuration::from_hours(jump);
        outbox.put("New request A", ahead).await;
        let memory = Memory::default();
        memory.answer_with(|_| Err(later()));
        let mut worker = outbox.worker(Mailer::Memory(memory.clone()));
        drain(&mut worker, ahead).await;

        outbox.put("New request B", ahead).await;
        memory.answer_with(|_| Ok(()));
        let mut conn = outbox.db.read().await.expect("a reader");
        let due = outbox::due(&mut conn, noon()).await.expect("an answer");
        assert!(due.is_some(), "although its wait ends so much later");
        assert_eq!(outbox.trouble(noon()).await.map(|trouble| trouble.since), Some(noon()));
        assert_eq!(drain(&mut worker, noon()).await, (2, None));
    }
}

#[tokio::test]
async fn an_email_that_nobody_tries_to_send_is_trouble_after_five_minutes() {
    let outbox = Outbox::empty().await;
    outbox.put("New request A", noon()).await;
    assert_eq!(outbox.trouble(noon() + SignedDuration::from_mins(5)).await, None);
    let trouble = outbox.trouble(noon() + SignedDuration::from_mins(6)).await.expect("trouble");
    assert_eq!(trouble, Trouble { since: noon(), waiting: 1, last_reply: None, refused: false });
}

#[tokio::test]
async fn an_email_does_not_go_out_again_because_the_disk_could_not_note_it() {
    let outbox = Outbox::empty().await;
    outbox.put("New request A", noon()).await;
    outbox.put("New request B", noon()).await;
    execute(&outbox.db, "CREATE TRIGGER full BEFORE DELETE ON outbox BEGIN SELECT RAISE(ABORT, 'full'); END")
        .await;
    let memory = Memory::default();
    let mut worker = outbox.worker(Mailer::Memory(memory.clone()));
    assert!(worker.step(noon()).await.is_err());
    assert!(worker.step(noon()).await.is_err());
    assert_eq!(subjects(&memory), ["New request A"]);

    execute(&outbox.db, "DROP TRIGGER full").await;
    assert_eq!(drain(&mut worker, noon()).await, (1, None));
    assert_eq!(subjects(&memory), ["New request A", "New request B"]);
}

async fn execute(db: &Db, sql: &'static str) {
    let mut write = db.begin().await.expect("a write");
    sqlx::query(sql).execute(&mut *write).await.expect(sql);
    write.commit().await.expect("committed");
}

#[tokio::test]
async fn a_waiting_worker_wakes_for_a_new_email_and_stops_when_told() {
    let outbox = Outbox::empty().await;
    let (sent, mut arrivals) = tokio::sync::mpsc::unbounded_channel();
    let memory = Memory::default();
    memory.answer_with(move |email| {
        sent.send(email.subject.clone()).expect("the test listens");
        Ok(())
    });
    let wake = Arc::new(Notify::new());
    let worker = Worker::new(outbox.db.clone(), Mailer::Memory(memory), joined, Arc::clone(&wake));
    let heartbeat = worker.heartbeat();
    assert!(!heartbeat.is_fresh(Timestamp::now()));
    let (stop, stopped) = oneshot::channel::<()>();
    let running = tokio::spawn(worker.run(async move { stopped.await.unwrap_or_default() }));
    for subject in ["New request A", "New request B"] {
        outbox.put(subject, Timestamp::now()).await;
        wake.notify_one();
        assert_eq!(soon(arrivals.recv()).await.as_deref(), Some(subject));
    }
    assert!(heartbeat.is_fresh(Timestamp::now()));
    assert!(!heartbeat.is_fresh(Timestamp::now() + SignedDuration::from_mins(4)));
    stop.send(()).expect("the worker listens");
    soon(running).await.expect("no panic");
}

async fn soon<T>(event: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(20), event).await.expect("in time")
}
