//! Signing in, with address, password and code at once.
//!
//! Says only "refused": never which of address, password or code was wrong. Strangers cost the same work as staff.

use std::fmt;

use anyhow::{Context, Result, ensure};
use sqlx::SqliteConnection;
use zeroize::Zeroizing;

use super::credentials::Credentials;
use super::keys::{self, holder_of};
use super::people::normal_email;
use super::proof::{Candidate, Proof};
use super::session::{self, NewSession};
use super::throttle::Key;
use super::token::Token;
use super::{Caller, Doorkeeper, device, note};
use crate::audit::{Actor, By, Outcome};
use crate::db::Db;

/// What was typed, and from where.
#[derive(Clone, Copy)]
pub struct Attempt<'a> {
    pub email: &'a str,
    pub password: &'a str,
    /// Blank where the account has no second factor.
    pub code: &'a str,
    /// The cookie of a browser that has signed in before.
    pub device_cookie: Option<&'a str>,
    /// What [`device::label`] says of the browser.
    pub device: &'a str,
    pub caller: Caller<'a>,
}

/// What came of an attempt to sign in.
#[derive(Debug)]
pub enum SignIn {
    Welcome(Welcome),
    /// Address, password or code does not match.
    Refused,
    /// Too many tries; the next one is taken at this time, in milliseconds.
    Wait {
        until: i64,
    },
}

/// A session that has just begun.
pub struct Welcome {
    pub staff_id: i64,
    /// What the session's cookie holds.
    pub cookie: Zeroizing<String>,
    /// What the browser's own cookie holds from now on, for a browser that was not known: announce that sign-in.
    pub new_device: Option<Zeroizing<String>>,
}

impl fmt::Debug for Welcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Welcome(staff:{})", self.staff_id)
    }
}

/// Signs somebody in.
///
/// # Errors
/// Faults of ours, and a practice's key that was exchanged.
pub async fn sign_in(db: &Db, door: &Doorkeeper, attempt: Attempt<'_>, now: i64) -> Result<SignIn> {
    let email = normal_email(attempt.email);
    let mut conn = db.read().await?;
    let mut browser = attempt.device_cookie.and_then(Token::parse);
    if let Some(token) = &browser
        && !device::is_known(&mut conn, &email, token, now).await?
    {
        browser = None;
    }
    let counts = counts_of(&email, browser.as_ref(), &attempt);
    let admitted = match browser {
        Some(_) => door.throttle.begin(&counts, now).map(|()| None),
        None => door.admit(counts.clone(), now).map(Some),
    };
    let _place = match admitted {
        Ok(admitted) => admitted,
        Err(until) => return Ok(SignIn::Wait { until }),
    };
    let candidate = Candidate::find(&mut conn, &email, &door.hashing).await?;
    // An open reader would hold up the clearing of erased text while others wait for their turn to hash.
    drop(conn);
    let proof = candidate.prove(&door.hashing, attempt.password, attempt.code, now).await?;
    let raised = raised(door, &candidate, proof.as_ref(), attempt.password).await?;

    let mut write = db.begin().await?;
    let welcome = match &proof {
        Some(proof) => enter(&mut write, &candidate, proof, browser.as_ref(), &attempt, now).await?,
        None => None,
    };
    if let (Some(welcome), Some(proof), Some(raised)) = (&welcome, &proof, raised) {
        raised.store(&mut write, welcome.staff_id, &proof.private, now).await?;
    }
    if welcome.is_none() {
        let target = candidate.staff_id.map(holder_of);
        note(&mut write, attempt.caller.by, "sign-in", target.as_deref(), Outcome::Refused, now).await?;
    }
    write.commit().await.context("storing a sign-in")?;
    Ok(match welcome {
        Some(welcome) => {
            door.throttle.succeeded(&counts);
            SignIn::Welcome(welcome)
        }
        None => SignIn::Refused,
    })
}

/// A known browser has a count of its own; everybody else shares those of the account and the address.
fn counts_of(email: &str, browser: Option<&Token>, attempt: &Attempt<'_>) -> Vec<Key> {
    match browser {
        Some(token) => vec![Key::Device(token.hash())],
        None => {
            let address = attempt.caller.address.map(Key::address);
            [Some(Key::account(email)), address].into_iter().flatten().collect()
        }
    }
}

/// The same password at today's cost, where it was stored at another one. Only once the code is right too: the longer
/// wait must not tell anybody that the password alone is.
async fn raised(
    door: &Doorkeeper,
    candidate: &Candidate,
    proof: Option<&Proof>,
    password: &str,
) -> Result<Option<Credentials>> {
    match proof {
        Some(proof) if candidate.accepts(proof) && candidate.cost() != door.hashing.cost() => {
            Credentials::keeping(&door.hashing, password, proof.seed.clone()).await.map(Some)
        }
        _ => Ok(None),
    }
}

/// Uses up the code and starts the session; `None` where the code is wrong or used, or the account changed meanwhile.
async fn enter(
    conn: &mut SqliteConnection,
    candidate: &Candidate,
    proof: &Proof,
    browser: Option<&Token>,
    attempt: &Attempt<'_>,
    now: i64,
) -> Result<Option<Welcome>> {
    let Some(staff_id) = candidate.staff_id else { return Ok(None) };
    if !candidate.accepts(proof) {
        return Ok(None);
    }
    let step = proof.step.filter(|_| candidate.second_factor_on);
    let unchanged = sqlx::query(
        "UPDATE staff SET last_step = coalesce(?1, last_step)
         WHERE id = ?2 AND disabled_at IS NULL AND sign_in_hash = ?3
           AND (second_factor_since IS NOT NULL) = ?4
           AND (?1 IS NULL OR last_step IS NULL OR last_step < ?1)",
    )
    .bind(step)
    .bind(staff_id)
    .bind(&proof.sign_in_hash)
    .bind(candidate.second_factor_on)
    .execute(&mut *conn)
    .await
    .context("using up a code")?;
    if unchanged.rows_affected() == 0 {
        return Ok(None);
    }
    ensure!(proof.private.public() == keys::current(&mut *conn).await?, "the practice's key was exchanged");
    let new = NewSession {
        staff_id,
        private: &proof.private,
        enrolling: (!candidate.second_factor_on).then_some(&proof.seed),
        recovery_ending: None,
        device: attempt.device,
    };
    open(conn, new, browser, attempt.caller.by, now).await.map(Some)
}

/// Starts a session for somebody who has just shown who they are, and remembers the browser.
pub(super) async fn open(
    conn: &mut SqliteConnection,
    new: NewSession<'_>,
    browser: Option<&Token>,
    by: By<'_>,
    now: i64,
) -> Result<Welcome> {
    let staff_id = new.staff_id;
    let cookie = session::start(&mut *conn, new, now).await?;
    let new_device = match browser {
        Some(token) => {
            device::seen(&mut *conn, token, now).await?;
            None
        }
        None => Some(device::remember(&mut *conn, staff_id, now).await?),
    };
    let by = By { actor: Actor::Staff(staff_id), ..by };
    note(conn, by, "sign-in", Some(&holder_of(staff_id)), Outcome::Done, now).await?;
    Ok(Welcome { staff_id, cookie, new_device })
}
