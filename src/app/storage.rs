//! Everything that needs the data folder: database, keys, intake, outbox. It opens whole or not at all.

use std::fs::{self, DirBuilder};
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result};
use jiff::Timestamp;
use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;

use crate::config::Settings;
use crate::db::Db;
use crate::inquiry::{Senders, TokenKey, intake, notice};
use crate::mail::{MailSettings, Mailer};
use crate::outbox;
use crate::staff::hashing::Cost;
use crate::staff::{Doorkeeper, keys};
use crate::web::Desk;

/// Opened, but not yet at work.
pub struct Storage {
    desk: Desk,
    writer: intake::Writer,
    worker: outbox::Worker,
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
        Ok(Self { desk, writer, worker, setup_code: start.setup_code })
    }

    /// Puts writer and worker to work. Both end with what they are doing when the site has stopped.
    pub fn start(self, tasks: &mut JoinSet<()>, stopped: watch::Receiver<bool>) -> Desk {
        tasks.spawn(self.writer.run(super::until(stopped.clone())));
        tasks.spawn(self.worker.run(super::until(stopped)));
        self.desk
    }
}

/// Makes the data folder, for nobody else to look into.
///
/// # Errors
/// When it can't be made or written.
pub fn create(data: &Path) -> Result<()> {
    let whole = DirBuilder::new().recursive(true).mode(0o700).create(data);
    whole.with_context(|| format!("the data folder {} can't be made", data.display()))?;
    let probe = data.join(".writable");
    fs::write(&probe, b"")
        .and_then(|()| fs::remove_file(&probe))
        .with_context(|| format!("the data folder {} can't be written", data.display()))
}
