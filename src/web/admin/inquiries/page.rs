//! One inquiry: how the person may be reached, what they wrote, what happened since, and what may be done next.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State};
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;

use super::super::super::error::Fault;
use super::super::super::{Web, form, render};
use super::super::desk_of;
use super::super::gate::Staff;
use super::super::layout::AdminLayout;
use super::super::refusal::Refusal;
use super::{Named, view_in};
use crate::audit::{Entry, Outcome};
use crate::content::{Practice, calendar, states};
use crate::inquiry::answers::{Answers, LookingFor, Voicemail, Way};
use crate::inquiry::clock::{self, Due};
use crate::inquiry::contact::{self, Kind};
use crate::inquiry::inbox::{self, View};
use crate::inquiry::ledger::Look;
use crate::inquiry::links::{self, Link};
use crate::inquiry::note::{LONGEST, LONGEST_NAME};
use crate::inquiry::record::{self, Record};
use crate::inquiry::scam::{self, Sign};
use crate::inquiry::status::{CloseReason, Status};
use crate::inquiry::suspicion::Reason;
use crate::inquiry::timeline::{self, Event, Step, Text};
use crate::inquiry::{Reference, change, looks};

/// What is shown beside the inquiry itself.
#[derive(Default)]
pub struct Beside {
    pub view: Option<View>,
    /// One of the words that a change leads here with.
    pub done: String,
    /// The version after that change; what happened since makes its notice an old one.
    pub at: Option<i64>,
    pub refusal: Refusal,
    /// What was typed in a form that was refused.
    pub typed: Typed,
    /// The version that somebody wanted to change, where there is a newer one.
    pub conflict: Option<i64>,
}

#[derive(Default)]
pub struct Typed {
    pub note: String,
    pub referred_to: String,
    pub next_step: Option<String>,
    pub reason: String,
}

#[derive(Template)]
#[template(path = "admin/inquiries/show.html")]
struct ShowPage<'a> {
    layout: AdminLayout<'a>,
    record: &'a Record,
    answers: Option<&'a Answers>,
    timeline: Vec<Event>,
    due: Option<Due>,
    signs: Vec<Sign>,
    kinds: Vec<Kind>,
    suggests_last_note: bool,
    can_undo: bool,
    around: (Option<Reference>, Option<Reference>),
    beside: &'a Beside,
    now: Timestamp,
}

/// The inquiry as it stands.
pub async fn show(
    State(web): State<Arc<Web>>,
    staff: Staff,
    Path(named): Path<Named>,
    uri: Uri,
) -> Result<Response, Fault> {
    let Ok(reference) = named.reference.parse() else { return Ok(StatusCode::NOT_FOUND.into_response()) };
    let done = form::in_query(uri.query(), "done").unwrap_or_default();
    let at = form::in_query(uri.query(), "at").and_then(|at| at.parse().ok());
    page(&web, &staff, &reference, Beside { view: view_in(&uri), done, at, ..Beside::default() }).await
}

/// The page, with a status that fits what is beside it; 404 where there is no such inquiry.
pub async fn page(
    web: &Web,
    staff: &Staff,
    reference: &Reference,
    beside: Beside,
) -> Result<Response, Fault> {
    let (now, snapshot) = (web.now(), web.current.load());
    let mut look = Look::begin(&desk_of(web)?.db, &web.looks).await?;
    let Some(record) = record::find(&mut look, reference).await? else {
        return Ok(StatusCode::NOT_FOUND.into_response());
    };
    let events = timeline::list(&mut look, record.id).await?;
    let can_undo = change::can_undo(&mut look, record.id, record.version).await?;
    let around = match beside.view {
        Some(view) => inbox::neighbours(&mut look, view, reference).await?,
        None => (None, None),
    };
    look.end(viewed(staff, reference, Outcome::Done), now).await;

    let inquiry = record.open(&staff.private);
    if inquiry.answers.is_none() {
        tracing::error!("an inquiry does not open: its record is damaged");
        let damaged = Entry { event: "found damaged", ..viewed(staff, reference, Outcome::Failed) };
        Look::begin(&desk_of(web)?.db, &web.looks).await?.end(damaged, now).await;
    }
    let timeline: Vec<_> = events.into_iter().map(|event| event.open(&staff.private, reference)).collect();
    let (record, answers) = (&inquiry.record, inquiry.answers.as_ref());
    let practice = &snapshot.content().practice;
    let path = format!("/admin/inquiries/{reference}");
    let layout = AdminLayout::new(&snapshot, staff, &path, reference.as_str());
    let runs = clock::runs(record.status, record.first_contact);
    let page = ShowPage {
        layout: layout.with_error(beside.refusal.is_some()),
        due: runs.then(|| clock::due(record.reply_by, practice, now)),
        signs: answers.map(scam::signs).unwrap_or_default(),
        kinds: contact::kinds(inquiry.plan()),
        suggests_last_note: record.status.is_open() && contact::suggests_last_note(&timeline),
        can_undo,
        around,
        record,
        answers,
        timeline,
        beside: &beside,
        now,
    };
    let status = if beside.conflict.is_some() { StatusCode::CONFLICT } else { StatusCode::OK };
    Ok(beside.refusal.answer((status, render::html(&page)).into_response()))
}

pub fn viewed<'a>(staff: &'a Staff, reference: &'a Reference, outcome: Outcome) -> Entry<'a> {
    Entry { by: staff.by(), event: "viewed", target: Some(reference.as_str()), outcome, detail: None }
}

impl ShowPage<'_> {
    fn practice(&self) -> &Practice {
        self.layout.practice()
    }

    fn moment(&self, at: &Timestamp) -> String {
        self.layout.short(&at.as_millisecond())
    }

    fn day(&self, at: &Timestamp) -> String {
        calendar::weekday_and_day(at.to_zoned(self.practice().time_zone()).date())
    }

    /// For a field of type `date`.
    fn next_step(&self) -> String {
        let typed = self.beside.typed.next_step.clone();
        let stands = |at: Timestamp| at.to_zoned(self.practice().time_zone()).date().to_string();
        typed.or_else(|| self.record.next_step.map(stands)).unwrap_or_default()
    }

    fn today(&self) -> String {
        self.now.to_zoned(self.practice().time_zone()).date().to_string()
    }

    fn state<'s>(&self, answers: &'s Answers) -> &'s str {
        states::name(&answers.location).unwrap_or(&answers.location)
    }

    /// The statuses that are set with one press.
    fn plain_next(&self) -> Vec<Status> {
        let next = self.record.status.next().iter().copied();
        next.filter(|next| match next {
            Status::Closed | Status::ReferredOut => false,
            // That button says "Not spam".
            Status::New => self.record.status != Status::Spam,
            _ => true,
        })
        .collect()
    }

    /// The change that the notice tells of; blank where something has happened since.
    fn done(&self) -> &str {
        if self.beside.at == Some(self.record.version) { &self.beside.done } else { "" }
    }

    fn view_name(&self) -> &'static str {
        self.beside.view.map_or("", View::name)
    }

    fn in_view(&self, reference: &Reference) -> String {
        super::address(reference, self.beside.view)
    }

    /// What somebody else did while a page was open: the steps after the version it was made from.
    fn meanwhile(&self) -> Vec<&Event> {
        let Some(seen) = self.beside.conflict else { return Vec::new() };
        self.timeline.iter().filter(|event| event.version.is_some_and(|version| version > seen)).collect()
    }

    fn call(&self, answers: &Answers) -> Option<String> {
        linked(links::call(answers))
    }

    fn is_chosen(&self, reason: &CloseReason) -> bool {
        self.beside.typed.reason == reason.name()
    }
}

fn linked(link: Link) -> Option<String> {
    match link {
        Link::To(address) => Some(address),
        Link::NotChosen | Link::Unusable => None,
    }
}
