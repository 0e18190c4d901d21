//! An inbox for tests of what leaves it: reminders, exports, erasing.

use std::path::PathBuf;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use practice_site::app::housekeeping::Housekeeping;
use practice_site::audit::{self, Actor, By, Row, Which};
use practice_site::content::Practice;
use practice_site::db::Db;
use practice_site::inquiry::answers::{Answers, LookingFor, Way};
use practice_site::inquiry::store::{self, NewRow, Promise, Stored};
use practice_site::inquiry::{Reference, notice};
use practice_site::outbox::{self, Joinable};
use practice_site::seal::{self, PrivateKey};
use tempfile::TempDir;
use tokio::sync::Notify;

pub const SYSTEM: By<'static> = By { actor: Actor::System, request_id: None };

pub struct Inbox {
    pub folder: TempDir,
    pub db: Db,
    pub key: PrivateKey,
    pub practice: Practice,
}

pub fn at(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

pub fn days(count: i64) -> SignedDuration {
    SignedDuration::from_hours(24 * count)
}

/// Somebody plainly made up who may be written to.
pub fn sam() -> Answers {
    Answers {
        name: "Sam Example".into(),
        looking_for: LookingFor::Couple,
        location: "OR".into(),
        by: vec![Way::Email],
        phone: None,
        voicemail: None,
        email: Some("sam@example.com".into()),
        times: vec!["weekends".into()],
        note: Some("A made-up note.".into()),
        insurance: None,
    }
}

impl Inbox {
    pub async fn empty() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let db = Db::open(&folder.path().join("practice.db")).await.expect("opens");
        let practice = Practice::bare("Elm Street Practice", "America/New_York");
        Self { folder, db, key: PrivateKey::generate(), practice }
    }

    /// Stores a request with its email, as it comes in. `suspicion` is blank for an ordinary one.
    pub async fn add(&self, answers: &Answers, suspicion: &str, received: Timestamp) -> Reference {
        let reference = Reference::random().expect("randomness");
        let json = answers.to_json().expect("JSON");
        let sealed = seal::seal(&self.key.public(), reference.as_str(), &json).expect("seals");
        let submission_key = key_of(&reference);
        let row = NewRow {
            reference: &reference,
            submission_key: &submission_key,
            promise: Promise { received, reply_by: received + SignedDuration::from_hours(24) },
            suspicion,
            sealed: &sealed,
        };
        let line = format!("{reference}: a line");
        let notice = Joinable {
            subject: "New request",
            body: "Text.",
            topic: notice::TOPIC,
            line: &line,
            about: reference.as_str(),
            at: received,
        };
        let mut write = self.db.begin().await.expect("begins");
        assert_eq!(store::insert(&mut write, &[row]).await.expect("stores"), [Stored::New]);
        outbox::enqueue_joinable(&mut write, &[notice]).await.expect("enqueues");
        write.commit().await.expect("commits");
        reference
    }

    /// An inquiry that took this status at that time.
    pub async fn add_as(&self, status: &'static str, since: Timestamp) -> Reference {
        let reference = self.add(&sam(), "", since).await;
        let mut write = self.db.begin().await.expect("begins");
        sqlx::query(
            "UPDATE inquiries SET status = ?2, last_activity_at = ?3,
                    closed_at = CASE WHEN ?2 IN ('closed', 'referred-out', 'became-client') THEN ?3 END
             WHERE reference = ?1",
        )
        .bind(reference.as_str())
        .bind(status)
        .bind(since.as_millisecond())
        .execute(&mut *write)
        .await
        .expect("changes");
        write.commit().await.expect("commits");
        reference
    }

    /// Changes something in a way that the program has no words for.
    pub async fn execute(&self, sql: &'static str, reference: &Reference) {
        let mut write = self.db.begin().await.expect("begins");
        sqlx::query(sql).bind(reference.as_str()).execute(&mut *write).await.expect(sql);
        write.commit().await.expect("commits");
    }

    pub async fn holds(&self, reference: &Reference) -> bool {
        let mut conn = self.db.read().await.expect("reads");
        store::promise(&mut conn, reference).await.expect("an answer").is_some()
    }

    /// Where the nightly copies go.
    pub fn backup(&self) -> PathBuf {
        self.db.path().with_file_name("backup")
    }

    pub fn housekeeping(&self) -> Housekeeping {
        let base_url = "https://practice.example".to_owned();
        Housekeeping::new(self.db.clone(), base_url, Arc::new(Notify::new()), self.backup())
    }

    /// Subjects and texts of the emails that wait and are about no single request, the oldest first.
    pub async fn emails(&self) -> Vec<(String, String)> {
        let mut conn = self.db.read().await.expect("reads");
        sqlx::query_as("SELECT subject, body FROM outbox WHERE about IS NULL ORDER BY id")
            .fetch_all(&mut *conn)
            .await
            .expect("emails")
    }

    pub async fn count(&self, sql: &'static str) -> i64 {
        sqlx::query_scalar(sql).fetch_one(&mut *self.db.read().await.expect("reads")).await.expect(sql)
    }

    /// The ledger, the newest first.
    pub async fn ledger(&self) -> Vec<Row> {
        audit::list(&mut self.db.read().await.expect("reads"), Which::All, 1).await.expect("a ledger").rows
    }
}

/// Recognizable in the bytes of a file, as the canary of an inquiry.
pub fn key_of(reference: &Reference) -> [u8; 32] {
    let mut key = *b"canary-0000000-canary-canary-00.";
    key[7..14].copy_from_slice(reference.as_str().as_bytes());
    key
}
