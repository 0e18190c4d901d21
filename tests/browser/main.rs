//! What a person meets in a real browser: Chromium, driven from outside, against the real program.

mod axe;
mod browser;
mod keyboard;
mod pages;
#[allow(dead_code, reason = "the fault tests use more of it")]
#[path = "../faults/program.rs"]
mod program;
mod visit;
