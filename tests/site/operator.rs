//! The commands for accounts and the ledger, as an operator types them.

use std::path::Path;

use clap::Parser;
use practice_site::app::operator;
use practice_site::config::{Cli, Command, Environment, Settings};

const PASSWORD: &str = "mortar lily 9 kettle";
const NEW: &str = "seven quiet harbors 4";

async fn run(data: &Path, arguments: &[&str], typed: &[&str]) -> Result<String, String> {
    let data = data.to_str().expect("a path in UTF-8");
    let start = ["practice-site", "--data", data];
    let cli = Cli::try_parse_from(start.iter().chain(arguments)).expect("the arguments are right");
    let settings = Settings::check(cli.typed, &Environment::default()).expect("the settings are right");
    let typed: Vec<String> = typed.iter().map(ToString::to_string).collect();
    let outcome = match cli.command.expect("a command") {
        Command::Staff(command) => operator::staff(settings, command, typed.into_iter()).await,
        Command::Audit(command) => operator::ledger(settings, command).await,
        other => panic!("{other:?}"),
    };
    outcome.map_err(|error| format!("{error:#}"))
}

#[tokio::test]
async fn accounts_are_added_listed_recovered_and_disabled() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path();
    let jo = ["staff", "add", "--email", "jo@example.com", "--name", "Jo Example"];
    assert!(run(data, &jo, &["short"]).await.expect_err("too short").contains("15 characters"));
    let added = run(data, &jo, &[PASSWORD]).await.expect("the first account");
    let code =
        added.lines().find_map(|line| line.strip_prefix("Recovery code: ")).expect("a code").to_owned();
    assert!(!data.join("setup-code").exists());

    let al = ["staff", "add", "--email", "al@example.com", "--name", "Al Example"];
    assert!(run(data, &al, &[NEW]).await.expect_err("no code").contains("second line"));
    run(data, &al, &[NEW, &code]).await.expect("the second account");
    let list = run(data, &["staff", "list"], &[]).await.expect("a list");
    assert!(list.contains("jo@example.com  Jo Example") && list.contains("al@example.com"), "{list}");

    let recover = ["staff", "recover", "--email", "jo@example.com"];
    let wrong = run(data, &recover, &["ABCDE-FGH12-JKMNP-QRSTV-WXYZ0", NEW]).await;
    assert!(wrong.expect_err("another code").contains("does not match"));
    run(data, &recover, &[&code, NEW]).await.expect("recovers");

    run(data, &["staff", "disable", "--email", "al@example.com"], &[]).await.expect("disables");
    let last = run(data, &["staff", "disable", "--email", "jo@example.com"], &[]).await;
    assert!(last.expect_err("the last one").contains("nobody could sign in"));

    assert!(run(data, &["audit", "verify"], &[]).await.expect("whole").starts_with("The ledger is whole"));
}

#[tokio::test]
async fn prv_11_a_changed_row_of_the_ledger_is_found() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path();
    assert!(run(data, &["audit", "verify"], &[]).await.expect_err("none").contains("no database"));
    let jo = ["staff", "add", "--email", "jo@example.com", "--name", "Jo Example"];
    run(data, &jo, &[PASSWORD]).await.expect("the first account");
    let db = practice_site::db::Db::open(&data.join("practice.db")).await.expect("opens");
    let mut write = db.begin().await.expect("begins");
    for statement in ["DROP TRIGGER audit_never_changes", "UPDATE audit SET outcome = 'failed' WHERE seq = 1"]
    {
        sqlx::query(statement).execute(&mut *write).await.expect("runs");
    }
    write.commit().await.expect("commits");
    db.close().await;
    assert!(run(data, &["audit", "verify"], &[]).await.expect_err("changed").contains("row 1"));
}
