//! A batch of requests in one transaction: the inquiries, their first events, and the emails about them.

use std::sync::Arc;

use anyhow::{Result, bail};
use sqlx::SqliteConnection;
use tokio::sync::oneshot;

use super::{Receipt, Submission};
use crate::inquiry::answers::Answers;
use crate::inquiry::notice::{self, NewRequest, Notice};
use crate::inquiry::reference::Reference;
use crate::inquiry::store::{self, NewRow, Stored};
use crate::outbox::{self, Joinable};
use crate::seal::{self, PublicKey};

/// A submission on its way to the writing task, and who waits for the answer.
pub(super) struct Queued {
    pub(super) submission: Submission,
    /// Blank for none.
    pub(super) suspicion: String,
    pub(super) words: NewRequest,
    pub(super) base_url: Arc<str>,
    pub(super) sealed: Sealed,
    pub(super) answer: oneshot::Sender<Result<Receipt>>,
}

/// Answers that only the practice can read, with what is bound to their reference.
pub(super) struct Sealed {
    reference: Reference,
    key: Arc<PublicKey>,
    bytes: Vec<u8>,
    notice: Notice,
}

impl Sealed {
    pub(super) fn new(
        answers: &Answers,
        key: Arc<PublicKey>,
        words: &NewRequest,
        base_url: &str,
    ) -> Result<Self> {
        let reference = Reference::random()?;
        let bytes = seal::seal(&key, reference.as_str(), &answers.to_json()?)?;
        let notice = words.notice(&reference, base_url)?;
        Ok(Self { reference, key, bytes, notice })
    }
}

/// Stores all of them, each with its first event and its email, and says under which reference.
///
/// # Errors
/// When one of them can't be written; then none may be committed.
pub(super) async fn store_all(
    write: &mut SqliteConnection,
    batch: &mut [Queued],
    current: &Arc<PublicKey>,
) -> Result<Vec<Receipt>> {
    for queued in batch.iter_mut().filter(|queued| queued.sealed.key != *current) {
        queued.seal_again(current)?;
    }
    let rows: Vec<NewRow> = batch.iter().map(Queued::row).collect();
    let stored = store::insert(write, &rows).await?;
    let mut receipts = Vec::with_capacity(batch.len());
    for (queued, stored) in batch.iter_mut().zip(stored) {
        let stored = match stored {
            Stored::ReferenceTaken => store_under_another(write, queued, current).await?,
            stored => stored,
        };
        receipts.push(match stored {
            Stored::Before(reference) => Receipt { reference, is_new: false },
            _ => Receipt { reference: queued.sealed.reference.clone(), is_new: true },
        });
    }
    let new =
        batch.iter().zip(&receipts).filter(|(queued, receipt)| receipt.is_new && queued.suspicion.is_empty());
    let notices: Vec<Joinable> = new.map(|(queued, _)| queued.notice()).collect();
    outbox::enqueue_joinable(write, &notices).await?;
    Ok(receipts)
}

async fn store_under_another(
    write: &mut SqliteConnection,
    queued: &mut Queued,
    current: &Arc<PublicKey>,
) -> Result<Stored> {
    for _ in 0..8 {
        queued.seal_again(current)?;
        match store::insert(write, &[queued.row()]).await?.pop() {
            Some(Stored::ReferenceTaken) | None => {}
            Some(stored) => return Ok(stored),
        }
    }
    bail!("no free reference was found")
}

impl Queued {
    /// To another key or under another reference.
    fn seal_again(&mut self, key: &Arc<PublicKey>) -> Result<()> {
        self.sealed = Sealed::new(&self.submission.answers, key.clone(), &self.words, &self.base_url)?;
        Ok(())
    }

    fn row(&self) -> NewRow<'_> {
        NewRow {
            reference: &self.sealed.reference,
            submission_key: &self.submission.submission_key,
            promise: self.submission.promise,
            suspicion: &self.suspicion,
            sealed: &self.sealed.bytes,
        }
    }

    fn notice(&self) -> Joinable<'_> {
        let Notice { subject, text, line } = &self.sealed.notice;
        Joinable {
            subject,
            body: text,
            topic: notice::TOPIC,
            line,
            about: self.sealed.reference.as_str(),
            at: self.submission.promise.received,
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;
    use crate::inquiry::fixture::{Inbox, answers, at};
    use crate::inquiry::store::Promise;
    use crate::inquiry::suspicion::Suspicion;

    fn queued(inbox: &Inbox, number: u8, like: Option<&Queued>) -> Queued {
        let submission = Submission {
            answers: answers(&format!("Sam {number}")),
            submission_key: [number; 32],
            suspicion: Suspicion::default(),
            promise: Promise { received: at(0), reply_by: at(0) + SignedDuration::from_hours(24) },
        };
        let words = NewRequest::of(submission.promise, &inbox.practice);
        let base_url: Arc<str> = "https://practice.example".into();
        let key = Arc::new(inbox.key.public());
        let mut sealed = Sealed::new(&submission.answers, key, &words, &base_url).expect("seals");
        if let Some(like) = like {
            sealed.reference = like.sealed.reference.clone();
        }
        let (answer, _) = oneshot::channel();
        Queued { submission, suspicion: String::new(), words, base_url, sealed, answer }
    }

    #[tokio::test]
    async fn seal_03_whose_reference_is_taken_is_sealed_stored_and_told_of_under_another() {
        let inbox = Inbox::new().await;
        let first = queued(&inbox, 1, None);
        let second = queued(&inbox, 2, Some(&first));
        let mut batch = [first, second];
        let mut write = inbox.db.begin().await.expect("begins");
        let key = Arc::new(inbox.key.public());
        let receipts = store_all(&mut write, &mut batch, &key).await.expect("stores");
        assert_ne!(receipts[0].reference, receipts[1].reference);
        for (number, receipt) in (1..).zip(&receipts) {
            assert!(receipt.is_new);
            let (sealed, emails): (Vec<u8>, i64) = sqlx::query_as(
                "SELECT answers, (SELECT count(*) FROM outbox WHERE about = reference) FROM inquiries WHERE reference = ?",
            )
            .bind(receipt.reference.as_str())
            .fetch_one(&mut *write)
            .await
            .expect("stored");
            let opened = seal::open(&inbox.key, receipt.reference.as_str(), &sealed).expect("opens");
            assert!(String::from_utf8_lossy(&opened).contains(&format!("Sam {number}")));
            assert_eq!(emails, 1);
        }
    }
}
