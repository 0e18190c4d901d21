//! Seals everything again when the practice gets a new key, in the transaction that puts the new key in use.
//!
//! A record that the old key does not open is damaged; it stays as it is, and is never dropped.

use anyhow::{Context, Result};
use sqlx::SqliteConnection;

use crate::seal::{self, PrivateKey, PublicKey};

/// How many records are in memory at once.
const BATCH: i64 = 100;

/// A sealed text, the row it stands in, and the reference that is sealed in with it.
type Sealed = (i64, String, Vec<u8>);

/// Seals the answers and notes of every inquiry to `new`. Returns how many there were.
///
/// # Errors
/// When the database refuses; then nothing may be committed.
pub async fn all(conn: &mut SqliteConnection, old: &PrivateKey, new: &PublicKey) -> Result<usize> {
    Ok(answers(&mut *conn, old, new).await? + notes(conn, old, new).await?)
}

async fn answers(conn: &mut SqliteConnection, old: &PrivateKey, new: &PublicKey) -> Result<usize> {
    let (mut count, mut after) = (0, 0);
    loop {
        let batch: Vec<Sealed> =
            sqlx::query_as("SELECT id, reference, answers FROM inquiries WHERE id > ? ORDER BY id LIMIT ?")
                .bind(after)
                .bind(BATCH)
                .fetch_all(&mut *conn)
                .await
                .context("reading what is sealed to the old key")?;
        let Some((last, ..)) = batch.last() else { return Ok(count) };
        after = *last;
        for (id, reference, sealed) in &batch {
            let Some(again) = again(old, new, reference, sealed)? else { continue };
            sqlx::query("UPDATE inquiries SET answers = ? WHERE id = ?")
                .bind(again)
                .bind(id)
                .execute(&mut *conn)
                .await
                .context("storing what is sealed to the new key")?;
            count += 1;
        }
    }
}

async fn notes(conn: &mut SqliteConnection, old: &PrivateKey, new: &PublicKey) -> Result<usize> {
    let (mut count, mut after) = (0, 0);
    loop {
        let batch: Vec<Sealed> = sqlx::query_as(
            "SELECT events.id, reference, sealed FROM events JOIN inquiries ON inquiries.id = events.inquiry_id
             WHERE sealed IS NOT NULL AND events.id > ? ORDER BY events.id LIMIT ?",
        )
        .bind(after)
        .bind(BATCH)
        .fetch_all(&mut *conn)
        .await
        .context("reading what is sealed to the old key")?;
        let Some((last, ..)) = batch.last() else { return Ok(count) };
        after = *last;
        for (id, reference, sealed) in &batch {
            let Some(again) = again(old, new, reference, sealed)? else { continue };
            sqlx::query("UPDATE events SET sealed = ? WHERE id = ?")
                .bind(again)
                .bind(id)
                .execute(&mut *conn)
                .await
                .context("storing what is sealed to the new key")?;
            count += 1;
        }
    }
}

fn again(old: &PrivateKey, new: &PublicKey, reference: &str, sealed: &[u8]) -> Result<Option<Vec<u8>>> {
    match seal::open(old, reference, sealed) {
        Ok(plain) => seal::seal(new, reference, &plain).map(Some),
        Err(reason) => {
            tracing::error!(
                "a record of {reference} can't be sealed again, since it does not open: {reason:?}"
            );
            Ok(None)
        }
    }
}
