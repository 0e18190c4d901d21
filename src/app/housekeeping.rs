//! What is done regularly while the site runs: a look at the whole database, the daily email, the erasing of what was kept
//! long enough, the nightly copy, the clearing away of old sessions, and the emptying of the write-ahead log.
//!
//! It looks at the clock once a minute instead of sleeping until a time, since clocks are set. Trouble with one task stops
//! no other, and each is tried again at the next look.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::{Notify, watch};
use tokio::task::spawn_blocking;
use tokio::time::{sleep, timeout};

use super::{backup, old_copies};
use crate::audit::{Actor, By};
use crate::content::Practice;
use crate::db::{Db, room};
use crate::inquiry::regular::{self, Task};
use crate::inquiry::{erased, reminder, retention};
use crate::staff::{invitation, session};
use crate::web::Web;

const LOOK_EVERY: Duration = Duration::from_secs(60);
/// A copy that failed is no reason to keep a disk busy that is in trouble.
const COPY_AGAIN: SignedDuration = SignedDuration::from_hours(1);
const LONGEST_ANSWER: Duration = Duration::from_secs(60);
/// The newest copy is read as a whole.
const LONGEST_PRUNING: Duration = Duration::from_secs(10 * 60);
const SWEEP_EVERY: SignedDuration = SignedDuration::from_mins(10);
/// Damage must not go unnoticed for longer than the copies are kept (REL-06). Opening the database was the first look.
const CHECK_EVERY: SignedDuration = SignedDuration::from_hours(24);
const CHECK_DAMAGED_EVERY: SignedDuration = SignedDuration::from_hours(1);
/// In the time zone of the practice: erasing and copying happen while nobody works.
const NIGHT_HOUR: i8 = 3;

/// Takes its turns until the site stops.
pub async fn run(web: Arc<Web>, stopped: watch::Receiver<bool>) {
    tokio::select! {
        () = super::until(stopped.clone()) => {}
        () = keep_house(&web) => {}
    }
}

async fn keep_house(web: &Web) {
    let desk = loop {
        match web.desk() {
            Some(desk) => break desk,
            None => sleep(LOOK_EVERY).await,
        }
    };
    let base_url = web.settings.base_url.clone();
    let mut house =
        Housekeeping::new(desk.db.clone(), base_url, desk.mail.clone(), web.settings.backup.clone());
    loop {
        let snapshot = web.current.load_full();
        house.turn(&snapshot.content().practice, web.now()).await;
        sleep(LOOK_EVERY).await;
    }
}

/// Only one may run for one database.
pub struct Housekeeping {
    db: Db,
    base_url: String,
    /// Wakes the mail worker.
    mail: Arc<Notify>,
    /// Where the nightly copies go.
    backup: PathBuf,
    copy_tried: Option<Timestamp>,
    swept: Option<Timestamp>,
    checked: Option<Timestamp>,
}

impl Housekeeping {
    pub fn new(db: Db, base_url: String, mail: Arc<Notify>, backup: PathBuf) -> Self {
        Self { db, base_url, mail, backup, copy_tried: None, swept: None, checked: None }
    }

    /// Does what is due. What fails is logged and left for the next turn.
    pub async fn turn(&mut self, practice: &Practice, now: Timestamp) {
        note("looking at the whole database", &self.check(now).await);
        if self.db.is_damaged() {
            // Nothing may be written, and a copy would be no better.
            return;
        }
        note("setting room aside", &room::keep_reserve(self.db.path()));
        // The clock before the others, who rely on it.
        let clock = self.look_at_clock(now).await;
        note("looking at the clock", &clock);
        note("sending the daily email", &self.remind(practice, now).await);
        if clock.is_ok() {
            note("erasing what was kept long enough", &self.erase(practice, now).await);
        }
        note("listing what was erased", &self.list_erased(practice, now).await);
        // After the erasing, so that what had to go is in no new copy.
        note("making the nightly copy", &self.copy(practice, now).await);
        note("clearing away old sessions", &self.sweep(now).await);
        note("emptying the write-ahead log", &self.db.truncate_log().await);
    }

    async fn check(&mut self, now: Timestamp) -> Result<()> {
        let every = if self.db.is_damaged() { CHECK_DAMAGED_EVERY } else { CHECK_EVERY };
        let last = *self.checked.get_or_insert(now);
        if now.duration_since(last).abs() < every {
            return Ok(());
        }
        self.check_now(now).await
    }

    async fn check_now(&mut self, now: Timestamp) -> Result<()> {
        self.checked = Some(now);
        self.db.check_whole().await
    }

    async fn look_at_clock(&self, now: Timestamp) -> Result<()> {
        if !regular::clock_is_to_be_noted(&mut *self.db.read().await?, now).await? {
            return Ok(());
        }
        let mut write = self.db.begin().await?;
        regular::look_at_clock(&mut write, now).await?;
        write.commit().await.context("noting the time")
    }

    async fn remind(&self, practice: &Practice, now: Timestamp) -> Result<()> {
        if !reminder::is_due(&mut *self.db.read().await?, practice, now).await? {
            return Ok(());
        }
        let mut write = self.db.begin().await?;
        let wake = reminder::remind(&mut write, practice, &self.base_url, now).await?;
        write.commit().await.context("storing the daily email")?;
        if wake {
            self.mail.notify_one();
        }
        Ok(())
    }

    async fn erase(&self, practice: &Practice, now: Timestamp) -> Result<()> {
        let last = regular::last(&mut *self.db.read().await?, Task::Retention).await?;
        if !regular::is_due(last, NIGHT_HOUR, &practice.time_zone(), now) {
            return Ok(());
        }
        let by = By { actor: Actor::System, request_id: None };
        retention::run(&self.db, &practice.retention, by, now).await?;
        let mut write = self.db.begin().await?;
        regular::note(&mut write, Task::Retention, now).await?;
        write.commit().await.context("noting that the erasing is done")
    }

    async fn list_erased(&self, practice: &Practice, now: Timestamp) -> Result<()> {
        let days = practice.retention.backup_days;
        erased::write_down(&self.db, &self.backup, days, now).await
    }

    async fn copy(&mut self, practice: &Practice, now: Timestamp) -> Result<()> {
        let zone = practice.time_zone();
        let mut conn = self.db.read().await?;
        let last = regular::last(&mut conn, Task::Backup).await?;
        let believed = regular::distrusted_until(&mut conn, now).await?.is_none();
        drop(conn);
        let tried = self.copy_tried.is_some_and(|tried| now.duration_since(tried).abs() < COPY_AGAIN);
        if tried || !regular::is_due(last, NIGHT_HOUR, &zone, now) {
            return Ok(());
        }
        self.copy_tried = Some(now);
        let days = practice.retention.backup_days;
        let today = now.to_zoned(zone).date();
        // First, since the new copy may need their room. A clock that is far ahead would take every copy for an old one.
        if believed {
            self.prune(days, today, now).await?;
        }
        let made = backup::nightly(&self.db, &self.backup, today).await?;
        // All of it is read, so once in a turn is enough. Where it is damaged, the copy is not noted as done: the log says
        // so again each hour.
        if self.checked != Some(now) {
            self.check_now(now).await?;
        }
        backup::note_nightly(&self.db, made, now).await?;
        self.copy_tried = None;
        Ok(())
    }

    /// What can't be deleted is only told. A disk that does not answer at all gets no new copy either.
    async fn prune(&self, days: u16, today: Date, now: Timestamp) -> Result<()> {
        let folder = self.backup.clone();
        let listing = spawn_blocking(move || old_copies::found(&folder));
        let listed =
            timeout(LONGEST_ANSWER, listing).await.context("the disk of the copies does not answer")?;
        let pruning = async {
            let places = (self.backup.as_path(), self.db.path());
            let days = old_copies::prune(listed??, places, days, today).await?;
            let folder = self.backup.clone();
            spawn_blocking(move || erased::forget_old(&folder, days, now)).await?
        };
        let pruned = timeout(LONGEST_PRUNING, pruning).await.context("reading them takes too long");
        note("deleting old copies", &pruned.and_then(|done| done));
        Ok(())
    }

    async fn sweep(&mut self, now: Timestamp) -> Result<()> {
        if self.swept.is_some_and(|swept| now.duration_since(swept).abs() < SWEEP_EVERY) {
            return Ok(());
        }
        let mut write = self.db.begin().await?;
        session::sweep(&mut write, now.as_millisecond()).await?;
        invitation::sweep(&mut write, now.as_millisecond()).await?;
        write.commit().await.context("clearing away what has run out")?;
        self.swept = Some(now);
        Ok(())
    }
}

fn note<T>(what: &str, outcome: &Result<T>) {
    if let Err(error) = outcome {
        tracing::error!("{what} failed: {error:#}");
    }
}
