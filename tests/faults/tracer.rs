//! Calls to the operating system that fail, or kill, as a test tells them to.

use std::ffi::OsString;
use std::process::{Command, Stdio};

/// What strace does to a call, and when: `3` for the third one of a thread, `3+` for all from the third on.
pub fn strace(calls: &str, what: &str, when: &str) -> Vec<OsString> {
    let found = Command::new("strace").arg("--version").stdout(Stdio::null()).status();
    assert!(found.is_ok_and(|status| status.success()), "strace is missing (Debian: apt-get install strace)");
    let (trace, inject) = (format!("trace={calls}"), format!("inject={calls}:{what}:when={when}"));
    // -D: the program is our own child, and strace looks on.
    let mut words = vec!["strace", "-D", "-f", "-o", "/dev/null", "-e", &trace, "-e", &inject];
    if what.starts_with("error") {
        // Much faster, but strace 6.1 sends no signals with it.
        words.insert(1, "--seccomp-bpf");
    }
    words.iter().map(OsString::from).collect()
}
