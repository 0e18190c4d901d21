//! Emails to the practice about the site itself: somebody guesses passwords, somebody opens very many requests, no copy
//! was made, nothing can be stored. Constant words, and each at most so often.
//!
//! They go through the outbox, but for the last one: what can't be stored goes straight to the mail server.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use askama::Template;
use jiff::{SignedDuration, Timestamp};
use sqlx::SqliteConnection;
use tokio::sync::watch;
use tokio::time::sleep;

use crate::audit::{self, Actor, By, Entry, Outcome};
use crate::content::Practice;
use crate::inquiry::ledger;
use crate::inquiry::regular::{self, Task};
use crate::mail::{Email, Mailer};
use crate::outbox;
use crate::web::health::{self, Trouble};
use crate::web::{Desk, Web};

const LOOK_EVERY: Duration = Duration::from_secs(60);
/// A busy minute is no reason to write.
const PATIENCE: SignedDuration = SignedDuration::from_mins(5);
const SEND_AGAIN: SignedDuration = SignedDuration::from_mins(10);
const REMIND: SignedDuration = SignedDuration::from_hours(24);
/// One night and two hours more.
const COPY_WITHIN: SignedDuration = SignedDuration::from_hours(26);
/// A program that was just started may still have to wait for the hour when copies are made.
const COPY_GRACE: SignedDuration = SignedDuration::from_hours(4);

/// What goes through the outbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Alert {
    FailedSignIns,
    ManyOpened,
    NoCopy,
}

#[derive(Template)]
#[template(path = "email/failed_sign_ins.txt", whitespace = "preserve")]
struct FailedSignIns<'a> {
    base_url: &'a str,
}

#[derive(Template)]
#[template(path = "email/many_opened.txt", whitespace = "preserve")]
struct ManyOpened<'a> {
    base_url: &'a str,
}

#[derive(Template)]
#[template(path = "email/no_copy.txt", whitespace = "preserve")]
struct NoCopy<'a> {
    base_url: &'a str,
    backup_days: u16,
}

#[derive(Template)]
#[template(path = "email/needs_a_look.txt", whitespace = "preserve")]
struct NeedsALook<'a> {
    base_url: &'a str,
    /// Only emails are not sent.
    takes_requests: bool,
}

impl Alert {
    fn subject(self) -> &'static str {
        match self {
            Self::FailedSignIns => "Many failed sign-ins",
            Self::ManyOpened => "Many requests opened",
            Self::NoCopy => "No copy for 26 hours",
        }
    }

    fn text(self, base_url: &str, practice: &Practice) -> Result<String> {
        let backup_days = practice.retention.backup_days;
        Ok(match self {
            Self::FailedSignIns => FailedSignIns { base_url }.render(),
            Self::ManyOpened => ManyOpened { base_url }.render(),
            Self::NoCopy => NoCopy { base_url, backup_days }.render(),
        }?)
    }

    fn task(self) -> Task {
        match self {
            Self::FailedSignIns => Task::ToldOfFailedSignIns,
            Self::ManyOpened => Task::ToldOfManyOpened,
            Self::NoCopy => Task::ToldOfNoCopy,
        }
    }

    /// How long it stays the only one of its kind.
    fn rests(self) -> SignedDuration {
        match self {
            Self::ManyOpened => SignedDuration::from_hours(1),
            Self::FailedSignIns | Self::NoCopy => SignedDuration::from_hours(24),
        }
    }
}

/// Looks until the site stops.
pub async fn run(web: Arc<Web>, mailer: Mailer, stopped: watch::Receiver<bool>) {
    let mut alerts = Alerts::new(mailer, web.now());
    let look = async {
        loop {
            sleep(LOOK_EVERY).await;
            alerts.turn(&web).await;
        }
    };
    tokio::select! {
        () = super::until(stopped) => {}
        () = look => {}
    }
}

/// What was noticed so far.
pub struct Alerts {
    /// For what can't go through the outbox.
    mailer: Mailer,
    started: Timestamp,
    /// Somebody guesses, and the practice does not know yet.
    guessed: bool,
    down: Option<Down>,
}

/// The site is not ready.
#[derive(Clone, Copy)]
struct Down {
    since: Timestamp,
    tried: Option<Timestamp>,
    told: Option<Timestamp>,
    /// It is not the form that does not work.
    takes_requests: bool,
}

impl Alerts {
    pub fn new(mailer: Mailer, now: Timestamp) -> Self {
        Self { mailer, started: now, guessed: false, down: None }
    }

    /// Looks once at everything. What fails is logged and left for the next look.
    pub async fn turn(&mut self, web: &Web) {
        let now = web.now();
        let trouble = health::trouble(web).await;
        let takes_requests = matches!(trouble, None | Some(Trouble::WorkerStuck));
        match trouble {
            None => self.down = None,
            Some(_) => self.tell_directly(web, takes_requests, now).await,
        }
        if let (true, Some(desk)) = (takes_requests, web.desk())
            && let Err(error) = self.look(web, desk, now).await
        {
            tracing::error!("the practice can't be told of something odd: {error:#}");
        }
    }

    async fn look(&mut self, web: &Web, desk: &Desk, now: Timestamp) -> Result<()> {
        self.guessed |= desk.door.throttle.take_alarm();
        if self.guessed {
            raise(web, desk, Alert::FailedSignIns, now).await?;
            self.guessed = false;
        }
        if ledger::opened_many(&mut *desk.db.read().await?, now).await? {
            raise(web, desk, Alert::ManyOpened, now).await?;
        }
        let runs = now.duration_since(self.started).abs() >= COPY_GRACE;
        if runs && copy_is_late(&mut *desk.db.read().await?, now).await? {
            raise(web, desk, Alert::NoCopy, now).await?;
        }
        Ok(())
    }

    async fn tell_directly(&mut self, web: &Web, takes_requests: bool, now: Timestamp) {
        // That the form turns people away is worth another email.
        self.down = self.down.take().filter(|down| takes_requests || !down.takes_requests);
        let down = self.down.get_or_insert(Down { since: now, tried: None, told: None, takes_requests });
        let passed = |at: Timestamp, wait| now.duration_since(at).abs() >= wait;
        let is_told = down.told.is_some_and(|told| !passed(told, REMIND));
        if is_told || !passed(down.since, PATIENCE) || down.tried.is_some_and(|at| !passed(at, SEND_AGAIN)) {
            return;
        }
        down.tried = Some(now);
        let page = NeedsALook { base_url: &web.settings.base_url, takes_requests };
        let Ok(text) = page.render() else { return };
        let message_id = format!("needs-a-look-{}", down.told.unwrap_or(down.since).as_millisecond());
        let email = Email { subject: "The site needs a look".to_owned(), text, message_id };
        match self.mailer.send(&email, now).await {
            Ok(()) => {
                down.told = Some(now);
                tracing::warn!("the site is not ready, and the practice was told");
            }
            Err(error) => {
                let reply = error.reply();
                tracing::error!(reply, "the site is not ready, and the practice can't be told");
            }
        }
    }
}

/// Whether no copy was made for long; nothing is said where there was nothing to copy, or the clock can't be trusted.
async fn copy_is_late(conn: &mut SqliteConnection, now: Timestamp) -> Result<bool> {
    if regular::distrusted_until(conn, now).await?.is_some() {
        return Ok(false);
    }
    let since = match regular::last(conn, Task::Backup).await? {
        Some(last) => Some(last),
        None => regular::first_row(conn).await?,
    };
    Ok(since.is_some_and(|since| now.duration_since(since) > COPY_WITHIN))
}

async fn raise(web: &Web, desk: &Desk, alert: Alert, now: Timestamp) -> Result<()> {
    let last = regular::last(&mut *desk.db.read().await?, alert.task()).await?;
    if last.is_some_and(|last| now.duration_since(last).abs() < alert.rests()) {
        return Ok(());
    }
    let text = alert.text(&web.settings.base_url, &web.current.load().content().practice)?;
    let by = By { actor: Actor::System, request_id: None };
    let detail = Some(alert.subject());
    let entry = Entry { by, event: "alert", target: None, outcome: Outcome::Done, detail };
    let mut write = desk.db.begin().await?;
    outbox::enqueue(&mut write, alert.subject(), &text, now).await?;
    regular::note(&mut write, alert.task(), now).await?;
    audit::record(&mut write, entry, now.as_millisecond()).await?;
    write.commit().await.context("storing an alert")?;
    tracing::warn!("the practice is told: {}", alert.subject());
    desk.mail.notify_one();
    Ok(())
}
