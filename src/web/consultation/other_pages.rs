//! What the form leads to besides the check page: it arrived, not a fit, not available.

use askama::Template;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::super::render::{self, Layout};
use super::super::snapshot::Snapshot;
use crate::content::{Article, calendar};
use crate::inquiry::{Draft, NotAFit, Promise, Reference};

#[derive(Template)]
#[template(path = "consultation/received.html")]
struct ReceivedPage<'a> {
    layout: Layout<'a>,
    reference: &'a Reference,
    /// The day by which the practice answers, where the page may name it.
    reply_by: Option<String>,
}

impl ReceivedPage<'_> {
    fn reply_within(&self) -> String {
        self.layout.practice().reply_within()
    }

    /// Two newest articles, for the time until the call.
    fn articles(&self) -> &[Article] {
        let articles = &self.layout.site.content.articles;
        &articles[..articles.len().min(2)]
    }
}

/// The request is stored. Nothing on the page tells who sent it or what it says.
pub fn received(snapshot: &Snapshot, reference: &Reference, promise: Option<Promise>) -> Response {
    let layout = Layout::unlisted(snapshot.site(), "/request-consultation/received", "We have your request");
    let zone = layout.practice().time_zone();
    let reply_by = promise.map(|promise| calendar::weekday_and_day(promise.reply_by.to_zoned(zone).date()));
    render::html(&ReceivedPage { layout: layout.with_quick_exit(true), reference, reply_by })
}

#[derive(Template)]
#[template(path = "consultation/not_a_fit.html")]
struct NotAFitPage<'a> {
    layout: Layout<'a>,
    draft: &'a Draft,
    reason: NotAFit,
}

impl NotAFitPage<'_> {
    fn licensed_states(&self) -> Option<String> {
        self.layout.practice().fact("licensed_states").flatten()
    }
}

/// Kind, useful, and no error: nothing is stored.
pub fn not_a_fit(snapshot: &Snapshot, draft: &Draft, reason: NotAFit) -> Response {
    let layout =
        Layout::unlisted(snapshot.site(), "/request-consultation/check", "We may not be able to see you");
    render::html(&NotAFitPage { layout: layout.with_quick_exit(true), draft, reason })
}

#[derive(Template)]
#[template(path = "consultation/unavailable.html")]
struct UnavailablePage<'a> {
    layout: Layout<'a>,
    /// What was typed before the form became unavailable. Blank for somebody who comes to fill it in.
    draft: &'a Draft,
}

/// Nothing can be stored at the moment, so nothing is asked: the page says to phone.
pub fn unavailable(snapshot: &Snapshot, draft: &Draft) -> Response {
    let layout = Layout::unlisted(snapshot.site(), "/request-consultation", "Request a consultation");
    let page = render::html(&UnavailablePage { layout: layout.with_quick_exit(true), draft });
    let wait = [(header::RETRY_AFTER, HeaderValue::from_static("600"))];
    (StatusCode::SERVICE_UNAVAILABLE, wait, page).into_response()
}
