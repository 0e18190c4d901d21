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
use crate::outbox::{self, Trouble};
use crate::staff::recovery;

#[derive(Template)]
#[template(path = "admin/settings.html")]
struct SettingsPage<'a> {
    layout: AdminLayout<'a>,
    /// Lines of the last reading of the texts, where it failed.
    faults: Arc<Vec<String>>,
    trouble: Option<Trouble>,
    last_backup: Option<i64>,
    smtp: bool,
    recovery_code_kept: bool,
    second_factor_required: bool,
    base_url: &'a str,
}

/// Everything on one page.
pub async fn show(State(web): State<Arc<Web>>, staff: Staff, uri: Uri) -> Result<Response, Fault> {
    let mut conn = desk_of(&web)?.db.read().await?;
    let trouble = outbox::trouble(&mut conn, web.now()).await?;
    let recovery_code_kept = recovery::is_kept(&mut conn).await?;
    drop(conn);
    let last_backup = newest_file(&web.settings.backup).await;
    let snapshot = web.current.load();
    let layout = AdminLayout::new(&snapshot, &staff, "/admin/settings", "Settings");
    Ok(render::html(&SettingsPage {
        layout: layout.with_notice(notice(uri.query())),
        faults: web.faults.load_full(),
        trouble,
        last_backup,
        smtp: web.settings.smtp_url.is_some(),
        recovery_code_kept,
        second_factor_required: web.settings.second_factor_required,
        base_url: &web.settings.base_url,
    }))
}

/// When the newest file of a folder was written, in milliseconds; nothing where there is none.
async fn newest_file(folder: &Path) -> Option<i64> {
    let mut entries = fs::read_dir(folder).await.ok()?;
    let mut newest: Option<SystemTime> = None;
    while let Ok(Some(entry)) = entries.next_entry().await {
        let Ok(about) = entry.metadata().await else { continue };
        if about.is_file() {
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
}

/// What visitors look for, and what the site can tell them.
pub fn details(practice: &Practice) -> Vec<Detail> {
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let hours = facts::hours(practice).into_iter().map(|(days, times)| format!("{days}: {times}"));
    let licensed = practice.people.iter().any(|person| !person.licenses.is_empty());
    let fees = practice.fees.services.iter().filter(|fee| fee.fee.is_some()).count();
    let rows = [
        ("Phone", text(&practice.phone), "phone"),
        ("Email", text(&practice.email), "email"),
        (
            "Address",
            practice.address.as_ref().map(|a| format!("{}, {}", a.street, a.city)).unwrap_or_default(),
            "[address]",
        ),
        ("Way to the rooms", text(&practice.directions), "directions"),
        ("Access without steps", text(&practice.step_free_access), "step_free_access"),
        ("Hours", hours.collect::<Vec<_>>().join("; "), "[hours]"),
        ("States with a license", practice.licensed_states.join(", "), "licensed_states"),
        ("License numbers", if licensed { "Given".into() } else { String::new() }, "[[people.licenses]]"),
        ("Fees", if fees > 0 { format!("For {fees} services") } else { String::new() }, "[[fees.services]]"),
        (
            "Insurance",
            practice
                .fees
                .accepts_insurance
                .map(|yes| if yes { "Accepted" } else { "Not accepted" }.to_owned())
                .unwrap_or_default(),
            "fees.accepts_insurance",
        ),
        ("Cancellation", text(&practice.fees.cancellation), "fees.cancellation"),
        (
            "Length of the first call",
            practice.first_call.minutes.map(|minutes| format!("{minutes} minutes")).unwrap_or_default(),
            "first_call.minutes",
        ),
        ("Online or in person", text(&practice.policies.session_format), "policies.session_format"),
        (
            "What one partner tells alone",
            text(&practice.policies.partner_secrets),
            "policies.partner_secrets",
        ),
        ("Notice of privacy practices", text(&practice.hipaa_notice_url), "hipaa_notice_url"),
        (
            "Crisis numbers",
            if practice.crisis.confirmed { "Confirmed".into() } else { String::new() },
            "crisis.confirmed",
        ),
        ("Contact for security researchers", text(&practice.security_contact), "security_contact"),
    ];
    rows.map(|(name, value, key)| Detail { name, value, key }).into()
}

impl SettingsPage<'_> {
    fn known(&self) -> Vec<Detail> {
        details(self.layout.practice()).into_iter().filter(|detail| !detail.value.is_empty()).collect()
    }

    fn missing(&self) -> Vec<Detail> {
        details(self.layout.practice()).into_iter().filter(|detail| detail.value.is_empty()).collect()
    }

    fn retention(&self) -> &crate::content::practice::Retention {
        &self.layout.practice().retention
    }

    fn since(&self, trouble: &Trouble) -> String {
        self.layout.spoken(&trouble.since.as_millisecond())
    }
}
