//! What the person sees who starts the program and runs its commands while it serves.

use std::io::Write;
use std::path::Path;
use std::process::Stdio;

use crate::program::{Plan, Program};
use crate::wire::get;

const PASSWORD: &str = "mortar lily 9 kettle";

/// Runs a command with these lines on its standard input: whether it went well, and what it said.
pub fn run(data: &Path, arguments: &[&str], typed: &[&str]) -> (bool, String) {
    run_with(Plan::over(data), arguments, typed)
}

/// The same, started as planned.
pub fn run_with(plan: Plan, arguments: &[&str], typed: &[&str]) -> (bool, String) {
    let plan = arguments.iter().fold(plan, |plan, argument| plan.argument(argument));
    let mut child = plan.command().stdin(Stdio::piped()).spawn().expect("starts");
    let mut input = child.stdin.take().expect("piped");
    input.write_all(typed.join("\n").as_bytes()).expect("written");
    drop(input);
    let output = child.wait_with_output().expect("ends");
    let said = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8(said).expect("text"))
}

#[test]
fn the_set_up_code_is_named_by_its_file_where_nobody_looks_at_a_terminal() {
    let data = tempfile::tempdir().expect("a folder");
    let program = Program::over(data.path());
    let file = data.path().join("setup-code");
    program.wait_for(&format!("The set-up code is in {}", file.display()));
    let code = std::fs::read_to_string(&file).expect("readable");
    program.wait_for("/admin/setup");
    assert!(!program.printed().contains(code.trim()), "a log must not hold it");
}

#[test]
fn accounts_are_made_while_the_site_serves_and_the_next_start_speaks_of_no_set_up() {
    let data = tempfile::tempdir().expect("a folder");
    let program = Program::over(data.path());
    program.wait_for("The set-up code is in");
    let add = ["staff", "add", "--email", "jo@example.com", "--name", "Jo Example"];
    let (went_well, said) = run(data.path(), &add, &["short"]);
    assert!(!went_well && said.contains("15 characters"), "{said}");
    let (went_well, said) = run(data.path(), &add, &[PASSWORD]);
    assert!(went_well && said.contains("Recovery code: "), "{said}");
    assert!(!said.contains(PASSWORD));
    assert!(!data.path().join("setup-code").exists());
    let (went_well, said) = run(data.path(), &["audit", "verify"], &[]);
    assert!(went_well, "{said}");
    program.terminate();
    drop(program);
    let program = Program::over(data.path());
    let (_, said) = run(data.path(), &["staff", "list"], &[]);
    assert!(said.contains("jo@example.com"), "{said}");
    assert!(!program.printed().contains("set-up"), "{}", program.printed());
}

#[test]
fn prv_04_the_log_names_the_kind_of_page_and_never_what_was_asked_for() {
    let data = tempfile::tempdir().expect("a folder");
    let program = Program::over(data.path());
    assert_eq!(get(program.address, "/healthz").status(), 200);
    assert_eq!(get(program.address, "/search?q=marmalade").status(), 200);
    assert_eq!(get(program.address, "/request-consultation/received/K7QF-2M").status(), 200);
    program.wait_for("method=\"GET\" route=\"/request-consultation/received/{reference}\" status=200 ms=");
    let printed = program.printed();
    assert!(printed.contains("answered method=\"GET\" route=\"/search\" status=200 ms="), "{printed}");
    for word in ["marmalade", "K7QF", "healthz"] {
        assert!(!printed.contains(word), "{word}\n{printed}");
    }
}
