//! A made-up inbox for unit tests.

use jiff::{SignedDuration, Timestamp};

use super::answers::{Answers, LookingFor, Voicemail, Way};
use super::phone::Phone;
use super::reference::Reference;
use super::store::{self, NewRow, Promise, Stored};
use crate::audit::{Actor, By};
use crate::content::Practice;
use crate::db::Db;
use crate::seal::{self, PrivateKey};

pub const BY: By<'static> = By { actor: Actor::Staff(1), request_id: Some("R-1") };

/// A person who may be called, with a full voicemail, and written to.
pub fn answers(name: &str) -> Answers {
    Answers {
        name: name.into(),
        looking_for: LookingFor::Couple,
        location: "OR".into(),
        by: vec![Way::Call, Way::Email],
        phone: Phone::read("206 555 0142"),
        voicemail: Some(Voicemail::Full),
        email: Some("sam@example.com".into()),
        times: vec!["weekends".into()],
        note: Some("A made-up note.".into()),
        insurance: None,
    }
}

pub struct Inbox {
    _folder: tempfile::TempDir,
    pub db: Db,
    pub key: PrivateKey,
    pub practice: Practice,
}

impl Inbox {
    pub async fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let db = Db::open(&folder.path().join("practice.db")).await.expect("opens");
        let practice = Practice::bare("Elm Street Practice", "America/New_York");
        Self { _folder: folder, db, key: PrivateKey::generate(), practice }
    }

    /// Stores a request that came in so many hours after the beginning.
    pub async fn add(&self, answers: &Answers, hours: i64, suspicion: &str) -> Reference {
        let reference = Reference::random().expect("randomness");
        let json = answers.to_json().expect("JSON");
        let sealed = seal::seal(&self.key.public(), reference.as_str(), &json).expect("seals");
        let mut submission_key = [0; 32];
        submission_key[..7].copy_from_slice(reference.as_str().as_bytes());
        let promise = Promise { received: at(hours), reply_by: at(hours + 24) };
        let row = NewRow {
            reference: &reference,
            submission_key: &submission_key,
            promise,
            suspicion,
            sealed: &sealed,
        };
        let mut write = self.db.begin().await.expect("begins");
        assert_eq!(store::insert(&mut write, &[row]).await.expect("stores"), [Stored::New]);
        write.commit().await.expect("commits");
        reference
    }
}

/// So many hours after the beginning: Monday, May 5, 2025, 10 AM in New York.
pub fn at(hours: i64) -> Timestamp {
    let beginning: Timestamp = "2025-05-05T14:00:00Z".parse().expect("a time");
    beginning + SignedDuration::from_hours(hours)
}
