//! What grows with the number of requests: a page of the inbox, one request, a search, an export, the night's work.
//!
//! A list opens 25 rows whatever there is. Search and export open every row they look at, on a thread where nobody waits.

use std::time::{Duration, Instant};

use anyhow::Result;
use jiff::Timestamp;
use jiff::civil::date;
use jiff::tz::TimeZone;
use practice_site::audit::{Actor, By};
use practice_site::content::practice::Retention;
use practice_site::db::Db;
use practice_site::inquiry::Reference;
use practice_site::inquiry::answers::{Answers, LookingFor, Voicemail, Way};
use practice_site::inquiry::export::{self, Chosen};
use practice_site::inquiry::inbox::{self, PAGE, View};
use practice_site::inquiry::phone::Phone;
use practice_site::inquiry::record;
use practice_site::inquiry::retention;
use practice_site::inquiry::search::{self, Query};
use practice_site::inquiry::store::{self, NewRow, Promise};
use practice_site::seal::{self, PrivateKey};

const ROUNDS: u32 = 5;
/// Monday, June 1, 2026, at noon.
const NOW: Timestamp = Timestamp::constant(1_780_315_200, 0);

pub fn measure() -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    println!(
        "requests   first page   last page   one request   search   export   copy   erase a tenth   database"
    );
    for count in [100, 1_000, 10_000] {
        runtime.block_on(row(count))?;
    }
    Ok(())
}

async fn row(count: usize) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let db = Db::open(&folder.path().join("practice.db")).await?;
    let key = PrivateKey::generate();
    let references = fill(&db, &key, count).await?;
    let first = page(&db, &key, 1).await?;
    let last = page(&db, &key, count.div_ceil(PAGE)).await?;
    let one = one(&db, &key, &references[count / 2]).await?;
    let search = searched(&db, &key, count).await?;
    let export = exported(&db, &key, count).await?;
    let start = Instant::now();
    db.copy_to(&folder.path().join("copy.db")).await?;
    db.check_whole().await?;
    let copy = millis(start.elapsed());
    let size = db.size().await? as f64 / 1024.0 / 1024.0;
    let erase = erased(&db, count).await?;
    println!(
        "{count:>8} {first:>9.1} ms {last:>8.1} ms {one:>10.2} ms {search:>5.0} ms {export:>5.0} ms {copy:>3.0} ms {erase:>12.0} ms {size:>6.1} MiB"
    );
    Ok(())
}

/// Milliseconds for a page of the view that holds all of them.
async fn page(db: &Db, key: &PrivateKey, number: usize) -> Result<f64> {
    let mut best = Duration::MAX;
    for _ in 0..ROUNDS {
        let start = Instant::now();
        let mut read = db.read().await?;
        inbox::counts(&mut read).await?;
        let ids = inbox::page(&mut read, View::New, number).await?;
        let records = record::load(&mut read, &ids).await?;
        let opened: Vec<_> = records.into_iter().map(|record| record.open(key)).collect();
        assert!(!opened.is_empty() && opened.iter().all(|inquiry| inquiry.answers.is_some()));
        best = best.min(start.elapsed());
    }
    Ok(millis(best))
}

async fn one(db: &Db, key: &PrivateKey, reference: &Reference) -> Result<f64> {
    let mut best = Duration::MAX;
    for _ in 0..ROUNDS {
        let start = Instant::now();
        let mut read = db.read().await?;
        let found = record::find(&mut read, reference).await?.expect("it is there");
        inbox::neighbours(&mut read, View::New, reference).await?;
        assert!(found.open(key).answers.is_some());
        best = best.min(start.elapsed());
    }
    Ok(millis(best))
}

/// Nobody fits, so every row is opened.
async fn searched(db: &Db, key: &PrivateKey, count: usize) -> Result<f64> {
    let one = Query::read(&format!("person x{}x", count / 2)).expect("something to look for");
    assert_eq!(search::find(db, key, &one).await?.len(), 1);
    let nobody = Query::read("nobody").expect("something to look for");
    let start = Instant::now();
    assert!(search::find(db, key, &nobody).await?.is_empty());
    Ok(millis(start.elapsed()))
}

async fn exported(db: &Db, key: &PrivateKey, count: usize) -> Result<f64> {
    let start = Instant::now();
    let chosen = Chosen::Received { from: date(2026, 1, 1), to: date(2026, 12, 31) };
    let sealed = export::load(&mut *db.read().await?, &chosen, &TimeZone::UTC).await?;
    let opened: Result<Vec<_>> = sealed.into_iter().map(|record| record.open(key, &TimeZone::UTC)).collect();
    let opened = opened?;
    assert_eq!(opened.len(), count);
    export::to_csv(&opened)?;
    let mut write = db.begin().await?;
    let by = By { actor: Actor::System, request_id: None };
    export::write_down(&mut write, by, &chosen, &opened, NOW).await?;
    write.commit().await?;
    Ok(millis(start.elapsed()))
}

/// A tenth is closed and its time is over.
async fn erased(db: &Db, count: usize) -> Result<f64> {
    let mut write = db.begin().await?;
    sqlx::query("UPDATE inquiries SET status = 'closed', closed_at = 0 WHERE id % 10 = 0")
        .execute(&mut *write)
        .await?;
    write.commit().await?;
    let kept = Retention { closed_days: 180, spam_days: 30, backup_days: 35, log_days: 730 };
    let start = Instant::now();
    let gone = retention::erase_due(db, &kept, By { actor: Actor::System, request_id: None }, NOW).await?;
    db.truncate_log().await?;
    assert_eq!(gone as usize, count / 10);
    Ok(millis(start.elapsed()))
}

async fn fill(db: &Db, key: &PrivateKey, count: usize) -> Result<Vec<Reference>> {
    let mut write = db.begin().await?;
    let mut references = Vec::new();
    for number in 0..count {
        let reference = Reference::random()?;
        let sealed = seal::seal(&key.public(), reference.as_str(), &answers(number).to_json()?)?;
        let mut submission_key = [0; 32];
        submission_key[..8].copy_from_slice(&number.to_le_bytes());
        let row = NewRow {
            reference: &reference,
            submission_key: &submission_key,
            promise: Promise { received: NOW, reply_by: NOW },
            suspicion: "",
            sealed: &sealed,
        };
        store::insert(&mut write, &[row]).await?;
        references.push(reference);
    }
    write.commit().await?;
    Ok(references)
}

fn answers(number: usize) -> Answers {
    Answers {
        name: format!("Person x{number}x Made-Up"),
        looking_for: LookingFor::Myself,
        location: "OR".into(),
        by: vec![Way::Call],
        phone: Phone::read(&format!("+44{number:010}")),
        voicemail: Some(Voicemail::None),
        email: None,
        times: Vec::new(),
        note: Some("A made-up note of ordinary length. ".repeat(10)),
        insurance: None,
    }
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}
