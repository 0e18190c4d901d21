//! On days without an email: whether one would get through, and what is said when emails do not (REL-22, REL-26).

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use jiff::{SignedDuration, Timestamp};
use practice_site::mail::{Affects, MailSettings, Mailer, Memory, SendError};
use practice_site::outbox::{self, Way};

use crate::fake_smtp::{At, FakeSmtp, Say, usual};
use crate::log::Log;
use crate::outbox::{Outbox, drain, noon};
use crate::outbox_over_smtp::mailer;

fn minutes(count: i64) -> Timestamp {
    noon() + SignedDuration::from_mins(count)
}

async fn way(outbox: &Outbox) -> Way {
    outbox::way(&mut outbox.db.read().await.expect("a reader")).await.expect("an answer")
}

/// Connections and messages so far.
fn heard(server: &FakeSmtp) -> (usize, usize) {
    let heard = server.heard();
    (heard.connections, heard.messages.len())
}

async fn retry(outbox: &Outbox, now: Timestamp) {
    let mut write = outbox.db.begin().await.expect("a write");
    outbox::retry_now(&mut write, now).await.expect("asked");
    write.commit().await.expect("committed");
}

#[tokio::test]
async fn rel_26_a_day_without_an_email_ends_in_a_walk_without_one() {
    let (outbox, server) = (Outbox::empty().await, FakeSmtp::start(|_, at| usual(at)));
    let mut worker = outbox.worker(mailer(&server.url()));
    let mut connections = Vec::new();
    for minute in [0, 1, 1439, 1440, 1500] {
        worker.watch(minutes(minute)).await.expect("a look");
        connections.push(server.heard().connections);
    }
    assert_eq!(connections, [1, 1, 1, 2, 2]);
    assert_eq!((way(&outbox).await.open_at, way(&outbox).await.closed), (Some(minutes(1440)), None));

    outbox.put("New request A", minutes(2000)).await;
    drain(&mut worker, minutes(2000)).await;
    worker.watch(minutes(2000 + 1439)).await.expect("a look");
    assert_eq!(heard(&server), (3, 1));
    // A program that is started anew does not ask again.
    let mut worker = outbox.worker(mailer(&server.url()));
    worker.watch(minutes(2000 + 1439)).await.expect("a look");
    assert_eq!(server.heard().connections, 3);
    worker.watch(minutes(2000 + 1440)).await.expect("a look");
    assert_eq!(heard(&server), (4, 1));
}

#[tokio::test]
async fn rel_26_a_closed_way_is_kept_and_tried_every_hour_after_a_restart_and_when_asked() {
    let outbox = Outbox::empty().await;
    let works = Arc::new(AtomicBool::new(false));
    let opened = Arc::clone(&works);
    let server = FakeSmtp::start(move |_, at| match at == At::Rcpt && !opened.load(Ordering::SeqCst) {
        true => Say("550 5.1.1 <office@practice.example> unknown"),
        false => usual(at),
    });
    let mut worker = outbox.worker(mailer(&server.url()));
    for (minute, connections) in [(0, 1), (59, 1), (60, 2)] {
        worker.watch(minutes(minute)).await.expect("a look");
        assert_eq!(server.heard().connections, connections, "minute {minute}");
    }
    let closed = way(&outbox).await.closed.expect("closed");
    assert_eq!((closed.since, closed.stage.as_str()), (noon(), "naming the recipient"));
    assert_eq!((closed.reply.as_str(), closed.refused), ("550 5.1.1 [address] unknown", true));
    assert_eq!(outbox.trouble(minutes(60)).await, None, "no email waits");

    retry(&outbox, minutes(61)).await;
    worker.watch(minutes(61)).await.expect("a look");
    assert_eq!(server.heard().connections, 3);
    works.store(true, Ordering::SeqCst);
    let mut worker = outbox.worker(mailer(&server.url()));
    worker.watch(minutes(62)).await.expect("a look");
    assert_eq!((way(&outbox).await.closed, way(&outbox).await.open_at), (None, Some(minutes(62))));
    assert!(server.heard().messages.is_empty());
}

#[tokio::test]
async fn rel_26_while_emails_wait_after_a_failure_nobody_walks_and_an_accepted_one_opens_the_way() {
    let outbox = Outbox::empty().await;
    let works = Arc::new(AtomicBool::new(false));
    let opened = Arc::clone(&works);
    let server = FakeSmtp::start(move |_, at| match at == At::Mail && !opened.load(Ordering::SeqCst) {
        true => Say("451 4.3.0 later"),
        false => usual(at),
    });
    let mut worker = outbox.worker(mailer(&server.url()));
    worker.watch(noon()).await.expect("a look");
    assert!(way(&outbox).await.closed.is_some());
    outbox.put("New request A", minutes(90)).await;
    drain(&mut worker, minutes(90)).await;
    worker.watch(minutes(90)).await.expect("a look");
    assert_eq!(server.heard().connections, 2, "one walk and one attempt");

    works.store(true, Ordering::SeqCst);
    drain(&mut worker, minutes(95)).await;
    assert_eq!((way(&outbox).await.closed, way(&outbox).await.open_at), (None, Some(minutes(95))));
}

#[tokio::test]
async fn rel_26_where_emails_become_files_the_folder_is_tried() {
    let outbox = Outbox::empty().await;
    let place = tempfile::tempdir().expect("a folder");
    let folder = place.path().join("mail");
    std::fs::write(&folder, "in the way").expect("written");
    let settings = MailSettings {
        smtp: None,
        folder: folder.clone(),
        from: "site@practice.example".into(),
        to: "office@practice.example".into(),
    };
    let mut worker = outbox.worker(Mailer::new(settings).expect("a mailer"));
    worker.watch(noon()).await.expect("a look");
    assert_eq!(way(&outbox).await.closed.expect("closed").stage, "writing to the mail folder");
    std::fs::remove_file(&folder).expect("removed");
    worker.watch(minutes(60)).await.expect("a look");
    assert_eq!((way(&outbox).await.closed, std::fs::read_dir(&folder).expect("made").count()), (None, 0));
}

#[tokio::test]
async fn rel_26_the_log_says_once_that_emails_do_not_get_through_and_once_that_they_do_again() {
    let (log, _listening) = Log::listen();
    let outbox = Outbox::empty().await;
    let memory = Memory::default();
    memory.answer_with(|_| Err(SendError::transient("451 4.3.0 later", Affects::EveryEmail)));
    let mut worker = outbox.worker(Mailer::Memory(memory.clone()));
    outbox.put("New request A", noon()).await;
    for minute in 0..40 {
        drain(&mut worker, minutes(minute)).await;
        worker.watch(minutes(minute)).await.expect("a look");
    }
    memory.answer_with(|_| Ok(()));
    for minute in 70..73 {
        drain(&mut worker, minutes(minute)).await;
        worker.watch(minutes(minute)).await.expect("a look");
    }
    let log = log.text();
    let said = |words: &str| log.lines().filter(|line| line.contains(words)).count();
    assert_eq!(said("emails do not get through"), 1, "{log}");
    assert_eq!(
        said(
            "ERROR practice_site::outbox::watch: emails do not get through to the practice: 1 wait, the oldest for 20 minutes reply=\"451 4.3.0 later\""
        ),
        1,
        "{log}"
    );
    assert_eq!(said("emails get through to the practice again"), 1, "{log}");
    assert!(!log.contains("New request A"));
}
