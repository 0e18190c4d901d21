//! A request for a consultation, from typed text to a stored inquiry.
//!
//! `Draft` is what was typed. `check` turns it into a `Request`, a list of `Problem`s, or a kind "not a fit". `Intake`
//! seals a request and stores it together with its email. Nothing here knows HTTP, and nothing typed leaves this module
//! in a log line or an error.
//!
//! After that, `inbox` and `search` find inquiries, `record` opens them, and `change`, `contact` and `note` move them on.

pub mod answer;
pub mod answers;
pub mod change;
pub mod check;
pub mod clock;
pub mod contact;
pub mod draft;
pub mod email_address;
pub mod erase;
pub mod erased;
pub mod export;
pub mod inbox;
pub mod intake;
pub mod ledger;
pub mod links;
pub mod looks;
pub mod note;
pub mod notice;
pub mod phone;
pub mod problem;
pub mod record;
pub mod reference;
pub mod regular;
pub mod reminder;
pub mod reseal;
pub mod retention;
pub mod scam;
pub mod search;
pub mod senders;
pub mod status;
pub mod store;
pub mod suspicion;
pub mod timeline;
pub mod token;
pub mod weeks;

#[cfg(test)]
mod fixture;

pub use answers::Answers;
pub use check::{Checked, NotAFit, check};
pub use draft::Draft;
pub use intake::{Intake, Receipt, Submission};
pub use problem::{Field, Problem};
pub use reference::Reference;
pub use senders::Senders;
pub use store::Promise;
pub use suspicion::Suspicion;
pub use token::{TokenAge, TokenKey};
