//! What the program leaves on the machine it runs on: who may read its files, where it listens, how much memory
//! strangers can make it take (SEC-10, SEC-20, SEC-31).

use std::collections::BTreeSet;
use std::fs;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::thread;
use std::time::Duration;

use crate::person::{EMAIL, Person, encoded};
use crate::program::{Plan, Program, eventually};
use crate::wire::{FORM, answers, get, post, say, token};

/// For sixteen hashes on a machine that has other work.
const PATIENCE: Duration = Duration::from_secs(90);

/// Everything below a folder, and the folder itself, with who may do what.
fn modes(path: &Path, found: &mut Vec<(String, u32)>) {
    let about = fs::symlink_metadata(path).expect("there");
    assert!(!about.is_symlink(), "{}", path.display());
    found.push((path.display().to_string(), about.permissions().mode() & 0o7777));
    if about.is_dir() {
        fs::read_dir(path).expect("readable").for_each(|entry| modes(&entry.expect("there").path(), found));
    }
}

/// Started where files are for everybody unless somebody says otherwise.
fn for_everybody(plan: Plan) -> Plan {
    plan.started_by(["sh", "-c", "umask 000; exec \"$@\"", "sh"].map(Into::into).to_vec())
}

#[test]
fn sec_31_nobody_else_on_the_machine_reads_a_file_of_the_program_whatever_the_umask() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    let program = for_everybody(Plan::over(&data)).start();
    Person::set_up(program.address, &data);
    let body = answers(&token(program.address), "Quill");
    assert_eq!(post(program.address, "/request-consultation/send", &body).status(), 303);
    eventually("the email is written", || crate::program::emails(&data).pop());
    let copy = folder.path().join("copy.db");
    let backup = for_everybody(Plan::over(&data)).argument("backup").argument(copy.to_str().expect("a path"));
    let (code, said, complaint) = backup.outcome();
    assert_eq!(code, Some(0), "{said}{complaint}");
    let mut found = Vec::new();
    modes(&data, &mut found);
    modes(&copy, &mut found);
    assert!(found.len() > 8, "{found:?}");
    let open: Vec<_> = found.iter().filter(|(_, mode)| mode & 0o077 != 0).collect();
    assert!(open.is_empty(), "readable for others: {open:?}");
    assert_eq!(found[0].1, 0o700);
}

/// The addresses that a process listens at, as the kernel lists them.
fn listens_at(process: u32) -> BTreeSet<String> {
    let sockets: BTreeSet<_> = fs::read_dir(format!("/proc/{process}/fd"))
        .expect("readable")
        .filter_map(|open| fs::read_link(open.ok()?.path()).ok())
        .filter_map(|target| Some(target.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?.to_owned()))
        .collect();
    let mut found = BTreeSet::new();
    for (table, listening) in [("tcp", "0A"), ("tcp6", "0A"), ("udp", "07"), ("udp6", "07")] {
        let text = fs::read_to_string(format!("/proc/{process}/net/{table}")).unwrap_or_default();
        for line in text.lines().skip(1) {
            let columns: Vec<_> = line.split_whitespace().collect();
            if columns.get(3) == Some(&listening)
                && columns.get(9).is_some_and(|inode| sockets.contains(*inode))
            {
                found.insert(format!("{table} {}", columns[1]));
            }
        }
    }
    found
}

#[test]
fn sec_31_one_port_listens_and_only_on_loopback() {
    let data = tempfile::tempdir().expect("a folder");
    let program = Program::over(data.path());
    get(program.address, "/");
    let SocketAddr::V4(address) = program.address else { panic!("not an IPv4 address") };
    let wanted = format!("tcp 0100007F:{:04X}", address.port());
    assert_eq!(listens_at(program.id()), BTreeSet::from([wanted]));
}

#[test]
fn sec_31_no_file_of_the_data_folder_is_served() {
    let data = tempfile::tempdir().expect("a folder");
    let program = Program::over(data.path());
    let mut files = Vec::new();
    modes(data.path(), &mut files);
    for (file, _) in files {
        let name = Path::new(&file).file_name().expect("a name").to_str().expect("text").to_owned();
        for path in [
            format!("/{name}"),
            format!("/data/{name}"),
            format!("/static/{name}"),
            format!("/static/../data/{name}"),
            file.clone(),
        ] {
            assert_eq!(get(program.address, &path).status(), 404, "{path}");
        }
    }
}

/// In kilobytes, as the kernel counts it: now, and at the most.
fn memory(program: &Program) -> (u64, u64) {
    let status = fs::read_to_string(format!("/proc/{}/status", program.id())).expect("readable");
    let value = |name: &str| {
        let line = status.lines().find(|line| line.starts_with(name)).expect("there");
        line.split_whitespace().nth(1).and_then(|number| number.parse().ok()).expect("a number")
    };
    (value("VmRSS:"), value("VmHWM:"))
}

#[test]
fn sec_10_many_who_sign_in_at_once_take_the_memory_of_two() {
    let data = tempfile::tempdir().expect("a folder");
    // Where nothing is counted by address, every guess for another account reaches the hash.
    let program = Plan::over(data.path()).set("PRACTICE_RATE_LIMIT", "off").start();
    let address = program.address;
    Person::set_up(address, data.path());
    let before = memory(&program).0;
    let guesses: Vec<_> = (0..16)
        .map(|number| {
            thread::spawn(move || {
                let email = format!("nobody{number}@example.com");
                let typed =
                    encoded(&[("email", &email), ("password", "mortar lily 9 kettlf"), ("code", "1")]);
                let head =
                    format!("POST /admin/sign-in HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n{FORM}");
                let bytes = format!("{head}Content-Length: {}\r\n\r\n{typed}", typed.len());
                say(address, bytes.as_bytes(), PATIENCE).status()
            })
        })
        .collect();
    for guess in guesses {
        assert_eq!(guess.join().expect("asked"), 422);
    }
    let most = memory(&program).1;
    // 64 MiB each, and a little for the requests themselves.
    assert!(most < before + (2 * 64 + 24) * 1024, "{before} KB before, {most} at the most");
    assert!(get(address, "/admin/sign-in").text.contains("Sign in"), "{EMAIL} can still come");
}
