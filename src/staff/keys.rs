//! The practice's key: which public key is in use, and who holds a wrapped copy of the private one.
//!
//! Writes `practice_keys` and `practice_key_copies`. A key that is missing or damaged after the first start is an error
//! and never replaced silently: what was sealed to it would be lost.

use std::fmt;
use std::path::Path;

use anyhow::{Context, Result, anyhow, ensure};
use sqlx::{Row, SqliteConnection};

use super::hashing::{Cost, Derived, Hashing, Recipe};
use super::setup_code;
use crate::db::Db;
use crate::seal::{PrivateKey, PublicKey, unwrap_key, wrap};

/// Holds a copy until the first account exists.
pub const SETUP: &str = "setup";
/// Holds a copy for the day on which every password is lost.
pub const RECOVERY: &str = "recovery";

/// How long a wrapped copy is, in bytes; what stands in for a stranger's is as long, so that trying it takes as long.
pub(super) const WRAPPED: usize = 115;

/// The holder's name of a person.
pub fn holder_of(staff_id: i64) -> String {
    format!("staff:{staff_id}")
}

/// What the start of the program needs to know.
pub struct FirstStart {
    pub public: PublicKey,
    /// There until the first account exists. Print it to a terminal only.
    pub setup_code: Option<String>,
}

impl fmt::Debug for FirstStart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FirstStart({:?}, …)", self.public)
    }
}

/// A wrapped copy of the private key, with what is needed to derive its wrapping key again.
#[derive(Debug, Clone)]
pub struct KeyCopy {
    pub recipe: Recipe,
    wrapped: Vec<u8>,
}

impl KeyCopy {
    /// Wraps the private key for a holder.
    ///
    /// # Errors
    /// Only where the operating system gives no randomness.
    pub fn make(private: &PrivateKey, holder: &str, derived: &Derived, recipe: Recipe) -> Result<Self> {
        Ok(Self { recipe, wrapped: wrap(&derived.wrapping, private, holder)? })
    }

    /// A copy that nobody can open, for somebody who is not there.
    pub fn dummy(recipe: Recipe) -> Self {
        Self { recipe, wrapped: vec![1; WRAPPED] }
    }

    /// Opens the copy; `None` where the password or code was another one.
    pub fn open(&self, holder: &str, derived: &Derived) -> Option<PrivateKey> {
        unwrap_key(&derived.wrapping, &self.wrapped, holder)
    }
}

/// Makes the key and the set-up code on the very first start; later only reads them.
///
/// Begins its own short write, since the slow hash before it must not hold the lock.
///
/// # Errors
/// Where the stored key is damaged, or the data folder can't be written.
pub async fn first_start(db: &Db, data: &Path, hashing: &Hashing, now: i64) -> Result<FirstStart> {
    if let Some(started) = started(&mut *db.read().await?, data).await? {
        return Ok(started);
    }
    // The code is on disk before the key that it opens: a crash between the two leaves a code that is used next time.
    let code = setup_code::find_or_make(data)?;
    let private = PrivateKey::generate();
    // Nobody has to wait for the first start.
    let recipe = Recipe { cost: Cost::LEAST, ..hashing.new_recipe()? };
    let derived = hashing.derive(code.as_str(), recipe).await?;
    let copy = KeyCopy::make(&private, SETUP, &derived, recipe)?;

    let mut write = db.begin().await?;
    // Another process may have started at the same time; it used the same code, and its key stands.
    if started(&mut write, data).await?.is_none() {
        replace(&mut write, &private.public(), now).await?;
        keep_copy(&mut write, SETUP, &copy, now).await?;
    }
    write.commit().await.context("storing the practice's key")?;
    started(&mut *db.read().await?, data).await?.context("the practice's key was not stored")
}

/// The public key in use.
///
/// # Errors
/// Where there is none or it is damaged: then nothing may be taken in.
pub async fn current(conn: &mut SqliteConnection) -> Result<PublicKey> {
    let stored: Option<String> = sqlx::query_scalar("SELECT public_key FROM practice_keys")
        .fetch_optional(conn)
        .await
        .context("reading the practice's key")?;
    stored.context("the practice has no key")?.parse().context("the practice's key is damaged")
}

/// Puts another public key in use. The caller seals again what was sealed to the old one, in the same transaction.
pub async fn replace(conn: &mut SqliteConnection, public: &PublicKey, now: i64) -> Result<()> {
    sqlx::query("INSERT OR REPLACE INTO practice_keys (id, public_key, made_at) VALUES (1, ?, ?)")
        .bind(public.to_string())
        .bind(now)
        .execute(conn)
        .await
        .context("storing the practice's key")?;
    Ok(())
}

/// The wrapped copy of a holder, if there is one.
pub async fn copy_of(conn: &mut SqliteConnection, holder: &str) -> Result<Option<KeyCopy>> {
    let row = sqlx::query(
        "SELECT wrapped, salt, memory_kib, passes, lanes FROM practice_key_copies WHERE holder = ?",
    )
    .bind(holder)
    .fetch_optional(conn)
    .await
    .context("reading a copy of the practice's key")?;
    let Some(row) = row else { return Ok(None) };
    let salt: Vec<u8> = row.try_get("salt")?;
    let cost = Cost {
        memory_kib: row.try_get("memory_kib")?,
        passes: row.try_get("passes")?,
        lanes: row.try_get("lanes")?,
    };
    let salt = salt.try_into().map_err(|_| anyhow!("a salt is damaged"))?;
    Ok(Some(KeyCopy { recipe: Recipe { salt, cost }, wrapped: row.try_get("wrapped")? }))
}

/// Stores a holder's copy in place of the one before.
pub async fn keep_copy(conn: &mut SqliteConnection, holder: &str, copy: &KeyCopy, now: i64) -> Result<()> {
    sqlx::query(
        "INSERT OR REPLACE INTO practice_key_copies (holder, wrapped, salt, memory_kib, passes, lanes, made_at)
         VALUES (?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(holder)
    .bind(&copy.wrapped)
    .bind(&copy.recipe.salt[..])
    .bind(copy.recipe.cost.memory_kib)
    .bind(copy.recipe.cost.passes)
    .bind(copy.recipe.cost.lanes)
    .bind(now)
    .execute(conn)
    .await
    .context("storing a copy of the practice's key")?;
    Ok(())
}

/// Takes a holder's copy away.
pub async fn drop_copy(conn: &mut SqliteConnection, holder: &str) -> Result<()> {
    sqlx::query("DELETE FROM practice_key_copies WHERE holder = ?")
        .bind(holder)
        .execute(conn)
        .await
        .context("removing a copy of the practice's key")?;
    Ok(())
}

/// What an earlier start left, or `None` where this is the first one.
async fn started(conn: &mut SqliteConnection, data: &Path) -> Result<Option<FirstStart>> {
    let copies: Vec<String> = sqlx::query_scalar("SELECT holder FROM practice_key_copies")
        .fetch_all(&mut *conn)
        .await
        .context("reading who holds the practice's key")?;
    let keys: i64 = sqlx::query_scalar("SELECT count(*) FROM practice_keys").fetch_one(&mut *conn).await?;
    if keys == 0 && copies.is_empty() {
        return Ok(None);
    }
    let public = current(conn).await?;
    ensure!(!copies.is_empty(), "nobody holds the practice's private key, so nothing may be sealed to it");
    if copies.iter().any(|holder| holder == SETUP) {
        let setup_code = setup_code::find(data)?.map(|code| code.to_string());
        return Ok(Some(FirstStart { public, setup_code }));
    }
    // Left over where the program died right after the first account was made.
    if let Err(error) = setup_code::forget(data) {
        tracing::warn!("an old set-up code opens nothing any more, but its file can't be removed: {error:#}");
    }
    Ok(Some(FirstStart { public, setup_code: None }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seal::{open, seal};
    use crate::staff::code::Code;

    const CHEAP: Cost = Cost { memory_kib: 8, passes: 1, lanes: 1 };

    async fn fresh() -> (tempfile::TempDir, Db, Hashing) {
        let data = tempfile::tempdir().expect("a folder");
        let db = Db::open(&data.path().join("practice.db")).await.expect("opens");
        (data, db, Hashing::new(CHEAP))
    }

    async fn run(db: &Db, statement: &'static str) {
        let mut write = db.begin().await.expect("begins");
        sqlx::query(statement).execute(&mut *write).await.expect("runs");
        write.commit().await.expect("commits");
    }

    #[tokio::test]
    async fn the_first_start_makes_a_key_that_the_printed_code_opens() {
        let (data, db, hashing) = fresh().await;
        let first = first_start(&db, data.path(), &hashing, 1).await.expect("starts");
        let code = Code::parse(&first.setup_code.expect("a code")).expect("a code");

        let mut conn = db.read().await.expect("reads");
        let copy = copy_of(&mut conn, SETUP).await.expect("reads").expect("a copy");
        let derived = hashing.derive(code.as_str(), copy.recipe).await.expect("derives");
        let private = copy.open(SETUP, &derived).expect("opens");
        let sealed = seal(&first.public, "AB-12", b"hello").expect("seals");
        assert_eq!(open(&private, "AB-12", &sealed).expect("opens").as_slice(), b"hello");
        assert!(copy.open(RECOVERY, &derived).is_none(), "a copy is bound to its holder");
    }

    #[tokio::test]
    async fn later_starts_find_the_same_key_and_code() {
        let (data, db, hashing) = fresh().await;
        let first = first_start(&db, data.path(), &hashing, 1).await.expect("starts");
        let second = first_start(&db, data.path(), &hashing, 2).await.expect("starts");
        assert_eq!(first.public, second.public);
        assert_eq!(first.setup_code, second.setup_code);
    }

    #[tokio::test]
    async fn starts_at_the_same_time_agree_on_one_key_and_one_code() {
        let (data, db, hashing) = fresh().await;
        let (one, two) = tokio::join!(
            first_start(&db, data.path(), &hashing, 1),
            first_start(&db, data.path(), &hashing, 1),
        );
        let (one, two) = (one.expect("starts"), two.expect("starts"));
        assert_eq!(one.public, two.public);
        assert_eq!(one.setup_code, two.setup_code);
    }

    #[tokio::test]
    async fn a_code_that_a_crash_left_without_its_key_is_used() {
        let (data, db, hashing) = fresh().await;
        let left = setup_code::find_or_make(data.path()).expect("writes").to_string();
        let first = first_start(&db, data.path(), &hashing, 1).await.expect("starts");
        assert_eq!(first.setup_code, Some(left));
    }

    #[tokio::test]
    async fn a_damaged_or_missing_key_is_an_error_and_never_replaced() {
        for damage in [
            "UPDATE practice_keys SET public_key = 'age1nonsense'",
            "DELETE FROM practice_keys",
            "DELETE FROM practice_key_copies",
        ] {
            let (data, db, hashing) = fresh().await;
            first_start(&db, data.path(), &hashing, 1).await.expect("starts");
            run(&db, damage).await;
            assert!(first_start(&db, data.path(), &hashing, 2).await.is_err(), "{damage}");
        }
    }

    #[tokio::test]
    async fn without_a_key_there_is_nothing_to_seal_to() {
        let (_data, db, _) = fresh().await;
        assert!(current(&mut db.read().await.expect("reads")).await.is_err());
    }

    #[tokio::test]
    async fn a_code_that_outlived_its_copy_is_removed_and_not_printed() {
        let (data, db, hashing) = fresh().await;
        first_start(&db, data.path(), &hashing, 1).await.expect("starts");
        run(&db, "UPDATE practice_key_copies SET holder = 'staff:1'").await;
        let later = first_start(&db, data.path(), &hashing, 2).await.expect("starts");
        assert_eq!(later.setup_code, None);
        assert!(!data.path().join("setup-code").exists());
    }
}
