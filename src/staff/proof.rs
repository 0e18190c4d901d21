//! What somebody proves with a password: the same work whether or not there is an account (SEC-11).
//!
//! Reads `staff` and the person's copy of the key; decides nothing and writes nothing.

use anyhow::{Context, Result};
use sqlx::{Row, SqliteConnection};

use super::hashing::{Cost, Hashing};
use super::keys::{self, KeyCopy, holder_of};
use super::password;
use super::second_factor::Seed;
use crate::seal::PrivateKey;

/// How long an encrypted second factor is, in bytes; what stands in for a stranger's is as long.
pub(super) const SECOND_FACTOR: usize = 61;

/// The account that an attempt is about, or a stand-in that nothing can open.
pub(super) struct Candidate {
    pub staff_id: Option<i64>,
    holder: String,
    sign_in_hash: Vec<u8>,
    second_factor: Vec<u8>,
    pub second_factor_on: bool,
    copy: KeyCopy,
}

/// A right password, and all that it opens.
pub(super) struct Proof {
    pub private: PrivateKey,
    pub seed: Seed,
    /// The step of the code that was given with it, where that was right.
    pub step: Option<i64>,
    /// As it was read, so that a change meanwhile is noticed.
    pub sign_in_hash: Vec<u8>,
}

impl Candidate {
    /// Looks up an account by its address in normal form.
    pub async fn find(conn: &mut SqliteConnection, email: &str, hashing: &Hashing) -> Result<Self> {
        let row = sqlx::query(
            "SELECT id, sign_in_hash, second_factor, second_factor_since FROM staff
             WHERE email = ? AND disabled_at IS NULL AND sign_in_hash IS NOT NULL AND second_factor IS NOT NULL",
        )
        .bind(email)
        .fetch_optional(&mut *conn)
        .await
        .context("reading an account")?;
        let staff_id: Option<i64> = row.as_ref().map(|row| row.try_get("id")).transpose()?;
        let holder = holder_of(staff_id.unwrap_or(0));
        let copy = keys::copy_of(conn, &holder).await?;
        let (Some(row), Some(copy)) = (row, copy) else {
            return Ok(Self {
                staff_id: None,
                holder,
                sign_in_hash: vec![0; 32],
                second_factor: vec![1; SECOND_FACTOR],
                second_factor_on: true,
                copy: KeyCopy::dummy(hashing.dummy_recipe()),
            });
        };
        Ok(Self {
            staff_id,
            holder,
            sign_in_hash: row.try_get("sign_in_hash")?,
            second_factor: row.try_get("second_factor")?,
            second_factor_on: row.try_get::<Option<i64>, _>("second_factor_since")?.is_some(),
            copy,
        })
    }

    /// Whether a code came with the password where one is needed. It may still have been used before.
    pub fn accepts(&self, proof: &Proof) -> bool {
        proof.step.is_some() || !self.second_factor_on
    }

    /// At which cost the password was stored.
    pub fn cost(&self) -> Cost {
        self.copy.recipe.cost
    }

    /// Runs the slow hash and tries everything with it, whatever fails on the way.
    pub async fn prove(
        &self,
        hashing: &Hashing,
        password: &str,
        code: &str,
        now: i64,
    ) -> Result<Option<Proof>> {
        // What is too long to be a password is not hashed, but costs the same.
        let password = if password.len() > password::LONGEST { "" } else { password };
        let derived = hashing.derive(password, self.copy.recipe).await?;
        let right = derived.proves(&self.sign_in_hash);
        let private = self.copy.open(&self.holder, &derived);
        let seed = Seed::unlock(&derived.wrapping, &self.holder, &self.second_factor);
        let step = seed.as_ref().and_then(|seed| seed.step_of(code, now));
        let (true, Some(private), Some(seed)) = (right && self.staff_id.is_some(), private, seed) else {
            return Ok(None);
        };
        Ok(Some(Proof { private, seed, step, sign_in_hash: self.sign_in_hash.clone() }))
    }
}
