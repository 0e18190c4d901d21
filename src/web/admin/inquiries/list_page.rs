//! The views of the inbox, and the search. A search is a post, so that no name stands in an address.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::Uri;
use axum::response::Response;

use super::super::super::error::Fault;
use super::super::super::{Web, form, render};
use super::super::desk_of;
use super::super::fields::Fields;
use super::super::gate::Staff;
use super::super::layout::{AdminLayout, notice};
use super::row::{Row, rows};
use super::view_in;
use crate::audit::{Entry, Outcome};
use crate::inquiry::answers::{LookingFor, Voicemail, Way};
use crate::inquiry::contact::Kind;
use crate::inquiry::inbox::{self, PAGE, View};
use crate::inquiry::ledger::Look;
use crate::inquiry::record::{self, Record};
use crate::inquiry::search::{self, MOST, Query};
use crate::inquiry::status::Status;
use crate::inquiry::timeline::Step;

#[derive(Template)]
#[template(path = "admin/inquiries/index.html")]
struct ListPage<'a> {
    layout: AdminLayout<'a>,
    counts: [(View, usize); 7],
    /// `None` for the results of a search.
    view: Option<View>,
    rows: Vec<Row>,
    page: usize,
    /// What was searched for, as typed.
    query: &'a str,
    /// More was found than is shown.
    more: bool,
}

/// One page of a view.
pub async fn index(State(web): State<Arc<Web>>, staff: Staff, uri: Uri) -> Result<Response, Fault> {
    let view = view_in(&uri).unwrap_or(View::New);
    let page = form::in_query(uri.query(), "page").and_then(|page| page.parse().ok());
    let mut look = Look::begin(&desk_of(&web)?.db, &web.looks).await?;
    let counts = inbox::counts(&mut look).await?;
    // The last page shrinks while somebody works on it.
    let page = page.unwrap_or(1).clamp(1, pages(count(&counts, Some(view))));
    let ids = inbox::page(&mut look, view, page).await?;
    let records = record::load(&mut look, &ids).await?;
    let detail = format!("{}, page {page}", view.name());
    look.end(entry(&staff, "list viewed", &detail), web.now()).await;
    let shown = Shown { counts, view: Some(view), records, page, query: "", more: false };
    shown.answer(&web, &staff, &uri).await
}

/// Who fits what was typed, the newest first.
pub async fn search(
    State(web): State<Arc<Web>>,
    staff: Staff,
    uri: Uri,
    fields: Fields,
) -> Result<Response, Fault> {
    let desk = desk_of(&web)?;
    let typed = fields.value("q").trim();
    let mut found = match Query::read(typed) {
        Some(query) => search::find(&desk.db, &staff.private, &query).await?,
        None => Vec::new(),
    };
    let more = found.len() > MOST;
    found.truncate(MOST);
    let mut look = Look::begin(&desk.db, &web.looks).await?;
    let counts = inbox::counts(&mut look).await?;
    let records = record::load(&mut look, &found).await?;
    let detail = format!("{} found", records.len());
    look.end(entry(&staff, "searched", &detail), web.now()).await;
    let shown = Shown { counts, view: None, records, page: 1, query: typed, more };
    shown.answer(&web, &staff, &uri).await
}

/// How many inquiries a view has; none in a search.
fn count(counts: &[(View, usize)], view: Option<View>) -> usize {
    counts.iter().find(|(known, _)| Some(*known) == view).map_or(0, |(_, count)| *count)
}

fn pages(count: usize) -> usize {
    count.div_ceil(PAGE).max(1)
}

fn entry<'a>(staff: &'a Staff, event: &'static str, detail: &'a str) -> Entry<'a> {
    Entry { by: staff.by(), event, target: None, outcome: Outcome::Done, detail: Some(detail) }
}

/// What a list shows, still sealed.
struct Shown<'a> {
    counts: [(View, usize); 7],
    view: Option<View>,
    records: Vec<Record>,
    page: usize,
    query: &'a str,
    more: bool,
}

impl Shown<'_> {
    async fn answer(self, web: &Web, staff: &Staff, uri: &Uri) -> Result<Response, Fault> {
        let snapshot = web.current.load();
        let rows = rows(self.records, &staff.private, &snapshot.content().practice, web.now()).await?;
        let title = if self.view.is_some() { "Inquiries" } else { "Search" };
        let layout = AdminLayout::new(&snapshot, staff, "/admin/inquiries", title);
        Ok(render::html(&ListPage {
            layout: layout.with_notice(notice(uri.query())),
            counts: self.counts,
            view: self.view,
            rows,
            page: self.page,
            query: self.query,
            more: self.more,
        }))
    }
}

impl ListPage<'_> {
    fn pages(&self) -> usize {
        pages(count(&self.counts, self.view))
    }

    fn is_current(&self, view: &View) -> bool {
        self.view == Some(*view)
    }

    /// For links from the rows; blank in a search.
    fn view_name(&self) -> &'static str {
        self.view.map_or("", View::name)
    }

    fn spam_days(&self) -> u16 {
        self.layout.practice().retention.spam_days
    }
}
