//! Emails to the practice that wait for a mail server.
//!
//! A row is written in the same transaction as what it tells about, and goes only when the server has accepted the
//! email; no failure ever drops one. Knows nothing of inquiries, and must never hold what a visitor typed.

mod backoff;
mod queue;
mod worker;

pub use queue::{Trouble, Waiting, accepted, due, enqueue, failed, next_due, trouble};
pub use worker::{Heartbeat, Step, Worker};
