//! What is done with an inquiry. Each post ends in a redirect to the inquiry, or shows it again with what stands in the way
//! and with everything that was typed.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use jiff::Timestamp;
use jiff::civil::Date;

use super::super::super::error::Fault;
use super::super::super::snapshot::Snapshot;
use super::super::super::{Desk, Web};
use super::super::desk_of;
use super::super::fields::Fields;
use super::super::gate::Staff;
use super::super::refusal::Refusal;
use super::Named;
use super::page::{Beside, Typed, page};
use crate::audit::{self, Entry, Outcome};
use crate::content::Practice;
use crate::inquiry::change::{self, Changed, NewStatus};
use crate::inquiry::contact::{self, Kind};
use crate::inquiry::inbox::View;
use crate::inquiry::note::{self, LONGEST, LONGEST_NAME, Problem};
use crate::inquiry::status::{CloseReason, Status};
use crate::inquiry::{Reference, record};

/// What each of these handlers has at hand.
struct Desired<'a> {
    web: &'a Web,
    desk: &'a Desk,
    staff: Staff,
    snapshot: Arc<Snapshot>,
    reference: Reference,
    fields: Fields,
    now: Timestamp,
}

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
    let text = match note::read(desired.fields.value("note"), LONGEST) {
        Ok(text) => text,
        Err(problem) => return desired.refused(Refusal::new("note", note_words(problem))).await,
    };
    let sealed = note::sealed(&desired.staff.private.public(), &desired.reference, &text)?;
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
    let Desired { desk, staff, reference, now, .. } = &desired;
    let changed = async {
        let mut write = desk.db.begin().await?;
        if is_allowed {
            let changed = change::log_contact(&mut write, staff.by(), reference, kind, version, *now).await?;
            write.commit().await?;
            return anyhow::Ok(Some(changed));
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
    let Desired { desk, staff, reference, now, .. } = &desired;
    let (by, version, practice) = (staff.by(), desired.version(), desired.practice());
    let changed = async {
        let mut write = desk.db.begin().await?;
        let changed = change::set_next_step(&mut write, by, reference, date, version, practice, *now).await?;
        write.commit().await?;
        anyhow::Ok(changed)
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

fn not_there() -> Response {
    StatusCode::NOT_FOUND.into_response()
}

fn note_words(problem: Problem) -> &'static str {
    match problem {
        Problem::Blank => "Enter a note.",
        Problem::TooLong(_) => "A note must be 5,000 characters or fewer. Keep the rest in a second one.",
        Problem::Damaged => "Some letters of this note were damaged on the way. Look at it and mend it.",
    }
}

impl<'a> Desired<'a> {
    /// `None` where the address names no reference.
    fn of(web: &'a Web, staff: Staff, reference: &str, fields: Fields) -> Result<Option<Self>, Fault> {
        let Ok(reference) = reference.parse() else { return Ok(None) };
        let (desk, snapshot, now) = (desk_of(web)?, web.current.load_full(), web.now());
        Ok(Some(Self { web, desk, staff, snapshot, reference, fields, now }))
    }

    fn practice(&self) -> &Practice {
        &self.snapshot.content().practice
    }

    /// As it stood on the page; one that is missing meets a conflict.
    fn version(&self) -> i64 {
        self.fields.number("version").unwrap_or_default()
    }

    fn view(&self) -> Option<View> {
        View::named(self.fields.value("view"))
    }

    async fn change_status(self, new: &NewStatus<'_>, done: &str) -> Result<Response, Fault> {
        let (by, practice) = (self.staff.by(), self.practice());
        let changed = async {
            let mut write = self.desk.db.begin().await?;
            let changed =
                change::set_status(&mut write, by, &self.reference, new, practice, self.now).await?;
            write.commit().await?;
            anyhow::Ok(changed)
        };
        let changed = changed.await;
        self.ended(changed, done).await
    }

    async fn ended(self, changed: anyhow::Result<Changed>, done: &str) -> Result<Response, Fault> {
        let changed = match changed {
            Ok(changed) => changed,
            Err(error) => return self.not_stored(&error).await,
        };
        match changed {
            Changed::Done(version) => {
                let view = self.view().map(|view| format!("view={}&", view.name())).unwrap_or_default();
                let address = format!("/admin/inquiries/{}?{view}done={done}&at={version}", self.reference);
                Ok(Redirect::to(&address).into_response())
            }
            Changed::NotThere => Ok(not_there()),
            Changed::NeedsReason => self.refused(Refusal::new("reason", "Select why you close it.")).await,
            Changed::NotAllowed => {
                let words = "That cannot follow where this request stands now. Nothing was changed.";
                self.refused(Refusal::new("", words)).await
            }
            Changed::Conflict => {
                let beside = Beside { conflict: Some(self.version()), ..self.beside() };
                page(self.web, &self.staff, &self.reference, beside).await
            }
        }
    }

    /// The disk or the database refused. Reading goes on, so what was typed is shown again.
    async fn not_stored(self, error: &anyhow::Error) -> Result<Response, Fault> {
        tracing::error!("a change of an inquiry can't be stored: {error:#}");
        let words = "This could not be stored just now. What you typed is still here; try again in a while.";
        let mut response = self.refused(Refusal::new("", words)).await?;
        *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
        Ok(response)
    }

    async fn refused(self, refusal: Refusal) -> Result<Response, Fault> {
        let beside = Beside { refusal, ..self.beside() };
        page(self.web, &self.staff, &self.reference, beside).await
    }

    /// Everything that was typed, for showing it again.
    fn beside(&self) -> Beside {
        let value = |name| self.fields.value(name).to_owned();
        let has_date = self.fields.pairs().any(|(name, _)| name == "next_step");
        let typed = Typed {
            note: value("note"),
            referred_to: value("referred_to"),
            next_step: has_date.then(|| value("next_step")),
            reason: value("reason"),
        };
        Beside { view: self.view(), typed, ..Beside::default() }
    }
}
