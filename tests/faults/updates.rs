//! A new version of the program meets an old database, and the other way round.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

use practice_site::db::beside;
use sqlx::migrate::Migrator;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode};
use sqlx::{ConnectOptions, Connection};

use crate::disk::Disk;
use crate::operator::run;
use crate::program::{Plan, Program, folder, rounds};
use crate::stored::{block_on, in_writing, stored};
use crate::tracer::strace;
use crate::wire::{get, send, token};

/// How many steps the old version knew: those of inquiries, emails, keys and the ledger.
const OLD: usize = 4;

/// A database as an old version has left it, with one inquiry. Returns the number of its last step.
fn old(data: &Path) -> i64 {
    let steps = folder();
    let mut files: Vec<_> = std::fs::read_dir("migrations")
        .expect("a folder")
        .map(|entry| entry.expect("readable").path())
        .collect();
    files.sort();
    for file in &files[..OLD] {
        std::fs::copy(file, steps.path().join(file.file_name().expect("a name"))).expect("copied");
    }
    block_on(async {
        let file = data.join("practice.db");
        let options = SqliteConnectOptions::new().filename(file).create_if_missing(true);
        let mut conn = options.journal_mode(SqliteJournalMode::Wal).connect().await.expect("opens");
        let known = Migrator::new(steps.path()).await.expect("readable");
        known.run(&mut conn).await.expect("runs");
        let sql = "INSERT INTO inquiries (reference, submission_key, received_at, reply_by, status, answers, last_activity_at)
                   VALUES ('K7QF-2M', zeroblob(32), 1, 2, 'new', x'01', 1);
                   INSERT INTO events (inquiry_id, at, kind) VALUES (1, 1, 'received')";
        sqlx::raw_sql(sql).execute(&mut conn).await.expect("inserts");
        conn.close().await.expect("closes");
        known.iter().map(|step| step.version).max().expect("steps")
    })
}

#[test]
fn rel_19_an_old_database_is_copied_and_brought_up_to_date_without_a_word_from_anybody() {
    let data = folder();
    let version = old(data.path());
    let program = Program::over(data.path());
    assert!(send(program.address, &token(program.address), "Quill").reference().is_some());
    program.kill();
    assert_eq!(stored(data.path()).references.len(), 2);
    let copy = beside(&data.path().join("practice.db"), &format!(".before-update-from-{version}"));
    assert_eq!(copy.metadata().expect("a copy").permissions().mode() & 0o777, 0o600);

    // The way back, for whoever has kept the old program: here the new one brings it up to date again.
    let (went_well, said) = run(data.path(), &["restore", copy.to_str().expect("text")], &[]);
    assert!(went_well, "{said}");
    assert_eq!(stored(data.path()).references, ["K7QF-2M"]);
}

/// A quarter of the mark of this disk is 0.8 MiB: that is left free whatever happens.
fn old_on_a_small_disk() -> (Disk, i64) {
    let (made, disk) = (folder(), Disk::of(64 * 1024 * 1024));
    let version = old(made.path());
    std::fs::create_dir(disk.data()).expect("made");
    std::fs::copy(made.path().join("practice.db"), disk.data().join("practice.db")).expect("copied");
    (disk, version)
}

#[test]
fn rel_19_without_room_for_the_copy_nothing_is_begun_and_the_log_says_why() {
    let (disk, version) = old_on_a_small_disk();
    let database = disk.data().join("practice.db");
    let before = std::fs::read(&database).expect("readable");
    // Enough to work with, and not for a copy as well.
    disk.fill(1024 * 1024 - 100_000);
    let program = disk.plan().start();
    program.wait_for("it can't be copied before the update: it would take ");
    assert_eq!(get(program.address, "/").status(), 200);
    assert_eq!(get(program.address, "/readyz").status(), 503);
    assert!(std::fs::read(&database).expect("readable") == before, "nothing was written into it");
    let copy = beside(&database, &format!(".before-update-from-{version}"));
    assert!(!copy.exists() && !beside(&copy, ".part").exists());

    program.kill();
    disk.empty();
    disk.plan().start().kill();
    assert!(copy.exists());
    assert_eq!(disk.stored().references, ["K7QF-2M"]);
}

#[test]
fn rel_19_the_reserve_makes_room_for_the_copy_where_it_is_enough_and_is_kept_where_it_is_not() {
    for (bytes, is_enough) in [(1024 * 1024, true), (4096, false)] {
        let (disk, version) = old_on_a_small_disk();
        let database = disk.data().join("practice.db");
        let (copy, reserve) =
            (beside(&database, &format!(".before-update-from-{version}")), beside(&database, ".reserve"));
        std::fs::write(&reserve, vec![0; bytes]).expect("written");
        disk.fill(1024 * 1024 - 120_000);
        let program = disk.plan().start();
        if !is_enough {
            program.wait_for("it can't be copied before the update: it would take ");
        }
        let is_closed = get(program.address, "/admin/sign-in").status() == 503;
        assert_eq!(is_closed, !is_enough, "{}", program.printed());
        assert_eq!((copy.exists(), reserve.exists()), (is_enough, !is_enough), "{}", program.printed());
        program.kill();
        assert_eq!(disk.stored().references, ["K7QF-2M"]);
    }
}

#[test]
fn rel_19_killed_in_an_update_it_goes_on_at_the_next_start_and_loses_nothing() {
    let mut killed = 0;
    let mut n = 1;
    loop {
        let data = folder();
        old(data.path());
        let killing = strace("pwrite64,ftruncate,unlink,fsync", "signal=SIGKILL", &n.to_string());
        let mut dying = Plan::over(data.path()).started_by(killing).spawn();
        // It was not killed where it has come so far that it serves.
        let lived = dying.has_printed_or_ended("The site is at");
        dying.kill();
        if lived {
            break;
        }
        killed += 1;
        let program = Program::over(data.path());
        assert_eq!(get(program.address, "/readyz").status(), 200, "killed at {n}: {}", program.printed());
        program.kill();
        assert_eq!(stored(data.path()).references, ["K7QF-2M"], "killed at {n}");
        n += rounds(9, 1);
    }
    println!("killed {killed} times");
    assert!(killed > 2, "killed {killed} times");
}

#[test]
fn rel_19_a_newer_database_is_refused_in_words_and_not_changed() {
    let data = folder();
    let mut program = Program::over(data.path());
    let token = token(program.address);
    assert!(send(program.address, &token, "Before").reference().is_some());
    program.terminate();
    assert!(program.ended_within(Duration::from_secs(10)).is_some());
    let database = data.path().join("practice.db");
    let sql = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
               VALUES (9999, 'from the future', 1, x'00', 1)";
    in_writing(&database, sql);
    let bytes = || std::fs::read(&database).expect("readable");
    let before = bytes();

    let program = Program::over(data.path());
    program.wait_for("it was made by a newer version of this program (its tables are number 9999");
    assert_eq!(get(program.address, "/").status(), 200);
    assert_eq!(get(program.address, "/readyz").status(), 503);
    assert!(send(program.address, &token, "Quill").is_refusal_with("Quill"));
    let (went_well, said) = run(data.path(), &["staff", "list"], &[]);
    assert!(!went_well && said.contains("newer version") && said.lines().count() == 1, "{said}");
    program.kill();
    assert!(bytes() == before, "nothing was written into it");
}

#[test]
fn rel_19_the_tables_are_written_with_line_feeds_on_every_machine() {
    let attributes = std::fs::read_to_string(".gitattributes").expect("readable");
    assert!(attributes.lines().any(|line| line == "*.sql text eol=lf"), "a checkout may change them");
    for entry in std::fs::read_dir("migrations").expect("a folder") {
        let bytes = std::fs::read(entry.expect("readable").path()).expect("readable");
        assert!(!bytes.contains(&b'\r'));
    }
}
