//! Sends what waits in the outbox, one email after another.
//!
//! Must never send inside a transaction, must never lose an email, and must not stop because of one.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use anyhow::{Context, Result};
use jiff::{SignedDuration, Timestamp};
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until, timeout};

use super::digest::{Digests, Held, MOST_LINES, Plan, Words};
use super::parcel::Parcel;
use super::queue::{self, Waiting};
use super::watch::Watch;
use crate::db::Db;
use crate::mail::{Affects, Email, Mailer, SendError};

/// The longest sleep, so that the heart beats and a clock that was changed is noticed.
const LONGEST_SLEEP: Duration = Duration::from_secs(60);
/// Between two looks: a crowd of requests must not wait while the outbox is looked through for each.
const BETWEEN_LOOKS: Duration = Duration::from_secs(1);
/// After trouble that meets every email; a longer rest would have new ones wait for a server that is back.
const BETWEEN_KNOCKS: SignedDuration = SignedDuration::from_mins(1);
/// The rest after trouble with the database.
const RECOVERY: Duration = Duration::from_secs(10);
/// How long an email that is being sent may take when the program stops.
const LAST_EMAIL: Duration = Duration::from_secs(5);
/// A worker that was not seen for this long is stuck: a turn is 30 seconds of sending and some of waiting for the disk.
const STALE_MS: u64 = 3 * 60 * 1000;

/// Only one may run for one database.
#[derive(Debug)]
pub struct Worker {
    db: Db,
    mailer: Arc<Mailer>,
    wake: Arc<Notify>,
    heartbeat: Arc<Heartbeat>,
    digests: Digests,
    /// What happened to an email but is not in the database yet. Nothing else is sent until it is, or a full disk
    /// would make the same email go out again and again.
    unrecorded: Option<Outcome>,
    watch: Watch,
    /// When the last attempt met trouble that meets every email.
    shut: Option<Timestamp>,
}

#[derive(Debug)]
struct Outcome {
    parcel: Parcel,
    result: Result<(), SendError>,
}

/// What one turn did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// The mail server has one email more.
    Accepted,
    /// One email failed and waits for its next attempt.
    Failed,
    /// Nothing is due before that time; or nothing waits at all.
    Idle { next_due: Option<Timestamp> },
}

/// When the worker was last seen.
#[derive(Debug)]
pub struct Heartbeat(AtomicI64);

impl Heartbeat {
    fn beat(&self, now: Timestamp) {
        self.0.store(now.as_millisecond(), Ordering::Relaxed);
    }

    /// Whether the worker took a turn in the last three minutes.
    pub fn is_fresh(&self, now: Timestamp) -> bool {
        now.as_millisecond().abs_diff(self.0.load(Ordering::Relaxed)) <= STALE_MS
    }
}

impl Worker {
    /// `words` writes digests. `wake` is notified by whoever has just put an email into the outbox and committed it.
    pub fn new(db: Db, mailer: Mailer, words: Words, wake: Arc<Notify>) -> Self {
        let heartbeat = Arc::new(Heartbeat(AtomicI64::new(i64::MIN)));
        Self {
            db,
            mailer: Arc::new(mailer),
            wake,
            heartbeat,
            digests: Digests::new(words),
            unrecorded: None,
            watch: Watch::default(),
            shut: None,
        }
    }

    pub fn heartbeat(&self) -> Arc<Heartbeat> {
        Arc::clone(&self.heartbeat)
    }

    /// Runs until `shutdown` is ready; an email that is being sent then gets a few seconds more.
    pub async fn run(mut self, shutdown: impl Future<Output = ()>) {
        let mut shutdown = pin!(shutdown);
        let wake = Arc::clone(&self.wake);
        loop {
            // Registered before looking for work, so that an email put in meanwhile is not overslept.
            let mut woken = pin!(wake.notified());
            woken.as_mut().enable();
            let looked = Instant::now();
            let rest = {
                let mut turn = pin!(self.turn());
                tokio::select! {
                    rest = &mut turn => rest,
                    () = &mut shutdown => {
                        let _ = timeout(LAST_EMAIL, turn).await;
                        return;
                    }
                }
            };
            tokio::select! {
                () = &mut shutdown => return,
                () = woken => sleep_until(looked + BETWEEN_LOOKS).await,
                () = sleep(rest) => {}
            }
        }
    }

    /// One step, and how long to rest after it.
    async fn turn(&mut self) -> Duration {
        let now = Timestamp::now();
        let rest = match self.step(now).await {
            Ok(Step::Accepted | Step::Failed) => return Duration::ZERO,
            Ok(Step::Idle { next_due: None }) => LONGEST_SLEEP,
            Ok(Step::Idle { next_due: Some(due) }) => {
                let until_then = Duration::try_from(due.duration_since(now)).unwrap_or_default();
                until_then.clamp(BETWEEN_LOOKS, LONGEST_SLEEP)
            }
            Err(error) => {
                tracing::error!(error = format!("{error:#}"), "the outbox can't be read or written");
                return RECOVERY;
            }
        };
        if let Err(error) = self.watch(now).await {
            tracing::error!(error = format!("{error:#}"), "whether emails get through can't be looked at");
        }
        rest
    }

    /// Looks whether emails get through; where nothing has gone out for a day, by walking their way without one. Only
    /// while there is nothing to send.
    ///
    /// # Errors
    /// When the database can't be read or written.
    pub async fn watch(&mut self, now: Timestamp) -> Result<()> {
        self.watch.look(&self.db, &self.mailer, now).await
    }

    /// Sends at most one email. Repeat until it is idle to drain everything that is due at `now`.
    ///
    /// # Errors
    /// When the database can't be read or written. What is known about an email is kept and written next time.
    pub async fn step(&mut self, now: Timestamp) -> Result<Step> {
        self.heartbeat.beat(now);
        self.record(now).await?;
        let held = self.digests.held(now);
        if let Err(error) = self.postpone(&held, now).await {
            // They are left out below all the same, and the others need not wait for a disk that is full.
            tracing::error!(
                error = format!("{error:#}"),
                "that emails wait for a digest can't be written down"
            );
        }
        let Some(parcel) = self.next(&held, now).await? else {
            let next_due = queue::next_due(&mut *self.db.read().await?, now).await?;
            return Ok(Step::Idle { next_due });
        };
        if let Err(error) = self.pack(&parcel).await {
            // A full disk is no reason to keep back what was stored while there was room.
            tracing::error!(error = format!("{error:#}"), "an email may come again under another Message-ID");
        }
        let result = self.send(&parcel.email, now).await;
        let step = if result.is_ok() { Step::Accepted } else { Step::Failed };
        if let (Ok(()), Some(topic)) = (&result, &parcel.topic) {
            self.digests.note(topic, parcel.joined, now);
        }
        self.unrecorded = Some(Outcome { parcel, result });
        self.record(now).await?;
        Ok(step)
    }

    /// Writes down what waits for its next digest, so that nobody takes the waiting for trouble.
    async fn postpone(&self, held: &[Held], now: Timestamp) -> Result<()> {
        for Held { topic, until } in held {
            let mut write = self.db.begin().await?;
            queue::postpone(&mut write, topic, *until, now).await?;
            write.commit().await.context("the outbox can't be written")?;
        }
        Ok(())
    }

    /// What is to be sent now. No connection stays open with it: few can read.
    async fn next(&mut self, held: &[Held], now: Timestamp) -> Result<Option<Parcel>> {
        let held: Vec<&str> = held.iter().map(|held| held.topic.as_str()).collect();
        let tried = self.shut.is_some_and(|shut| (shut..shut + BETWEEN_KNOCKS).contains(&now));
        let mut conn = self.db.read().await?;
        let Some(first) = queue::due_except(&mut conn, &held, tried, now).await? else { return Ok(None) };
        let Some(topic) = first.topic.clone() else { return Ok(Some(Parcel::single(first, false))) };
        if let Some(message_id) = first.parcel.clone() {
            let rows = queue::of_parcel(&mut conn, &message_id).await?;
            return Ok(Some(self.again(topic, message_id, first, &rows)));
        }
        let rows = queue::due_of(&mut conn, &topic, MOST_LINES, now).await?;
        drop(conn);
        Ok(Some(match self.digests.plan(&topic, rows.len(), now) {
            Plan::OneByOne => Parcel::single(first, false),
            Plan::Join => self.joined(topic, first, &rows),
        }))
    }

    /// Only what has a topic could go out joined with others the next time, and so under another Message-ID.
    async fn pack(&self, parcel: &Parcel) -> Result<()> {
        if parcel.packed || parcel.topic.is_none() {
            return Ok(());
        }
        let mut write = self.db.begin().await?;
        queue::pack(&mut write, &parcel.ids, &parcel.email.message_id).await?;
        write.commit().await.context("the outbox can't be written")
    }

    /// What was tried before, as it was: whether the server took it may be unknown.
    fn again(&self, topic: String, message_id: String, first: Waiting, rows: &[Waiting]) -> Parcel {
        let mut parcel = match rows.len() {
            0 | 1 => Parcel::single(first, false),
            _ => self.joined(topic, first, rows),
        };
        parcel.email.message_id = message_id;
        parcel.packed = true;
        parcel
    }

    fn joined(&self, topic: String, first: Waiting, rows: &[Waiting]) -> Parcel {
        if rows.len() < 2 {
            return Parcel::single(first, true);
        }
        match self.digests.join(&topic, rows) {
            Ok(email) => Parcel {
                email,
                ids: rows.iter().map(|row| row.id).collect(),
                attempts: first.attempts,
                topic: Some(topic),
                joined: true,
                packed: false,
            },
            Err(error) => {
                tracing::error!(error = format!("{error:#}"), "emails go one by one");
                Parcel::single(first, false)
            }
        }
    }

    /// In a task of its own, so that a panic ends this attempt and nothing else.
    async fn send(&self, email: &Email, now: Timestamp) -> Result<(), SendError> {
        let mailer = Arc::clone(&self.mailer);
        let email = email.clone();
        // A set aborts its task when it is dropped, as it is when the program stops.
        let mut task = JoinSet::new();
        task.spawn(async move { mailer.send(&email, now).await });
        match task.join_next().await {
            Some(Ok(result)) => result,
            Some(Err(_)) | None => {
                Err(SendError::transient("the program failed while sending", Affects::ThisEmail))
            }
        }
    }

    /// Writes down the outcome that is not written down yet, if there is one.
    async fn record(&mut self, now: Timestamp) -> Result<()> {
        let Some(Outcome { parcel, result }) = &self.unrecorded else { return Ok(()) };
        let mut write = self.db.begin().await?;
        match result {
            Ok(()) => queue::accepted(&mut write, &parcel.ids, now).await?,
            Err(error) => {
                queue::failed(&mut write, &parcel.ids, error, now).await?;
                // Such trouble comes before the text, so what was never tried before may still be joined with others.
                if !parcel.packed && error.affects() == Affects::EveryEmail {
                    queue::unpack(&mut write, &parcel.ids).await?;
                }
            }
        }
        write.commit().await.context("the outbox can't be written")?;
        parcel.log(result);
        self.shut = result.as_ref().is_err_and(|error| error.affects() == Affects::EveryEmail).then_some(now);
        self.unrecorded = None;
        Ok(())
    }
}
