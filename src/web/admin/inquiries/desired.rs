//! What somebody wants done with an inquiry, and how it ends: in a redirect to the inquiry, or in its page with what stands
//! in the way and with everything that was typed.

use std::sync::Arc;

use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use jiff::Timestamp;

use super::super::super::error::Fault;
use super::super::super::snapshot::Snapshot;
use super::super::super::{Desk, Web};
use super::super::desk_of;
use super::super::fields::Fields;
use super::super::gate::Staff;
use super::super::refusal::Refusal;
use super::page::{Beside, Typed, page};
use crate::content::Practice;
use crate::inquiry::change::{self, Before, Change, Changed, Press};
use crate::inquiry::inbox::View;
use crate::inquiry::note::{self, LONGEST, LONGEST_NAME, Problem};
use crate::inquiry::timeline::{self, Event};
use crate::inquiry::{Reference, record};

/// What each of these handlers has at hand.
pub struct Desired<'a> {
    web: &'a Web,
    pub desk: &'a Desk,
    pub staff: Staff,
    snapshot: Arc<Snapshot>,
    pub reference: Reference,
    pub fields: Fields,
    pub now: Timestamp,
    /// The note in the fields stands in the timeline already.
    note_is_kept: bool,
}

impl<'a> Desired<'a> {
    /// `None` where the address names no reference.
    pub fn of(web: &'a Web, staff: Staff, reference: &str, fields: Fields) -> Result<Option<Self>, Fault> {
        let Ok(reference) = reference.parse() else { return Ok(None) };
        let (desk, snapshot, now) = (desk_of(web)?, web.current.load_full(), web.now());
        Ok(Some(Self { web, desk, staff, snapshot, reference, fields, now, note_is_kept: false }))
    }

    pub fn practice(&self) -> &Practice {
        &self.snapshot.content().practice
    }

    /// As it stood on the page; one that is missing meets a conflict.
    pub fn version(&self) -> i64 {
        self.fields.number("version").unwrap_or_default()
    }

    fn view(&self) -> Option<View> {
        View::named(self.fields.value("view"))
    }

    /// What stands in the field for a note; nothing where it is blank. The refusal is that of a note that can't be kept
    /// as it is.
    fn note(&self) -> Result<Option<String>, Refusal> {
        match note::read(self.fields.value("note"), LONGEST) {
            Ok(text) => Ok(Some(text)),
            Err(Problem::Blank) => Ok(None),
            Err(problem) => Err(Refusal::new("note", note_words(problem))),
        }
    }

    /// Makes a change and keeps the note that was typed meanwhile, both or neither. `version` is the one on the page.
    pub async fn press(mut self, change: Change<'_>, version: i64, done: &str) -> Result<Response, Fault> {
        let typed = match self.note() {
            Ok(None) if matches!(change, Change::Note) => {
                return self.refused(Refusal::new("note", note_words(Problem::Blank))).await;
            }
            Ok(typed) => typed,
            Err(refusal) => return self.refused(refusal).await,
        };
        let sealed = match &typed {
            Some(text) => Some(note::sealed(&self.staff.private.public(), &self.reference, text)?),
            None => None,
        };
        let press = Press { change, note: sealed.as_deref(), version };
        let changed = self.pressed(press, typed.as_deref()).await;
        self.ended(changed, done).await
    }

    /// A conflict may be with a first press of the same button: then that one counts. And a note is never in the way of
    /// what somebody else changed.
    async fn pressed(&mut self, press: Press<'_>, typed: Option<&str>) -> anyhow::Result<Changed> {
        let mut next = press;
        loop {
            let changed = self.made(next).await?;
            if changed != Changed::Conflict {
                return Ok(changed);
            }
            let Some((stands, mine)) = self.done_since(press.version).await? else {
                return Ok(Changed::NotThere);
            };
            let Some(typed) = typed else {
                let referred_to = note::read(self.fields.value("referred_to"), LONGEST_NAME).ok();
                let is_second = press.is_second(&mine, stands, referred_to.as_deref());
                return Ok(if is_second { Changed::Done(stands) } else { changed });
            };
            match press.before(&mine, typed) {
                Before::All(version) => return Ok(Changed::Done(version)),
                Before::Note(version) => {
                    self.note_is_kept = true;
                    return self.made(Press { note: None, version, ..press }).await;
                }
                Before::Nothing if matches!(press.change, Change::Note) => next.version = stands,
                Before::Nothing => return Ok(changed),
            }
        }
    }

    async fn made(&self, press: Press<'_>) -> anyhow::Result<Changed> {
        let mut write = self.desk.db.begin().await?;
        let (by, practice, reference, now) = (self.staff.by(), self.practice(), &self.reference, self.now);
        let changed = change::make(&mut write, by, reference, press, practice, now).await?;
        if matches!(changed, Changed::Done(_)) {
            write.commit().await?;
        }
        Ok(changed)
    }

    /// The version as it stands, and what this person has done since another one. `None` where the inquiry is gone.
    async fn done_since(&self, version: i64) -> anyhow::Result<Option<(i64, Vec<Event>)>> {
        let mut read = self.desk.db.read().await?;
        let Some(record) = record::find(&mut read, &self.reference).await? else { return Ok(None) };
        let steps = timeline::list(&mut read, record.id).await?;
        drop(read);
        let mine = steps.into_iter().filter(|step| step.stands_since(version, self.staff.person.id));
        let mine = mine.map(|step| step.open(&self.staff.private, &self.reference)).collect();
        Ok(Some((record.version, mine)))
    }

    pub async fn ended(self, changed: anyhow::Result<Changed>, done: &str) -> Result<Response, Fault> {
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
            Changed::Same => {
                let words = "The day is as it was, so nothing was changed. What you typed is still here.";
                self.refused(Refusal::new("next_step", words)).await
            }
            Changed::NotThatDay => {
                let words = "The next step must be a date from today on, within two years.";
                self.refused(Refusal::new("next_step", words)).await
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

    pub async fn refused(self, refusal: Refusal) -> Result<Response, Fault> {
        let beside = Beside { refusal, ..self.beside() };
        page(self.web, &self.staff, &self.reference, beside).await
    }

    /// Everything that was typed and is not kept yet, for showing it again.
    fn beside(&self) -> Beside {
        let value = |name| self.fields.value(name).to_owned();
        // A day that nobody touched gives way to the one that stands now.
        let is_typed = self.fields.value("next_step") != self.fields.value("day");
        let typed = Typed {
            note: if self.note_is_kept { String::new() } else { value("note") },
            referred_to: value("referred_to"),
            next_step: is_typed.then(|| value("next_step")),
            reason: value("reason"),
        };
        Beside { view: self.view(), typed, ..Beside::default() }
    }
}

pub fn not_there() -> Response {
    StatusCode::NOT_FOUND.into_response()
}

fn note_words(problem: Problem) -> &'static str {
    match problem {
        Problem::Blank => "Enter a note.",
        Problem::TooLong(_) => "A note must be 5,000 characters or fewer. Keep the rest in a second one.",
        Problem::Damaged => "Some letters of this note were damaged on the way. Look at it and mend it.",
    }
}
