//! What a signed-in person does with their own password and second factor.
//!
//! Everything changes in one transaction: until its commit the old password and the old app work, after it the new ones.

use anyhow::{Context, Result};
use sqlx::SqliteConnection;

use super::credentials::Credentials;
use super::keys::holder_of;
use super::people::{Person, Problem};
use super::proof::{Candidate, Proof};
use super::session::{self, Session};
use super::throttle::Key;
use super::{Doorkeeper, device, note, password};
use crate::audit::{By, Outcome};
use crate::db::Db;

/// A new password, as typed.
#[derive(Clone, Copy)]
pub struct NewPassword<'a> {
    pub old: &'a str,
    pub new: &'a str,
    /// The practice's name, which no password may be made of.
    pub practice: &'a str,
}

/// What came of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Changed {
    Done,
    /// The present password does not match.
    WrongPassword,
    Problem(Problem),
    Wait {
        until: i64,
    },
}

/// What came of showing the password again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Again {
    Right,
    Wrong,
    Wait { until: i64 },
}

/// Checks the password of somebody who is signed in, before an export or an erasure.
pub async fn prove_again(
    db: &Db,
    door: &Doorkeeper,
    person: &Person,
    typed: &str,
    by: By<'_>,
    now: i64,
) -> Result<Again> {
    Ok(match proven(db, door, person, typed, by, now).await? {
        Ok(_) => Again::Right,
        Err(Changed::Wait { until }) => Again::Wait { until },
        Err(_) => Again::Wrong,
    })
}

/// Changes the password; the second factor stays. All other sessions of the person end, and browsers are new again.
pub async fn change_password(
    db: &Db,
    door: &Doorkeeper,
    session: &Session,
    typed: NewPassword<'_>,
    by: By<'_>,
    now: i64,
) -> Result<Changed> {
    let person = &session.person;
    if let Err(weak) = password::check(typed.new, &[&person.name, &person.email, typed.practice]) {
        return Ok(Changed::Problem(Problem::Password(weak)));
    }
    let proof = match proven(db, door, person, typed.old, by, now).await? {
        Ok(proof) => proof,
        Err(ended) => return Ok(ended),
    };
    let credentials = Credentials::keeping(&door.hashing, typed.new, proof.seed.clone()).await?;
    store(db, session, &proof, &credentials, "password changed", by, now).await
}

/// Makes a new seed, for a new phone. The person is signed out everywhere; the next sign-in shows the new seed and waits
/// for its first code.
pub async fn renew_second_factor(
    db: &Db,
    door: &Doorkeeper,
    session: &Session,
    typed_password: &str,
    by: By<'_>,
    now: i64,
) -> Result<Changed> {
    let proof = match proven(db, door, &session.person, typed_password, by, now).await? {
        Ok(proof) => proof,
        Err(ended) => return Ok(ended),
    };
    let credentials = Credentials::new(&door.hashing, typed_password).await?;
    store(db, session, &proof, &credentials, "second factor renewed", by, now).await
}

/// Takes the first code of a new second factor; from then on every sign-in needs one. A second click at the same time is
/// answered like the first and changes nothing.
pub async fn confirm_second_factor(
    conn: &mut SqliteConnection,
    session: &Session,
    code: &str,
    by: By<'_>,
    now: i64,
) -> Result<bool> {
    let Some(step) = session.enrolling.as_ref().and_then(|seed| seed.step_of(code, now)) else {
        return Ok(false);
    };
    // A recovery may have ended the session and put another seed in place since it was found.
    if !session::is_on(&mut *conn, session.id).await? {
        return Ok(false);
    }
    let turned_on = sqlx::query(
        "UPDATE staff SET second_factor_since = ?, last_step = ? WHERE id = ? AND second_factor_since IS NULL",
    )
    .bind(now)
    .bind(step)
    .bind(session.person.id)
    .execute(&mut *conn)
    .await
    .context("switching on a second factor")?;
    if turned_on.rows_affected() == 0 {
        return Ok(true);
    }
    // The person's other sessions forget the seed too: it is not shown again.
    sqlx::query("UPDATE sessions SET enrolling = NULL WHERE staff_id = ?")
        .bind(session.person.id)
        .execute(&mut *conn)
        .await
        .context("switching on a second factor")?;
    note(conn, by, "second factor on", Some(&holder_of(session.person.id)), Outcome::Done, now).await?;
    Ok(true)
}

/// The proof that the present password gives, or how the attempt ended.
async fn proven(
    db: &Db,
    door: &Doorkeeper,
    person: &Person,
    typed: &str,
    by: By<'_>,
    now: i64,
) -> Result<Result<Proof, Changed>> {
    let holder = holder_of(person.id);
    let counts = [Key::Again(person.id)];
    if let Err(until) = door.throttle.begin(&counts, now) {
        return Ok(Err(Changed::Wait { until }));
    }
    let candidate = Candidate::find(&mut *db.read().await?, &person.email, &door.hashing).await?;
    if let Some(proof) = candidate.prove(&door.hashing, typed, "", now).await? {
        door.throttle.succeeded(&counts);
        return Ok(Ok(proof));
    }
    let mut write = db.begin().await?;
    note(&mut write, by, "password again", Some(&holder), Outcome::Refused, now).await?;
    write.commit().await.context("writing the ledger")?;
    Ok(Err(Changed::WrongPassword))
}

/// Stores the new credentials if the account is still the one that was proven.
async fn store(
    db: &Db,
    session: &Session,
    proof: &Proof,
    credentials: &Credentials,
    event: &'static str,
    by: By<'_>,
    now: i64,
) -> Result<Changed> {
    let id = session.person.id;
    let mut write = db.begin().await?;
    let unchanged: bool = sqlx::query_scalar(
        "SELECT EXISTS (SELECT 1 FROM staff WHERE id = ? AND disabled_at IS NULL AND sign_in_hash = ?)",
    )
    .bind(id)
    .bind(&proof.sign_in_hash)
    .fetch_one(&mut *write)
    .await
    .context("reading an account")?;
    if !unchanged {
        return Ok(Changed::WrongPassword);
    }
    credentials.store(&mut write, id, &proof.private, now).await?;
    let stays = credentials.keeps_factor().then_some(session.id);
    session::end_all_of(&mut write, id, stays).await?;
    device::forget_all_of(&mut write, id).await?;
    note(&mut write, by, event, Some(&holder_of(id)), Outcome::Done, now).await?;
    write.commit().await.context("storing a changed account")?;
    Ok(Changed::Done)
}
