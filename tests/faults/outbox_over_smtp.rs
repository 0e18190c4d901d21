//! The worker against mail servers that are dead, silent, busy, stubborn or gone at the worst moment.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use practice_site::mail::{MailSettings, Mailer};
use tokio::sync::{Notify, oneshot};

use crate::fake_smtp::{At, FakeSmtp, HangUp, Say, Silence, closed_port, usual};
use crate::outbox::{Outbox, drain, joined, noon};

pub fn mailer(url: &str) -> Mailer {
    Mailer::new(MailSettings {
        smtp: Some(url.parse().expect("an address")),
        folder: "/nowhere".into(),
        from: "Made-up Practice <site@practice.example>".into(),
        to: "office@practice.example".into(),
    })
    .expect("a mailer")
}

async fn outbox_of(emails: usize) -> Outbox {
    let outbox = Outbox::empty().await;
    for number in 0..emails {
        outbox.put(&format!("New request {number}"), noon()).await;
    }
    outbox
}

fn message_ids(messages: &[String]) -> HashSet<&str> {
    messages
        .iter()
        .filter_map(|message| message.lines().find(|line| line.starts_with("Message-ID: <")))
        .collect()
}

#[tokio::test]
async fn rel_07_emails_wait_while_the_server_is_down_and_go_out_once_when_it_is_back() {
    let outbox = outbox_of(5).await;
    let mut worker = outbox.worker(mailer(&format!("smtp://127.0.0.1:{}?tls=none", closed_port())));
    let (attempts, next) = drain(&mut worker, noon()).await;
    assert_eq!(attempts, 1, "one attempt tells that the server is down");
    let trouble = outbox.trouble(noon()).await.expect("trouble");
    assert_eq!((trouble.waiting, trouble.refused), (5, false));
    let reply = trouble.last_reply.expect("a reason");
    assert!(reply.contains("refused") && reply.ends_with("while connecting"), "{reply}");

    let server = FakeSmtp::start(|_, at| usual(at));
    let mut worker = outbox.worker(mailer(&server.url()));
    assert_eq!(drain(&mut worker, next.expect("another attempt")).await, (5, None));
    let heard = server.heard();
    assert_eq!((heard.accepted, message_ids(&heard.messages).len()), (5, 5));
}

#[tokio::test]
async fn rel_08_a_silent_server_is_given_up_and_sees_one_connection_for_all_that_wait() {
    let outbox = outbox_of(5).await;
    let server = FakeSmtp::start(|_, _| Silence);
    let mut worker = outbox.worker(mailer(&server.url()).with_time_limit(Duration::from_millis(200)));
    assert_eq!(drain(&mut worker, noon()).await.0, 1);
    assert_eq!(server.heard().connections, 1);
    let trouble = outbox.trouble(noon()).await.expect("trouble");
    assert_eq!(trouble.last_reply.as_deref(), Some("no answer within 0.2 s, while connecting"));
    assert_eq!(trouble.waiting, 5);
}

#[tokio::test]
async fn a_server_that_falls_silent_after_accepting_gets_no_second_copy() {
    let outbox = outbox_of(1).await;
    let server = FakeSmtp::start(|_, at| if at == At::Quit { Silence } else { usual(at) });
    let mut worker = outbox.worker(mailer(&server.url()).with_time_limit(Duration::from_secs(20)));
    assert_eq!(drain(&mut worker, noon()).await, (1, None));
    assert_eq!(outbox.len().await, 0);
}

#[tokio::test]
async fn rel_09_an_email_that_is_put_off_wherever_it_may_be_is_accepted_once() {
    for stage in [At::Connect, At::Ehlo, At::Mail, At::Rcpt, At::Data, At::Dot] {
        let outbox = outbox_of(1).await;
        let server =
            FakeSmtp::start(
                move |connection, at| {
                    if at == stage && connection < 6 { Say("451 4.3.0 later") } else { usual(at) }
                },
            );
        let mut worker = outbox.worker(mailer(&server.url()));
        let (mut now, mut waits) = (noon(), 0);
        while let (1, Some(next)) = drain(&mut worker, now).await {
            let reply = outbox.trouble(now).await.and_then(|trouble| trouble.last_reply);
            assert_eq!(reply.as_deref(), Some("451 4.3.0 later"), "{stage:?}");
            (now, waits) = (next, waits + 1);
        }
        assert_eq!((waits, server.heard().accepted), (6, 1), "{stage:?}");
    }
}

#[tokio::test]
async fn rel_10_no_refusal_ever_drops_an_email() {
    let refusals: [(At, &'static str, &str); 4] = [
        (At::Rcpt, "550 5.1.1 <office@practice.example> unknown", "550 5.1.1 [address] unknown"),
        (At::Dot, "554 5.7.1 looks like spam", "554 5.7.1 looks like spam"),
        (At::Connect, "554 no mail here", "554 no mail here"),
        (At::Auth, "535 5.7.8 wrong password", "535 5.7.8 wrong password"),
    ];
    for (stage, answer, shown) in refusals {
        let outbox = outbox_of(2).await;
        let works = Arc::new(AtomicBool::new(false));
        let server = FakeSmtp::start({
            let works = Arc::clone(&works);
            move |_, at| {
                if at == stage && !works.load(Ordering::SeqCst) { Say(answer) } else { usual(at) }
            }
        });
        let url = server.url().replace("smtp://", "smtp://jo:hunter2@");
        let mut worker = outbox.worker(mailer(&url));
        let mut now = noon();
        for _ in 0..5 {
            let (attempts, next) = drain(&mut worker, now).await;
            assert_eq!(attempts, if stage == At::Dot { 2 } else { 1 }, "{stage:?}");
            let trouble = outbox.trouble(now).await.expect("trouble");
            assert_eq!((trouble.waiting, trouble.refused), (2, true), "{stage:?}");
            assert_eq!(trouble.last_reply.as_deref(), Some(shown));
            // Late enough for both, whatever chance added to their waits.
            now = next.expect("another attempt") + jiff::SignedDuration::from_hours(2);
        }
        works.store(true, Ordering::SeqCst);
        drain(&mut worker, now).await;
        assert_eq!((outbox.len().await, server.heard().accepted), (0, 2), "{stage:?}");
    }
}

#[tokio::test]
async fn rel_12_a_connection_lost_after_the_final_dot_makes_at_most_a_copy_that_shows_it_is_one() {
    let outbox = outbox_of(1).await;
    let server =
        FakeSmtp::start(|connection, at| if at == At::Dot && connection == 0 { HangUp } else { usual(at) });
    let mut worker = outbox.worker(mailer(&server.url()));
    let (_, next) = drain(&mut worker, noon()).await;
    let trouble = outbox.trouble(noon()).await.expect("trouble");
    assert!(!trouble.refused);
    drain(&mut worker, next.expect("another attempt")).await;
    let heard = server.heard();
    assert_eq!((heard.messages.len(), message_ids(&heard.messages).len()), (2, 1));
}

#[tokio::test]
async fn an_answer_that_is_neither_yes_nor_no_keeps_the_email() {
    let outbox = outbox_of(1).await;
    let server = FakeSmtp::start(|_, at| if at == At::Dot { Say("354 more") } else { usual(at) });
    drain(&mut outbox.worker(mailer(&server.url())), noon()).await;
    assert_eq!(outbox.trouble(noon()).await.map(|trouble| trouble.waiting), Some(1));
}

#[tokio::test]
async fn an_email_that_makes_the_server_hang_up_stops_no_other() {
    let outbox = outbox_of(3).await;
    let server =
        FakeSmtp::start(|connection, at| if at == At::Dot && connection == 0 { HangUp } else { usual(at) });
    let mut worker = outbox.worker(mailer(&server.url()));
    drain(&mut worker, noon()).await;
    assert!(server.heard().accepted >= 2);
}

#[tokio::test]
async fn sec_29_without_starttls_nothing_is_said_in_clear() {
    let outbox = outbox_of(2).await;
    let server = FakeSmtp::start(|_, at| usual(at));
    let mut worker = outbox.worker(mailer(&format!("smtp://jo:hunter2@127.0.0.1:{}", server.port)));
    assert_eq!(drain(&mut worker, noon()).await.0, 1);
    let trouble = outbox.trouble(noon()).await.expect("trouble");
    assert_eq!(trouble.last_reply.as_deref(), Some("the server offers no STARTTLS, so nothing was sent"));
    assert_eq!(trouble.waiting, 2);
    assert_eq!(server.heard().commands, ["EHLO practice.example"]);
}

#[tokio::test]
async fn rel_18_an_email_that_is_being_sent_is_finished_before_the_worker_stops() {
    let outbox = outbox_of(1).await;
    let (reached, at_the_dot) = oneshot::channel();
    let (go_on, may_go_on) = std::sync::mpsc::channel::<()>();
    let gate = Mutex::new((Some(reached), may_go_on));
    let server = FakeSmtp::start(move |_, at| {
        if at == At::Dot {
            let mut gate = gate.lock().expect("a whole gate");
            gate.0.take().expect("one email").send(()).expect("the test listens");
            gate.1.recv().expect("the test goes on");
        }
        usual(at)
    });
    let worker = practice_site::outbox::Worker::new(
        outbox.db.clone(),
        mailer(&server.url()),
        joined,
        Arc::new(Notify::new()),
    );
    let (stop, stopped) = oneshot::channel::<()>();
    let running = tokio::spawn(worker.run(async move { stopped.await.unwrap_or_default() }));
    at_the_dot.await.expect("an email");
    let asked = Instant::now();
    stop.send(()).expect("the worker listens");
    go_on.send(()).expect("the server listens");
    running.await.expect("no panic");
    assert!(asked.elapsed() < Duration::from_secs(5));
    assert_eq!(outbox.len().await, 0, "accepted and noted");
}
