//! The program is told to stop, or an answer never arrives.

use std::io::Write;
use std::net::TcpStream;
use std::time::Duration;

use crate::fake_smtp::{At, FakeSmtp, Silence, usual};
use crate::program::{Plan, Program, eventually, folder};
use crate::stored::stored;
use crate::wire::{FORM, answers, connect, get, hear, old_token, post, send};

const PATIENCE: Duration = Duration::from_secs(12);

fn ends_well(mut program: Program) {
    program.terminate();
    let status = program.ended_within(Duration::from_secs(10)).expect("it ends within ten seconds");
    assert!(status.success(), "{status}: {}", program.printed());
}

/// A request of which only the beginning has arrived, and the rest.
fn under_way(program: &Program, body: &str) -> (TcpStream, String) {
    let mut stream = connect(program.address);
    let head = format!(
        "POST /request-consultation/send HTTP/1.1\r\nHost: a\r\n{FORM}Content-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    let (first, rest) = body.split_at(20);
    stream.write_all(format!("{head}{first}").as_bytes()).expect("written");
    // The program has this request in hand for sure once it has answered a later one.
    assert_eq!(get(program.address, "/healthz").status(), 200);
    (stream, rest.to_owned())
}

#[test]
fn rel_18_a_told_to_stop_it_answers_what_is_under_way() {
    let data = folder();
    let program = Program::over(data.path());
    let (mut stream, rest) = under_way(&program, &answers(&old_token(data.path()), "Quill"));
    program.terminate();
    program.wait_for("stopping");
    stream.write_all(rest.as_bytes()).expect("written");
    let heard = hear(stream, PATIENCE);
    assert!(heard.reference().is_some(), "{}", heard.text);
    ends_well(program);
    assert_eq!(stored(data.path()).references.len(), 1);
}

#[test]
fn rel_18_b_half_a_header_keeps_it_from_ending_for_less_than_ten_seconds() {
    let data = folder();
    let program = Program::over(data.path());
    let mut half = connect(program.address);
    half.write_all(b"GET / HTTP/1.1\r\nHost:").expect("written");
    assert_eq!(get(program.address, "/healthz").status(), 200);
    ends_well(program);
}

#[test]
fn rel_18_c_an_email_that_is_being_sent_and_everything_else_at_once_end_in_ten_seconds_too() {
    let data = folder();
    let server = FakeSmtp::start(|_, at| if at == At::Dot { Silence } else { usual(at) });
    let program = Plan::over(data.path()).mail(&server.url()).start();
    let token = old_token(data.path());
    assert!(send(program.address, &token, "Quill").reference().is_some());
    eventually("the email is under way", || (!server.heard().messages.is_empty()).then_some(()));
    let mut half = connect(program.address);
    half.write_all(b"GET / HTTP/1.1\r\nHost:").expect("written");
    let (_stream, _rest) = under_way(&program, &answers(&token, "Wren"));
    ends_well(program);
    let found = stored(data.path());
    assert_eq!((found.references.len(), found.waiting.len()), (1, 1), "the email waits for the next start");
}

#[test]
fn rel_15_an_answer_that_never_arrived_is_fetched_by_sending_again_also_after_a_restart() {
    let data = folder();
    let program = Program::over(data.path());
    let body = answers(&old_token(data.path()), "Quill");
    // Once before the answer is heard, and once as it arrives.
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
    assert_eq!(stored(data.path()).references.len(), 1);
}
