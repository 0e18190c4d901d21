//! The answers shown back before anything is sent.

use askama::Template;
use axum::response::Response;
use jiff::Timestamp;

use super::super::render::{self, Layout};
use super::super::snapshot::Snapshot;
use crate::content::calendar;
use crate::content::states;
use crate::inquiry::answers::{LookingFor, Voicemail, Way};
use crate::inquiry::check::Fitting;
use crate::inquiry::{Draft, Field, Promise};

/// Why the answers are shown again instead of being stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Again {
    /// The page was open for too long.
    TooOld,
    TooMany,
    NotStored,
}

#[derive(Template)]
#[template(path = "consultation/check.html")]
struct CheckPage<'a> {
    layout: Layout<'a>,
    draft: &'a Draft,
    fitting: &'a Fitting,
    again: Option<Again>,
    reply_by: String,
}

impl CheckPage<'_> {
    fn state(&self) -> &str {
        states::name(&self.fitting.answers.location).unwrap_or(&self.fitting.answers.location)
    }

    fn asks_for_insurance(&self) -> bool {
        self.layout.practice().fees.accepts_insurance == Some(true)
    }

    /// The carried answers without the email address, which the person is about to replace.
    fn without_email(&self) -> Vec<(&'static str, &str)> {
        self.draft.pairs().into_iter().filter(|(name, _)| *name != "email").collect()
    }
}

/// Status 200; the caller changes it where this is a refusal.
pub fn show(
    snapshot: &Snapshot,
    draft: &Draft,
    fitting: &Fitting,
    again: Option<Again>,
    now: Timestamp,
) -> Response {
    let layout = Layout::unlisted(snapshot.site(), "/request-consultation/check", "Check your request");
    let practice = layout.practice();
    let promise = Promise::made(now, practice);
    let reply_by = calendar::weekday_and_day(promise.reply_by.to_zoned(practice.time_zone()).date());
    let layout = layout.with_quick_exit(true);
    let layout = if again.is_some_and(|again| again != Again::TooOld) { layout.with_error() } else { layout };
    render::html(&CheckPage { layout, draft, fitting, again, reply_by })
}
