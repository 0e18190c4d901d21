//! Everything at once: many senders while the practice works and copies are made.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use crate::practice::{Clerk, with_account, without_second_factor};
use crate::program::{Plan, folder};
use crate::stored::stored;
use crate::wire::{get, send, token};

const SENDERS: usize = 50;
const EACH: usize = 10;

#[test]
fn rel_16_five_hundred_requests_come_in_while_the_practice_works_and_copies_are_made() {
    let (data, away) = (folder(), folder());
    with_account(data.path());
    let program = without_second_factor(Plan::under_load(data.path())).start();
    let token = token(program.address);
    let first: Vec<_> = (0..10)
        .map(|number| {
            send(program.address, &token, &format!("Wren{number}")).reference().expect("stored").to_owned()
        })
        .collect();
    let (left, over) = (AtomicUsize::new(SENDERS), AtomicBool::new(false));
    thread::scope(|scope| {
        for sender in 0..SENDERS {
            let (program, token, left, over) = (&program, &token, &left, &over);
            scope.spawn(move || {
                for number in 0..EACH {
                    let heard = send(program.address, token, &format!("Quill{sender}x{number}"));
                    assert!(heard.reference().is_some(), "{}", heard.text);
                }
                if left.fetch_sub(1, Ordering::SeqCst) == 1 {
                    over.store(true, Ordering::SeqCst);
                }
            });
        }
        scope.spawn(|| work(&Clerk::sign_in(&program), &first, &over));
        scope.spawn(|| {
            for number in 0.. {
                let file = away.path().join(format!("copy{number}.db"));
                let plan = Plan::over(data.path()).argument("backup").argument(file.to_str().expect("text"));
                let (code, _, complaint) = plan.outcome();
                assert_eq!(code, Some(0), "{complaint}");
                if over.load(Ordering::SeqCst) {
                    break;
                }
            }
        });
    });
    assert_eq!(get(program.address, "/readyz").status(), 200);
    let printed = program.printed();
    assert!(!printed.contains("database is locked") && !printed.contains("ERROR"), "{printed}");
    program.kill();
    assert_eq!(stored(data.path()).references.len(), SENDERS * EACH + first.len() / 2);
}

/// Lists, reads, moves on, and erases half of the first ones, over and over.
fn work(clerk: &Clerk, first: &[String], over: &AtomicBool) {
    let (erased, moved) = first.split_at(first.len() / 2);
    for reference in erased {
        let heard = clerk.erase(reference);
        assert_eq!(heard.header("location"), "/admin/export?done=erased", "{}", heard.text);
    }
    for turn in 0.. {
        for page in ["/admin", "/admin/inquiries", "/admin/log", "/admin/export"] {
            assert_eq!(clerk.get(page).status(), 200, "{page}");
        }
        let reference = &moved[turn % moved.len()];
        assert_eq!(clerk.get(&format!("/admin/inquiries/{reference}")).status(), 200);
        let heard =
            clerk.post(&format!("/admin/inquiries/{reference}/notes"), "note=A+made-up+note.&version=0");
        assert!(heard.status() < 500, "{}", heard.text);
        if over.load(Ordering::SeqCst) {
            break;
        }
    }
}
