//! What holds whatever somebody types, sends, writes or damages: rules, each tried on many inputs made at random.
//!
//! `PROPTEST_CASES=25600 cargo test --test properties -- --nocapture` tries a hundred times as many as the ordinary
//! run, and prints how many that were.

mod contact;
mod envelope;
mod folder;
mod form;
mod ledger;
mod promise;
mod rule;
mod spreadsheet;
mod texts;
mod token;
mod writing;
