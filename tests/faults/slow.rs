//! Connections that are held open by saying little: closed in time, and in nobody's way.

use std::io::Write;
use std::net::SocketAddr;
use std::thread;
use std::time::{Duration, Instant};

use crate::program::Program;
use crate::wire::{FORM, Heard, connect, get, hear};

const PATIENCE: Duration = Duration::from_secs(32);

/// Says something at first, and then one byte a second for as long as anybody listens.
fn drip(address: SocketAddr, first: String) -> Heard {
    let stream = connect(address);
    let mut writer = stream.try_clone().expect("another handle");
    writer.write_all(first.as_bytes()).expect("written");
    thread::spawn(move || {
        while writer.write_all(b"a").is_ok() {
            thread::sleep(Duration::from_secs(1));
        }
    });
    hear(stream, PATIENCE)
}

fn quiet(address: SocketAddr, first: &'static [u8]) -> Heard {
    let mut stream = connect(address);
    stream.write_all(first).expect("written");
    hear(stream, PATIENCE)
}

#[test]
fn rel_25_whoever_says_nothing_or_little_is_let_go_and_others_do_not_notice() {
    let data = tempfile::tempdir().expect("a folder");
    let program = Program::over(data.path());
    let address = program.address;
    let body = format!(
        "POST /request-consultation/check HTTP/1.1\r\nHost: a\r\n{FORM}Content-Length: 1000\r\n\r\nname="
    );
    let mut crowd = Vec::new();
    for _ in 0..40 {
        let body = body.clone();
        crowd.push((15, thread::spawn(move || quiet(address, b""))));
        crowd.push((15, thread::spawn(move || quiet(address, b"GET / HTTP/1.1\r\nHost:"))));
        crowd.push((15, thread::spawn(move || quiet(address, b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n"))));
        crowd.push((15, thread::spawn(move || drip(address, "GET / HTTP/1.1\r\nX: ".into()))));
        crowd.push((30, thread::spawn(move || drip(address, body))));
    }
    for _ in 0..20 {
        let start = Instant::now();
        assert_eq!(get(address, "/").status(), 200);
        assert!(start.elapsed() < Duration::from_secs(2), "others wait for the crowd");
    }
    for (limit, one) in crowd {
        let heard = one.join().expect("listened");
        assert!(heard.closed, "still open after {:?}", heard.took);
        assert!(heard.took < Duration::from_secs(limit), "open for {:?}", heard.took);
        if limit == 30 {
            assert!(heard.status() == 408 && heard.is_page(), "{}", heard.text);
        }
    }
    assert_eq!(get(address, "/").status(), 200);
}
