//! The people who may read inquiries: their keys, passwords, second factors and sessions.
//!
//! Knows nothing of HTTP and nothing of inquiries. Whoever stands here as signed in holds the practice's private key;
//! there is no other way to it. What needs the slow hash takes the database and begins its own short write after it.

pub mod code;
pub mod credentials;
pub mod device;
pub mod hashing;
pub mod invitation;
pub mod keys;
pub mod own_account;
pub mod password;
pub mod people;
pub mod recovery;
pub mod second_factor;
pub mod session;
pub mod setup;
pub mod setup_code;
pub mod sign_in;
pub mod throttle;

mod proof;
mod token;

#[cfg(test)]
mod tests;

use std::net::IpAddr;

use anyhow::Result;
use sqlx::SqliteConnection;
use tokio::sync::OwnedSemaphorePermit;

use crate::audit::{Actor, By, Entry, Outcome, record};
use hashing::{Cost, Hashing};
use throttle::{Key, Throttle};

/// What stands at every door where a secret is typed: the slow hash, and the count of tries. One for the whole program.
#[derive(Debug)]
pub struct Doorkeeper {
    pub hashing: Hashing,
    pub throttle: Throttle,
}

impl Doorkeeper {
    /// `cost` is for new secrets; old ones keep theirs.
    pub fn new(cost: Cost) -> Self {
        Self { hashing: Hashing::new(cost), throttle: Throttle::default() }
    }

    /// Counts a try with a code. By address: nobody guesses 125 bits, so this only spares the processor and the ledger.
    /// Strangers whose addresses can't be told apart share one count; the command line is not counted.
    fn begin(&self, caller: &Caller<'_>, now: i64) -> std::result::Result<Admitted, i64> {
        let shared = (caller.by.actor == Actor::Stranger).then_some(Key::Named("codes"));
        let keys = caller.address.map(Key::address).or(shared).into_iter().collect();
        self.admit(keys, now)
    }

    /// Lets a stranger try: counts it against every key, and keeps a place in the queue for the slow hash. Where either
    /// is refused, the time from which on a try is taken again, in milliseconds.
    fn admit(&self, counts: Vec<Key>, now: i64) -> std::result::Result<Admitted, i64> {
        let place = self.hashing.place().ok_or(now + CROWDED)?;
        self.throttle.begin(&counts, now)?;
        Ok(Admitted { counts, _place: place })
    }
}

/// After this long a crowd at the door has mostly gone in, in milliseconds.
const CROWDED: i64 = 2_000;

/// A try that is let in. Hold it until the hashing is done.
struct Admitted {
    /// What the try was counted against.
    counts: Vec<Key>,
    _place: OwnedSemaphorePermit,
}

/// Who is at the door.
#[derive(Debug, Clone, Copy)]
pub struct Caller<'a> {
    pub by: By<'a>,
    /// `None` at the command line and where addresses can't be trusted.
    pub address: Option<IpAddr>,
}

/// A row of the ledger about an account.
async fn note(
    conn: &mut SqliteConnection,
    by: By<'_>,
    event: &'static str,
    target: Option<&str>,
    outcome: Outcome,
    now: i64,
) -> Result<()> {
    record(conn, Entry { by, event, target, outcome, detail: None }, now).await
}
