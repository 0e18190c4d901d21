//! S-REL-01: everything that can happen to the running program, in random order, with the promises looked at after each
//! step. An ordinary run takes a few steps; the soak takes as many as fit into its time:
//!
//! `cargo test --test faults -- --ignored --nocapture soak`
//!
//! `SOAK_MINUTES` (10) is how long, `SOAK_SEED` the order: a failure prints it, so that it can be had again.

mod chance;
mod ledger;
mod mail;
mod practice;
mod steps;

use std::time::{Duration, Instant};

use chance::Chance;
use practice::Practice;

type Step = fn(&mut Practice, &mut Chance);

/// What happens, and how often beside the others.
const STEPS: [(u32, &str, Step); 12] = [
    (20, "one request", Practice::submits),
    (8, "the same request twice", Practice::submits_twice),
    (6, "the same request several times at once", Practice::submits_at_once),
    (8, "several requests at once", Practice::submit_together),
    (8, "kill -9 under load and a restart", Practice::is_killed),
    (3, "a polite stop under load and a restart", Practice::is_stopped),
    (12, "the mail server changes its mind", Practice::mail_server_changes),
    (3, "a copy while serving", Practice::copies),
    (3, "a sign-in", Practice::signs_in),
    (10, "a status is changed", Practice::changes_a_status),
    (3, "a request is erased", Practice::erases),
    (4, "a text is changed", Practice::changes_a_text),
];

fn walk(seed: u64, goes_on: impl Fn(usize) -> bool) {
    println!("SOAK_SEED={seed}");
    let mut chance = Chance::new(seed);
    let mut practice = Practice::open();
    let mut steps = 0;
    while goes_on(steps) {
        let (_, name, step) = *chance.weighted(&STEPS, |(weight, ..)| *weight);
        println!("{steps}: {name}");
        step(&mut practice, &mut chance);
        practice.keeps_its_promises();
        steps += 1;
    }
    practice.sends_all_that_waits();
    println!("{steps} steps, SOAK_SEED={seed}: {}", practice.figures());
}

#[test]
fn s_rel_01_a_few_faults_in_a_row_lose_and_double_nothing() {
    walk(2026, |steps| steps < 25);
}

#[test]
#[ignore = "takes 10 minutes: cargo test --test faults -- --ignored --nocapture soak"]
fn s_rel_01_soak_faults_in_any_order_lose_and_double_nothing() {
    let number = |name: &str| std::env::var(name).ok().map(|text| text.parse().expect("a number"));
    let minutes = number("SOAK_MINUTES").unwrap_or(10);
    let seed = number("SOAK_SEED").unwrap_or_else(|| u64::from(std::process::id()) ^ (minutes << 32));
    let (start, length) = (Instant::now(), Duration::from_secs(60 * minutes));
    walk(seed, |_| start.elapsed() < length);
}
