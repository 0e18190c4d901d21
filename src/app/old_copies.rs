//! The end of copies that were kept long enough.
//!
//! Deletes nothing but what this program has made, and never the newest good copy of the database: where no new one can be
//! made, that one is all that is left when the disk is lost.

use std::cmp::Reverse;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::{Context, Result, ensure};
use jiff::ToSpan;
use jiff::civil::Date;
use tokio::task::spawn_blocking;

use super::backup::{LATEST, changed_on};
use super::restore;
use crate::db::copy::{night_of, prove};
use crate::db::update;

/// A copy of the database that was finished; whether it is still good is another question.
pub struct Found {
    day: Date,
    written: SystemTime,
    file: PathBuf,
}

/// The nightly copies and the latest one.
///
/// # Errors
/// When the folder can't be read.
pub fn found(folder: &Path) -> Result<Vec<Found>> {
    let mut found = Vec::new();
    for file in files_in(folder)? {
        let is_whole = name(&file).is_some_and(|name| !name.ends_with(PART));
        if let Some(day) = day_of(&file).filter(|_| is_whole) {
            found.push(Found { day, written: fs::metadata(&file)?.modified()?, file });
        }
    }
    Ok(found)
}

/// Deletes the nightly copies, the latest one, the databases that a restore has put aside, and the copies from before an
/// update that are older than this many days. Of what was `found`, the newest good one stays however old it is. Returns
/// how many days old a copy that is left may be.
///
/// # Errors
/// When a folder can't be read or a file can't be deleted, and where no copy proves good: then none is deleted, since what
/// can't be read now may be read tomorrow.
pub async fn prune(
    mut found: Vec<Found>,
    (folder, database): (&Path, &Path),
    days: u16,
    today: Date,
) -> Result<u16> {
    // A clock that was far ahead has named a copy after a day to come. The latest one goes by the day in Greenwich.
    let tomorrow = today.saturating_add(1.day());
    found.retain(|copy| copy.day <= tomorrow);
    let are_some = !found.is_empty();
    let spared = newest_good(found).await;
    ensure!(spared.is_some() || !are_some, "none of the copies proves good, so none is deleted");
    let age = spared.as_ref().map_or(0, |copy| (today - copy.day).get_days());
    let spared = spared.map(|copy| copy.file);

    let (folder, database) = (folder.to_owned(), database.to_owned());
    let oldest = today.saturating_sub(i64::from(days).days());
    spawn_blocking(move || clear(&folder, &database, spared.as_deref(), oldest)).await??;
    Ok(u16::try_from(age).unwrap_or(0).max(days))
}

/// Each was good when it was made, but disks forget.
async fn newest_good(mut found: Vec<Found>) -> Option<Found> {
    found.sort_by_key(|copy| Reverse(copy.written));
    for copy in found {
        if prove(&copy.file).await.is_ok() {
            return Some(copy);
        }
    }
    None
}

fn clear(folder: &Path, database: &Path, spared: Option<&Path>, oldest: Date) -> Result<()> {
    let is_old = |day: Option<Date>| day.is_some_and(|day| day < oldest);
    delete(folder, |file| is_old(day_of(file)) && Some(file) != spared)?;
    let data = database.parent().context("the database is in no folder")?;
    restore::clear_left_overs(data)?;
    delete(data, |file| {
        let put_aside = name(file).and_then(restore::put_aside_on);
        let updated = update::is_from_before(database, file).then(|| changed_on(file)).flatten();
        is_old(put_aside.or(updated))
    })
}

/// What the name of a copy ends in while it is made.
const PART: &str = ".part";

/// The day that a copy is of, also of one that was cut short.
fn day_of(file: &Path) -> Option<Date> {
    let name = name(file)?.trim_end_matches(PART);
    let latest = (name == LATEST).then(|| changed_on(file)).flatten();
    night_of(name).or(latest)
}

fn name(file: &Path) -> Option<&str> {
    file.file_name()?.to_str()
}

fn delete(folder: &Path, is_to_go: impl Fn(&Path) -> bool) -> Result<()> {
    for file in files_in(folder)?.into_iter().filter(|file| is_to_go(file)) {
        fs::remove_file(&file).with_context(|| format!("{} can't be deleted", file.display()))?;
    }
    Ok(())
}

fn files_in(folder: &Path) -> Result<Vec<PathBuf>> {
    if !folder.try_exists()? {
        return Ok(Vec::new());
    }
    let entries = fs::read_dir(folder).with_context(|| format!("{} can't be read", folder.display()))?;
    entries.map(|entry| Ok(entry?.path())).collect()
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use jiff::civil::date;

    use super::*;
    use crate::db::Db;

    /// A copy that proves good.
    async fn make(file: &Path) {
        let folder = tempfile::tempdir().expect("a folder");
        let db = Db::open(&folder.path().join("practice.db")).await.expect("opens");
        db.copy_to(file).await.expect("copied");
    }

    async fn pruned(folder: &Path, data: &Path) -> Result<u16> {
        prune(found(folder)?, (folder, &data.join("practice.db")), 35, date(2026, 11, 22)).await
    }

    #[tokio::test]
    async fn only_our_own_old_files_are_deleted() {
        let data = tempfile::tempdir().expect("a folder");
        let folder = data.path().join("backup");
        fs::create_dir(&folder).expect("made");
        let touch = |path: &Path| fs::write(path, "").expect("written");
        let kept =
            ["practice-2026-10-18.db", "practice-2026-11-22.db", "practice-old.db", "2020-01-01.db", LATEST];
        let gone = ["practice-2026-10-17.db", "practice-2020-01-01.db"];
        kept.iter().chain(&gone).for_each(|name| touch(&folder.join(name)));
        let aside = "practice.db.before-restore-";
        let old = ["2026-10-01T030000Z", "2026-10-01T030000Z-wal"].map(|end| format!("{aside}{end}"));
        let new = format!("{aside}2026-11-01T030000Z");
        let updates = [7, 9].map(|version| format!("practice.db.before-update-from-{version}"));
        let files = old.iter().chain(&updates).chain([&new]);
        files.chain([&"practice.db".to_owned()]).for_each(|name| touch(&data.path().join(name)));
        change(&data.path().join(&updates[0]), "2026-10-17T12:00:00Z");
        change(&data.path().join(&updates[1]), "2026-10-18T12:00:00Z");
        change(&folder.join(LATEST), "2026-10-18T12:00:00Z");

        assert!(pruned(&folder, data.path()).await.is_err(), "none of them is good");
        assert!(folder.join(gone[0]).exists());
        fs::remove_file(folder.join("practice-2026-11-22.db")).expect("removed");
        make(&folder.join("practice-2026-11-22.db")).await;
        assert_eq!(pruned(&folder, data.path()).await.expect("prunes"), 35);
        let names = |folder: &Path| {
            let mut names: Vec<_> = fs::read_dir(folder)
                .expect("a folder")
                .map(|entry| entry.expect("readable").file_name().into_string().expect("text"))
                .collect();
            names.sort();
            names
        };
        let mut kept = kept.map(str::to_owned);
        kept.sort();
        assert_eq!(names(&folder), kept);
        let updated = updates[1].clone();
        assert_eq!(names(data.path()), ["backup".to_owned(), "practice.db".to_owned(), new, updated]);
    }

    #[tokio::test]
    async fn a_latest_copy_that_nobody_makes_anew_any_more_ends_once_a_newer_one_is_there() {
        let folder = tempfile::tempdir().expect("a folder");
        let (folder, latest) = (folder.path(), folder.path().join(LATEST));
        make(&latest).await;
        fs::write(folder.join("latest.db.part"), "").expect("written");
        fs::write(folder.join("practice-2026-10-17.db"), "").expect("written");
        for (name, at) in [(LATEST, "23"), ("latest.db.part", "12"), ("practice-2026-10-17.db", "10")] {
            change(&folder.join(name), &format!("2026-10-17T{at}:00:00Z"));
        }
        assert_eq!(pruned(folder, folder).await.expect("prunes"), 36);
        assert_eq!(fs::read_dir(folder).expect("a folder").count(), 1);
        assert!(latest.exists(), "it is the newest");
        make(&folder.join("practice-2026-10-18.db")).await;
        assert_eq!(pruned(folder, folder).await.expect("prunes"), 35);
        assert!(!latest.exists());
    }

    #[tokio::test]
    async fn of_two_copies_of_one_day_the_later_one_is_the_newest() {
        for (latest, nightly, newest) in [("01", "11", "practice-2026-10-01.db"), ("23", "11", LATEST)] {
            let folder = tempfile::tempdir().expect("a folder");
            let folder = folder.path();
            for (name, hour) in [(LATEST, latest), ("practice-2026-10-01.db", nightly)] {
                make(&folder.join(name)).await;
                change(&folder.join(name), &format!("2026-10-01T{hour}:00:00Z"));
            }
            assert_eq!(pruned(folder, folder).await.expect("prunes"), 52);
            assert_eq!(fs::read_dir(folder).expect("a folder").count(), 1);
            assert!(folder.join(newest).exists(), "{newest}");
        }
    }

    #[tokio::test]
    async fn the_newest_good_copy_is_neither_a_damaged_one_nor_one_that_a_clock_far_ahead_has_named() {
        let folder = tempfile::tempdir().expect("a folder");
        let folder = folder.path();
        for name in ["practice-2026-10-01.db", "practice-2027-10-01.db"] {
            make(&folder.join(name)).await;
        }
        fs::write(folder.join("practice-2026-10-02.db"), "").expect("written");
        assert_eq!(pruned(folder, folder).await.expect("prunes"), 52);
        assert!(folder.join("practice-2026-10-01.db").exists());
        assert!(!folder.join("practice-2026-10-02.db").exists());
    }

    fn change(file: &Path, at: &str) {
        let at: Timestamp = at.parse().expect("a time");
        let file = fs::File::options().append(true).open(file).expect("opens");
        file.set_modified(at.into()).expect("set");
    }
}
