//! Invitations: a signed-in person lets another in, by a code that works once and for three days.
//!
//! Writes `invitations`. Each is one more wrapped copy of the key; the code that opens it stands nowhere.

use anyhow::{Context, Result, ensure};
use sqlx::{Row, SqliteConnection};

use super::code::Code;
use super::credentials::Credentials;
use super::keys::{self, holder_of};
use super::people::{self, NewPerson, Problem, check_name_and_email, normal_email};
use super::session::{self, NewSession, Session};
use super::sign_in::{self, Welcome};
use super::{Caller, Doorkeeper, note};
use crate::audit::{By, Outcome};
use crate::db::Db;
use crate::seal::{PrivateKey, unwrap_key, wrap};

/// How long an invitation stands.
pub const STANDS: i64 = 72 * 60 * 60_000;

const HOLDER: &str = "invitation";

/// An invitation as it is listed; the code is not known any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invitation {
    pub id: i64,
    pub email: String,
    pub name: String,
    pub invited_by: i64,
    pub ends_at: i64,
}

/// What was typed to use an invitation.
#[derive(Clone, Copy)]
pub struct Join<'a> {
    pub code: &'a str,
    pub password: &'a str,
    /// The practice's name, which no password may be made of.
    pub practice: &'a str,
    /// What `device::label` says of the browser.
    pub device: &'a str,
}

/// What came of using an invitation.
#[derive(Debug)]
pub enum Joined {
    /// The account is there and signed in; its second factor waits for a first code.
    Welcome(Welcome),
    /// What was typed can't be a code: a typo.
    NotACode,
    /// The code is another one, was used, has run out or was withdrawn.
    Gone,
    Problem(Problem),
    Wait {
        until: i64,
    },
}

/// Invites a person, in place of an earlier invitation to the same address. Show the code once.
///
/// # Errors
/// Our own faults; what is wrong with name or address is the inner error.
pub async fn invite(
    conn: &mut SqliteConnection,
    by: By<'_>,
    session: &Session,
    email: &str,
    name: &str,
    now: i64,
) -> Result<Result<Code, Problem>> {
    if let Err(problem) = check_name_and_email(name, email) {
        return Ok(Err(problem));
    }
    if people::by_email(&mut *conn, email).await?.is_some() {
        return Ok(Err(Problem::EmailTaken));
    }
    ensure!(session::is_on(&mut *conn, session.id).await?, "the session of whoever invites has ended");
    let code = Code::generate()?;
    sqlx::query(
        "INSERT OR REPLACE INTO invitations (lookup, wrapped, email, name, invited_by, made_at, ends_at)
         VALUES (?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(&code.lookup()?[..])
    .bind(wrap(&code.wrapping()?, &session.private, HOLDER)?)
    .bind(normal_email(email))
    .bind(name.trim())
    .bind(session.person.id)
    .bind(now)
    .bind(now + STANDS)
    .execute(&mut *conn)
    .await
    .context("storing an invitation")?;
    note(conn, by, "person invited", None, Outcome::Done, now).await?;
    Ok(Ok(code))
}

/// Makes the account that an invitation was for, and signs it in.
pub async fn join(
    db: &Db,
    door: &Doorkeeper,
    join: Join<'_>,
    caller: Caller<'_>,
    now: i64,
) -> Result<Joined> {
    let Some(code) = Code::parse(join.code) else { return Ok(Joined::NotACode) };
    let admitted = match door.begin(&caller, now) {
        Ok(admitted) => admitted,
        Err(until) => return Ok(Joined::Wait { until }),
    };
    let Some((found, _)) = find(&mut *db.read().await?, &code, now).await? else {
        let mut write = db.begin().await?;
        note(&mut write, caller.by, "invitation used", None, Outcome::Refused, now).await?;
        write.commit().await.context("writing the ledger")?;
        return Ok(Joined::Gone);
    };
    door.throttle.succeeded(&admitted.counts);
    let new = NewPerson {
        email: &found.email,
        name: &found.name,
        password: join.password,
        practice: join.practice,
    };
    if let Err(problem) = new.check() {
        return Ok(Joined::Problem(problem));
    }
    let credentials = Credentials::new(&door.hashing, join.password).await?;
    let mut write = db.begin().await?;
    let joined = enter(&mut write, &code, &credentials, join.device, caller.by, now).await?;
    write.commit().await.context("storing an account")?;
    Ok(joined)
}

/// Uses the invitation up: the account, its credentials and its first session, all in one transaction.
async fn enter(
    conn: &mut SqliteConnection,
    code: &Code,
    credentials: &Credentials,
    device: &str,
    by: By<'_>,
    now: i64,
) -> Result<Joined> {
    // Looked up again: it may have been used or withdrawn during the slow hash.
    let Some((found, private)) = find(&mut *conn, code, now).await? else { return Ok(Joined::Gone) };
    let Some(staff_id) = people::insert(&mut *conn, &found.email, &found.name, now).await? else {
        return Ok(Joined::Problem(Problem::EmailTaken));
    };
    credentials.store(&mut *conn, staff_id, &private, now).await?;
    delete(&mut *conn, found.id).await?;
    note(&mut *conn, by, "invitation used", Some(&holder_of(staff_id)), Outcome::Done, now).await?;
    let enrolling = Some(&credentials.seed);
    let new = NewSession { staff_id, private: &private, enrolling, recovery_ending: None, device };
    sign_in::open(conn, new, None, by, now).await.map(Joined::Welcome)
}

/// The invitations that stand, the newest first.
pub async fn list(conn: &mut SqliteConnection, now: i64) -> Result<Vec<Invitation>> {
    let rows = sqlx::query("SELECT * FROM invitations WHERE ends_at > ? ORDER BY made_at DESC, id DESC")
        .bind(now)
        .fetch_all(conn)
        .await
        .context("reading the invitations")?;
    rows.iter().map(invitation_from).collect()
}

/// Takes an invitation back; false where it is not there any more.
pub async fn withdraw(conn: &mut SqliteConnection, by: By<'_>, id: i64, now: i64) -> Result<bool> {
    if delete(&mut *conn, id).await? == 0 {
        return Ok(false);
    }
    note(conn, by, "invitation withdrawn", None, Outcome::Done, now).await?;
    Ok(true)
}

/// Deletes what has run out, with its copy of the key, for housekeeping.
pub async fn sweep(conn: &mut SqliteConnection, now: i64) -> Result<u64> {
    let gone = sqlx::query("DELETE FROM invitations WHERE ends_at <= ?")
        .bind(now)
        .execute(conn)
        .await
        .context("clearing away old invitations")?;
    Ok(gone.rows_affected())
}

/// Takes back what a person has invited.
pub(super) async fn withdraw_all_of(conn: &mut SqliteConnection, staff_id: i64) -> Result<()> {
    sqlx::query("DELETE FROM invitations WHERE invited_by = ?")
        .bind(staff_id)
        .execute(conn)
        .await
        .context("withdrawing invitations")?;
    Ok(())
}

/// The invitation of a code with the key that it opens, while it stands.
async fn find(
    conn: &mut SqliteConnection,
    code: &Code,
    now: i64,
) -> Result<Option<(Invitation, PrivateKey)>> {
    let row = sqlx::query("SELECT * FROM invitations WHERE lookup = ? AND ends_at > ?")
        .bind(&code.lookup()?[..])
        .bind(now)
        .fetch_optional(&mut *conn)
        .await
        .context("reading an invitation")?;
    let Some(row) = row else { return Ok(None) };
    let private =
        unwrap_key(&code.wrapping()?, row.try_get("wrapped")?, HOLDER).context("an invitation is damaged")?;
    ensure!(private.public() == keys::current(conn).await?, "the practice's key was exchanged");
    Ok(Some((invitation_from(&row)?, private)))
}

async fn delete(conn: &mut SqliteConnection, id: i64) -> Result<u64> {
    let gone = sqlx::query("DELETE FROM invitations WHERE id = ?")
        .bind(id)
        .execute(conn)
        .await
        .context("removing an invitation")?;
    Ok(gone.rows_affected())
}

fn invitation_from(row: &sqlx::sqlite::SqliteRow) -> Result<Invitation> {
    Ok(Invitation {
        id: row.try_get("id")?,
        email: row.try_get("email")?,
        name: row.try_get("name")?,
        invited_by: row.try_get("invited_by")?,
        ends_at: row.try_get("ends_at")?,
    })
}
