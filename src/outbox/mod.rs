//! Emails to the practice that wait for a mail server.
//!
//! A row is written in the same transaction as what it tells about, and goes only when the server has accepted the
//! email; no failure ever drops one. Emails of one topic may be joined into a digest. Knows nothing of inquiries, and
//! must never hold what a visitor typed. On days without emails the worker walks their way without one.

mod backoff;
mod digest;
mod parcel;
mod queue;
mod trouble;
mod watch;
mod way;
mod worker;

pub use digest::Words;
pub use queue::{
    Joinable, Waiting, accepted, due, due_of, enqueue, enqueue_joinable, failed, postpone, withdraw,
};
pub use trouble::{Trouble, retry_now, trouble};
pub use way::{Closed, Way, way};
pub use worker::{Heartbeat, Step, Worker};
