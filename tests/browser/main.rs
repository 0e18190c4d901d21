//! What a person meets in a real browser: Chromium, driven from outside, against the real program.

mod afterwards;
mod axe;
mod browser;
mod inbox_pages;
mod keyboard;
mod keyboard_triage;
mod pages;
mod practice;
#[allow(dead_code, reason = "the fault tests use more of it")]
#[path = "../faults/program.rs"]
mod program;
mod triage;
mod visit;
mod visitor;
