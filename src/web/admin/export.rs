//! `/admin/export`: taking a copy of requests out of the inbox, and the way to erasing them.
//!
//! A copy leaves only after the password was shown again, with a row in the ledger for each request that is in it.

use std::sync::Arc;

use anyhow::Context;
use askama::Template;
use axum::extract::State;
use axum::http::{HeaderName, HeaderValue, Uri, header};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use jiff::civil::Date;
use tokio::task::spawn_blocking;

use super::super::error::Fault;
use super::super::{Web, form, render};
use super::desk_of;
use super::fields::Fields;
use super::gate::Staff;
use super::layout::{AdminLayout, notice};
use super::people::doubted;
use super::refusal::Refusal;
use crate::content::calendar;
use crate::inquiry::Reference;
use crate::inquiry::export::{self, Chosen, Exported};
use crate::inquiry::retention::{self, Hold, Leaving};
use crate::inquiry::status::Status;

#[derive(Template)]
#[template(path = "admin/export/index.html")]
struct ExportPage<'a> {
    layout: AdminLayout<'a>,
    refusal: Refusal,
    typed: Typed,
    leaving: Vec<Leaving>,
    hold: Option<Hold>,
}

/// What stands in the forms, without the password.
#[derive(Default)]
pub struct Typed {
    pub reference: String,
    pub from: String,
    pub to: String,
    pub json: bool,
    pub erase: String,
}

impl ExportPage<'_> {
    fn day(&self, at: &Timestamp) -> String {
        calendar::weekday_and_day(at.to_zoned(self.layout.practice().time_zone()).date())
    }
}

/// The forms. `?reference=` fills in which request it is about, so that a page of one can lead here.
pub async fn index(State(web): State<Arc<Web>>, staff: Staff, uri: Uri) -> Result<Response, Fault> {
    let asked = form::in_query(uri.query(), "reference");
    let reference = asked.filter(|text| text.parse::<Reference>().is_ok()).unwrap_or_default();
    let typed = Typed { erase: reference.clone(), reference, ..Typed::default() };
    page(&web, &staff, notice(uri.query()), Refusal::default(), typed).await
}

/// The page, with what was typed and why it was not enough.
pub async fn page(
    web: &Web,
    staff: &Staff,
    done: Option<&'static str>,
    refusal: Refusal,
    typed: Typed,
) -> Result<Response, Fault> {
    let snapshot = web.current.load();
    let kept = &snapshot.content().practice.retention;
    let mut conn = desk_of(web)?.db.read().await?;
    let leaving = retention::leaving(&mut conn, kept, web.now()).await?;
    let hold = retention::hold(&mut conn, &leaving, web.now()).await?;
    drop(conn);
    let layout = AdminLayout::new(&snapshot, staff, "/admin/export", "Export and erase");
    let layout = layout.with_notice(done).with_error(refusal.is_some());
    let page = ExportPage { layout, refusal, typed, leaving, hold };
    Ok(page.refusal.answer(render::html(&page)))
}

/// The file, or the page that says why there is none.
pub async fn download(State(web): State<Arc<Web>>, staff: Staff, fields: Fields) -> Result<Response, Fault> {
    let typed = Typed {
        reference: fields.value("reference").trim().to_owned(),
        from: fields.value("from").to_owned(),
        to: fields.value("to").to_owned(),
        json: fields.value("format") == "json",
        erase: String::new(),
    };
    let chosen = match chosen(&typed) {
        Ok(chosen) => chosen,
        Err(refusal) => return page(&web, &staff, None, refusal, typed).await,
    };
    if let Some(refusal) = doubted(&web, &staff, &fields).await? {
        return page(&web, &staff, None, refusal, typed).await;
    }
    let exported = opened(&web, &staff, &chosen).await?;
    if exported.is_empty() {
        let (field, words) = match chosen {
            Chosen::One(_) => ("reference", "There is no request with this reference."),
            Chosen::Received { .. } => ("from", "No request came in on these days."),
        };
        return page(&web, &staff, None, Refusal::new(field, words), typed).await;
    }
    let mut write = desk_of(&web)?.db.begin().await?;
    export::write_down(&mut write, staff.by(), &chosen, &exported, web.now()).await?;
    write.commit().await?;
    Ok(file(&web, &chosen, &exported, typed.json)?)
}

/// A reference, or else two days.
fn chosen(typed: &Typed) -> Result<Chosen, Refusal> {
    if !typed.reference.is_empty() {
        let reference = typed.reference.to_ascii_uppercase().parse();
        return reference.map(Chosen::One).map_err(|_| {
            Refusal::new(
                "reference",
                "Enter a reference such as K7QF-2M, or leave it blank and enter two days.",
            )
        });
    }
    let day = |field: &'static str, text: &str| {
        text.parse::<Date>()
            .map_err(|_| Refusal::new(field, "Enter a reference, or the first and the last day."))
    };
    let (from, to) = (day("from", &typed.from)?, day("to", &typed.to)?);
    if [from, to].iter().any(|day| !(2000..=2199).contains(&day.year())) {
        return Err(Refusal::new("from", "Enter days between the years 2000 and 2199."));
    }
    if to < from {
        return Err(Refusal::new("to", "The last day is before the first. Enter one that is not."));
    }
    Ok(Chosen::Received { from, to })
}

async fn opened(web: &Web, staff: &Staff, chosen: &Chosen) -> anyhow::Result<Vec<Exported>> {
    let zone = web.current.load().content().practice.time_zone();
    let sealed = export::load(&mut *desk_of(web)?.db.read().await?, chosen, &zone).await?;
    let key = staff.private.clone();
    // Thousands of records take a second of a core.
    let opening = spawn_blocking(move || sealed.into_iter().map(|record| record.open(&key, &zone)).collect());
    opening.await.context("opening records for an export")?
}

fn file(web: &Web, chosen: &Chosen, exported: &[Exported], json: bool) -> anyhow::Result<Response> {
    let snapshot = web.current.load();
    let practice = &snapshot.content().practice;
    let name = match chosen {
        Chosen::One(reference) => format!("request-{reference}"),
        Chosen::Received { from, to } => format!("requests-{from}-to-{to}"),
    };
    let (kind, ending, body) = if json {
        let now = web.now().to_zoned(practice.time_zone());
        ("application/json", "json", export::to_json(exported, &practice.name, &now)?)
    } else {
        ("text/csv; charset=utf-8", "csv", export::to_csv(exported)?)
    };
    let disposition = HeaderValue::try_from(format!("attachment; filename=\"{name}.{ending}\""))?;
    let headers: [(HeaderName, HeaderValue); 3] = [
        (header::CONTENT_TYPE, HeaderValue::from_static(kind)),
        (header::CONTENT_DISPOSITION, disposition),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    Ok((headers, body).into_response())
}
