//! `/admin/settings`: what the site knows about the practice, what is still empty, and whether all is well.

use std::path::Path;
use std::sync::Arc;
use std::time::SystemTime;

use askama::Template;
use axum::extract::State;
use axum::http::Uri;
use axum::response::Response;
use jiff::Timestamp;
use tokio::fs;

use super::super::error::Fault;
use super::super::{Web, facts, render};
use super::desk_of;
use super::gate::Staff;
use super::layout::{AdminLayout, notice};
use crate::content::Practice;
use crate::db::copy;
use crate::outbox;
use crate::staff::recovery;

/// In milliseconds: one night and two hours more.
const BACKUP_WITHIN: i64 = 26 * 3_600_000;

#[derive(Template)]
#[template(path = "admin/settings.html")]
struct SettingsPage<'a> {
    layout: AdminLayout<'a>,
    /// Lines of the last reading of the texts, where it failed.
    faults: Arc<Vec<String>>,
    last_backup: Option<i64>,
    backup_is_late: bool,
    smtp: bool,
    /// When the other side last took an email, or would have.
    mail_open: Option<String>,
    recovery_code_kept: bool,
    second_factor_required: bool,
    base_url: &'a str,
}

/// Everything on one page.
pub async fn show(State(web): State<Arc<Web>>, staff: Staff, uri: Uri) -> Result<Response, Fault> {
    let desk = desk_of(&web)?;
    let snapshot = web.current.load_full();
    let recovery_code_kept = recovery::is_kept(&mut *desk.db.read().await?).await?;
    let way = outbox::way(&mut *desk.db.read().await?).await?;
    let last_backup = newest_copy(&web.settings.backup).await;
    let layout = AdminLayout::new(&snapshot, &staff, "/admin/settings", "Settings");
    Ok(render::html(&SettingsPage {
        faults: web.faults.load_full(),
        last_backup,
        backup_is_late: last_backup.is_none_or(|at| web.now().as_millisecond() - at > BACKUP_WITHIN),
        mail_open: way.open_at.map(|at| layout.spoken(at.as_millisecond())),
        smtp: web.settings.smtp_url.is_some(),
        recovery_code_kept,
        second_factor_required: web.settings.second_factor_required,
        base_url: &web.settings.base_url,
        layout: layout.with_notice(notice(uri.query())),
    }))
}

/// When the newest nightly copy was written, in milliseconds; nothing where there is none. A copy bears its name only
/// once it was proved to be good.
async fn newest_copy(folder: &Path) -> Option<i64> {
    let mut entries = fs::read_dir(folder).await.ok()?;
    let mut newest: Option<SystemTime> = None;
    while let Ok(Some(entry)) = entries.next_entry().await {
        let Ok(about) = entry.metadata().await else { continue };
        if about.is_file() && entry.file_name().to_str().and_then(copy::night_of).is_some() {
            newest = newest.max(about.modified().ok());
        }
    }
    Timestamp::try_from(newest?).ok().map(Timestamp::as_millisecond)
}

/// A detail that visitors look for.
pub struct Detail {
    pub name: &'static str,
    /// What is known; empty where nothing is.
    pub value: String,
    /// Where it is written.
    pub key: &'static str,
    /// What follows from its being empty.
    pub without: &'static str,
}

/// What visitors look for, and what the site can tell them. Where nothing is known, pages leave it out.
pub fn details(practice: &Practice) -> Vec<Detail> {
    let mut details = place(practice);
    details.extend(work(practice));
    details
}

fn detail(name: &'static str, key: &'static str, value: Option<String>, without: &'static str) -> Detail {
    Detail { name, key, value: value.unwrap_or_default(), without }
}

fn place(practice: &Practice) -> Vec<Detail> {
    let states = Some(practice.licensed_states.join(", "));
    vec![
        detail("Phone", "phone", practice.phone.clone(), "No page names a number to call."),
        detail("Email", "email", practice.email.clone(), "No page names an address to write to."),
        detail("Address", "[address]", address(practice), "No page says where the rooms are."),
        detail(
            "Way to the rooms",
            "directions",
            practice.directions.clone(),
            "No page says how to find the rooms.",
        ),
        detail(
            "Access without steps",
            "step_free_access",
            practice.step_free_access.clone(),
            "No page says whether there are stairs.",
        ),
        detail(
            "Hours",
            "[hours]",
            Some(hours(practice)),
            "No page names hours, and answers are due by 5 PM.",
        ),
        detail(
            "States with a license",
            "licensed_states",
            states,
            "The form offers every state, and no page says where you may see people.",
        ),
        detail(
            "License numbers",
            "[[people.licenses]]",
            licenses(practice),
            "Nobody can look a license up at its board.",
        ),
    ]
}

fn work(practice: &Practice) -> Vec<Detail> {
    let policies = &practice.policies;
    vec![
        detail("Fees", "[[fees.services]]", fees(practice), "Pages say to ask about fees on the call."),
        detail(
            "Insurance",
            "fees.accepts_insurance",
            insurance(practice),
            "No page says whether you take insurance.",
        ),
        detail(
            "Cancellation",
            "fees.cancellation",
            practice.fees.cancellation.clone(),
            "No page says what a late cancellation costs.",
        ),
        detail(
            "Length of the first call",
            "first_call.minutes",
            first_call(practice),
            "No page says how long the first call takes.",
        ),
        detail(
            "Online or in person",
            "policies.session_format",
            policies.session_format.clone(),
            "No page says whether sessions are online.",
        ),
        detail(
            "What one partner tells alone",
            "policies.partner_secrets",
            policies.partner_secrets.clone(),
            "No page says what you do with what one partner tells you alone.",
        ),
        detail(
            "Notice of privacy practices",
            "hipaa_notice_url",
            practice.hipaa_notice_url.clone(),
            "The privacy page has no link to your notice.",
        ),
        detail(
            "Crisis numbers, looked over",
            "crisis.confirmed",
            crisis(practice),
            "Nobody has said that the emergency numbers were tried.",
        ),
        detail(
            "Contact for security researchers",
            "security_contact",
            practice.security_contact.clone(),
            "There is no security.txt.",
        ),
    ]
}

fn address(practice: &Practice) -> Option<String> {
    practice.address.as_ref().map(|address| format!("{}, {}", address.street, address.city))
}

fn hours(practice: &Practice) -> String {
    let rows = facts::hours(practice).into_iter().map(|(days, times)| format!("{days}: {times}"));
    rows.collect::<Vec<_>>().join("; ")
}

fn licenses(practice: &Practice) -> Option<String> {
    let given = practice.people.iter().any(|person| !person.licenses.is_empty());
    given.then(|| "Given".to_owned())
}

fn fees(practice: &Practice) -> Option<String> {
    match practice.fees.services.iter().filter(|fee| fee.fee.is_some()).count() {
        0 => None,
        1 => Some("For 1 service".to_owned()),
        count => Some(format!("For {count} services")),
    }
}

fn insurance(practice: &Practice) -> Option<String> {
    let words = |accepted| if accepted { "Accepted" } else { "Not accepted" };
    practice.fees.accepts_insurance.map(words).map(str::to_owned)
}

fn first_call(practice: &Practice) -> Option<String> {
    practice.first_call.minutes.map(|minutes| format!("{minutes} minutes"))
}

fn crisis(practice: &Practice) -> Option<String> {
    practice.crisis.confirmed.then(|| "Yes".to_owned())
}

impl SettingsPage<'_> {
    fn known(&self) -> Vec<Detail> {
        self.details(false)
    }

    fn missing(&self) -> Vec<Detail> {
        self.details(true)
    }

    fn details(&self, empty: bool) -> Vec<Detail> {
        let details = details(self.layout.practice()).into_iter();
        details.filter(|detail| detail.value.is_empty() == empty).collect()
    }

    fn retention(&self) -> &crate::content::practice::Retention {
        &self.layout.practice().retention
    }

    fn backup(&self) -> Option<String> {
        self.last_backup.map(|at| self.layout.spoken(at))
    }
}
