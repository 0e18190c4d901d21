//! Disks that are full, nearly full, or can only be read.

use crate::disk::Disk;
use crate::operator;
use crate::practice::{Clerk, PASSWORD, without_second_factor};
use crate::program::{Program, eventually};
use crate::wire::{get, send, token};

/// The mark of such a disk is 3.2 MiB, and its reserve half of that.
const SMALL: u64 = 64 * 1024 * 1024;

fn is_ready(program: &Program) -> bool {
    get(program.address, "/readyz").status() == 200
}

#[test]
fn rel_03_a_full_disk_never_says_received_and_needs_no_restart_afterwards() {
    let disk = Disk::of(SMALL);
    let program = disk.plan().start();
    let token = token(program.address);
    assert!(send(program.address, &token, "Before").reference().is_some());
    assert_eq!(disk.fill(0), 0);
    for number in 0..5 {
        let name = format!("Quill{number}");
        let heard = send(program.address, &token, &name);
        assert!(heard.is_refusal_with(&name), "{}", heard.text);
        assert!(heard.text.contains("We could not store your request"), "{}", heard.text);
    }
    let form = get(program.address, "/request-consultation");
    assert!(form.status() == 503 && form.text.contains("The form is not working at the moment"));
    for page in ["/", "/fees", "/help-now", "/articles"] {
        assert_eq!(get(program.address, page).status(), 200, "{page}");
    }
    assert!(!is_ready(&program));
    assert_eq!(get(program.address, "/healthz").status(), 200, "a full disk is no reason to restart");

    disk.empty();
    for number in 0..20 {
        let heard = send(program.address, &token, &format!("Wren{number}"));
        assert!(heard.reference().is_some(), "{}", heard.text);
    }
    assert!(is_ready(&program));
    program.kill();
    assert_eq!(disk.stored().references.len(), 21);
}

#[test]
fn rel_04_below_the_mark_nothing_comes_in_and_on_a_full_disk_the_practice_still_signs_in_and_erases() {
    let disk = Disk::of(SMALL);
    let add = ["staff", "add", "--email", "jo@example.com", "--name", "Jo Example"];
    let (went_well, said) = operator::run_with(disk.plan(), &add, &[PASSWORD]);
    assert!(went_well, "{said}");
    let program = without_second_factor(disk.plan()).start();
    let token = token(program.address);
    let sent = send(program.address, &token, "Before");
    let reference = sent.reference().expect("stored").to_owned();
    let reserve = disk.data().join("practice.db.reserve");
    eventually("room is set aside", || reserve.exists().then_some(()));

    let left = disk.fill(SMALL / 20 - 100_000);
    assert!(left > 2 * 1024 * 1024, "SQLite itself has plenty of room: {left}");
    let heard = send(program.address, &token, "Quill");
    assert!(heard.is_refusal_with("Quill"), "{}", heard.text);
    assert!(!is_ready(&program));
    assert!(reserve.exists(), "there is other room still");

    assert_eq!(disk.fill(0), 0);
    let practice = Clerk::sign_in(&program);
    assert!(!reserve.exists());
    let list = practice.get("/admin/inquiries?view=all");
    assert!(list.text.contains(&reference) && list.text.contains("The disk is nearly full"), "{}", list.text);
    let erased = practice.erase(&reference);
    assert_eq!(erased.header("location"), "/admin/export?done=erased", "{}", erased.text);
    assert_eq!(practice.get(&format!("/admin/inquiries/{reference}")).status(), 404);
    assert!(send(program.address, &token, "Wren").is_refusal_with("Wren"), "the reserve is for the practice");
    let listed = std::fs::read_to_string(disk.data().join("backup/erased")).expect("readable");
    assert!(listed.contains(&reference), "no copy brings it back");

    disk.empty();
    assert!(send(program.address, &token, "Wren").reference().is_some());
    let mut program = program;
    program.terminate();
    assert!(program.ended_within(std::time::Duration::from_secs(10)).expect("it ends").success());
    let program = disk.plan().start();
    eventually("room is set aside again", || reserve.exists().then_some(()));
    program.kill();
    assert_eq!(disk.stored().references.len(), 1);
}

#[test]
fn rel_04_started_on_a_full_disk_the_practice_still_signs_in_and_erases() {
    let disk = Disk::of(SMALL);
    let add = ["staff", "add", "--email", "jo@example.com", "--name", "Jo Example"];
    let (went_well, said) = operator::run_with(disk.plan(), &add, &[PASSWORD]);
    assert!(went_well, "{said}");
    let mut program = without_second_factor(disk.plan()).start();
    let sent = send(program.address, &token(program.address), "Before");
    let reference = sent.reference().expect("stored").to_owned();
    let reserve = disk.data().join("practice.db.reserve");
    eventually("room is set aside", || reserve.exists().then_some(()));
    program.terminate();
    assert!(program.ended_within(std::time::Duration::from_secs(10)).expect("it ends").success());
    assert_eq!(disk.fill(0), 0);

    let program = without_second_factor(disk.plan()).start();
    let practice = Clerk::sign_in(&program);
    let erased = practice.erase(&reference);
    assert_eq!(erased.header("location"), "/admin/export?done=erased", "{}", erased.text);
    assert!(!reserve.exists());
    drop(program);

    // A command that only looks finds no more room than the site did.
    disk.empty();
    std::fs::write(&reserve, vec![0; 1024 * 1024]).expect("written");
    assert_eq!(disk.fill(0), 0);
    let (_, said) = operator::run_with(disk.plan(), &["check", "--deploy"], &[]);
    assert!(!said.contains("can't be looked at") && !reserve.exists(), "{said}");
}

#[test]
fn rel_05_a_disk_that_can_only_be_read_is_said_once_and_the_pages_are_served() {
    let disk = Disk::of(SMALL);
    let program = disk.plan().start();
    let token = token(program.address);
    assert!(send(program.address, &token, "Before").reference().is_some());
    program.kill();
    disk.remount("ro");
    let program = disk.plan().start();
    program.wait_for("requests can't be stored");
    assert_eq!(get(program.address, "/").status(), 200);
    assert_eq!(get(program.address, "/request-consultation").status(), 503);
    let heard = send(program.address, &token, "Quill");
    assert!(heard.is_refusal_with("Quill"), "{}", heard.text);
    assert!(!is_ready(&program));
    let complaints = program.printed().matches("requests can't be stored").count();
    assert_eq!(complaints, 1, "{}", program.printed());

    disk.remount("rw");
    program.wait_for_long("storage is open, so requests are taken in again");
    assert!(send(program.address, &token, "Wren").reference().is_some());
    program.kill();
    assert_eq!(disk.stored().references.len(), 2, "what was there before is there");
}
