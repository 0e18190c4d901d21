//! The one way into the database for a request: sealed first, then stored together with its email, then acknowledged.
//!
//! A single task does all the writing. It takes every submission that is waiting into one transaction, so that many
//! senders share one wait for the disk; nobody is told "received" before that wait is over.

use std::pin::pin;
use std::sync::Arc;

use anyhow::{Context, Result, anyhow, bail};
use arc_swap::ArcSwap;
use sqlx::SqliteConnection;
use tokio::sync::{Notify, mpsc, oneshot};

use super::answers::Answers;
use super::notice::{self, NewRequest};
use super::reference::Reference;
use super::store::{self, NewRow, Promise};
use super::suspicion::Suspicion;
use crate::content::Practice;
use crate::db::Db;
use crate::outbox::{self, Joinable};
use crate::seal::{self, PublicKey};
use crate::staff::keys;

/// How many submissions may wait for the disk before further ones wait for a place.
const QUEUE: usize = 1_024;
/// How many share one transaction.
const BATCH: usize = 256;

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
    queue: mpsc::Sender<Waiting>,
    key: Arc<ArcSwap<PublicKey>>,
    base_url: Arc<str>,
}

/// The other end, which does the storing.
pub struct Writer {
    db: Db,
    queue: mpsc::Receiver<Waiting>,
    key: Arc<ArcSwap<PublicKey>>,
    /// Wakes the outbox worker.
    mail: Arc<Notify>,
}

struct Waiting {
    submission: Submission,
    email: NewRequest,
    base_url: Arc<str>,
    sealed: Sealed,
    answer: oneshot::Sender<Result<Receipt>>,
}

/// Answers that only the practice can read, with what is bound to them.
struct Sealed {
    reference: Reference,
    key: Arc<PublicKey>,
    bytes: Vec<u8>,
}

impl Sealed {
    fn new(answers: &Answers, key: Arc<PublicKey>) -> Result<Self> {
        let reference = Reference::random()?;
        let bytes = seal::seal(&key, reference.as_str(), &answers.to_json()?)?;
        Ok(Self { reference, key, bytes })
    }
}

/// Makes both ends. `key` is the practice's key as it is now.
pub fn open(db: Db, key: PublicKey, base_url: &str, mail: Arc<Notify>) -> (Intake, Writer) {
    let (sender, receiver) = mpsc::channel(QUEUE);
    let key = Arc::new(ArcSwap::from_pointee(key));
    let intake = Intake { queue: sender, key: key.clone(), base_url: base_url.into() };
    (intake, Writer { db, queue: receiver, key, mail })
}

impl Intake {
    /// Seals a request, stores it, and returns when it is on disk.
    ///
    /// # Errors
    /// When it could not be stored. Sending it again is harmless then and later.
    pub async fn submit(&self, submission: Submission, practice: &Practice) -> Result<Receipt> {
        let sealed = Sealed::new(&submission.answers, self.key.load_full())?;
        let (answer, receipt) = oneshot::channel();
        let email = NewRequest::of(submission.promise, practice);
        let waiting = Waiting { submission, email, base_url: self.base_url.clone(), sealed, answer };
        self.queue.send(waiting).await.map_err(|_| anyhow!("the writing task has ended"))?;
        receipt.await.context("the writing task gave no answer")?
    }
}

impl Writer {
    /// Stores what comes in until `stop` is ready, and what is waiting then.
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

    /// All together first; where that fails, each alone, so that one bad row fails alone.
    async fn turn(&self, mut batch: Vec<Waiting>) {
        match self.store(&mut batch).await {
            Ok(receipts) => {
                for (waiting, receipt) in batch.into_iter().zip(receipts) {
                    // Who has gone away meanwhile is stored all the same.
                    let _ = waiting.answer.send(Ok(receipt));
                }
            }
            Err(error) if batch.len() == 1 => {
                for waiting in batch {
                    let _ = waiting.answer.send(Err(anyhow!("{error:#}")));
                }
            }
            Err(_) => {
                for waiting in batch {
                    Box::pin(self.turn(vec![waiting])).await;
                }
            }
        }
    }

    /// One transaction. Nothing of it stands where it returns an error.
    async fn store(&self, batch: &mut [Waiting]) -> Result<Vec<Receipt>> {
        let mut write = self.db.begin().await?;
        let current = self.current_key(&mut write).await?;
        let mut receipts = Vec::with_capacity(batch.len());
        for waiting in &mut *batch {
            receipts.push(store_one(&mut write, waiting, &current).await?);
        }
        write.commit().await.context("the commit failed")?;
        if receipts.iter().any(|receipt| receipt.is_new) {
            self.mail.notify_one();
        }
        Ok(receipts)
    }

    /// The command line changes the key while the server runs; what was sealed to an older one is sealed again.
    async fn current_key(&self, write: &mut SqliteConnection) -> Result<Arc<PublicKey>> {
        let stored = keys::current(write).await?;
        let known = self.key.load_full();
        if known.key_id() == stored.key_id() {
            return Ok(known);
        }
        let stored = Arc::new(stored);
        self.key.store(stored.clone());
        Ok(stored)
    }
}

async fn store_one(
    write: &mut SqliteConnection,
    waiting: &mut Waiting,
    current: &Arc<PublicKey>,
) -> Result<Receipt> {
    if waiting.sealed.key.key_id() != current.key_id() {
        waiting.sealed = Sealed::new(&waiting.submission.answers, current.clone())?;
    }
    // A second turn only where a random reference was taken already.
    for _ in 0..8 {
        if insert(write, waiting).await? {
            return Ok(Receipt { reference: waiting.sealed.reference.clone(), is_new: true });
        }
        if let Some(reference) = store::sent_before(write, &waiting.submission.submission_key).await? {
            return Ok(Receipt { reference, is_new: false });
        }
        waiting.sealed = Sealed::new(&waiting.submission.answers, current.clone())?;
    }
    bail!("no free reference was found")
}

async fn insert(write: &mut SqliteConnection, waiting: &Waiting) -> Result<bool> {
    let Waiting { submission, sealed, .. } = waiting;
    let Submission { submission_key, suspicion, promise, .. } = submission;
    let suspicion = suspicion.to_string();
    let row = NewRow {
        reference: &sealed.reference,
        submission_key,
        reply_by: promise.reply_by,
        suspicion: &suspicion,
        sealed: &sealed.bytes,
    };
    let is_new = store::insert(write, &row, promise.received).await?;
    if is_new && suspicion.is_empty() {
        let notice = waiting.email.notice(&sealed.reference, &waiting.base_url)?;
        let joins = Joinable { topic: notice::TOPIC, line: &notice.line, about: sealed.reference.as_str() };
        outbox::enqueue_joinable(write, &notice.subject, &notice.text, joins, promise.received).await?;
    }
    Ok(is_new)
}
