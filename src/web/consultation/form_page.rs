//! The form itself, empty or with everything that was typed.

use askama::Template;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::super::render::{self, Layout};
use super::super::snapshot::Snapshot;
use crate::content::{Practice, states};
use crate::inquiry::{Draft, Field, Problem};

#[derive(Template)]
#[template(path = "consultation/form.html")]
struct FormPage<'a> {
    layout: Layout<'a>,
    draft: &'a Draft,
    problems: &'a [Problem],
}

impl FormPage<'_> {
    fn practice(&self) -> &Practice {
        self.layout.practice()
    }

    fn state_name<'s>(&self, code: &'s str) -> &'s str {
        states::name(code).unwrap_or(code)
    }

    fn problem(&self, name: &str) -> Option<Problem> {
        let field = Field::named(name)?;
        self.problems.iter().copied().find(|problem| problem.field() == field)
    }

    fn asks_for_insurance(&self) -> bool {
        self.practice().fees.accepts_insurance == Some(true)
    }

    /// The place of a time among those that are offered, from 1; 0 where it is not.
    fn nth(&self, time: &str) -> usize {
        self.practice().form.times.iter().position(|offered| offered == time).map_or(0, |at| at + 1)
    }

    /// The states to choose from, where the practice has not said in which ones it holds a licence.
    fn all_states(&self) -> &'static [(&'static str, &'static str)] {
        if self.practice().licensed_states.is_empty() { &states::STATES } else { &[] }
    }
}

/// The form without problems.
pub fn show(snapshot: &Snapshot, draft: &Draft) -> Response {
    page(snapshot, draft, &[])
}

/// The form with what needs attention: status 422, everything typed still there.
pub fn with_problems(snapshot: &Snapshot, draft: &Draft, problems: &[Problem]) -> Response {
    (StatusCode::UNPROCESSABLE_ENTITY, page(snapshot, draft, problems)).into_response()
}

fn page(snapshot: &Snapshot, draft: &Draft, problems: &[Problem]) -> Response {
    let layout = Layout::unlisted(snapshot.site(), "/request-consultation", "Request a consultation");
    let layout = layout.with_quick_exit(true);
    let layout = if problems.is_empty() { layout } else { layout.with_error() };
    render::html(&FormPage { layout, draft, problems })
}
