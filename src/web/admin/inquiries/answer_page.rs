//! Answering: a text filled in for the person, as it will be sent, and links into the practice's own programs.
//!
//! Nothing is sent or stored here. What is typed for the open places comes by post, so that it stands in no address.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State};
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Redirect, Response};

use super::super::super::error::Fault;
use super::super::super::{Web, form, render};
use super::super::desk_of;
use super::super::fields::Fields;
use super::super::gate::Staff;
use super::super::layout::AdminLayout;
use super::page::viewed;
use super::{Named, address};
use crate::audit::{Entry, Outcome};
use crate::inquiry::answer::{self, Filled, Filling, LAST_NOTE, Part, TEMPLATES, TYPED};
use crate::inquiry::answers::{Answers, Voicemail};
use crate::inquiry::contact::{self, Kind};
use crate::inquiry::ledger::Look;
use crate::inquiry::links::{self, Link};
use crate::inquiry::timeline;
use crate::inquiry::{Reference, record};

#[derive(Template)]
#[template(path = "admin/inquiries/answer.html")]
struct AnswerPage<'a> {
    layout: AdminLayout<'a>,
    reference: &'a Reference,
    answers: Option<&'a Answers>,
    template: &'static answer::Template,
    filling: Filling,
    filled: Filled,
    kinds: Vec<Kind>,
    version: i64,
}

/// The text that `template` names, or the one that fits. Leads to the request where the person asked to stop.
pub async fn answer(
    State(web): State<Arc<Web>>,
    staff: Staff,
    Path(named): Path<Named>,
    uri: Uri,
) -> Result<Response, Fault> {
    let template = form::in_query(uri.query(), "template").unwrap_or_default();
    page(&web, &staff, &named.reference, &template, &[]).await
}

/// The same with the open places filled in.
pub async fn fill(
    State(web): State<Arc<Web>>,
    staff: Staff,
    Path(named): Path<Named>,
    fields: Fields,
) -> Result<Response, Fault> {
    let typed = TYPED.map(|place| (place, fields.value(place)));
    page(&web, &staff, &named.reference, fields.value("template"), &typed).await
}

async fn page(
    web: &Web,
    staff: &Staff,
    reference: &str,
    template: &str,
    typed: &[(&'static str, &str)],
) -> Result<Response, Fault> {
    let Ok(reference) = reference.parse::<Reference>() else {
        return Ok(StatusCode::NOT_FOUND.into_response());
    };
    let mut look = Look::begin(&desk_of(web)?.db, &web.looks).await?;
    let Some(record) = record::find(&mut look, &reference).await? else {
        return Ok(StatusCode::NOT_FOUND.into_response());
    };
    if record.asked_to_stop() {
        // The page of the request says so, and offers no way of reaching them.
        return Ok(Redirect::to(&address(&reference, None)).into_response());
    }
    let events = timeline::list(&mut look, record.id).await?;
    let entry = Entry { detail: Some("answering"), ..viewed(staff, &reference, Outcome::Done) };
    look.end(entry, web.now()).await;
    let inquiry = record.open(&staff.private);
    let answers = inquiry.answers.as_ref();
    let events: Vec<_> = events.into_iter().map(|event| event.open(&staff.private, &reference)).collect();
    let fits = if contact::suggests_last_note(&events) { LAST_NOTE } else { TEMPLATES[0].name };
    let template = answer::Template::named(template).or_else(|| answer::Template::named(fits));
    let Some(template) = template else { return Ok(StatusCode::NOT_FOUND.into_response()) };
    let snapshot = web.current.load();
    let mut filling = Filling::of(answers, &reference, &snapshot.content().practice);
    for (place, value) in typed.iter().filter(|(_, value)| !value.trim().is_empty()) {
        filling.set(place, value.replace("\r\n", "\n"));
    }
    let path = format!("/admin/inquiries/{reference}/answer");
    Ok(render::html(&AnswerPage {
        layout: AdminLayout::new(&snapshot, staff, &path, "Answer"),
        reference: &reference,
        answers,
        template,
        filled: template.filled(&filling),
        filling,
        kinds: contact::kinds(inquiry.plan()),
        version: inquiry.record.version,
    }))
}

impl AnswerPage<'_> {
    fn templates(&self) -> &'static [answer::Template] {
        &TEMPLATES
    }

    fn is_chosen(&self, template: &answer::Template) -> bool {
        self.template.name == template.name
    }

    fn value(&self, place: &str) -> &str {
        self.filling.value(place).unwrap_or_default()
    }

    fn asked(&self) -> Vec<&'static str> {
        TYPED.into_iter().filter(|place| self.template.asks_for(place)).collect()
    }

    fn call(&self, answers: &Answers) -> Link {
        links::call(answers)
    }

    fn text(&self, answers: &Answers) -> Link {
        links::text(answers, &self.filled.text())
    }

    fn email(&self, answers: &Answers) -> Link {
        links::email(answers, &format!("Your message, {}", self.reference), &self.filled.text())
    }

    fn back(&self) -> String {
        address(self.reference, None)
    }
}
