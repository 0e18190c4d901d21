//! What is done with an inquiry, one handler for each button. A note that is typed meanwhile comes along with each of them
//! and is kept with the change.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;
use jiff::civil::Date;

use super::super::super::Web;
use super::super::super::error::Fault;
use super::super::fields::Fields;
use super::super::gate::Staff;
use super::super::refusal::Refusal;
use super::Named;
use super::desired::{Desired, not_there, note_words};
use crate::audit::{self, Entry, Outcome};
use crate::inquiry::change::{self, Changed, NewStatus};
use crate::inquiry::contact::{self, Kind};
use crate::inquiry::note::{self, LONGEST_NAME, Problem};
use crate::inquiry::record;
use crate::inquiry::status::{CloseReason, Status};

/// `status`, `version`, `reason` for closed, `referred_to` for referred out.
pub async fn set_status(
    State(web): State<Arc<Web>>,
    staff: Staff,
    Path(named): Path<Named>,
    fields: Fields,
) -> Result<Response, Fault> {
    let Some(desired) = Desired::of(&web, staff, &named.reference, fields)? else { return Ok(not_there()) };
    let Some(status) = Status::named(desired.fields.value("status")) else {
        return desired.refused(Refusal::new("", "Select one of the statuses that may follow.")).await;
    };
    let typed = desired.fields.value("referred_to");
    let referred_to = match note::read(typed, LONGEST_NAME) {
        Ok(name) => Some(note::sealed(&desired.staff.private.public(), &desired.reference, &name)?),
        Err(Problem::Blank) => None,
        Err(_) => {
            let words = "To whom you referred them must be 200 characters or fewer.";
            return desired.refused(Refusal::new("referred_to", words)).await;
        }
    };
    let new = NewStatus {
        status,
        version: desired.version(),
        reason: CloseReason::named(desired.fields.value("reason")),
        referred_to: referred_to.as_deref(),
    };
    desired.change_status(&new, "status").await
}

/// One press: out of the spam view, and its clock starts.
pub async fn not_spam(
    State(web): State<Arc<Web>>,
    staff: Staff,
    Path(named): Path<Named>,
    fields: Fields,
) -> Result<Response, Fault> {
    let Some(desired) = Desired::of(&web, staff, &named.reference, fields)? else { return Ok(not_there()) };
    let found = record::find(&mut *desired.desk.db.read().await?, &desired.reference).await?;
    let Some(record) = found else { return Ok(not_there()) };
    let version = desired.version();
    if record.version == version && record.status != Status::Spam {
        return desired.ended(Ok(Changed::NotAllowed), "").await;
    }
    let new = NewStatus { status: Status::New, version, reason: None, referred_to: None };
    desired.change_status(&new, "not-spam").await
}

/// `note`
pub async fn add_note(
    State(web): State<Arc<Web>>,
    staff: Staff,
    Path(named): Path<Named>,
    fields: Fields,
) -> Result<Response, Fault> {
    let Some(desired) = Desired::of(&web, staff, &named.reference, fields)? else { return Ok(not_there()) };
    let sealed = match desired.note()? {
        Ok(Some(sealed)) => sealed,
        Ok(None) => return desired.refused(Refusal::new("note", note_words(Problem::Blank))).await,
        Err(refusal) => return desired.refused(refusal).await,
    };
    let Desired { desk, staff, reference, now, .. } = &desired;
    let changed = async {
        let mut write = desk.db.begin().await?;
        let changed = change::add_note(&mut write, staff.by(), reference, &sealed, *now).await?;
        write.commit().await?;
        anyhow::Ok(changed)
    };
    let changed = changed.await;
    desired.ended(changed, "note").await
}

/// `kind` and `version`; without a version, the request as it stands.
pub async fn log_contact(
    State(web): State<Arc<Web>>,
    staff: Staff,
    Path(named): Path<Named>,
    fields: Fields,
) -> Result<Response, Fault> {
    let Some(desired) = Desired::of(&web, staff, &named.reference, fields)? else { return Ok(not_there()) };
    let Some(kind) = Kind::named(desired.fields.value("kind")) else {
        return desired.refused(Refusal::new("kind", "Select how you were in touch.")).await;
    };
    let found = record::find(&mut *desired.desk.db.read().await?, &desired.reference).await?;
    let Some(record) = found else { return Ok(not_there()) };
    // So that what the plan allows is looked up in the same request that is changed.
    let version = desired.fields.number("version").unwrap_or(record.version);
    let inquiry = record.open(&desired.staff.private);
    let is_allowed = contact::kinds(inquiry.plan()).contains(&kind);
    let note = match desired.note()? {
        Ok(note) => note,
        Err(refusal) => return desired.refused(refusal).await,
    };
    let Desired { desk, staff, reference, now, .. } = &desired;
    let changed = async {
        let mut write = desk.db.begin().await?;
        if is_allowed {
            let (by, note) = (staff.by(), note.as_deref());
            let kept = change::keep_note(&mut write, by, reference, note, version, *now).await?;
            let Changed::Done(version) = kept else { return anyhow::Ok(Some(kept)) };
            let changed = change::log_contact(&mut write, by, reference, kind, version, *now).await?;
            if matches!(changed, Changed::Done(_)) {
                write.commit().await?;
            }
            return Ok(Some(changed));
        }
        let (by, target, detail) = (staff.by(), Some(reference.as_str()), Some(kind.name()));
        let entry = Entry { by, event: "contact logged", target, outcome: Outcome::Refused, detail };
        audit::record(&mut write, entry, now.as_millisecond()).await?;
        write.commit().await?;
        Ok(None)
    };
    match changed.await.transpose() {
        Some(changed) => desired.ended(changed, "contact").await,
        None => {
            let words = if inquiry.record.asked_to_stop() {
                "They asked you to stop. Only that they got in touch can be logged."
            } else {
                "They did not allow this way of being reached."
            };
            desired.refused(Refusal::new("kind", words)).await
        }
    }
}

/// `next_step` (a date, blank to take it away) and `version`.
pub async fn set_next_step(
    State(web): State<Arc<Web>>,
    staff: Staff,
    Path(named): Path<Named>,
    fields: Fields,
) -> Result<Response, Fault> {
    let Some(desired) = Desired::of(&web, staff, &named.reference, fields)? else { return Ok(not_there()) };
    let typed = desired.fields.value("next_step").trim();
    let today = desired.now.to_zoned(desired.practice().time_zone()).date();
    let date = match typed.parse::<Date>() {
        Ok(date) if date >= today && date.year() <= today.year() + 2 => Some(date),
        Err(_) if typed.is_empty() => None,
        _ => {
            let words = "The next step must be a date from today on, within two years.";
            return desired.refused(Refusal::new("next_step", words)).await;
        }
    };
    let note = match desired.note()? {
        Ok(note) => note,
        Err(refusal) => return desired.refused(refusal).await,
    };
    let Desired { desk, staff, reference, now, .. } = &desired;
    let (by, version, practice) = (staff.by(), desired.version(), desired.practice());
    let changed = async {
        let mut write = desk.db.begin().await?;
        let kept = change::keep_note(&mut write, by, reference, note.as_deref(), version, *now).await?;
        let Changed::Done(version) = kept else { return anyhow::Ok(kept) };
        let changed = change::set_next_step(&mut write, by, reference, date, version, practice, *now).await?;
        if matches!(changed, Changed::Done(_)) {
            write.commit().await?;
        }
        Ok(changed)
    };
    let changed = changed.await;
    desired.ended(changed, "next-step").await
}

/// `version`
pub async fn undo(
    State(web): State<Arc<Web>>,
    staff: Staff,
    Path(named): Path<Named>,
    fields: Fields,
) -> Result<Response, Fault> {
    let Some(desired) = Desired::of(&web, staff, &named.reference, fields)? else { return Ok(not_there()) };
    let Desired { desk, staff, reference, now, .. } = &desired;
    let changed = async {
        let mut write = desk.db.begin().await?;
        let changed = change::undo(&mut write, staff.by(), reference, desired.version(), *now).await?;
        write.commit().await?;
        anyhow::Ok(changed)
    };
    let changed = changed.await;
    desired.ended(changed, "undone").await
}
