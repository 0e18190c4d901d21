//! A disk that fails at the n-th call of a thread, or from that call on.

use std::path::Path;
use std::process::Command;

use crate::program::{Plan, folder, rounds};
use crate::stored::stored;
use crate::tracer::strace;
use crate::wire::{get, send, token};

const SENT: usize = 4;

/// Calls, what they fail with, and whether they go on failing from then on.
const FAULTS: [(&str, &str, bool); 6] = [
    ("fsync,fdatasync", "error=EIO", true),
    ("pwrite64", "error=ENOSPC", false),
    ("pwrite64", "error=EIO", true),
    ("fsync,fdatasync", "error=EIO", false),
    ("pwrite64", "error=ENOSPC", true),
    ("pwrite64", "error=EIO", false),
];

#[derive(Debug, Default)]
struct Tally {
    runs: usize,
    received: usize,
    refused: usize,
    /// Said to have failed, and stored all the same: sending again finds it.
    stored_unsaid: usize,
}

#[test]
fn rel_02_whichever_call_of_the_disk_fails_received_means_stored() {
    let template = folder();
    let program = Plan::under_load(template.path()).start();
    let token = token(program.address);
    program.kill();
    let mut tally = Tally::default();
    for n in 1..=rounds(15, 60) {
        // In the ordinary run one kind for each n, in the long run all of them.
        let kinds = match rounds(1, FAULTS.len() as u64) {
            1 => &FAULTS[n as usize % FAULTS.len()..][..1],
            _ => &FAULTS[..],
        };
        for (calls, what, persistent) in kinds {
            let when = if *persistent { format!("{n}+") } else { n.to_string() };
            one(template.path(), &token, (calls, what, &when), &mut tally);
        }
    }
    println!("{tally:?}");
    assert!(tally.refused > 0 && tally.received > 0, "{tally:?}");
}

fn one(template: &Path, token: &str, (calls, what, when): (&str, &str, &str), tally: &mut Tally) {
    let data = folder();
    let copied =
        Command::new("cp").arg("-a").arg(template.join(".")).arg(data.path()).status().expect("runs");
    assert!(copied.success());
    let names: Vec<_> = (0..SENT).map(|number| format!("Quill{number}")).collect();
    let fault = format!("{calls} {what} at {when}");

    let program = Plan::under_load(data.path()).started_by(strace(calls, what, when)).start();
    let answers: Vec<_> = names.iter().map(|name| send(program.address, token, name)).collect();
    assert_eq!(get(program.address, "/").status(), 200, "{fault}: it lives");
    for (answer, name) in answers.iter().zip(&names) {
        assert!(answer.reference().is_some() || answer.is_refusal_with(name), "{fault}: {}", answer.text);
    }
    program.kill();
    let rows = stored(data.path()).references;
    let received: Vec<_> = answers.iter().filter_map(|answer| answer.reference()).collect();
    for reference in &received {
        assert!(
            rows.iter().any(|row| row == reference),
            "{fault}: {reference} was received and is not there"
        );
    }
    tally.runs += 1;
    tally.received += received.len();
    tally.refused += SENT - received.len();
    tally.stored_unsaid += rows.len() - received.len();

    // Whoever tries again once the disk works is received, and is there once.
    let program = Plan::under_load(data.path()).start();
    for (answer, name) in answers.iter().zip(&names) {
        let again = send(program.address, token, name);
        let reference = again.reference().unwrap_or_else(|| panic!("{fault}: {}", again.text));
        assert!(answer.reference().is_none_or(|before| before == reference), "{fault}: another reference");
    }
    program.kill();
    assert_eq!(stored(data.path()).references.len(), SENT, "{fault}");
}
