//! The list of what was erased, in a file outside the database: a copy that is put back must bring nobody back.
//!
//! A line holds a time and a reference, nothing that anybody wrote. The ledger holds the same; the list is what is left
//! of it when the database is lost. It lies beside the nightly copies, so that whoever fetches them has it too.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};
use jiff::{Timestamp, ToSpan};
use sqlx::SqliteConnection;
use tokio::sync::Mutex;
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use super::erase::{Reason, erase};
use super::reference::Reference;
use super::store;
use crate::audit::By;
use crate::db::Db;
use crate::db::copy::sync_folder_of;

/// What the file is called.
pub const FILE: &str = "erased";
/// Longer than any nightly copy is kept.
const MARGIN_DAYS: i64 = 7;

const PATIENCE: Duration = Duration::from_secs(5);
/// One at a time: each that waits for a disk that hangs would take up a thread for good.
static ADDING: Mutex<()> = Mutex::const_new(());

/// An inquiry that is no more. The time tells it from a later one that was given the same reference.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Erased {
    pub at: Timestamp,
    pub reference: Reference,
}

/// Adds to the list what the ledger tells of the time that copies are kept for. `days` is how long that is. The database is
/// free while the list is written, which may be on another machine's disk.
///
/// # Errors
/// When the database can't be read, or the list can't be written within 5 seconds.
pub async fn write_down(db: &Db, folder: &Path, days: u16, now: Timestamp) -> Result<()> {
    let told = in_ledger(&mut *db.read().await?, oldest(days, now)).await?;
    let folder = folder.to_owned();
    let added = async {
        let alone = ADDING.lock().await;
        let adding = spawn_blocking(move || {
            let _alone = alone;
            add(&folder, told)
        });
        adding.await?
    };
    timeout(PATIENCE, added).await.context("the disk of the list does not answer")?
}

fn add(folder: &Path, mut told: BTreeSet<Erased>) -> Result<()> {
    let known = list(folder)?;
    told.retain(|erased| !known.contains(erased));
    if told.is_empty() {
        return Ok(());
    }
    let file = folder.join(FILE);
    // A line that a power cut tore must not spoil the next one, so each begins on its own.
    let mut text = String::from("\n");
    told.iter().for_each(|erased| text.push_str(&line(erased)));
    let append = || -> std::io::Result<()> {
        DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        let mut file = OpenOptions::new().create(true).append(true).mode(0o600).open(&file)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()
    };
    append().with_context(|| format!("{} can't be written", file.display()))?;
    sync_folder_of(&file)
}

/// Drops what is older than any copy can be.
///
/// # Errors
/// When the list can't be read or written.
pub fn forget_old(folder: &Path, days: u16, now: Timestamp) -> Result<()> {
    let (known, oldest) = (list(folder)?, oldest(days, now));
    if known.iter().all(|erased| erased.at >= oldest) {
        return Ok(());
    }
    let (file, part) = (folder.join(FILE), folder.join(format!("{FILE}.part")));
    let text: String = known.iter().filter(|erased| erased.at >= oldest).map(line).collect();
    let write = || -> std::io::Result<()> {
        let mut new = OpenOptions::new().create(true).write(true).truncate(true).mode(0o600).open(&part)?;
        new.write_all(text.as_bytes())?;
        new.sync_all()?;
        fs::rename(&part, &file)
    };
    write().with_context(|| format!("{} can't be written", file.display()))?;
    sync_folder_of(&file)
}

/// Everything in the list of a folder; nothing where there is none.
///
/// # Errors
/// When it can't be read.
pub fn list(folder: &Path) -> Result<BTreeSet<Erased>> {
    let file = folder.join(FILE);
    match fs::read_to_string(&file) {
        // A torn line is left out: the ledger tells it again.
        Ok(text) => Ok(text.lines().filter_map(parsed).collect()),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(BTreeSet::new()),
        Err(error) => Err(error).with_context(|| format!("{} can't be read", file.display())),
    }
}

fn line(erased: &Erased) -> String {
    let mut line = String::new();
    let _ = writeln!(line, "{:.3} {}", erased.at, erased.reference);
    line
}

fn parsed(line: &str) -> Option<Erased> {
    let (at, reference) = line.split_once(' ')?;
    Some(Erased { at: at.parse().ok()?, reference: reference.parse().ok()? })
}

/// Everything that the ledger says was erased since then.
///
/// # Errors
/// When the database can't be read.
pub async fn in_ledger(conn: &mut SqliteConnection, since: Timestamp) -> Result<BTreeSet<Erased>> {
    let rows: Vec<(i64, String)> = sqlx::query_as(
        "SELECT at, target FROM audit WHERE event = 'erased' AND at >= ? AND target IS NOT NULL",
    )
    .bind(since.as_millisecond())
    .fetch_all(conn)
    .await
    .context("looking for what was erased")?;
    let erased = |(at, target): (i64, String)| {
        Some(Erased { at: Timestamp::from_millisecond(at).ok()?, reference: target.parse().ok()? })
    };
    Ok(rows.into_iter().filter_map(erased).collect())
}

/// Erases once more what a copy has brought back, and returns how much that was.
///
/// # Errors
/// When the disk or the database refuses.
pub async fn erase_again(
    conn: &mut SqliteConnection,
    by: By<'_>,
    list: &BTreeSet<Erased>,
    now: Timestamp,
) -> Result<u64> {
    let mut again = 0;
    for erased in list {
        let promise = store::promise(conn, &erased.reference).await?;
        if promise.is_some_and(|promise| promise.received <= erased.at)
            && erase(conn, by, &erased.reference, Reason::Before, now).await?
        {
            again += 1;
        }
    }
    Ok(again)
}

fn oldest(days: u16, now: Timestamp) -> Timestamp {
    let hours = (i64::from(days) + MARGIN_DAYS) * 24;
    now.checked_sub(hours.hours()).unwrap_or(Timestamp::MIN)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inquiry::fixture::{BY, Inbox, answers, at};

    #[tokio::test]
    async fn rel_20_the_list_takes_what_the_ledger_tells_once_and_forgets_it_after_the_last_copy() {
        let inbox = Inbox::new().await;
        let folder = tempfile::tempdir().expect("a folder");
        let beside = folder.path().join("backup");
        let reference = inbox.add(&answers("Sam Example"), 0, "").await;
        let mut write = inbox.db.begin().await.expect("begins");
        assert!(erase(&mut write, BY, &reference, Reason::AtOnce, at(5)).await.expect("erases"));
        write.commit().await.expect("commits");
        let wanted = BTreeSet::from([Erased { at: at(5), reference }]);
        for torn in ["", "2026-11-2"] {
            fs::create_dir_all(&beside).expect("made");
            fs::write(beside.join(FILE), torn).expect("written");
            for _ in 0..2 {
                write_down(&inbox.db, &beside, 35, at(6)).await.expect("written down");
            }
            assert_eq!(list(&beside).expect("readable"), wanted);
        }
        let lines = fs::read_to_string(beside.join(FILE)).expect("readable").lines().count();
        let days = |days: i64| at(5) + jiff::SignedDuration::from_hours(24 * days);
        forget_old(&beside, 35, days(42)).expect("forgets");
        assert_eq!((list(&beside).expect("readable"), lines), (wanted, 2), "the torn line and one more");
        forget_old(&beside, 35, days(43)).expect("forgets");
        assert!(list(&beside).expect("readable").is_empty());
        let mut conn = inbox.db.read().await.expect("reads");
        assert!(in_ledger(&mut conn, days(1)).await.expect("reads").is_empty());
    }
}
