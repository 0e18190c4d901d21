//! How a request gets into the tables `inquiries` and `events`. What happens to it later is written in `change`.

use anyhow::{Context, Result};
use jiff::Timestamp;
use sqlx::{QueryBuilder, SqliteConnection};

use super::reference::Reference;
use crate::content::{Practice, calendar};
use crate::db::REMEMBERED;

/// A row as it is stored first.
pub struct NewRow<'a> {
    pub reference: &'a Reference,
    pub submission_key: &'a [u8; 32],
    pub promise: Promise,
    /// Words of `suspicion::Reason`; blank for none.
    pub suspicion: &'a str,
    pub sealed: &'a [u8],
}

/// Where an inquiry is found after [`insert`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stored {
    /// Under its own reference, with its first event.
    New,
    /// The same answers are there already, under this one.
    Before(Reference),
    /// Nowhere: another inquiry has its reference.
    ReferenceTaken,
}

/// When an inquiry came in and when the person hears from the practice at the latest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Promise {
    pub received: Timestamp,
    pub reply_by: Timestamp,
}

impl Promise {
    /// The promise that begins now.
    pub fn made(received: Timestamp, practice: &Practice) -> Self {
        Self { received, reply_by: calendar::reply_by(received, practice) }
    }
}

/// Stores inquiries and their first events, and says for each what became of it. All go in one statement, since each
/// statement costs two changes of threads.
///
/// # Errors
/// When the disk or the database refuses.
pub async fn insert(conn: &mut SqliteConnection, rows: &[NewRow<'_>]) -> Result<Vec<Stored>> {
    let written = insert_all(&mut *conn, rows).await?;
    let mut stored = vec![Stored::New; rows.len()];
    // Each that is new brings two rows, itself and its first event.
    if written < rows.len() as u64 * 2 {
        for (row, stored) in rows.iter().zip(&mut stored) {
            *stored = match under(&mut *conn, row.submission_key).await? {
                Some(reference) if reference == *row.reference => Stored::New,
                Some(reference) => Stored::Before(reference),
                None => Stored::ReferenceTaken,
            };
        }
    }
    Ok(stored)
}

async fn insert_all(conn: &mut SqliteConnection, rows: &[NewRow<'_>]) -> Result<u64> {
    let mut insert = QueryBuilder::new(
        "INSERT INTO inquiries (reference, submission_key, received_at, reply_by, status, suspicion, answers, last_activity_at) ",
    );
    insert.push_values(rows, |mut values, row| {
        let received = row.promise.received.as_millisecond();
        let is_suspicious = !row.suspicion.is_empty();
        values
            .push_bind(row.reference.as_str())
            .push_bind(row.submission_key.as_slice())
            .push_bind(received)
            .push_bind(row.promise.reply_by.as_millisecond())
            .push_bind(if is_suspicious { "spam" } else { "new" })
            .push_bind(is_suspicious.then_some(row.suspicion))
            .push_bind(row.sealed)
            .push_bind(received);
    });
    let references: Vec<&str> = rows.iter().map(|row| row.reference.as_str()).collect();
    // An older inquiry under the same reference has its events.
    insert
        .push(
            " ON CONFLICT DO NOTHING;
             INSERT INTO events (inquiry_id, at, kind) SELECT id, received_at, 'received' FROM inquiries
             WHERE NOT EXISTS (SELECT 1 FROM events WHERE inquiry_id = inquiries.id)
               AND reference IN (SELECT value FROM json_each(",
        )
        .push_bind(serde_json::to_string(&references)?)
        .push("))");
    let query = insert.build().persistent(rows.len() <= REMEMBERED);
    Ok(query.execute(conn).await.context("inquiries can't be stored")?.rows_affected())
}

/// The reference under which the same answers are stored.
async fn under(conn: &mut SqliteConnection, submission_key: &[u8; 32]) -> Result<Option<Reference>> {
    let found: Option<String> =
        sqlx::query_scalar("SELECT reference FROM inquiries WHERE submission_key = ?")
            .bind(submission_key.as_slice())
            .fetch_optional(conn)
            .await
            .context("looking for the same answers")?;
    Ok(found.and_then(|reference| reference.parse().ok()))
}

/// What was promised to the sender of an inquiry.
///
/// # Errors
/// When the database can't be read, or holds a time that no clock shows.
pub async fn promise(conn: &mut SqliteConnection, reference: &Reference) -> Result<Option<Promise>> {
    let found: Option<(i64, i64)> =
        sqlx::query_as("SELECT received_at, reply_by FROM inquiries WHERE reference = ?")
            .bind(reference.as_str())
            .fetch_optional(conn)
            .await
            .context("looking for an inquiry")?;
    let Some((received, reply_by)) = found else { return Ok(None) };
    Ok(Some(Promise {
        received: Timestamp::from_millisecond(received)?,
        reply_by: Timestamp::from_millisecond(reply_by)?,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inquiry::fixture::{Inbox, at};

    fn row<'a>(reference: &'a Reference, submission_key: &'a [u8; 32]) -> NewRow<'a> {
        let promise = Promise { received: at(0), reply_by: at(24) };
        NewRow { reference, submission_key, promise, suspicion: "", sealed: b"sealed" }
    }

    #[tokio::test]
    async fn rel_14_of_many_at_once_each_is_told_what_became_of_it_and_only_the_new_ones_begin() {
        let inbox = Inbox::new().await;
        let [first, second, third, fourth] =
            ["K7QF-2M", "K7QF-2N", "K7QF-2P", "K7QF-2R"].map(|text| text.parse().expect("a reference"));
        let mut write = inbox.db.begin().await.expect("begins");
        let old = insert(&mut write, &[row(&first, &[1; 32])]).await.expect("stores");
        assert_eq!(old, [Stored::New]);
        let rows =
            [row(&second, &[2; 32]), row(&third, &[1; 32]), row(&fourth, &[2; 32]), row(&first, &[3; 32])];
        assert_eq!(
            insert(&mut write, &rows).await.expect("stores"),
            [Stored::New, Stored::Before(first), Stored::Before(second), Stored::ReferenceTaken]
        );
        let counted: (i64, i64, i64) = sqlx::query_as(
            "SELECT (SELECT count(*) FROM inquiries), count(*), count(DISTINCT inquiry_id) FROM events",
        )
        .fetch_one(&mut *write)
        .await
        .expect("counts");
        assert_eq!(counted, (2, 2, 2));
    }
}
