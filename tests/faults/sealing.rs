//! SEAL-09: killed at any write of a change of keys, the practice still opens everything with the old secret or the new.
//!
//! Needs strace.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::practice::{Clerk, EMAIL, PASSWORD, spaced, with_account, without_second_factor};
use crate::program::{Plan, Program, rounds, signal};
use crate::wire::{FORM, answers, post, request, token};

const NEW_PASSWORD: &str = "velvet anchor 4 prune";

/// The calls that put something on the disk, each with how many of them an ordinary run looks at.
const WRITES: [(&str, &[usize]); 3] =
    [("pwrite64", &[1, 2, 5, 13]), ("fdatasync", &[1, 2]), ("unlink", &[1])];

/// The long run looks at each of them.
fn places(ordinary: &[usize]) -> Vec<usize> {
    match rounds(0, 60) {
        0 => ordinary.to_vec(),
        most => (1..=most as usize).collect(),
    }
}

fn serving(data: &Path) -> Program {
    without_second_factor(Plan::under_load(data)).start()
}

/// Kills the program in its n-th such call, counted in each of its threads from now on.
fn kill_in_the(n: usize, call: &str, program: &Program) -> Child {
    let mut strace = Command::new("strace")
        .args([
            "-f",
            "-o",
            "/dev/null",
            "-p",
            &program.id().to_string(),
            "-e",
            &format!("trace={call}"),
            "-e",
        ])
        .arg(format!("inject={call}:signal=KILL:when={n}"))
        .stderr(Stdio::piped())
        .spawn()
        .expect("strace is missing (Debian: apt-get install strace)");
    let mut said = BufReader::new(strace.stderr.take().expect("piped"));
    let mut line = String::new();
    said.read_line(&mut line).expect("a line");
    assert!(line.contains("attached"), "{line}");
    // Whatever else it says must not keep it waiting.
    std::thread::spawn(move || std::io::copy(&mut said, &mut std::io::sink()));
    strace
}

/// What is sent to a program that dies over it.
struct Last<'a> {
    path: &'a str,
    session: &'a str,
    body: &'a str,
}

/// Sends a request to a program that dies in its n-th such call. The status of the answer, 0 where none came, and
/// whether it died.
fn dying(n: usize, call: &str, mut program: Program, last: &Last<'_>) -> (u16, bool) {
    let mut strace = kill_in_the(n, call, &program);
    let Last { path, session: cookie, body } = last;
    let headers = format!("{FORM}Cookie: session={cookie}\r\n");
    let heard = request(program.address, "POST", path, &headers, body.as_bytes());
    // No answer means that it is about to be gone; an answer may come right before its end.
    let limit = if heard.status() == 0 { Duration::from_secs(20) } else { Duration::from_millis(300) };
    let died = program.ended_within(limit).is_some();
    drop(program);
    signal("-TERM", strace.id());
    strace.wait().expect("ends");
    (heard.status(), died)
}

fn sent(program: &Program, name: &str) -> String {
    let heard = post(program.address, "/request-consultation/send", &answers(&token(program.address), name));
    heard.header("location").rsplit('/').next().expect("a reference").to_owned()
}

fn reads(clerk: &Clerk, reference: &str, name: &str) {
    let page = clerk.get(&format!("/admin/inquiries/{reference}"));
    assert!(page.text.contains(name), "{reference} does not open: {}", page.text);
}

/// One change of password that dies; gives whether it did. `passwords` are the present one and the next.
fn changes_and_dies(n: usize, call: &str, data: &Path, passwords: &mut [&str; 2], reference: &str) -> bool {
    let [password, next] = *passwords;
    let program = serving(data);
    let clerk = Clerk::with(password, &program).expect("signed in");
    let body = format!("old_password={}&new_password={}", spaced(password), spaced(next));
    let last = Last { path: "/admin/account/password", session: &clerk.session, body: &body };
    let (status, died) = dying(n, call, program, &last);
    let program = serving(data);
    let changed = Clerk::with(next, &program);
    assert!(changed.is_some() || status != 303, "told that it is changed, and it is not");
    assert!(died || status == 303, "nothing stood in the way: {status}");
    if changed.is_some() {
        passwords.swap(0, 1);
    }
    let unchanged = || Clerk::with(password, &program).expect("neither password opens");
    reads(&changed.unwrap_or_else(unchanged), reference, "Quill");
    died
}

#[test]
fn seal_09_killed_at_any_write_of_a_change_of_password_the_old_or_the_new_one_opens_everything() {
    let data = tempfile::tempdir().expect("a folder");
    let program = serving(data.path());
    with_account(data.path());
    let reference = sent(&program, "Quill");
    drop(program);
    let mut passwords = [PASSWORD, NEW_PASSWORD];
    let mut kills = 0;
    for (call, ordinary) in WRITES {
        let mut dies = |n: &usize| changes_and_dies(*n, call, data.path(), &mut passwords, &reference);
        kills += places(ordinary).iter().map_while(|n| dies(n).then_some(())).count();
    }
    println!("{kills} kills in a change of password");
    assert!(kills >= 4, "it was hardly ever killed in the middle: {kills}");
}

/// One set-up that dies; gives whether it did.
fn sets_up_and_dies(n: usize, call: &str) -> bool {
    let data = tempfile::tempdir().expect("a folder");
    let program = serving(data.path());
    let references = [sent(&program, "Quill"), sent(&program, "Wren")];
    let code_file = data.path().join("setup-code");
    let code = std::fs::read_to_string(&code_file).expect("a code").trim().to_owned();
    let body = format!("setup_code={code}&name=Jo&email={EMAIL}&password={}", spaced(PASSWORD));
    let (status, died) = dying(n, call, program, &Last { path: "/admin/setup", session: "", body: &body });
    let program = serving(data.path());
    let clerk = Clerk::with(PASSWORD, &program).unwrap_or_else(|| {
        assert_eq!(status, 0, "told that the account is there, and it is not");
        let done = post(program.address, "/admin/setup", &body);
        assert_eq!(done.status(), 200, "neither the code nor the account opens: {}", done.text);
        Clerk::sign_in(&program)
    });
    assert!(!code_file.exists(), "a code that opens nothing any more is gone");
    reads(&clerk, &references[0], "Quill");
    reads(&clerk, &references[1], "Wren");
    died
}

#[test]
fn seal_09_killed_at_any_write_of_set_up_the_code_or_the_new_account_opens_everything() {
    let mut kills = 0;
    for (call, ordinary) in WRITES {
        kills += places(ordinary).iter().map_while(|n| sets_up_and_dies(*n, call).then_some(())).count();
    }
    println!("{kills} kills in a set-up");
    assert!(kills >= 4, "it was hardly ever killed in the middle: {kills}");
}
