//! The inbox of a practice with very many requests.

use std::time::{Duration, Instant};

use practice_site::inquiry::answers::LookingFor;
use practice_site::inquiry::inbox::{self, PAGE, View};
use practice_site::inquiry::search::{self, Query};
use practice_site::inquiry::{Answers, Reference, record};
use practice_site::seal::{PrivateKey, seal};

use crate::reception;

const MANY: i64 = 2_000;

/// This build is not optimized, and the machine may be busy. What SEAL-14 asks for, 10,000 in 2 seconds, is measured by
/// `cargo bench --bench inbox`.
const DEADLINE: Duration = Duration::from_secs(60);

fn sealed(key: &PrivateKey, reference: &Reference) -> Vec<u8> {
    let answers = Answers {
        name: "Sam Wanted".into(),
        looking_for: LookingFor::Myself,
        location: "OR".into(),
        by: Vec::new(),
        phone: None,
        voicemail: None,
        email: None,
        times: Vec::new(),
        note: Some("A made-up note.".into()),
        insurance: None,
    };
    seal(&key.public(), reference.as_str(), &answers.to_json().expect("JSON")).expect("seals")
}

#[tokio::test]
async fn seal_14_thousands_of_requests_are_listed_and_searched_before_anybody_gives_up() {
    let reception = reception::open().await;
    let (db, key) = (&reception.db, &reception.key);
    let reference: Reference = "K7QF-2M".parse().expect("a reference");
    // All others hold a copy of the same, and are damaged for it: opening them is as much work.
    let mut write = db.begin().await.expect("begins");
    sqlx::query(
        "WITH RECURSIVE count(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM count WHERE n < ?1)
         INSERT INTO inquiries
             (reference, submission_key, received_at, reply_by, status, answers, last_activity_at)
         SELECT CASE n WHEN 1 THEN ?2 ELSE printf('%04d-22', n) END, CAST(printf('%032d', n) AS BLOB), n, n, 'new', ?3, n
         FROM count",
    )
    .bind(MANY)
    .bind(reference.as_str())
    .bind(sealed(key, &reference))
    .execute(&mut *write)
    .await
    .expect("inserts");
    write.commit().await.expect("commits");

    let start = Instant::now();
    let mut read = db.read().await.expect("reads");
    let ids = inbox::page(&mut read, View::New, 1).await.expect("a page");
    assert_eq!(ids.len(), PAGE, "a list opens what it shows and no more");
    let query = Query::read("sam wanted").expect("something to look for");
    drop(read);
    let found = search::find(db, key, &query).await.expect("searches");
    assert!(start.elapsed() < DEADLINE, "{:?}", start.elapsed());
    assert_eq!(found.len(), 1);
    let mut read = db.read().await.expect("reads");
    let record = record::find(&mut read, &reference).await.expect("reads").expect("there");
    assert_eq!(record.open(key).answers.expect("opens").name, "Sam Wanted");
}
