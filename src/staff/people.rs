//! Accounts: who may sign in. Writes `staff`, except for what `credentials` and `sign_in` write there.

use anyhow::{Context, Result};
use sqlx::{Row, SqliteConnection, sqlite::SqliteRow};

use super::keys::{self, holder_of};
use super::password::{self, Weak};
use super::{device, invitation, session};
use crate::audit::{By, Entry, Outcome, record};

/// The longest name and the longest address, in bytes.
const LONGEST: usize = 254;

/// An account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    pub id: i64,
    pub email: String,
    pub name: String,
    /// Whether the app with the codes was set up and has shown a first code.
    pub second_factor: bool,
    pub added_at: i64,
    pub disabled_at: Option<i64>,
}

/// What a new account is made from, as typed.
#[derive(Clone, Copy)]
pub struct NewPerson<'a> {
    pub email: &'a str,
    pub name: &'a str,
    pub password: &'a str,
    /// The practice's name, which no password may be made of.
    pub practice: &'a str,
}

/// Why an account can't be made like this.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Problem {
    /// No name, or far too long.
    Name,
    /// Not an email address.
    Email,
    /// The address has an account, perhaps a disabled one.
    EmailTaken,
    Password(Weak),
}

/// What came of disabling an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Disabled {
    Done,
    /// Nobody could sign in any more.
    LastActive,
    /// There is no such account, or it is disabled already.
    NotThere,
}

impl NewPerson<'_> {
    /// The address as it is stored.
    pub fn normal_email(&self) -> String {
        normal_email(self.email)
    }

    /// Checks everything that can be checked without the database.
    ///
    /// # Errors
    /// The first thing to be put right.
    pub fn check(&self) -> Result<(), Problem> {
        check_name_and_email(self.name, self.email)?;
        password::check(self.password, &[self.name, self.email, self.practice]).map_err(Problem::Password)
    }
}

/// Checks a name and an address.
///
/// # Errors
/// The first thing to be put right.
pub fn check_name_and_email(name: &str, email: &str) -> Result<(), Problem> {
    let fits = |text: &str| text.len() <= LONGEST && !text.chars().any(char::is_control);
    let name = name.trim();
    if name.is_empty() || !fits(name) {
        return Err(Problem::Name);
    }
    let email = email.trim();
    let parts = email.rsplit_once('@').is_some_and(|(user, host)| !user.is_empty() && host.len() > 2);
    if !parts || !fits(email) || email.contains(char::is_whitespace) {
        return Err(Problem::Email);
    }
    Ok(())
}

/// An address in the form in which accounts are looked up.
pub fn normal_email(email: &str) -> String {
    email.trim().to_lowercase()
}

/// Every account, disabled ones last.
pub async fn list(conn: &mut SqliteConnection) -> Result<Vec<Person>> {
    let rows = sqlx::query("SELECT * FROM staff ORDER BY disabled_at IS NOT NULL, name")
        .fetch_all(conn)
        .await
        .context("reading the accounts")?;
    rows.iter().map(person_from).collect()
}

/// The account with this address, also a disabled one.
pub async fn by_email(conn: &mut SqliteConnection, email: &str) -> Result<Option<Person>> {
    let row = sqlx::query("SELECT * FROM staff WHERE email = ?")
        .bind(normal_email(email))
        .fetch_optional(conn)
        .await
        .context("reading an account")?;
    row.as_ref().map(person_from).transpose()
}

/// Whether anybody ever had an account; then set-up is over.
pub async fn any(conn: &mut SqliteConnection) -> Result<bool> {
    sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM staff)")
        .fetch_one(conn)
        .await
        .context("reading the accounts")
}

/// Takes an account out of service: its sessions end, its copy of the key and its invitations go. The row stays, since
/// the ledger names it.
pub async fn disable(conn: &mut SqliteConnection, by: By<'_>, id: i64, now: i64) -> Result<Disabled> {
    let active: Vec<i64> = sqlx::query_scalar("SELECT id FROM staff WHERE disabled_at IS NULL")
        .fetch_all(&mut *conn)
        .await
        .context("reading the accounts")?;
    if !active.contains(&id) {
        return Ok(Disabled::NotThere);
    }
    let holder = holder_of(id);
    let entry =
        |outcome| Entry { by, event: "account disabled", target: Some(&holder), outcome, detail: None };
    if active.len() == 1 {
        record(conn, entry(Outcome::Refused), now).await?;
        return Ok(Disabled::LastActive);
    }
    sqlx::query(
        "UPDATE staff SET disabled_at = ?, sign_in_hash = NULL, second_factor = NULL,
                second_factor_since = NULL, last_step = NULL WHERE id = ?",
    )
    .bind(now)
    .bind(id)
    .execute(&mut *conn)
    .await
    .context("disabling an account")?;
    keys::drop_copy(conn, &holder).await?;
    session::end_all_of(conn, id, None).await?;
    device::forget_all_of(conn, id).await?;
    invitation::withdraw_all_of(conn, id).await?;
    record(conn, entry(Outcome::Done), now).await?;
    Ok(Disabled::Done)
}

/// Adds an account that can't sign in yet; `credentials` come next. `None` where the address is taken.
pub(super) async fn insert(
    conn: &mut SqliteConnection,
    email: &str,
    name: &str,
    now: i64,
) -> Result<Option<i64>> {
    sqlx::query_scalar(
        "INSERT INTO staff (email, name, added_at) VALUES (?, ?, ?) ON CONFLICT (email) DO NOTHING RETURNING id",
    )
    .bind(normal_email(email))
    .bind(name.trim())
    .bind(now)
    .fetch_optional(conn)
    .await
    .context("adding an account")
}

pub(super) fn person_from(row: &SqliteRow) -> Result<Person> {
    Ok(Person {
        id: row.try_get("id")?,
        email: row.try_get("email")?,
        name: row.try_get("name")?,
        second_factor: row.try_get::<Option<i64>, _>("second_factor_since")?.is_some(),
        added_at: row.try_get("added_at")?,
        disabled_at: row.try_get("disabled_at")?,
    })
}
