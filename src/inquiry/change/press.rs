//! What one press of a button asks for: a change and the note that was being typed, both or neither.
//!
//! Who presses twice meets what the first press has done; [`Press::before`] tells that from what somebody else did.

use anyhow::Result;
use jiff::Timestamp;
use jiff::civil::Date;
use sqlx::SqliteConnection;

use super::{Changed, NewStatus, keep_note, log_contact, set_next_step, set_status, undo};
use crate::audit::By;
use crate::content::Practice;
use crate::inquiry::contact::Kind;
use crate::inquiry::reference::Reference;
use crate::inquiry::status::Status;
use crate::inquiry::timeline::{Event, Step, Text};

/// What a button is for.
#[derive(Clone, Copy)]
pub enum Change<'a> {
    /// Nothing but the note.
    Note,
    /// The version is that of the press.
    Status(NewStatus<'a>),
    NextStep(Option<Date>),
    Contact(Kind),
    Undo,
}

#[derive(Clone, Copy)]
pub struct Press<'a> {
    pub change: Change<'a>,
    /// Sealed.
    pub note: Option<&'a [u8]>,
    /// As it stood on the page.
    pub version: i64,
}

/// What of a press the same person has done from the same page before.
#[derive(Debug, PartialEq, Eq)]
pub enum Before {
    Nothing,
    /// The note alone; the version for the change.
    Note(i64),
    /// Everything; the version after it.
    All(i64),
}

/// Makes the change and keeps the note. Anything but [`Changed::Done`] is a reason to commit nothing.
///
/// # Errors
/// When the disk or the database refuses.
pub async fn make(
    conn: &mut SqliteConnection,
    by: By<'_>,
    reference: &Reference,
    press: Press<'_>,
    practice: &Practice,
    now: Timestamp,
) -> Result<Changed> {
    let Press { change, note, version } = press;
    // The note goes first, so that taking the change back leaves it; but what is taken back has to be the last step.
    let first = match change {
        Change::Undo => undo(conn, by, reference, version, now).await?,
        _ => keep_note(conn, by, reference, note, version, now).await?,
    };
    let Changed::Done(version) = first else { return Ok(first) };
    match change {
        Change::Undo => keep_note(conn, by, reference, note, version, now).await,
        Change::Note => Ok(first),
        Change::Status(new) => {
            set_status(conn, by, reference, &NewStatus { version, ..new }, practice, now).await
        }
        Change::NextStep(date) => set_next_step(conn, by, reference, date, version, practice, now).await,
        Change::Contact(kind) => log_contact(conn, by, reference, kind, version, now).await,
    }
}

impl Press<'_> {
    /// Looks for it in what the person has done since [`Press::version`], as far as it still stands. `typed` is the note.
    pub fn before(&self, done: &[Event], typed: &str) -> Before {
        let is_note = |event: &Event| {
            event.step == Step::Note && matches!(&event.text, Text::Typed(text) if text == typed)
        };
        let next = self.version.saturating_add(1);
        let last = next.saturating_add(1);
        let at = |version| done.iter().find(|event| event.version == Some(version));
        let kept = done.iter().find(|event| is_note(event));
        match (kept, self.change) {
            (None, _) => Before::Nothing,
            (Some(kept), Change::Note) => Before::All(kept.version.unwrap_or(self.version)),
            (Some(_), change) => match (at(next), at(last)) {
                (Some(one), Some(two)) if is_note(one) && change.is(two.step) => Before::All(last),
                (Some(one), Some(two)) if change.is(one.step) && is_note(two) => Before::All(last),
                (Some(one), _) if is_note(one) && !matches!(change, Change::Undo) => Before::Note(next),
                // Somebody else was in between, or something else was done: that is still a conflict.
                _ => Before::Note(self.version),
            },
        }
    }

    /// Whether a press without a note was made already and is the last that happened: `done` is what the person has done
    /// since [`Press::version`], `stands` the version now, and `referred_to` what was typed for it. Two contacts may be two
    /// calls, and two steps back are two.
    pub fn is_second(&self, done: &[Event], stands: i64, referred_to: Option<&str>) -> bool {
        let next = self.version.saturating_add(1);
        let typed_for = |event: &Event| match &event.text {
            Text::Typed(text) => referred_to == Some(text),
            Text::None => referred_to.is_none() || !self.change.refers(),
            Text::Damaged => false,
        };
        let same = |event: &Event| self.change.is(event.step) && typed_for(event);
        matches!(self.change, Change::Status(_) | Change::NextStep(_))
            && stands == next
            && done.iter().any(|event| event.version == Some(next) && same(event))
    }
}

impl Change<'_> {
    fn refers(&self) -> bool {
        matches!(self, Self::Status(new) if new.status == Status::ReferredOut)
    }

    /// Whether this step is what the change comes to.
    fn is(&self, step: Step) -> bool {
        match (self, step) {
            (Self::Status(new), Step::Status { to, reason, .. }) => {
                (to, reason) == (new.status, new.reason())
            }
            (Self::NextStep(date), Step::NextStep(set)) => *date == set,
            (Self::Contact(kind), Step::Contact(logged)) => *kind == logged,
            (Self::Undo, Step::Undone) => true,
            _ => false,
        }
    }
}
