//! Requests whose head is broken or means two things: one answer at most, a page with all its headers, and no more on
//! that connection (SEC-03, SEC-25).

use std::time::Duration;

use crate::program::Program;
use crate::wire::{FORM, Heard, get, say};

const PATIENCE: Duration = Duration::from_secs(5);

fn running() -> (tempfile::TempDir, Program) {
    let data = tempfile::tempdir().expect("a folder");
    let program = Program::over(data.path());
    (data, program)
}

/// A whole answer: a page of the site as long as it says, with every header.
fn is_dressed(what: &str, heard: &Heard) {
    assert!(heard.is_page() && heard.text.contains("988"), "{what}: {}", heard.text);
    let headers = [
        ("content-security-policy", "default-src 'none'"),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "same-origin"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
        ("permissions-policy", "camera=()"),
        ("x-robots-tag", "noindex"),
        ("cache-control", "no-store"),
        ("date", "GMT"),
    ];
    for (name, value) in headers {
        assert!(heard.header(name).contains(value), "{what}: {name}: {}", heard.text);
    }
    for name in ["server", "set-cookie"] {
        assert!(heard.header(name).is_empty(), "{what}: {name}");
    }
    let (_, body) = heard.text.split_once("\r\n\r\n").expect("a body");
    assert_eq!(heard.header("content-length"), body.len().to_string(), "{what}");
}

#[test]
fn sec_03_a_head_that_cannot_be_read_is_answered_by_a_page_with_all_its_headers() {
    let (_data, program) = running();
    let many = format!("GET / HTTP/1.1\r\nHost: a\r\n{}\r\n", "X: 1\r\n".repeat(200));
    for (head, status) in [
        ("\u{1}\u{2}\u{3}\r\n\r\n", 400),
        ("GET / HTTP/9.9\r\nHost: a\r\n\r\n", 400),
        ("GET /\u{7f} HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a\r\nTwo Words: x\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a\r\nX: \u{1}\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400),
        ("POST /request-consultation/send HTTP/1.1\r\nHost: a\r\nContent-Length: many\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
        (&many, 431),
    ] {
        let heard = say(program.address, head.as_bytes(), Duration::from_secs(1));
        assert_eq!(heard.status(), status, "{head:?}: {}", heard.text);
        assert_eq!(heard.answers(), 1, "{head:?}");
        is_dressed(head, &heard);
    }
    let head = "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\nnonsense\u{1}\r\n\r\n";
    let heard = say(program.address, head.as_bytes(), PATIENCE);
    assert_eq!((heard.answers(), heard.closed), (2, true), "{}", heard.text);
    let (_, second) = heard.text.split_once("alive\n").expect("the first answer");
    is_dressed("the second", &Heard { text: second.to_owned(), ..heard });
    let old = say(program.address, b"GET /healthz HTTP/1.0\r\n\r\n", PATIENCE);
    assert!(old.text.contains("200 OK") && old.closed, "HTTP/1.0 knows no Host: {}", old.text);
    let other = say(program.address, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", PATIENCE);
    assert!(other.closed, "{}", other.text);
}

#[test]
fn sec_20_headers_without_end_are_cut_off() {
    let (_data, program) = running();
    let long = format!("GET / HTTP/1.1\r\nHost: a\r\nX: {}\r\n\r\n", "x".repeat(1_000_000));
    let many = format!("GET / HTTP/1.1\r\nHost: a\r\n{}\r\n", "X: 1\r\n".repeat(10_000));
    let address = format!("GET /{} HTTP/1.1\r\nHost: a\r\n\r\n", "x".repeat(1_000_000));
    for bytes in [long, many, address] {
        // Whoever goes on sending may miss the answer.
        let heard = say(program.address, bytes.as_bytes(), PATIENCE);
        assert!(heard.closed && [0, 400, 414, 431].contains(&heard.status()), "{}", heard.text);
    }
    assert_eq!(get(program.address, "/").status(), 200);
}

#[test]
fn sec_25_a_request_with_two_meanings_has_at_most_one_answer() {
    let (_data, program) = running();
    let hidden = "GET /about HTTP/1.1\r\nHost: a\r\n\r\n";
    let (length, more) = (hidden.len(), hidden.len() + 5);
    let shapes = [
        format!("Content-Length: {more}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n{hidden}"),
        format!("Transfer-Encoding: chunked\r\nContent-Length: {more}\r\n\r\n0\r\n\r\n{hidden}"),
        format!("Content-Length: 0\r\nContent-Length: {length}\r\n\r\n{hidden}"),
        format!("Content-Length: 0, {length}\r\n\r\n{hidden}"),
        format!("Content-Length: +{length}\r\n\r\n{hidden}"),
        format!("Content-Length: 0x0\r\n\r\n{hidden}"),
        format!("Content-Length: -1\r\n\r\n{hidden}"),
        format!("Content-Length: 99999999999999999999\r\n\r\n{hidden}"),
        format!("Content-Length : 0\r\n\r\n{hidden}"),
        format!("Content-Length:\r\n 0\r\n\r\n{hidden}"),
        format!("Transfer-Encoding: identity\r\nContent-Length: {length}\r\n\r\n{hidden}"),
        format!("Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n{hidden}"),
        format!("Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n{hidden}"),
        format!("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n{hidden}"),
        format!("Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n{hidden}"),
        format!("Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n{hidden}"),
        format!("Transfer-Encoding: \u{b}chunked\r\n\r\n0\r\n\r\n{hidden}"),
        format!("Transfer-Encoding: chunked\r\n\r\n0x5\r\nhello\r\n0\r\n\r\n{hidden}"),
        format!("Transfer-Encoding: chunked\r\n\r\n-1\r\n\r\n{hidden}"),
        format!("Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n\r\n{hidden}"),
        format!("Transfer-Encoding: chunked\r\n\r\n5;a\nb\r\nhello\r\n0\r\n\r\n{hidden}"),
        format!("Transfer-Encoding: chunked\r\n\r\n5\rhello\r\n0\r\n\r\n{hidden}"),
    ];
    for shape in shapes {
        let bytes = format!("POST /request-consultation/check HTTP/1.1\r\nHost: a\r\n{FORM}{shape}");
        let heard = say(program.address, bytes.as_bytes(), Duration::from_millis(700));
        assert!(heard.answers() <= 1, "{shape:?} is answered {} times: {}", heard.answers(), heard.text);
        assert!(!heard.text.contains("About Josephine"), "{shape:?} shows the hidden page");
        assert!(heard.closed, "{shape:?} leaves the connection open");
    }
}

#[test]
fn sec_25_what_follows_a_request_in_its_body_is_never_taken_for_another() {
    let (_data, program) = running();
    let hidden = "GET /about HTTP/1.1\r\nHost: a\r\n\r\n";
    for start in ["GET / HTTP/1.1", "GET /nowhere HTTP/1.1", "POST /about HTTP/1.1", "DELETE /admin HTTP/1.1"]
    {
        let bytes = format!("{start}\r\nHost: a\r\nContent-Length: {}\r\n\r\n{hidden}", hidden.len());
        let heard = say(program.address, bytes.as_bytes(), Duration::from_millis(700));
        assert_eq!(heard.answers(), 1, "{start}: {}", heard.text);
    }
    let bare = say(program.address, b"GET /about HTTP/1.1\nHost: a\nConnection: close\n\n", PATIENCE);
    assert!([200, 400].contains(&bare.status()) && bare.answers() == 1);
}
