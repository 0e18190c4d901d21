//! Copies made while people write, and copies put back: nothing acknowledged is missing, nothing else comes along.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use practice_site::db::beside;

use crate::practice::{Clerk, with_account, without_second_factor};
use crate::program::{Plan, Program, eventually, folder};
use crate::stored::{Stored, in_database, in_writing};
use crate::wire::{get, token};

/// Runs `backup` or `restore` over a data folder.
pub fn run(data: &Path, command: &str, file: &Path) -> (Option<i32>, String) {
    let file = file.to_str().expect("text");
    let (code, said, complaint) = Plan::over(data).argument(command).argument(file).outcome();
    (code, format!("{said}{complaint}"))
}

fn mode(path: &Path) -> u32 {
    path.metadata().expect("there").permissions().mode() & 0o777
}

/// Sends one request and returns its reference.
fn send(program: &Program, token: &str, name: &str) -> Option<String> {
    crate::wire::send(program.address, token, name).reference().map(str::to_owned)
}

/// Without limits, since load would be turned away.
fn under_load(data: &Path) -> Program {
    without_second_factor(Plan::under_load(data)).start()
}

/// Every reference in a database, and the events of its ledger, the newest first.
fn contents(database: &Path) -> (Vec<String>, Vec<String>) {
    let Stored { references, mut ledger, .. } = in_database(database);
    ledger.reverse();
    (references, ledger)
}

#[test]
fn rel_20_a_copy_made_under_load_has_everything_acknowledged_before_it_began() {
    let (data, away, elsewhere) = (folder(), folder(), folder());
    with_account(data.path());
    let program = under_load(data.path());
    let (token, stop) = (token(program.address), Arc::new(AtomicBool::new(false)));
    let acknowledged = Arc::new(Mutex::new(Vec::new()));
    thread::scope(|scope| {
        for client in 0..4 {
            let (program, token, stop, acknowledged) = (&program, &token, &stop, &acknowledged);
            scope.spawn(move || {
                for number in 0.. {
                    if stop.load(Ordering::SeqCst) {
                        break;
                    }
                    let reference = send(program, token, &format!("Quill{client}x{number}")).expect("stored");
                    acknowledged.lock().expect("whole").push(reference);
                }
            });
        }
        let copies: Vec<_> = (0..3)
            .map(|round| {
                let enough = (round + 1) * 20;
                let before = eventually("there is load", || {
                    let so_far = acknowledged.lock().expect("whole").clone();
                    (so_far.len() >= enough).then_some(so_far)
                });
                let copy = away.path().join(format!("copy{round}.db"));
                let (code, said) = run(data.path(), "backup", &copy);
                assert_eq!(code, Some(0), "{said}");
                (copy, before)
            })
            .collect();
        stop.store(true, Ordering::SeqCst);
        for (copy, before) in copies {
            assert_eq!(mode(&copy), 0o600);
            let (code, said) = run(elsewhere.path(), "restore", &copy);
            assert_eq!(code, Some(0), "{said}");
            let (rows, ledger) = contents(&elsewhere.path().join("practice.db"));
            assert_eq!(ledger[0], "backup restored");
            assert!(
                before.iter().all(|reference| rows.contains(reference)),
                "an acknowledged one is missing"
            );
        }
    });
    let restored = under_load(elsewhere.path());
    assert!(send(&restored, &crate::wire::token(restored.address), "Wren").is_some(), "it takes in more");
    assert_eq!(get(restored.address, "/readyz").status(), 200);
    let reference = acknowledged.lock().expect("whole")[0].clone();
    let opened = Clerk::sign_in(&restored).get(&format!("/admin/inquiries/{reference}"));
    assert!(
        opened.status() == 200 && opened.text.contains("Quill"),
        "the old password opens it: {}",
        opened.text
    );
    program.kill();
    assert!(contents(&data.path().join("practice.db")).1.contains(&"backup made".to_owned()));
}

#[test]
fn rel_21_a_left_over_log_plays_nothing_into_what_is_restored() {
    let (data, away) = (folder(), folder());
    let database = data.path().join("practice.db");
    let program = under_load(data.path());
    let token = token(program.address);
    let send_many = |name: &str, count: usize| {
        for number in 0..count {
            send(&program, &token, &format!("{name}{number}")).expect("stored");
        }
    };
    send_many("Quill", 5);
    let copy = away.path().join("copy.db");
    assert_eq!(run(data.path(), "backup", &copy).0, Some(0));
    send_many("Wren", 40);
    program.kill();
    assert!(beside(&database, "-wal").metadata().expect("left over").len() > 100_000, "much is in the log");

    // Once as the power cut left it, and once with the database gone and its log still there.
    let left_over = std::fs::read(beside(&database, "-wal")).expect("readable");
    for round in 0..2 {
        if round == 1 {
            std::fs::remove_file(&database).expect("removed");
            std::fs::write(beside(&database, "-wal"), &left_over).expect("written");
            std::fs::write(beside(&database, "-shm"), b"of another database").expect("written");
        }
        let (code, said) = run(data.path(), "restore", &copy);
        assert_eq!(code, Some(0), "{said}");
        assert!(!beside(&database, "-wal").exists() && !beside(&database, "-shm").exists());
        assert_eq!(mode(&database), 0o600);
        assert_eq!(contents(&database).0.len(), 5, "exactly the rows of the copy");
    }
    assert!(!data.path().join("restoring").exists());
    let aside =
        std::fs::read_dir(data.path()).expect("a folder").map(|entry| entry.expect("readable").path());
    let aside: Vec<_> =
        aside.filter(|path| path.to_string_lossy().contains("practice.db.before-restore-")).collect();
    let old = aside.iter().find(|path| path.to_string_lossy().ends_with('Z')).expect("put aside");
    assert_eq!(mode(old), 0o600);
    assert_eq!(contents(old).0.len(), 45, "what was there is not lost");
}

#[test]
fn nothing_is_restored_under_a_site_that_runs() {
    let (data, away) = (folder(), folder());
    let program = Program::over(data.path());
    let token = token(program.address);
    let copy = away.path().join("copy.db");
    assert_eq!(run(data.path(), "backup", &copy).0, Some(0));
    let reference = send(&program, &token, "Quill").expect("stored");
    let (code, said) = run(data.path(), "restore", &copy);
    assert_eq!(code, Some(1));
    assert!(said.contains("the database is in use; stop the site first"), "{said}");
    program.terminate();
    let mut program = program;
    program.ended_within(Duration::from_secs(15)).expect("it ends");
    assert_eq!(contents(&data.path().join("practice.db")).0, [reference]);
    assert_eq!(run(data.path(), "restore", &copy).0, Some(0));
    assert!(contents(&data.path().join("practice.db")).0.is_empty());
}

#[test]
fn a_copy_takes_no_files_place_and_only_a_good_one_is_restored() {
    let (data, away) = (folder(), folder());
    let program = Program::over(data.path());
    let reference = send(&program, &token(program.address), "Quill").expect("stored");
    program.kill();
    let copy = away.path().join("copy.db");
    assert_eq!(run(data.path(), "backup", &copy).0, Some(0));
    let good = std::fs::read(&copy).expect("readable");
    let (code, said) = run(data.path(), "backup", &copy);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("is there already"), "{said}");
    assert_eq!(std::fs::read(&copy).expect("readable"), good);

    let mut damaged = good.clone();
    let page = damaged.len() / 4096 / 2 * 4096;
    damaged[page..page + 4096].fill(0xA5);
    for (name, bytes) in
        [("damaged.db", &damaged[..]), ("cut.db", &good[..8192]), ("text.db", b"words"), ("empty", b"")]
    {
        let bad = away.path().join(name);
        std::fs::write(&bad, bytes).expect("written");
        let (code, said) = run(data.path(), "restore", &bad);
        assert_eq!(code, Some(1), "{name}: {said}");
        assert!(said.contains(name) && said.lines().count() == 1, "{said}");
    }
    assert_eq!(run(data.path(), "restore", &away.path().join("nowhere")).0, Some(1));
    assert_eq!(contents(&data.path().join("practice.db")).0, [reference], "nothing has changed");
}

#[test]
fn sessions_end_with_a_restore_so_that_a_stolen_copy_of_a_cookie_opens_nothing() {
    let (data, away) = (folder(), folder());
    let database = data.path().join("practice.db");
    let copy = away.path().join("copy.db");
    Program::over(data.path()).kill();
    in_writing(
        &database,
        "INSERT INTO staff (id, email, name, added_at) VALUES (1, 'sam@example.com', 'Sam Example', 1);
         INSERT INTO sessions (staff_id, token_hash, wrapped, device, started_at, seen_at, ends_at)
         VALUES (1, zeroblob(32), x'01', 'A browser', 1, 1, 1)",
    );
    assert_eq!(run(data.path(), "backup", &copy).0, Some(0));
    let (code, said) = run(data.path(), "restore", &copy);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("Everybody has to sign in again"), "{said}");
    assert_eq!(in_writing(&database, "DELETE FROM sessions"), 0, "none was left");
    assert_eq!(in_writing(&database, "DELETE FROM staff"), 1, "the accounts are there");
}

#[test]
fn what_is_odd_about_the_old_database_is_said_and_a_fault_hides_no_other() {
    let (data, away) = (folder(), folder());
    let copy = away.path().join("copy.db");
    Program::over(data.path()).kill();
    assert_eq!(run(data.path(), "backup", &copy).0, Some(0));
    std::fs::write(data.path().join("practice.db"), "only words".repeat(1000)).expect("written");
    let (code, said) = run(data.path(), "restore", &copy);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("WARN") && said.contains("only the list tells what was erased"), "{said}");
    assert!(said.contains("its log is kept beside it"), "{said}");

    let list = data.path().join("backup/erased");
    std::fs::create_dir_all(&list).expect("in the way");
    std::fs::write(data.path().join("restoring"), "in the way").expect("written");
    let (code, said) = run(data.path(), "restore", &copy);
    assert!(code == Some(1) && said.contains("erased can't be read"), "{said}");
}
