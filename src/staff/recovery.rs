//! The recovery code: restores access when a password or the app with the codes is lost, and adds people from the
//! command line.
//!
//! There is no other way in, and none by email: whoever reads somebody's mail must not read inquiries.

use anyhow::{Context, Result, ensure};
use sqlx::SqliteConnection;
use subtle::ConstantTimeEq;

use super::code::{Code, tidied};
use super::credentials::Credentials;
use super::hashing::Hashing;
use super::keys::{self, KeyCopy, RECOVERY, holder_of};
use super::people::{self, NewPerson, Problem};
use super::session::{self, Session};
use super::token::Token;
use super::{Caller, Doorkeeper, device, note, password};
use crate::audit::{By, Outcome};
use crate::db::Db;
use crate::seal::PrivateKey;

/// What was typed to recover an account.
#[derive(Clone, Copy)]
pub struct Recover<'a> {
    pub code: &'a str,
    pub email: &'a str,
    /// The new password.
    pub password: &'a str,
    /// The practice's name, which no password may be made of.
    pub practice: &'a str,
}

/// What came of using the recovery code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recovery {
    Done {
        staff_id: i64,
    },
    /// What was typed can't be a code: a typo.
    NotACode,
    /// The code is another one, or there is no such account in use.
    Refused,
    Problem(Problem),
    Wait {
        until: i64,
    },
}

/// Gives an account a new password and a new seed. Its sessions end.
pub async fn recover(
    db: &Db,
    door: &Doorkeeper,
    typed: Recover<'_>,
    caller: Caller<'_>,
    now: i64,
) -> Result<Recovery> {
    if let Err(weak) = password::check(typed.password, &[typed.email, typed.practice]) {
        return Ok(Recovery::Problem(Problem::Password(weak)));
    }
    let private = match opened(db, door, typed.code, caller, now).await? {
        Ok(private) => private,
        Err(ended) => return Ok(ended),
    };
    let credentials = Credentials::new(&door.hashing, typed.password).await?;
    let mut write = db.begin().await?;
    let person =
        people::by_email(&mut write, typed.email).await?.filter(|person| person.disabled_at.is_none());
    let Some(person) = person else {
        note(&mut write, caller.by, "recovered", None, Outcome::Refused, now).await?;
        write.commit().await.context("writing the ledger")?;
        return Ok(Recovery::Refused);
    };
    credentials.store(&mut write, person.id, &private, now).await?;
    session::end_all_of(&mut write, person.id, None).await?;
    device::forget_all_of(&mut write, person.id).await?;
    note(&mut write, caller.by, "recovered", Some(&holder_of(person.id)), Outcome::Done, now).await?;
    write.commit().await.context("storing a recovered account")?;
    Ok(Recovery::Done { staff_id: person.id })
}

/// Adds an account with nothing but the recovery code, for the command line.
pub async fn add(
    db: &Db,
    door: &Doorkeeper,
    typed_code: &str,
    new: NewPerson<'_>,
    caller: Caller<'_>,
    now: i64,
) -> Result<Recovery> {
    if let Err(problem) = new.check() {
        return Ok(Recovery::Problem(problem));
    }
    let private = match opened(db, door, typed_code, caller, now).await? {
        Ok(private) => private,
        Err(ended) => return Ok(ended),
    };
    let credentials = Credentials::new(&door.hashing, new.password).await?;
    let mut write = db.begin().await?;
    let Some(staff_id) = people::insert(&mut write, new.email, new.name, now).await? else {
        return Ok(Recovery::Problem(Problem::EmailTaken));
    };
    credentials.store(&mut write, staff_id, &private, now).await?;
    note(&mut write, caller.by, "account added", Some(&holder_of(staff_id)), Outcome::Done, now).await?;
    write.commit().await.context("storing an account")?;
    Ok(Recovery::Done { staff_id })
}

/// Makes a new recovery code in place of the old one. Show it once; `cookie` is that of the session it is shown to,
/// which then waits for its end to be typed back.
pub async fn renew(
    db: &Db,
    hashing: &Hashing,
    session: &Session,
    cookie: &str,
    by: By<'_>,
    now: i64,
) -> Result<Code> {
    let code = Code::generate()?;
    let recipe = hashing.new_recipe()?;
    let derived = hashing.derive(code.as_str(), recipe).await?;
    let copy = KeyCopy::make(&session.private, RECOVERY, &derived, recipe)?;
    let token = Token::parse(cookie).context("a session without a cookie")?;
    let mut write = db.begin().await?;
    ensure!(session::is_on(&mut write, session.id).await?, "the session that asked has ended");
    keys::keep_copy(&mut write, RECOVERY, &copy, now).await?;
    sqlx::query("UPDATE practice_keys SET recovery_kept_at = NULL").execute(&mut *write).await?;
    // Whoever was shown the code before must not confirm this one.
    sqlx::query("UPDATE sessions SET recovery_check = NULL").execute(&mut *write).await?;
    sqlx::query("UPDATE sessions SET recovery_check = ? WHERE token_hash = ?")
        .bind(&token.digest_of(code.last_group())?[..])
        .bind(&token.hash()[..])
        .execute(&mut *write)
        .await?;
    note(&mut write, by, "recovery code made", None, Outcome::Done, now).await?;
    write.commit().await.context("storing a recovery code")?;
    Ok(code)
}

/// Compares what was typed back with the end of the code that this session was shown. A second click is answered like the
/// first: nothing is awaited of the session any more, and the code is kept.
pub async fn confirm(
    conn: &mut SqliteConnection,
    by: By<'_>,
    cookie: &str,
    typed: &str,
    now: i64,
) -> Result<bool> {
    let Some(token) = Token::parse(cookie) else { return Ok(false) };
    let awaited: Option<Option<Vec<u8>>> =
        sqlx::query_scalar("SELECT recovery_check FROM sessions WHERE token_hash = ?")
            .bind(&token.hash()[..])
            .fetch_optional(&mut *conn)
            .await
            .context("reading a session")?;
    let awaited = match awaited {
        Some(Some(awaited)) => awaited,
        Some(None) => return is_kept(conn).await,
        None => return Ok(false),
    };
    let typed = token.digest_of(&tidied(typed).unwrap_or_default())?;
    if !bool::from(typed[..].ct_eq(&awaited)) {
        return Ok(false);
    }
    sqlx::query("UPDATE sessions SET recovery_check = NULL WHERE token_hash = ?")
        .bind(&token.hash()[..])
        .execute(&mut *conn)
        .await?;
    sqlx::query("UPDATE practice_keys SET recovery_kept_at = ?").bind(now).execute(&mut *conn).await?;
    note(conn, by, "recovery code kept", None, Outcome::Done, now).await?;
    Ok(true)
}

/// Whether somebody has shown that the recovery code was written down.
pub async fn is_kept(conn: &mut SqliteConnection) -> Result<bool> {
    sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM practice_keys WHERE recovery_kept_at IS NOT NULL)")
        .fetch_one(conn)
        .await
        .context("reading whether the recovery code is kept")
}

/// The private key that the code opens, or how the attempt ended.
async fn opened(
    db: &Db,
    door: &Doorkeeper,
    typed_code: &str,
    caller: Caller<'_>,
    now: i64,
) -> Result<Result<PrivateKey, Recovery>> {
    let Some(code) = Code::parse(typed_code) else { return Ok(Err(Recovery::NotACode)) };
    let admitted = match door.begin(&caller, now) {
        Ok(admitted) => admitted,
        Err(until) => return Ok(Err(Recovery::Wait { until })),
    };
    let (copy, current) = {
        let mut conn = db.read().await?;
        (keys::copy_of(&mut conn, RECOVERY).await?, keys::current(&mut conn).await?)
    };
    let copy = copy.unwrap_or_else(|| KeyCopy::dummy(door.hashing.dummy_recipe()));
    let derived = door.hashing.derive(code.as_str(), copy.recipe).await?;
    match copy.open(RECOVERY, &derived).filter(|private| private.public() == current) {
        Some(private) => {
            door.throttle.succeeded(&admitted.counts);
            Ok(Ok(private))
        }
        None => {
            let mut write = db.begin().await?;
            note(&mut write, caller.by, "recovery code", None, Outcome::Refused, now).await?;
            write.commit().await.context("writing the ledger")?;
            Ok(Err(Recovery::Refused))
        }
    }
}
