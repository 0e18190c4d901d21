//! `/admin`: what is to be done today. Who waits, what comes up, what has gone quiet.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::Uri;
use axum::response::Response;
use jiff::Timestamp;

use super::super::error::Fault;
use super::super::{Desk, Web, render};
use super::desk_of;
use super::gate::Staff;
use super::inquiries::row::{Row, rows};
use super::layout::{AdminLayout, notice};
use super::settings::details;
use super::weeks::Chart;
use crate::audit::{Entry, Outcome};
use crate::content::Practice;
use crate::inquiry::answers::{LookingFor, Voicemail, Way};
use crate::inquiry::contact::Kind;
use crate::inquiry::inbox::{self, View};
use crate::inquiry::ledger::Look;
use crate::inquiry::status::Status;
use crate::inquiry::timeline::Step;
use crate::inquiry::weeks::Weeks;
use crate::inquiry::{record, retention, weeks};

#[derive(Template)]
#[template(path = "admin/today.html")]
struct TodayPage<'a> {
    layout: AdminLayout<'a>,
    reply_now: Vec<Row>,
    coming_up: Vec<Row>,
    quiet: Vec<Row>,
    /// Requests held as possible spam.
    held: usize,
    /// Requests that the clock erases within the week.
    leaving: usize,
    /// What is due to be erased waits for somebody to look at it.
    erasing_waits: bool,
    /// Articles that nobody has read through for a year: title and slug.
    to_review: Vec<(&'a str, &'a str)>,
    /// Details that visitors look for and do not find.
    empty_details: usize,
    /// The texts have a fault, so visitors see older ones.
    faulty: bool,
    /// Not there while no request has come in.
    chart: Option<Chart>,
}

/// What is counted. It names nobody, so it is no look that the ledger tells of, and no write waits for it.
struct Beside {
    held: usize,
    leaving: usize,
    erasing_waits: bool,
    weeks: Weeks,
}

impl Beside {
    async fn read(desk: &Desk, practice: &Practice, now: Timestamp) -> anyhow::Result<Self> {
        let mut read = desk.db.read().await?;
        let counts = inbox::counts(&mut read).await?;
        let leaving = retention::leaving(&mut read, &practice.retention, now).await?;
        Ok(Self {
            held: counts.iter().find(|(view, _)| *view == View::Spam).map_or(0, |(_, count)| *count),
            leaving: leaving.len(),
            erasing_waits: retention::hold(&mut read, &leaving, now).await?.is_some(),
            weeks: weeks::last(&mut read, &practice.time_zone(), now).await?,
        })
    }
}

/// The three lists.
pub async fn show(State(web): State<Arc<Web>>, staff: Staff, uri: Uri) -> Result<Response, Fault> {
    let desk = desk_of(&web)?;
    let (now, snapshot) = (web.now(), web.current.load());
    let practice = &snapshot.content().practice;
    let beside = Beside::read(desk, practice, now).await?;
    let mut look = Look::begin(&desk.db, &web.looks).await?;
    let today = inbox::today(&mut look, practice, now).await?;
    let reply_now = record::load(&mut look, &today.reply_now).await?;
    let coming_up = record::load(&mut look, &today.coming_up).await?;
    let quiet = record::load(&mut look, &today.quiet).await?;
    let entry = Entry {
        by: staff.by(),
        event: "list viewed",
        target: None,
        outcome: Outcome::Done,
        detail: Some("today"),
    };
    look.end(entry, now).await;
    let today = now.to_zoned(practice.time_zone()).date();
    let due =
        snapshot.content().articles.iter().filter(|text| text.next_review().is_some_and(|day| day <= today));
    let rows = async |records| rows(records, &staff.private, practice, now).await;
    Ok(render::html(&TodayPage {
        layout: AdminLayout::new(&snapshot, &staff, "/admin", "Today").with_notice(notice(uri.query())),
        reply_now: rows(reply_now).await?,
        coming_up: rows(coming_up).await?,
        quiet: rows(quiet).await?,
        leaving: beside.leaving,
        erasing_waits: beside.erasing_waits,
        to_review: due.map(|text| (text.title.as_str(), text.slug.as_str())).collect(),
        empty_details: details(practice).iter().filter(|detail| detail.value.is_empty()).count(),
        chart: Chart::new(&beside.weeks),
        faulty: !web.faults.load().is_empty(),
        held: beside.held,
    }))
}

impl TodayPage<'_> {
    fn all_done(&self) -> bool {
        self.reply_now.is_empty() && self.coming_up.is_empty() && self.quiet.is_empty() && !self.erasing_waits
    }
}
