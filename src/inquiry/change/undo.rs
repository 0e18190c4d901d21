//! Taking back the last change, as long as nothing has happened since.

use anyhow::{Context, Result};
use jiff::Timestamp;
use sqlx::SqliteConnection;

use super::{Changed, State, held, record, staff_id};
use crate::audit::By;
use crate::inquiry::reference::Reference;
use crate::inquiry::timeline::{self, NewEvent, Step};

/// Takes back the last change, if nothing has happened since. What was typed with it is gone then.
///
/// # Errors
/// When the disk or the database refuses.
pub async fn undo(
    conn: &mut SqliteConnection,
    by: By<'_>,
    reference: &Reference,
    version: i64,
    now: Timestamp,
) -> Result<Changed> {
    let Some(held) = held(conn, reference).await? else { return Ok(Changed::NotThere) };
    if held.version != version {
        return Ok(Changed::Conflict);
    }
    let Some((event, before)) = undoable(conn, held.id, version).await? else {
        return Ok(Changed::NotAllowed);
    };
    let before: State = serde_json::from_str(&before).context("a change can't be taken back")?;
    sqlx::query("UPDATE events SET undone_at = ?, sealed = NULL, before = NULL WHERE id = ?")
        .bind(now.as_millisecond())
        .bind(event)
        .execute(&mut *conn)
        .await
        .context("taking back a change")?;
    held.write(conn, &before).await?;
    let version = version + 1;
    let event = NewEvent { staff_id: staff_id(by), step: Step::Undone, sealed: None, version, before: None };
    timeline::add(conn, held.id, event, now).await?;
    record(conn, by, reference, "change undone", None, now).await?;
    Ok(Changed::Done(version))
}

/// Whether the last change of an inquiry can be taken back.
///
/// # Errors
/// When the database can't be read.
pub async fn can_undo(conn: &mut SqliteConnection, inquiry_id: i64, version: i64) -> Result<bool> {
    Ok(undoable(conn, inquiry_id, version).await?.is_some())
}

async fn undoable(conn: &mut SqliteConnection, id: i64, version: i64) -> Result<Option<(i64, String)>> {
    sqlx::query_as(
        "SELECT id, before FROM events WHERE inquiry_id = ? AND version = ? AND before IS NOT NULL
         ORDER BY id DESC LIMIT 1",
    )
    .bind(id)
    .bind(version)
    .fetch_optional(conn)
    .await
    .context("looking for the last change")
}
