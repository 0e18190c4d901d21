//! What lets a person in: password and second factor, made outside a transaction and stored whole inside one.
//!
//! Storing replaces the sign-in value, the seed and the person's copy of the key together, so the old password works
//! until the commit and the new one from it on, whatever moment the power fails.

use anyhow::{Context, Result, ensure};
use sqlx::SqliteConnection;

use super::hashing::{Derived, Hashing, Recipe};
use super::keys::{self, KeyCopy, holder_of};
use super::second_factor::Seed;
use crate::seal::PrivateKey;

/// A password after the slow hash, and a seed. Not stored yet.
pub struct Credentials {
    derived: Derived,
    recipe: Recipe,
    /// Show it once, where it is new.
    pub seed: Seed,
    keeps_factor: bool,
}

impl Credentials {
    /// Hashes a new password and makes a new seed, which waits for its first code.
    pub async fn new(hashing: &Hashing, password: &str) -> Result<Self> {
        Self::make(hashing, password, Seed::generate()?, false).await
    }

    /// Hashes a new password for a seed that stays in use.
    pub async fn keeping(hashing: &Hashing, password: &str, seed: Seed) -> Result<Self> {
        Self::make(hashing, password, seed, true).await
    }

    async fn make(hashing: &Hashing, password: &str, seed: Seed, keeps_factor: bool) -> Result<Self> {
        let recipe = hashing.new_recipe()?;
        let derived = hashing.derive(password, recipe).await?;
        Ok(Self { derived, recipe, seed, keeps_factor })
    }

    /// Whether the seed was in use before.
    pub fn keeps_factor(&self) -> bool {
        self.keeps_factor
    }

    /// Stores them for a person together with the copy of the key. Fast; belongs into the caller's transaction.
    pub async fn store(
        &self,
        conn: &mut SqliteConnection,
        staff_id: i64,
        private: &PrivateKey,
        now: i64,
    ) -> Result<()> {
        let holder = holder_of(staff_id);
        let changed = sqlx::query(
            "UPDATE staff SET sign_in_hash = ?1, second_factor = ?2,
                    second_factor_since = CASE WHEN ?3 THEN second_factor_since END,
                    last_step = CASE WHEN ?3 THEN last_step END
             WHERE id = ?4 AND disabled_at IS NULL",
        )
        .bind(&self.derived.sign_in_hash()[..])
        .bind(self.seed.lock(&self.derived.wrapping, &holder)?)
        .bind(self.keeps_factor)
        .bind(staff_id)
        .execute(&mut *conn)
        .await
        .context("storing a password")?;
        ensure!(changed.rows_affected() == 1, "the account is not there to store a password for");
        let copy = KeyCopy::make(private, &holder, &self.derived, self.recipe)?;
        keys::keep_copy(conn, &holder, &copy, now).await
    }
}
