//! The copy that is carried away every few minutes, and the user whom the data belongs to.

use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::Path;

use practice_site::db::Db;

use crate::practice::with_account;
use crate::program::{Plan, Program};
use crate::wire::{answers, post, token};

/// Runs a command over a data folder.
fn run(data: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let plan = arguments.iter().fold(Plan::over(data), |plan, argument| plan.argument(argument));
    let (code, said, complaint) = plan.outcome();
    (code, format!("{said}{complaint}"))
}

fn send(program: &Program, name: &str) {
    let sent = post(program.address, "/request-consultation/send", &answers(&token(program.address), name));
    assert_eq!(sent.status(), 303, "{}", sent.text);
}

/// How many inquiries a database holds, and how many copies its ledger tells of.
fn counts(database: &Path) -> (i64, i64) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let db = Db::open(database).await.expect("opens");
        let sql = "SELECT (SELECT count(*) FROM inquiries), (SELECT count(*) FROM audit WHERE event = 'backup made')";
        let row = sqlx::query_as(sql).fetch_one(&mut *db.read().await.expect("a reader")).await.expect("a row");
        db.close().await;
        row
    })
}

#[test]
fn the_latest_copy_follows_the_database_and_does_not_fill_the_ledger() {
    let (data, elsewhere) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
    let program = Program::over(data.path());
    for sent in 1..=3 {
        send(&program, &format!("Quill{sent}"));
        let (code, said) = run(data.path(), &["backup", "--latest"]);
        assert_eq!(code, Some(0), "{said}");
        let latest = data.path().join("backup/latest.db");
        assert_eq!(latest.metadata().expect("there").permissions().mode() & 0o777, 0o600);
        let fetched = elsewhere.path().join(format!("fetched{sent}.db"));
        std::fs::copy(&latest, &fetched).expect("copied");
        assert_eq!(counts(&fetched).0, sent);
    }
    // The night's copy, made as the site started, has its own row.
    program.wait_for("The site is at");
    program.kill();
    let (inquiries, copies) = counts(&data.path().join("practice.db"));
    assert_eq!(inquiries, 3);
    assert!((1..=2).contains(&copies), "{copies} rows for three copies");
    assert_eq!(run(data.path(), &["backup"]).0, Some(2), "either a file or the latest");
    assert_eq!(run(data.path(), &["backup", "--latest", "a.db"]).0, Some(2), "not both");
}

#[test]
fn a_good_copy_is_carried_away_though_the_database_is_damaged() {
    let data = tempfile::tempdir().expect("a folder");
    with_account(data.path());
    let database = data.path().join("practice.db");
    let mut bytes = std::fs::read(&database).expect("readable");
    // A page that nothing leads to: the copy is made without it.
    bytes.resize(bytes.len() + 4096, 0);
    let pages = u32::try_from(bytes.len() / 4096).expect("a small database");
    bytes[28..32].copy_from_slice(&pages.to_be_bytes());
    std::fs::write(&database, &bytes).expect("written");

    let (code, said) = run(data.path(), &["backup", "--latest"]);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("WARN") && said.contains("the database is damaged"), "{said}");
    assert!(std::fs::read(&database).expect("readable") == bytes, "nothing is written into it");
    let (code, said) = run(data.path(), &["backup", "--latest"]);
    assert!(code == Some(0) && !said.contains("WARN"), "once a day is enough for reading all of it: {said}");
    let latest = data.path().join("backup/latest.db");
    let (code, said) = run(data.path(), &["restore", latest.to_str().expect("text")]);
    assert_eq!(code, Some(0), "{said}");
    std::fs::remove_file(&latest).expect("removed");
    let (code, said) = run(data.path(), &["backup", "--latest"]);
    assert!(code == Some(0) && !said.contains("WARN"), "{said}");
}

/// Only for root does it matter.
#[test]
fn root_leaves_nothing_in_a_data_folder_that_its_owner_could_not_open() {
    let data = tempfile::tempdir().expect("a folder");
    assert_eq!(
        data.path().metadata().expect("there").uid(),
        0,
        "only root can give a folder to another user"
    );
    chown(data.path(), Some(65_532), Some(65_532)).expect("given away");
    let (code, said) = run(data.path(), &["staff", "list"]);
    assert_eq!(code, Some(1));
    assert!(said.contains("belongs to user 65532") && said.lines().count() == 1, "{said}");
    assert_eq!(std::fs::read_dir(data.path()).expect("a folder").count(), 0, "nothing is left behind");
}
