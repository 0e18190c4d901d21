//! The program stops, politely or not, and nobody who was told "received" is lost.

use std::collections::HashSet;
use std::io::Write;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use practice_site::db::Db;

use crate::program::{Plan, Program};
use crate::wire::{FORM, answers, connect, get, hear, post, token};

const PATIENCE: Duration = Duration::from_secs(12);

#[test]
fn rel_18_told_to_stop_it_answers_what_is_under_way_and_ends() {
    let data = tempfile::tempdir().expect("a folder");
    let mut program = Program::over(data.path());
    let body = answers(&token(program.address), "Quill");
    let mut half_header = connect(program.address);
    half_header.write_all(b"GET / HTTP/1.1\r\nHost:").expect("written");
    let mut under_way = connect(program.address);
    let head = format!(
        "POST /request-consultation/send HTTP/1.1\r\nHost: a\r\n{FORM}Content-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    let (first, rest) = body.split_at(20);
    under_way.write_all(format!("{head}{first}").as_bytes()).expect("written");
    // The program has this request in hand for sure once it has answered a later one.
    assert_eq!(get(program.address, "/healthz").status(), 200);

    program.terminate();
    program.wait_for("stopping");
    under_way.write_all(rest.as_bytes()).expect("written");
    let heard = hear(under_way, PATIENCE);
    assert_eq!(heard.status(), 303, "{}", heard.text);
    let status = program.ended_within(Duration::from_secs(10)).expect("it ends within ten seconds");
    assert!(status.success(), "{status}: {}", program.printed());
    assert_eq!(rows(data.path()).len(), 1);
}

/// Every reference in the database, after it was looked over.
fn rows(data: &Path) -> Vec<String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let db = Db::open(&data.join("practice.db")).await.expect("opens");
        let mut conn = db.read().await.expect("a reader");
        let healthy: String =
            sqlx::query_scalar("PRAGMA quick_check").fetch_one(&mut *conn).await.expect("an answer");
        assert_eq!(healthy, "ok");
        let rows =
            sqlx::query_scalar("SELECT reference FROM inquiries").fetch_all(&mut *conn).await.expect("rows");
        let events: i64 =
            sqlx::query_scalar("SELECT count(DISTINCT inquiry_id) FROM events WHERE kind = 'received'")
                .fetch_one(&mut *conn)
                .await
                .expect("a number");
        assert_eq!(events, rows.len() as i64, "each has its first event");
        drop(conn);
        db.close().await;
        rows
    })
}

#[test]
fn rel_01_killed_at_any_moment_every_acknowledged_request_is_there_once() {
    let data = tempfile::tempdir().expect("a folder");
    let acknowledged = Arc::new(Mutex::new(Vec::new()));
    for round in 0..25_u64 {
        // Load would be held as spam otherwise, and most emails with it.
        let program = Plan::over(data.path()).set("PRACTICE_RATE_LIMIT", "off").start();
        let token = token(program.address);
        let stop = Arc::new(AtomicBool::new(false));
        let clients: Vec<_> = (0..4)
            .map(|client| {
                let (token, stop, acknowledged) = (token.clone(), stop.clone(), acknowledged.clone());
                let address = program.address;
                thread::spawn(move || send_until(address, &token, round * 10 + client, &stop, &acknowledged))
            })
            .collect();
        thread::sleep(Duration::from_millis(50 + round * 31 % 350));
        program.kill();
        stop.store(true, Ordering::SeqCst);
        clients.into_iter().for_each(|client| client.join().expect("ends"));
    }
    let rows = rows(data.path());
    let unique: HashSet<_> = rows.iter().collect();
    assert_eq!(unique.len(), rows.len());
    let acknowledged = acknowledged.lock().expect("whole");
    assert!(acknowledged.len() > 100, "there was load: {}", acknowledged.len());
    for reference in acknowledged.iter() {
        assert!(unique.contains(reference), "{reference} was acknowledged and is lost");
    }
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
        if let Some(reference) = heard.header("location").strip_prefix("/request-consultation/received/") {
            acknowledged.lock().expect("whole").push(reference.to_owned());
        }
    }
}

#[test]
fn rel_15_an_answer_that_never_arrived_is_fetched_by_sending_again_also_after_a_restart() {
    let data = tempfile::tempdir().expect("a folder");
    let program = Program::over(data.path());
    let body = answers(&token(program.address), "Quill");
    let mut cut = connect(program.address);
    let head = format!(
        "POST /request-consultation/send HTTP/1.1\r\nHost: a\r\n{FORM}Content-Length: {}\r\n\r\n{body}",
        body.len()
    );
    cut.write_all(head.as_bytes()).expect("written");
    drop(cut);
    let first = post(program.address, "/request-consultation/send", &body);
    program.kill();
    let program = Program::over(data.path());
    let second = post(program.address, "/request-consultation/send", &body);
    assert_eq!((first.status(), second.status()), (303, 303), "the token outlives a restart");
    assert_eq!(first.header("location"), second.header("location"));
    program.kill();
    assert_eq!(rows(data.path()).len(), 1);
}
