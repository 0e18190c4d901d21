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
    let answers = "SELECT id, reference, answers FROM inquiries WHERE id > ? ORDER BY id LIMIT ?";
    let notes =
        "SELECT events.id, reference, sealed FROM events JOIN inquiries ON inquiries.id = events.inquiry_id
         WHERE sealed IS NOT NULL AND events.id > ? ORDER BY events.id LIMIT ?";
    let keys = (old, &new.clone().for_many());
    Ok(each(&mut *conn, keys, answers, "UPDATE inquiries SET answers = ? WHERE id = ?").await?
        + each(conn, keys, notes, "UPDATE events SET sealed = ? WHERE id = ?").await?)
}

/// Reads a batch of `Sealed` with the one statement, and stores each with the other.
async fn each(
    conn: &mut SqliteConnection,
    (old, new): (&PrivateKey, &PublicKey),
    read: &'static str,
    store: &'static str,
) -> Result<usize> {
    let (mut count, mut after) = (0, 0);
    loop {
        let batch = sqlx::query_as(read).bind(after).bind(BATCH).fetch_all(&mut *conn).await;
        let batch: Vec<Sealed> = batch.context("reading what is sealed to the old key")?;
        let Some((last, ..)) = batch.last() else { return Ok(count) };
        after = *last;
        for (id, reference, sealed) in &batch {
            let Some(again) = again(old, new, reference, sealed)? else { continue };
            let stored = sqlx::query(store).bind(again).bind(id).execute(&mut *conn).await;
            stored.context("storing what is sealed to the new key")?;
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
