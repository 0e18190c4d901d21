//! A database of which some bytes have changed: noticed, and never written into as if nothing had happened.

use std::path::Path;

use practice_site::db::Db;

use crate::operator::run;
use crate::program::{Program, folder};
use crate::wire::{get, send, token};

/// One page in the middle becomes nonsense.
fn damage(database: &Path) -> Vec<u8> {
    // A program that had to hurry leaves its log, and what stands there would hide the damage.
    tokio::runtime::Runtime::new().expect("a runtime").block_on(async {
        Db::open_as_it_is(database).await.expect("opens").close().await;
    });
    assert!(!database.with_extension("db-wal").exists());
    let mut bytes = std::fs::read(database).expect("readable");
    let page = bytes.len() / 4096 / 2 * 4096;
    bytes[page..page + 4096].fill(0xA5);
    std::fs::write(database, &bytes).expect("written");
    bytes
}

#[test]
fn rel_06_a_damaged_database_takes_nothing_in_and_stays_as_it_is() {
    let data = folder();
    let database = data.path().join("practice.db");
    let mut program = Program::over(data.path());
    let token = token(program.address);
    assert!(send(program.address, &token, "Before").reference().is_some());
    program.terminate();
    assert!(program.ended_within(std::time::Duration::from_secs(10)).is_some());
    let damaged = damage(&database);

    let program = Program::over(data.path());
    program.wait_for("it is damaged");
    assert_eq!(get(program.address, "/").status(), 200);
    assert_eq!(get(program.address, "/readyz").status(), 503);
    assert_eq!(get(program.address, "/request-consultation").status(), 503);
    let heard = send(program.address, &token, "Quill");
    assert!(heard.is_refusal_with("Quill"), "{}", heard.text);
    for command in [["staff", "list"], ["audit", "verify"]] {
        let (went_well, said) = run(data.path(), &command, &[]);
        assert!(!went_well && said.contains("it is damaged"), "{said}");
    }
    program.kill();
    assert!(std::fs::read(&database).expect("readable") == damaged, "nothing was written into it");
}
