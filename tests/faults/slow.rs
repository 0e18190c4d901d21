//! Connections that are held open by saying little: closed in time, and in nobody's way.

use std::thread;
use std::time::{Duration, Instant};

use crate::crowd::{Member, allow_many_files, watch};
use crate::program::{Program, eventually, folder};
use crate::wire::{FORM, get};

const EACH: usize = 200;

fn open_files(program: &Program) -> usize {
    std::fs::read_dir(format!("/proc/{}/fd", program.id())).expect("a folder").count()
}

#[test]
fn rel_25_a_thousand_who_say_nothing_or_little_are_let_go_and_others_do_not_notice() {
    allow_many_files();
    let data = folder();
    let program = Program::over(data.path());
    let address = program.address;
    assert_eq!(get(address, "/").status(), 200);
    let before = open_files(&program);
    let body = format!(
        "POST /request-consultation/check HTTP/1.1\r\nHost: a\r\n{FORM}Content-Length: 1000\r\n\r\nname="
    );
    let kinds = [
        ("", false, 15),
        ("GET / HTTP/1.1\r\nHost:", false, 15),
        ("GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n", false, 15),
        ("GET / HTTP/1.1\r\nX: ", true, 15),
        (&body, true, 30),
    ];
    let mut crowd: Vec<_> = (0..EACH)
        .flat_map(|_| kinds)
        .map(|(first, drips, limit)| Member::new(address, first, drips, Duration::from_secs(limit)))
        .collect();
    eventually("the crowd is in", || (open_files(&program) > before + EACH * 4).then_some(()));
    thread::scope(|scope| {
        scope.spawn(|| watch(&mut crowd, Duration::from_secs(40)));
        let mut waits: Vec<_> = (0..40)
            .map(|_| {
                let start = Instant::now();
                assert_eq!(get(address, "/").status(), 200);
                start.elapsed()
            })
            .collect();
        waits.sort();
        assert!(waits[37] < Duration::from_secs(1), "others wait for the crowd: {waits:?}");
    });
    for member in &crowd {
        let heard = String::from_utf8_lossy(&member.heard);
        assert!(member.closed.is_some_and(|after| after < member.limit), "{:?}: {heard}", member.closed);
        if member.limit == Duration::from_secs(30) {
            assert!(heard.starts_with("HTTP/1.1 408") && heard.contains("That took too long"), "{heard}");
        }
    }
    assert_eq!(get(address, "/").status(), 200);
    // A few for the database, which opens more connections to itself when it is asked for more.
    eventually("nothing stays open", || (open_files(&program) < before + EACH / 4).then_some(()));
}
