//! What is done with an inquiry: its status, its next step, a contact, a note, and taking back the last of these.
//!
//! Each change moves the row, writes the timeline and the ledger, all in the caller's transaction. What somebody typed
//! comes in sealed and never reaches the ledger.

mod notes;
mod press;
mod state;
mod undo;

#[cfg(test)]
mod tests;

use anyhow::{Context, Result};
use jiff::Timestamp;
use jiff::civil::Date;
use sqlx::SqliteConnection;

use super::contact::Kind;
use super::reference::Reference;
use super::status::{CloseReason, Status};
use super::timeline::{self, NewEvent, Step};
use crate::audit::{self, Actor, By, Entry};
use crate::content::Practice;
pub use notes::keep_note;
pub use press::{Before, Change, Press, make};
use state::{State, start_of};
pub use undo::{can_undo, undo};

/// How a change ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Changed {
    /// With the version of the inquiry after it.
    Done(i64),
    /// Somebody else changed the inquiry in the meantime. Nothing was written.
    Conflict,
    /// The change may not follow where the inquiry stands now.
    NotAllowed,
    /// It stands like that already. Nothing was written.
    Same,
    /// A next step is a day from today on, within two years.
    NotThatDay,
    /// A closed inquiry needs to say why.
    NeedsReason,
    /// There is no such inquiry.
    NotThere,
}

/// The status that somebody chose.
#[derive(Clone, Copy)]
pub struct NewStatus<'a> {
    pub status: Status,
    /// As it stood on the page.
    pub version: i64,
    /// For [`Status::Closed`].
    pub reason: Option<CloseReason>,
    /// To whom a person was referred, sealed.
    pub referred_to: Option<&'a [u8]>,
}

impl NewStatus<'_> {
    fn reason(&self) -> Option<CloseReason> {
        self.reason.filter(|_| self.status == Status::Closed)
    }
}

/// A row as it stands, under the write lock.
#[derive(sqlx::FromRow)]
struct Held {
    id: i64,
    version: i64,
    #[sqlx(flatten)]
    state: State,
}

/// What is written down about a change.
struct Told<'a> {
    step: Step,
    sealed: Option<&'a [u8]>,
    /// For the ledger.
    event: &'static str,
    detail: Option<String>,
}

/// Sets the status.
///
/// # Errors
/// When the disk or the database refuses.
pub async fn set_status(
    conn: &mut SqliteConnection,
    by: By<'_>,
    reference: &Reference,
    new: &NewStatus<'_>,
    practice: &Practice,
    now: Timestamp,
) -> Result<Changed> {
    let Some(held) = held(conn, reference).await? else { return Ok(Changed::NotThere) };
    if held.version != new.version {
        return Ok(Changed::Conflict);
    }
    let from = held.state.status()?;
    if !from.may_become(new.status) {
        return Ok(Changed::NotAllowed);
    }
    let reason = new.reason();
    if new.status == Status::Closed && reason.is_none() {
        return Ok(Changed::NeedsReason);
    }
    let after = held.state.after(new.status, reason, practice, now);
    let told = Told {
        step: Step::Status { from, to: new.status, reason },
        sealed: new.referred_to.filter(|_| new.status == Status::ReferredOut),
        event: "status changed",
        detail: Some(format!("{} to {}", from.name(), new.status.name())),
    };
    held.becomes(conn, by, reference, after, told, now).await
}

/// Sets the day of the next step, or takes it away. The day that is set already is no change, also where it has passed.
///
/// # Errors
/// When the disk or the database refuses.
pub async fn set_next_step(
    conn: &mut SqliteConnection,
    by: By<'_>,
    reference: &Reference,
    date: Option<Date>,
    version: i64,
    practice: &Practice,
    now: Timestamp,
) -> Result<Changed> {
    let Some(held) = held(conn, reference).await? else { return Ok(Changed::NotThere) };
    if held.version != version {
        return Ok(Changed::Conflict);
    }
    if !held.state.status()?.is_open() {
        return Ok(Changed::NotAllowed);
    }
    if held.state.next_step(practice) == date {
        return Ok(Changed::Same);
    }
    let today = now.to_zoned(practice.time_zone()).date();
    if date.is_some_and(|date| date < today || date.year() > today.year() + 2) {
        return Ok(Changed::NotThatDay);
    }
    let next_step_at = date.map(|date| start_of(date, practice, now));
    let after = State { next_step_at, last_activity_at: now.as_millisecond(), ..held.state.clone() };
    let told = Told { step: Step::NextStep(date), sealed: None, event: "next step set", detail: None };
    held.becomes(conn, by, reference, after, told, now).await
}

/// Logs a contact. The first one stops the clock and makes what was new contacted. The caller has looked whether the plan
/// of that version allows the kind.
///
/// # Errors
/// When the disk or the database refuses.
pub async fn log_contact(
    conn: &mut SqliteConnection,
    by: By<'_>,
    reference: &Reference,
    kind: Kind,
    version: i64,
    now: Timestamp,
) -> Result<Changed> {
    let Some(held) = held(conn, reference).await? else { return Ok(Changed::NotThere) };
    if held.version != version {
        return Ok(Changed::Conflict);
    }
    let at = now.as_millisecond();
    let mut after = State { last_activity_at: at, ..held.state.clone() };
    after.first_contact_at.get_or_insert(at);
    if held.state.status()? == Status::New {
        after.status = Status::Contacted.name().into();
    }
    let told = Told {
        step: Step::Contact(kind),
        sealed: None,
        event: "contact logged",
        detail: Some(kind.name().into()),
    };
    held.becomes(conn, by, reference, after, told, now).await
}

async fn held(conn: &mut SqliteConnection, reference: &Reference) -> Result<Option<Held>> {
    sqlx::query_as("SELECT * FROM inquiries WHERE reference = ?")
        .bind(reference.as_str())
        .fetch_optional(conn)
        .await
        .context("looking for an inquiry")
}

impl Held {
    async fn becomes(
        self,
        conn: &mut SqliteConnection,
        by: By<'_>,
        reference: &Reference,
        after: State,
        told: Told<'_>,
        now: Timestamp,
    ) -> Result<Changed> {
        self.write(conn, &after).await?;
        let version = self.version + 1;
        let event = NewEvent {
            staff_id: staff_id(by),
            step: told.step,
            sealed: told.sealed,
            version,
            before: Some(serde_json::to_string(&self.state)?),
        };
        timeline::add(conn, self.id, event, now).await?;
        record(conn, by, reference, told.event, told.detail.as_deref(), now).await?;
        Ok(Changed::Done(version))
    }

    async fn write(&self, conn: &mut SqliteConnection, state: &State) -> Result<()> {
        sqlx::query(
            "UPDATE inquiries SET status = ?, suspicion = ?, reply_by = ?, first_contact_at = ?, last_activity_at = ?,
                 next_step_at = ?, closed_at = ?, close_reason = ?, keep_until = ?, version = version + 1
             WHERE id = ?",
        )
        .bind(&state.status)
        .bind(&state.suspicion)
        .bind(state.reply_by)
        .bind(state.first_contact_at)
        .bind(state.last_activity_at)
        .bind(state.next_step_at)
        .bind(state.closed_at)
        .bind(&state.close_reason)
        .bind(state.keep_until)
        .bind(self.id)
        .execute(conn)
        .await
        .context("changing an inquiry")?;
        Ok(())
    }
}

fn staff_id(by: By<'_>) -> Option<i64> {
    match by.actor {
        Actor::Staff(id) => Some(id),
        _ => None,
    }
}

async fn record(
    conn: &mut SqliteConnection,
    by: By<'_>,
    reference: &Reference,
    event: &'static str,
    detail: Option<&str>,
    now: Timestamp,
) -> Result<()> {
    let outcome = audit::Outcome::Done;
    let entry = Entry { by, event, target: Some(reference.as_str()), outcome, detail };
    audit::record(conn, entry, now.as_millisecond()).await
}
