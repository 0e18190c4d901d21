//! An export as JSON that people can read: times with their offset, words instead of numbers.

use anyhow::Result;
use jiff::Zoned;
use serde::Serialize;

use super::{Event, Exported, Typed};
use crate::inquiry::answers::Answers;

#[derive(Serialize)]
struct Export<'a> {
    practice: &'a str,
    exported_at: String,
    inquiries: Vec<Inquiry<'a>>,
}

#[derive(Serialize)]
struct Inquiry<'a> {
    reference: &'a str,
    /// True where the answers or a note can't be read any more.
    damaged: bool,
    received_at: String,
    reply_by: String,
    status: &'a str,
    suspicion: &'a Option<String>,
    first_contact_at: Option<String>,
    next_step_at: Option<String>,
    closed_at: Option<String>,
    close_reason: &'a Option<String>,
    answers: Option<&'a Answers>,
    timeline: Vec<Step<'a>>,
}

#[derive(Serialize)]
struct Step<'a> {
    at: String,
    by: &'a str,
    what: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<&'a str>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    damaged: bool,
}

/// All of it in one text.
///
/// # Errors
/// Never in practice: everything has a JSON form.
pub fn to_json(exported: &[Exported], practice: &str, now: &Zoned) -> Result<Vec<u8>> {
    let inquiries = exported.iter().map(inquiry).collect();
    let mut json = serde_json::to_vec_pretty(&Export { practice, exported_at: with_offset(now), inquiries })?;
    json.push(b'\n');
    Ok(json)
}

fn inquiry(exported: &Exported) -> Inquiry<'_> {
    Inquiry {
        reference: &exported.reference,
        damaged: exported.is_damaged(),
        received_at: with_offset(&exported.received),
        reply_by: with_offset(&exported.reply_by),
        status: &exported.status,
        suspicion: &exported.suspicion,
        first_contact_at: exported.first_contact.as_ref().map(with_offset),
        next_step_at: exported.next_step.as_ref().map(with_offset),
        closed_at: exported.closed.as_ref().map(with_offset),
        close_reason: &exported.close_reason,
        answers: exported.answers.as_ref(),
        timeline: exported.timeline.iter().map(step).collect(),
    }
}

fn step(event: &Event) -> Step<'_> {
    let note = match &event.typed {
        Typed::Text(text) => Some(text.as_str()),
        Typed::Nothing | Typed::Damaged => None,
    };
    Step {
        at: with_offset(&event.at),
        by: event.who.as_deref().unwrap_or("the site"),
        what: &event.what,
        note,
        damaged: event.typed == Typed::Damaged,
    }
}

/// `2025-05-05T09:14:00-04:00`
fn with_offset(at: &Zoned) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
}
