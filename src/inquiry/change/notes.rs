//! Notes: alone, and together with another change.

use anyhow::Result;
use jiff::Timestamp;
use sqlx::SqliteConnection;

use super::{Changed, State, Told, held};
use crate::audit::By;
use crate::inquiry::reference::Reference;
use crate::inquiry::timeline::Step;

/// Adds a note, sealed before.
///
/// # Errors
/// When the disk or the database refuses.
pub async fn add_note(
    conn: &mut SqliteConnection,
    by: By<'_>,
    reference: &Reference,
    sealed: &[u8],
    now: Timestamp,
) -> Result<Changed> {
    let Some(held) = held(conn, reference).await? else { return Ok(Changed::NotThere) };
    let after = State { last_activity_at: now.as_millisecond(), ..held.state.clone() };
    let told = Told { step: Step::Note, sealed: Some(sealed), event: "note added", detail: None };
    held.becomes(conn, by, reference, after, told, now).await
}

/// Adds the note that came along with a change, if one did. It goes before that change, so that taking the change back
/// leaves the note. The version to change then; anything but [`Changed::Done`] is a reason to commit nothing.
///
/// # Errors
/// When the disk or the database refuses.
pub async fn keep_note(
    conn: &mut SqliteConnection,
    by: By<'_>,
    reference: &Reference,
    sealed: Option<&[u8]>,
    version: i64,
    now: Timestamp,
) -> Result<Changed> {
    let Some(sealed) = sealed else { return Ok(Changed::Done(version)) };
    Ok(match add_note(conn, by, reference, sealed, now).await? {
        Changed::Done(after) if after != version + 1 => Changed::Conflict,
        kept => kept,
    })
}
