//! A copy that is put back brings nobody back who had been erased.

use std::path::Path;
use std::process::Command;

use practice_site::db::beside;

use crate::backup::run;
use crate::practice::{Clerk, with_account, without_second_factor};
use crate::program::{Plan, Program, folder};
use crate::stored::stored;
use crate::wire::{send, token};

fn start(data: &Path) -> Program {
    without_second_factor(Plan::under_load(data)).start()
}

/// Ten requests, a copy of them, and five of them erased since.
fn erased_since(data: &Path, copy: &Path) -> Vec<String> {
    with_account(data);
    let program = start(data);
    let token = token(program.address);
    let sent: Vec<_> = (0..10)
        .map(|number| {
            send(program.address, &token, &format!("Quill{number}")).reference().expect("stored").to_owned()
        })
        .collect();
    assert_eq!(run(data, "backup", copy).0, Some(0));
    let clerk = Clerk::sign_in(&program);
    for reference in &sent[..5] {
        let heard = clerk.erase(reference);
        assert_eq!(heard.header("location"), "/admin/export?done=erased", "{}", heard.text);
    }
    program.kill();
    let mut left = sent[5..].to_vec();
    left.sort();
    left
}

fn again(ledger: &[String]) -> usize {
    let since = ledger.iter().position(|event| event == "backup restored").expect("noted");
    ledger[since..].iter().filter(|event| *event == "erased").count()
}

#[test]
fn rel_20_what_was_erased_since_the_copy_stays_erased_and_the_ledger_says_so() {
    let (data, away) = (folder(), folder());
    let copy = away.path().join("copy.db");
    let left = erased_since(data.path(), &copy);
    let (code, said) = run(data.path(), "restore", &copy);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("5 requests had been erased since the copy was made"), "{said}");
    let found = stored(data.path());
    assert_eq!((found.references, again(&found.ledger)), (left, 5));
}

#[test]
fn rel_20_the_list_beside_the_copies_is_enough_when_the_database_is_lost() {
    let (data, away, elsewhere) = (folder(), folder(), folder());
    let copy = away.path().join("copy.db");
    let left = erased_since(data.path(), &copy);
    let database = data.path().join("practice.db");
    for ending in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(beside(&database, ending));
    }
    let (code, said) = run(data.path(), "restore", &copy);
    assert_eq!(code, Some(0), "{said}");
    let found = stored(data.path());
    assert_eq!((found.references, again(&found.ledger)), (left.clone(), 5));

    // On another machine, to which the folder of the copies was fetched.
    std::fs::copy(data.path().join("backup/erased"), away.path().join("erased")).expect("copied");
    let (code, said) = run(elsewhere.path(), "restore", &copy);
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(stored(elsewhere.path()).references, left);
}

#[test]
fn rel_20_what_was_erased_before_an_older_copy_was_put_back_stays_erased_in_a_newer_one_too() {
    let (data, away) = (folder(), folder());
    let (early, late) = (away.path().join("early.db"), away.path().join("late.db"));
    start(data.path()).kill();
    assert_eq!(run(data.path(), "backup", &early).0, Some(0));
    let left = erased_since(data.path(), &late);
    // The ledger of the early copy knows nothing of it.
    assert_eq!(run(data.path(), "restore", &early).0, Some(0));
    assert!(stored(data.path()).references.is_empty());
    start(data.path()).kill();
    assert_eq!(run(data.path(), "restore", &late).0, Some(0));
    assert_eq!(stored(data.path()).references, left);
}

#[test]
fn a_disk_of_copies_that_hangs_holds_up_no_erasing() {
    let data = folder();
    with_account(data.path());
    let program = start(data.path());
    let sent = send(program.address, &token(program.address), "Quill");
    let reference = sent.reference().expect("stored");
    let list = data.path().join("backup/erased");
    std::fs::create_dir_all(data.path().join("backup")).expect("made");
    // Opening it waits for somebody who writes into it, which nobody does.
    assert!(Command::new("mkfifo").arg(&list).status().expect("runs").success());
    let clerk = Clerk::sign_in(&program);
    let heard = clerk.erase(reference);
    assert_eq!(heard.header("location"), "/admin/export?done=erased", "{}", heard.text);
    program.wait_for("the list of what was erased can't be written: the disk of the list does not answer");
    assert_eq!(clerk.get(&format!("/admin/inquiries/{reference}")).status(), 404);
}
