//! Set-up: the first account, by the code that the first start printed.
//!
//! Makes a new key pair, so that an old backup or log with the set-up code in it opens nothing that comes later. What
//! has come in so far must be sealed again by the caller, in the transaction in which this is stored.

use anyhow::{Context, Result, ensure};
use sqlx::SqliteConnection;

use super::code::Code;
use super::credentials::Credentials;
use super::keys::{self, KeyCopy, RECOVERY, SETUP, holder_of};
use super::people::{self, NewPerson, Problem};
use super::session::NewSession;
use super::sign_in::{self, Welcome};
use super::{Caller, Doorkeeper, note};
use crate::audit::{By, Outcome};
use crate::db::Db;
use crate::seal::{PrivateKey, PublicKey};

/// What came of trying to set up.
pub enum Prepared {
    /// Seal again and [`SetUp::store`], in one transaction.
    Ready(Box<SetUp>),
    /// There is an account already.
    Over,
    /// What was typed can't be a code: a typo.
    NotACode,
    WrongCode,
    Problem(Problem),
    Wait {
        until: i64,
    },
}

/// Everything slow is done; nothing is stored yet.
pub struct SetUp {
    /// Opens what has come in so far.
    pub old_private: PrivateKey,
    /// What has come in must be sealed to this again.
    pub new_public: PublicKey,
    /// Show it once, after the commit.
    pub recovery_code: Code,
    new_private: PrivateKey,
    recovery_copy: KeyCopy,
    credentials: Credentials,
    email: String,
    name: String,
}

/// Checks the code and the person, and makes the new keys.
pub async fn prepare(
    db: &Db,
    door: &Doorkeeper,
    typed_code: &str,
    new: NewPerson<'_>,
    caller: Caller<'_>,
    now: i64,
) -> Result<Prepared> {
    let copy = {
        let mut conn = db.read().await?;
        if people::any(&mut conn).await? {
            return Ok(Prepared::Over);
        }
        keys::copy_of(&mut conn, SETUP).await?.context("nobody holds the practice's key")?
    };
    let Some(code) = Code::parse(typed_code) else { return Ok(Prepared::NotACode) };
    if let Err(problem) = new.check() {
        return Ok(Prepared::Problem(problem));
    }
    let admitted = match door.begin(&caller, now) {
        Ok(admitted) => admitted,
        Err(until) => return Ok(Prepared::Wait { until }),
    };
    let derived = door.hashing.derive(code.as_str(), copy.recipe).await?;
    let Some(old_private) = copy.open(SETUP, &derived) else {
        let mut write = db.begin().await?;
        note(&mut write, caller.by, "set-up", None, Outcome::Refused, now).await?;
        write.commit().await.context("writing the ledger")?;
        return Ok(Prepared::WrongCode);
    };
    door.throttle.succeeded(&admitted.counts);
    SetUp::make(door, old_private, new).await.map(|set_up| Prepared::Ready(Box::new(set_up)))
}

impl SetUp {
    async fn make(door: &Doorkeeper, old_private: PrivateKey, new: NewPerson<'_>) -> Result<Self> {
        let new_private = PrivateKey::generate();
        let recovery_code = Code::generate()?;
        let recipe = door.hashing.new_recipe()?;
        let derived = door.hashing.derive(recovery_code.as_str(), recipe).await?;
        Ok(Self {
            old_private,
            new_public: new_private.public(),
            recovery_copy: KeyCopy::make(&new_private, RECOVERY, &derived, recipe)?,
            recovery_code,
            credentials: Credentials::new(&door.hashing, new.password).await?,
            email: new.normal_email(),
            name: new.name.trim().to_owned(),
            new_private,
        })
    }

    /// Puts the new key in use and adds the account; `None` where somebody else was first. Seal again in the same
    /// transaction, and call [`super::setup_code::forget`] after its commit.
    ///
    /// # Errors
    /// Also where the key in use is not the one that the code opened.
    pub async fn store(&self, conn: &mut SqliteConnection, by: By<'_>, now: i64) -> Result<Option<i64>> {
        if people::any(&mut *conn).await? {
            return Ok(None);
        }
        ensure!(
            keys::current(&mut *conn).await? == self.old_private.public(),
            "the set-up code opens another key than the one in use"
        );
        keys::replace(&mut *conn, &self.new_public, now).await?;
        keys::drop_copy(&mut *conn, SETUP).await?;
        keys::keep_copy(&mut *conn, RECOVERY, &self.recovery_copy, now).await?;
        let added = people::insert(&mut *conn, &self.email, &self.name, now).await?;
        let staff_id = added.context("the first account's address is taken")?;
        self.credentials.store(&mut *conn, staff_id, &self.new_private, now).await?;
        note(conn, by, "set-up", Some(&holder_of(staff_id)), Outcome::Done, now).await?;
        Ok(Some(staff_id))
    }

    /// Signs the new person in, in the same transaction; the session waits for the second factor's first code and for
    /// the end of the recovery code.
    pub async fn enter(
        &self,
        conn: &mut SqliteConnection,
        staff_id: i64,
        device: &str,
        by: By<'_>,
        now: i64,
    ) -> Result<Welcome> {
        let new = NewSession {
            staff_id,
            private: &self.new_private,
            enrolling: Some(&self.credentials.seed),
            recovery_ending: Some(self.recovery_code.last_group()),
            device,
        };
        sign_in::open(conn, new, None, by, now).await
    }
}
