//! The one way into the database for a request: sealed first, then stored together with its email, then acknowledged.
//!
//! A single task does all the writing. It takes every submission that is queued into one transaction, so that many
//! senders share one wait for the disk; nobody is told "received" before that wait is over.

mod batch;

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use arc_swap::ArcSwap;
use batch::{Queued, Sealed, store_all};
use sqlx::SqliteConnection;
use tokio::sync::{Notify, mpsc, oneshot};
use tokio::time::timeout;

use super::answers::Answers;
use super::notice::NewRequest;
use super::reference::Reference;
use super::store::Promise;
use super::suspicion::Suspicion;
use crate::content::Practice;
use crate::db::Db;
use crate::seal::PublicKey;
use crate::staff::keys;

/// How many submissions may wait for the disk before further ones wait for a place.
const QUEUE: usize = 1_024;
/// How many share one transaction.
const BATCH: usize = 256;
/// A sender is told after this long that it did not work. Sending again is harmless, even if it is stored after all.
const LONGEST_WAIT: Duration = Duration::from_secs(15);

/// A request that passed the check, on its way into the database.
#[derive(Clone)]
pub struct Submission {
    pub answers: Answers,
    /// From `Answers::submission_key`.
    pub submission_key: [u8; 32],
    pub suspicion: Suspicion,
    pub promise: Promise,
}

/// The request is on disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    pub reference: Reference,
    /// False where the same answers had been stored before.
    pub is_new: bool,
}

/// Hands submissions to the writing task. Cloning it clones a handle.
#[derive(Clone)]
pub struct Intake {
    queue: mpsc::Sender<Queued>,
    key: Arc<ArcSwap<PublicKey>>,
    base_url: Arc<str>,
}

/// The other end, which does the storing.
pub struct Writer {
    db: Db,
    queue: mpsc::Receiver<Queued>,
    key: Arc<ArcSwap<PublicKey>>,
    /// Wakes the outbox worker.
    mail: Arc<Notify>,
}

/// Why a batch was not stored.
enum Failed {
    /// This row could not be written; the others might be, without it.
    Row(anyhow::Error),
    /// The database or the disk, whatever is written.
    All(anyhow::Error),
}

/// Makes both ends. `key` is the practice's key as it is now.
pub fn open(db: Db, key: PublicKey, base_url: &str, mail: Arc<Notify>) -> (Intake, Writer) {
    let (sender, receiver) = mpsc::channel(QUEUE);
    let key = Arc::new(ArcSwap::from_pointee(key.for_many()));
    let intake = Intake { queue: sender, key: key.clone(), base_url: base_url.into() };
    (intake, Writer { db, queue: receiver, key, mail })
}

impl Intake {
    /// Seals a request, stores it, and returns when it is on disk.
    ///
    /// # Errors
    /// When it could not be stored. Sending it again is harmless then and later.
    pub async fn submit(&self, submission: Submission, practice: &Practice) -> Result<Receipt> {
        let words = NewRequest::of(submission.promise, practice);
        let sealed = Sealed::new(&submission.answers, self.key.load_full(), &words, &self.base_url)?;
        let (answer, receipt) = oneshot::channel();
        let suspicion = submission.suspicion.to_string();
        let queued = Queued { submission, suspicion, words, base_url: self.base_url.clone(), sealed, answer };
        let stored = async {
            self.queue.send(queued).await.map_err(|_| anyhow!("the writing task has ended"))?;
            receipt.await.context("the writing task gave no answer")?
        };
        timeout(LONGEST_WAIT, stored).await.context("the disk took too long")?
    }
}

impl Writer {
    /// Stores what comes in until `stop` is ready, and what is queued then.
    pub async fn run(mut self, stop: impl Future<Output = ()>) {
        let mut stop = pin!(stop);
        loop {
            let next = tokio::select! {
                biased;
                next = self.queue.recv() => next,
                () = &mut stop => return,
            };
            let Some(first) = next else { return };
            let mut batch = vec![first];
            while batch.len() < BATCH
                && let Ok(next) = self.queue.try_recv()
            {
                batch.push(next);
            }
            self.turn(batch).await;
        }
    }

    /// All together first; where one of them can't be written, each alone, so that it fails alone.
    async fn turn(&self, mut batch: Vec<Queued>) {
        match self.store(&mut batch).await {
            Ok(receipts) => {
                for (queued, receipt) in batch.into_iter().zip(receipts) {
                    // Who has gone away meanwhile is stored all the same.
                    let _ = queued.answer.send(Ok(receipt));
                }
            }
            Err(Failed::Row(_)) if batch.len() > 1 => {
                for queued in batch {
                    Box::pin(self.turn(vec![queued])).await;
                }
            }
            Err(Failed::Row(error) | Failed::All(error)) => {
                for queued in batch {
                    let _ = queued.answer.send(Err(anyhow!("{error:#}")));
                }
            }
        }
    }

    /// One transaction. Nothing of it stands where it returns an error.
    async fn store(&self, batch: &mut [Queued]) -> Result<Vec<Receipt>, Failed> {
        self.db.check_room().map_err(Failed::All)?;
        let mut write = self.db.begin().await.map_err(Failed::All)?;
        let current = self.current_key(&mut write).await.map_err(Failed::All)?;
        let receipts = store_all(&mut write, batch, &current).await.map_err(Failed::Row)?;
        write.commit().await.context("the commit failed").map_err(Failed::All)?;
        if receipts.iter().any(|receipt| receipt.is_new) {
            self.mail.notify_one();
        }
        Ok(receipts)
    }

    /// The command line changes the key while the server runs; what was sealed to an older one is sealed again.
    async fn current_key(&self, write: &mut SqliteConnection) -> Result<Arc<PublicKey>> {
        let stored = keys::current(write).await?;
        let known = self.key.load_full();
        if *known == stored {
            return Ok(known);
        }
        let stored = Arc::new(stored.for_many());
        self.key.store(stored.clone());
        Ok(stored)
    }
}
