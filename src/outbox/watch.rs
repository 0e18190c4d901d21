//! Keeps an eye on the way emails take: proves it on quiet days, and says once in the log when emails have not got
//! through for long, and once when they do again.

use std::sync::Arc;

use anyhow::{Context, Result};
use jiff::{SignedDuration, Timestamp};
use tokio::task::JoinSet;

use super::trouble::{Trouble, trouble};
use super::way;
use crate::db::Db;
use crate::mail::{Blocked, Mailer};

/// Emails that wait for this long get a line of their own in the log.
const LATE: SignedDuration = SignedDuration::from_mins(20);

#[derive(Debug, Default)]
pub(super) struct Watch {
    /// The last walk since the program started.
    walked: Option<Timestamp>,
    /// The log says that emails do not get through.
    told: bool,
}

impl Watch {
    /// Looks once. Only while nothing is due: an email that goes proves the way better.
    ///
    /// # Errors
    /// When the database can't be read or written.
    pub(super) async fn look(&mut self, db: &Db, mailer: &Arc<Mailer>, now: Timestamp) -> Result<()> {
        let trouble = trouble(&mut *db.read().await?, now).await?;
        self.tell(trouble.as_ref(), now);
        let way = way::way(&mut *db.read().await?).await?;
        // Emails that wait after a failure are tried often enough.
        if trouble.is_some() || !way.is_to_be_walked(self.walked, now) {
            return Ok(());
        }
        // Before the outcome is stored, or a full disk would have the server asked without end.
        self.walked = Some(now);
        let walk = walk(mailer).await;
        let mut write = db.begin().await?;
        way::walked(&mut write, &walk, now).await?;
        write.commit().await.context("how a walk ended can't be stored")?;
        match walk {
            Ok(()) => tracing::info!("emails would reach the practice"),
            Err(blocked) => {
                let (stage, reply) = (blocked.stage, blocked.reply());
                tracing::error!(reply, "emails would not reach the practice: trouble while {stage}");
            }
        }
        Ok(())
    }

    fn tell(&mut self, trouble: Option<&Trouble>, now: Timestamp) {
        let late = trouble.filter(|trouble| now.duration_since(trouble.since) >= LATE);
        match (late, self.told) {
            (Some(Trouble { since, waiting, last_reply, .. }), false) => {
                self.told = true;
                let minutes = now.duration_since(*since).as_mins();
                let reply = last_reply.as_deref().unwrap_or("nothing was sent");
                tracing::error!(
                    reply,
                    "emails do not get through to the practice: {waiting} wait, the oldest for {minutes} minutes"
                );
            }
            (None, true) if trouble.is_none() => {
                self.told = false;
                tracing::info!("emails get through to the practice again");
            }
            _ => {}
        }
    }
}

/// In a task of its own, so that a panic ends this walk and nothing else.
async fn walk(mailer: &Arc<Mailer>) -> Result<(), Blocked> {
    let mailer = Arc::clone(mailer);
    let mut task = JoinSet::new();
    task.spawn(async move { mailer.probe().await });
    match task.join_next().await {
        Some(Ok(walk)) => walk,
        Some(Err(_)) | None => Err(Blocked::by_a_fault()),
    }
}
