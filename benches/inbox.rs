//! How long the inbox takes for a practice with many requests: a page of a view, and a search over all of them.
//!
//! Run with `cargo bench --bench inbox`. Aims: a list opens 25 rows whatever there is; 2,000 are searched in about a second
//! on one core.

use std::time::{Duration, Instant};

use anyhow::Result;
use jiff::Timestamp;
use practice_site::db::Db;
use practice_site::inquiry::Reference;
use practice_site::inquiry::answers::{Answers, LookingFor, Voicemail, Way};
use practice_site::inquiry::inbox::{self, PAGE, View};
use practice_site::inquiry::phone::Phone;
use practice_site::inquiry::record;
use practice_site::inquiry::search::{self, Query};
use practice_site::inquiry::store::{self, NewRow};
use practice_site::seal::{self, PrivateKey};

const ROUNDS: u32 = 5;

fn main() -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        for count in [2_000, 10_000] {
            measure(count).await?;
        }
        Ok(())
    })
}

async fn measure(count: usize) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let db = Db::open(&folder.path().join("practice.db")).await?;
    let key = PrivateKey::generate();
    fill(&db, &key, count).await?;
    println!("{count} requests");
    for (name, view, page) in [
        ("first page of New", View::New, 1),
        ("last page of New", View::New, count.div_ceil(PAGE)),
        ("first page of All", View::All, 1),
    ] {
        let mut best = Duration::MAX;
        for _ in 0..ROUNDS {
            let start = Instant::now();
            let mut read = db.read().await?;
            inbox::counts(&mut read).await?;
            let ids = inbox::page(&mut read, view, page).await?;
            let records = record::load(&mut read, &ids).await?;
            let opened: Vec<_> = records.into_iter().map(|record| record.open(&key)).collect();
            assert!(opened.len() == PAGE && opened.iter().all(|inquiry| inquiry.answers.is_some()));
            best = best.min(start.elapsed());
        }
        println!("  {name:<34} {:>9.1} ms", millis(best));
    }
    for (name, typed, expected) in [
        ("search by name, one fits", "person x77x".to_owned(), 1),
        ("search by name, nobody fits", "nobody".to_owned(), 0),
        ("search by phone digits", format!("{:010}", count / 2), 1),
    ] {
        let query = Query::read(&typed).expect("something to look for");
        let start = Instant::now();
        let found = search::find(&db, &key, &query).await?.len();
        let took = start.elapsed();
        assert_eq!(found, expected, "{typed}");
        println!("  {name:<34} {:>9.1} ms, {:.3} ms each", millis(took), millis(took) / count as f64);
    }
    Ok(())
}

async fn fill(db: &Db, key: &PrivateKey, count: usize) -> Result<()> {
    let mut write = db.begin().await?;
    let now = Timestamp::now();
    for number in 0..count {
        let reference = Reference::random()?;
        let sealed = seal::seal(&key.public(), reference.as_str(), &answers(number).to_json()?)?;
        let mut submission_key = [0; 32];
        submission_key[..8].copy_from_slice(&number.to_le_bytes());
        let row = NewRow {
            reference: &reference,
            submission_key: &submission_key,
            reply_by: now,
            suspicion: "",
            sealed: &sealed,
        };
        store::insert(&mut write, &row, now).await?;
    }
    Ok(write.commit().await?)
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
