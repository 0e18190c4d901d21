//! Emails that do not get through: what the banner says of them, and `/admin/mail/retry`.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use jiff::Timestamp;

use super::super::error::Fault;
use super::super::{Desk, Web};
use super::desk_of;
use super::gate::Staff;
use super::layout::spoken;
use crate::audit::{self, Entry, Outcome};
use crate::content::Practice;
use crate::outbox;

/// For `admin/mail_trouble.html`.
pub struct MailTrouble {
    /// `Monday, May 5, 2025 at 9:14 AM`
    pub since: String,
    /// Zero where it was found by a try without an email.
    pub waiting: i64,
    /// How far that try came: `naming the recipient`.
    pub stage: Option<String>,
    /// What the server said last; nothing where no attempt was made at all.
    pub reply: Option<String>,
    /// The server refused for good, so somebody has to change something.
    pub refused: bool,
}

/// What does not get through; nothing where all is well.
///
/// # Errors
/// When the database can't be read.
pub async fn trouble(
    desk: &Desk,
    practice: &Practice,
    now: Timestamp,
) -> anyhow::Result<Option<MailTrouble>> {
    let mut conn = desk.db.read().await?;
    let spoken = |since: Timestamp| spoken(since.min(now).as_millisecond(), &practice.time_zone());
    if let Some(trouble) = outbox::trouble(&mut conn, now).await? {
        return Ok(Some(MailTrouble {
            since: spoken(trouble.since),
            waiting: trouble.waiting,
            stage: None,
            reply: trouble.last_reply,
            refused: trouble.refused,
        }));
    }
    Ok(outbox::way(&mut conn).await?.closed.map(|closed| MailTrouble {
        since: spoken(closed.since),
        waiting: 0,
        stage: Some(closed.stage),
        reply: Some(closed.reply),
        refused: closed.refused,
    }))
}

/// Tries everything that waits once more, at once.
pub async fn retry(State(web): State<Arc<Web>>, staff: Staff) -> Result<Response, Fault> {
    let desk = desk_of(&web)?;
    let mut write = desk.db.begin().await?;
    let waiting = outbox::retry_now(&mut write, web.now()).await?;
    let entry = Entry {
        by: staff.by(),
        event: "emails sent again",
        target: None,
        outcome: Outcome::Done,
        detail: None,
    };
    audit::record(&mut write, entry, web.now().as_millisecond()).await?;
    write.commit().await?;
    desk.mail.notify_one();
    let done = if waiting == 0 { "/admin?done=tried" } else { "/admin?done=resent" };
    Ok(Redirect::to(done).into_response())
}
