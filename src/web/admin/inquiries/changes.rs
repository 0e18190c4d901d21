//! What is done with an inquiry, one handler for each button. A note that is typed meanwhile comes along with each of them
//! and is kept with the change. What is refused is refused before anything is written.

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
use super::desired::{Desired, not_there};
use crate::audit::{self, Entry, Outcome};
use crate::inquiry::change::{Change, Changed, NewStatus};
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
    desired.press(Change::Status(new), new.version, "status").await
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
    desired.press(Change::Status(new), version, "not-spam").await
}

/// `note` and `version`; without a version nothing is taken for a second press.
pub async fn add_note(
    State(web): State<Arc<Web>>,
    staff: Staff,
    Path(named): Path<Named>,
    fields: Fields,
) -> Result<Response, Fault> {
    let Some(desired) = Desired::of(&web, staff, &named.reference, fields)? else { return Ok(not_there()) };
    let version = desired.fields.number("version").unwrap_or(i64::MAX);
    desired.press(Change::Note, version, "note").await
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
    if contact::kinds(inquiry.plan()).contains(&kind) {
        return desired.press(Change::Contact(kind), version, "contact").await;
    }
    let words = if inquiry.record.asked_to_stop() {
        "They asked you to stop. Only that they got in touch can be logged."
    } else {
        "They did not allow this way of being reached."
    };
    match note_refused(&desired, kind).await {
        Ok(()) => desired.refused(Refusal::new("kind", words)).await,
        Err(error) => desired.ended(Err(error), "").await,
    }
}

/// That somebody would have reached the person in a way they did not allow stands in the ledger.
async fn note_refused(desired: &Desired<'_>, kind: Kind) -> anyhow::Result<()> {
    let (by, target, detail) = (desired.staff.by(), Some(desired.reference.as_str()), Some(kind.name()));
    let entry = Entry { by, event: "contact logged", target, outcome: Outcome::Refused, detail };
    let mut write = desired.desk.db.begin().await?;
    audit::record(&mut write, entry, desired.now.as_millisecond()).await?;
    Ok(write.commit().await?)
}

/// `next_step` (a date, blank to take it away), `version`, and `key` where the return key was pressed.
pub async fn set_next_step(
    State(web): State<Arc<Web>>,
    staff: Staff,
    Path(named): Path<Named>,
    fields: Fields,
) -> Result<Response, Fault> {
    let Some(desired) = Desired::of(&web, staff, &named.reference, fields)? else { return Ok(not_there()) };
    let typed = desired.fields.value("next_step").trim();
    if typed.is_empty() && desired.fields.value("key") == "return" {
        let words = "The day is blank, so nothing was changed. For no next step, press \"Set the day\".";
        return desired.refused(Refusal::new("next_step", words)).await;
    }
    let date = match typed.parse::<Date>() {
        Ok(date) => Some(date),
        Err(_) if typed.is_empty() => None,
        Err(_) => return desired.ended(Ok(Changed::NotThatDay), "").await,
    };
    let version = desired.version();
    desired.press(Change::NextStep(date), version, "next-step").await
}

/// `version`
pub async fn undo(
    State(web): State<Arc<Web>>,
    staff: Staff,
    Path(named): Path<Named>,
    fields: Fields,
) -> Result<Response, Fault> {
    let Some(desired) = Desired::of(&web, staff, &named.reference, fields)? else { return Ok(not_there()) };
    let version = desired.version();
    desired.press(Change::Undo, version, "undone").await
}
