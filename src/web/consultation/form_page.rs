//! The form itself, empty or with everything that was typed.

use askama::Template;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};

use super::super::render::{self, Layout};
use super::super::snapshot::Snapshot;
use super::super::{security, structured_data};
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

const PATH: &str = "/request-consultation";
const TITLE: &str = "Request a consultation";
const DESCRIPTION: &str = "Tell us how to reach you safely, and we will set up a short first call. It takes about two minutes, \
                           and you can check your answers before anything is sent.";

/// The empty form, the only page of these that search engines may list. Compressed: its token is no secret, for anybody
/// gets one, and nothing that was typed stands beside it.
pub fn empty(snapshot: &Snapshot, draft: &Draft, request: &HeaderMap) -> Response {
    let site = snapshot.site();
    let graph = structured_data::graph(vec![structured_data::practice(site)]);
    let layout = Layout::page(site, PATH, TITLE, DESCRIPTION).with_structured_data(graph);
    let page = FormPage { layout: layout.with_quick_exit(true), draft, problems: &[] };
    let mut response = render::html_compressed(&page, request);
    response.headers_mut().remove(security::ROBOTS);
    response
}

/// The form with what was typed, without problems.
pub fn show(snapshot: &Snapshot, draft: &Draft) -> Response {
    page(snapshot, draft, &[])
}

/// The form with what needs attention: status 422, everything typed still there.
pub fn with_problems(snapshot: &Snapshot, draft: &Draft, problems: &[Problem]) -> Response {
    (StatusCode::UNPROCESSABLE_ENTITY, page(snapshot, draft, problems)).into_response()
}

fn page(snapshot: &Snapshot, draft: &Draft, problems: &[Problem]) -> Response {
    let layout = Layout::unlisted(snapshot.site(), PATH, TITLE);
    let layout = layout.with_quick_exit(true);
    let layout = if problems.is_empty() { layout } else { layout.with_error() };
    render::html(&FormPage { layout, draft, problems })
}
