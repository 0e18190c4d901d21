//! Everything that needs the data folder: database, keys, intake, outbox. It opens whole or not at all.

use std::fs::{self, DirBuilder, Permissions};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use jiff::Timestamp;
use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::config::Settings;
use crate::db::Db;
use crate::inquiry::{Senders, TokenKey, intake, notice};
use crate::mail::{MailSettings, Mailer};
use crate::outbox;
use crate::staff::hashing::Cost;
use crate::staff::{Doorkeeper, keys};
use crate::web::{Desk, Web};

/// How long to wait before a storage that did not open is tried again; twice as long each time, up to the longest. A try
/// reads the whole database, and may copy it.
const TRY_AGAIN: Duration = Duration::from_secs(30);
const LONGEST_WAIT: Duration = Duration::from_mins(5);
/// The number of the user who may write anywhere.
const ROOT: u32 = 0;

/// Opened, but not yet at work.
pub struct Storage {
    pub desk: Desk,
    pub work: Work,
    /// There until the first account exists.
    pub setup_code: Option<String>,
}

impl Storage {
    /// Opens the database, makes the practice's key where there is none, and the form's.
    ///
    /// # Errors
    /// When the data folder can't be written, or what is in it can't be read.
    pub async fn open(settings: &Settings, mail: MailSettings, now: Timestamp) -> Result<Self> {
        create(&settings.data)?;
        let db = Db::open(&settings.data.join("practice.db")).await?;
        let door = Doorkeeper::new(Cost::STRONG);
        let start = keys::first_start(&db, &settings.data, &door.hashing, now.as_millisecond()).await?;
        let tokens = TokenKey::load(&settings.data)?;
        let mailer = Mailer::new(mail)?;
        let wake = Arc::new(Notify::new());
        let worker = outbox::Worker::new(db.clone(), mailer, notice::joined, wake.clone());
        let (intake, writer) = intake::open(db.clone(), start.public, &settings.base_url, wake.clone());
        let worker_lives = worker.heartbeat();
        let senders = Senders::default();
        let desk = Desk { db, intake, tokens, senders, worker: worker_lives, mail: wake, door };
        Ok(Self { desk, work: Work { writer, worker }, setup_code: start.setup_code })
    }
}

/// What goes on behind the desk: the storing and the mail.
pub struct Work {
    writer: intake::Writer,
    worker: outbox::Worker,
}

impl Work {
    /// Ends when the site has stopped, or when one of the two has. Mail need not wait for the last visitor: it goes out
    /// after the next start.
    async fn run(self, closed: watch::Receiver<bool>, stopped: watch::Receiver<bool>) {
        let mut tasks = JoinSet::new();
        tasks.spawn(self.writer.run(super::until(stopped)));
        tasks.spawn(self.worker.run(super::until(closed.clone())));
        while tasks.join_next().await.is_some() && *closed.borrow() {}
    }
}

/// Works with what was opened at the start; where that failed, tries again every now and then, so that a disk that
/// comes back needs nobody to restart the site.
pub async fn run(
    web: Arc<Web>,
    opened: Option<Work>,
    mail: MailSettings,
    closed: watch::Receiver<bool>,
    stopped: watch::Receiver<bool>,
) {
    let work = match opened {
        Some(work) => work,
        None => tokio::select! {
            work = reopened(&web, mail) => work,
            () = super::until(stopped.clone()) => return,
        },
    };
    work.run(closed, stopped).await;
}

async fn reopened(web: &Web, mail: MailSettings) -> Work {
    let mut wait = TRY_AGAIN;
    loop {
        sleep(wait).await;
        wait = LONGEST_WAIT.min(wait * 2);
        // The reason was logged at the start; the same line each time would bury the others.
        if let Ok(storage) = Storage::open(&web.settings, mail.clone(), web.now()).await {
            web.open(storage.desk);
            tracing::info!("storage is open, so requests are taken in again");
            return storage.work;
        }
    }
}

/// Makes the data folder, for nobody else to look into.
///
/// # Errors
/// When it can't be made or written.
pub fn create(data: &Path) -> Result<()> {
    let whole = DirBuilder::new().recursive(true).mode(0o700).create(data);
    whole.with_context(|| format!("the data folder {} can't be made", data.display()))?;
    keep_private(data)
        .with_context(|| format!("the data folder {} can't be made private", data.display()))?;
    let probe = data.join(".writable");
    let probed = fs::write(&probe, b"")
        .and_then(|()| fs::metadata(&probe))
        .and_then(|made| fs::remove_file(&probe).map(|()| made.uid()));
    let us = probed.with_context(|| format!("the data folder {} can't be written", data.display()))?;
    let owner = fs::metadata(data)?.uid();
    ensure!(
        us == owner || us != ROOT,
        "the data folder {} belongs to user {owner}: run this as that user, who could not open what root leaves there",
        data.display()
    );
    Ok(())
}

/// A folder that was there before may be open for others. One like /tmp, which is meant to be shared, is left alone.
fn keep_private(data: &Path) -> std::io::Result<()> {
    let mode = fs::metadata(data)?.permissions().mode();
    let is_shared = mode & 0o1000 != 0;
    if is_shared || mode & 0o077 == 0 {
        Ok(())
    } else {
        fs::set_permissions(data, Permissions::from_mode(0o700))
    }
}
