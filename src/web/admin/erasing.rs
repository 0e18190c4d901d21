//! `/admin/export/…`: erasing a request now, keeping one longer, and confirming a night's erasing that was held back.
//!
//! Nothing is erased by one click: a page shows which request it is and asks for the password.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};

use super::super::error::Fault;
use super::super::{Desk, Web, render};
use super::desk_of;
use super::export::{self, Typed};
use super::fields::Fields;
use super::gate::Staff;
use super::layout::AdminLayout;
use super::people::doubted;
use super::refusal::Refusal;
use crate::audit::{self, Entry, Outcome};
use crate::inquiry::erase::{Reason, erase};
use crate::inquiry::record::{self, Inquiry};
use crate::inquiry::{Reference, erased, retention};

#[derive(Template)]
#[template(path = "admin/export/erase.html")]
struct ErasePage<'a> {
    layout: AdminLayout<'a>,
    refusal: Refusal,
    inquiry: &'a Inquiry,
}

impl ErasePage<'_> {
    fn name(&self) -> &str {
        self.inquiry.answers.as_ref().map_or("", |answers| &answers.name)
    }

    fn received(&self) -> String {
        self.layout.spoken(self.inquiry.record.received.as_millisecond())
    }
}

/// Shows which request it is, and asks for the password.
pub async fn confirm(State(web): State<Arc<Web>>, staff: Staff, fields: Fields) -> Result<Response, Fault> {
    confirmation(&web, &staff, &fields, Refusal::default()).await
}

/// Erases it, if the password is right.
pub async fn now(State(web): State<Arc<Web>>, staff: Staff, fields: Fields) -> Result<Response, Fault> {
    if let Some(refusal) = doubted(&web, &staff, &fields).await? {
        return confirmation(&web, &staff, &fields, refusal).await;
    }
    let desk = desk_of(&web)?;
    let mut erased = false;
    if let Some(reference) = typed(&fields) {
        let mut write = desk.db.begin().await?;
        erased = erase(&mut write, staff.by(), &reference, Reason::AtOnce, web.now()).await?;
        write.commit().await?;
    }
    clear_away(&web, desk).await;
    Ok(back(if erased { "erased" } else { "gone" }))
}

/// Keeps a request that was to be erased for as long again.
pub async fn keep(State(web): State<Arc<Web>>, staff: Staff, fields: Fields) -> Result<Response, Fault> {
    let snapshot = web.current.load();
    let kept = &snapshot.content().practice.retention;
    let mut done = false;
    if let Some(reference) = typed(&fields) {
        let mut write = desk_of(&web)?.db.begin().await?;
        let (by, id) = (staff.by(), staff.person.id);
        done = retention::keep(&mut write, by, id, &reference, kept, web.now()).await?;
        write.commit().await?;
    }
    Ok(back(if done { "saved" } else { "gone" }))
}

/// Erases all that is due although it looked odd, since somebody has looked at it and shown the password.
pub async fn due(State(web): State<Arc<Web>>, staff: Staff, fields: Fields) -> Result<Response, Fault> {
    if let Some(mut refusal) = doubted(&web, &staff, &fields).await? {
        if refusal.field == "password" {
            refusal.field = "due-password"; // the page asks for it twice
        }
        return export::page(&web, &staff, None, refusal, Typed::default()).await;
    }
    let desk = desk_of(&web)?;
    let snapshot = web.current.load();
    let kept = &snapshot.content().practice.retention;
    let erased = retention::erase_due(&desk.db, kept, staff.by(), web.now()).await?;
    clear_away(&web, desk).await;
    Ok(back(if erased > 0 { "erased" } else { "gone" }))
}

async fn confirmation(
    web: &Web,
    staff: &Staff,
    fields: &Fields,
    refusal: Refusal,
) -> Result<Response, Fault> {
    let Some(inquiry) = viewed(web, staff, fields).await? else {
        let typed = Typed { erase: fields.value("erase").to_owned(), ..Typed::default() };
        let refusal = Refusal::new("erase", "There is no request with this reference.");
        return export::page(web, staff, None, refusal, typed).await;
    };
    let snapshot = web.current.load();
    let layout = AdminLayout::new(&snapshot, staff, "/admin/export/erase", "Erase a request");
    let layout = layout.with_error(refusal.is_some());
    let page = ErasePage { layout, refusal, inquiry: &inquiry };
    Ok(page.refusal.answer(render::html(&page)))
}

/// Opens the request, which is a look and is written down as one.
async fn viewed(web: &Web, staff: &Staff, fields: &Fields) -> anyhow::Result<Option<Inquiry>> {
    let Some(reference) = typed(fields) else { return Ok(None) };
    let mut write = desk_of(web)?.db.begin().await?;
    let Some(record) = record::find(&mut write, &reference).await? else { return Ok(None) };
    let target = Some(reference.as_str());
    let entry = Entry { by: staff.by(), event: "viewed", target, outcome: Outcome::Done, detail: None };
    audit::record(&mut write, entry, web.now().as_millisecond()).await?;
    write.commit().await?;
    Ok(Some(record.open(&staff.private)))
}

fn typed(fields: &Fields) -> Option<Reference> {
    fields.value("erase").trim().to_ascii_uppercase().parse().ok()
}

/// What was erased leaves the disk now, and no copy brings it back. Where that fails, the housekeeping tries again within a
/// minute.
async fn clear_away(web: &Web, desk: &Desk) {
    if let Err(error) = list(web, desk).await {
        tracing::error!("the list of what was erased can't be written: {error:#}");
    }
    if let Err(error) = desk.db.truncate_log().await {
        tracing::error!("the write-ahead log can't be emptied: {error:#}");
    }
}

async fn list(web: &Web, desk: &Desk) -> anyhow::Result<()> {
    let days = web.current.load().content().practice.retention.backup_days;
    erased::write_down(&desk.db, &web.settings.backup, days, web.now()).await
}

fn back(word: &str) -> Response {
    Redirect::to(&format!("/admin/export?done={word}")).into_response()
}
