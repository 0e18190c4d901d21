//! The note that comes along with a change.

use anyhow::Result;
use jiff::Timestamp;
use sqlx::SqliteConnection;

use super::{Changed, State, Told, held};
use crate::audit::By;
use crate::inquiry::reference::Reference;
use crate::inquiry::timeline::Step;

/// Adds a note, sealed before, if there is one. The version to change then; anything but [`Changed::Done`] is a reason to
/// commit nothing.
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
    let Some(held) = held(conn, reference).await? else { return Ok(Changed::NotThere) };
    if held.version != version {
        return Ok(Changed::Conflict);
    }
    let after = State { last_activity_at: now.as_millisecond(), ..held.state.clone() };
    let told = Told { step: Step::Note, sealed: Some(sealed), event: "note added", detail: None };
    held.becomes(conn, by, reference, after, told, now).await
}
