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
use crate::inquiry::Reference;
use crate::inquiry::change::{self, Changed, NewStatus};
use crate::inquiry::inbox::View;
use crate::inquiry::note::{self, LONGEST, Problem};

/// What each of these handlers has at hand.
pub struct Desired<'a> {
    web: &'a Web,
    pub desk: &'a Desk,
    pub staff: Staff,
    snapshot: Arc<Snapshot>,
    pub reference: Reference,
    pub fields: Fields,
    pub now: Timestamp,
}

impl<'a> Desired<'a> {
    /// `None` where the address names no reference.
    pub fn of(web: &'a Web, staff: Staff, reference: &str, fields: Fields) -> Result<Option<Self>, Fault> {
        let Ok(reference) = reference.parse() else { return Ok(None) };
        let (desk, snapshot, now) = (desk_of(web)?, web.current.load_full(), web.now());
        Ok(Some(Self { web, desk, staff, snapshot, reference, fields, now }))
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

    /// What stands in the field for a note, sealed; nothing where it is blank. The refusal is that of a note that can't
    /// be kept as it is.
    pub fn note(&self) -> Result<Result<Option<Vec<u8>>, Refusal>, Fault> {
        let text = match note::read(self.fields.value("note"), LONGEST) {
            Ok(text) => text,
            Err(Problem::Blank) => return Ok(Ok(None)),
            Err(problem) => return Ok(Err(Refusal::new("note", note_words(problem)))),
        };
        Ok(Ok(Some(note::sealed(&self.staff.private.public(), &self.reference, &text)?)))
    }

    pub async fn change_status(self, new: &NewStatus<'_>, done: &str) -> Result<Response, Fault> {
        let note = match self.note()? {
            Ok(note) => note,
            Err(refusal) => return self.refused(refusal).await,
        };
        let (by, practice, reference, now) = (self.staff.by(), self.practice(), &self.reference, self.now);
        let changed = async {
            let mut write = self.desk.db.begin().await?;
            let kept =
                change::keep_note(&mut write, by, reference, note.as_deref(), new.version, now).await?;
            let Changed::Done(version) = kept else { return anyhow::Ok(kept) };
            let new = NewStatus { version, ..*new };
            let changed = change::set_status(&mut write, by, reference, &new, practice, now).await?;
            if matches!(changed, Changed::Done(_)) {
                write.commit().await?;
            }
            Ok(changed)
        };
        let changed = changed.await;
        self.ended(changed, done).await
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

pub fn not_there() -> Response {
    StatusCode::NOT_FOUND.into_response()
}

pub fn note_words(problem: Problem) -> &'static str {
    match problem {
        Problem::Blank => "Enter a note.",
        Problem::TooLong(_) => "A note must be 5,000 characters or fewer. Keep the rest in a second one.",
        Problem::Damaged => "Some letters of this note were damaged on the way. Look at it and mend it.",
    }
}
