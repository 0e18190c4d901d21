//! The end of copies that were kept long enough.
//!
//! Deletes nothing but what this program has made, and never the newest good copy of the database: where no new one can be
//! made, that one is all that is left when the disk is lost.

use std::cmp::Reverse;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use jiff::ToSpan;
use jiff::civil::Date;
use tokio::task::spawn_blocking;

use super::backup::{LATEST, changed_on};
use super::restore;
use crate::db::copy::{night_of, prove};
use crate::db::update;

/// A copy of the database, whole or not.
struct Found {
    day: Date,
    file: PathBuf,
}

/// Deletes the nightly copies, the latest one, the databases that a restore has put aside, and the copies from before an
/// update that are older than this many days. Of the nightly ones and the latest, the newest good one stays however old
/// it is. Returns how many days old a copy that is left may be.
///
/// # Errors
/// When a folder can't be read or a file can't be deleted.
pub async fn prune(folder: &Path, database: &Path, days: u16, today: Date) -> Result<u16> {
    let listed = folder.to_owned();
    let mut found = spawn_blocking(move || found_in(&listed)).await??;
    // A clock that was far ahead has named a copy after a day to come. The latest one goes by the day in Greenwich.
    let tomorrow = today.saturating_add(1.day());
    found.retain(|copy| copy.day <= tomorrow);
    let spared = newest_good(found).await;
    let age = spared.as_ref().map_or(0, |copy| (today - copy.day).get_days());
    let spared = spared.map(|copy| copy.file);

    let (folder, database) = (folder.to_owned(), database.to_owned());
    let oldest = today.saturating_sub(i64::from(days).days());
    spawn_blocking(move || clear(&folder, &database, spared.as_deref(), oldest)).await??;
    Ok(u16::try_from(age).unwrap_or(0).max(days))
}

fn found_in(folder: &Path) -> Result<Vec<Found>> {
    let mut found = Vec::new();
    for file in files_in(folder)? {
        let is_whole = name(&file).is_some_and(|name| !name.ends_with(PART));
        if let Some(day) = day_of(&file).filter(|_| is_whole) {
            found.push(Found { day, file });
        }
    }
    Ok(found)
}

/// Each was good when it was made, but disks forget. Where none is good any more, the newest.
async fn newest_good(mut found: Vec<Found>) -> Option<Found> {
    found.sort_by_key(|copy| Reverse((copy.day, name(&copy.file) == Some(LATEST))));
    let mut good = 0;
    for (at, copy) in found.iter().enumerate() {
        if prove(&copy.file).await.is_ok() {
            good = at;
            break;
        }
    }
    found.into_iter().nth(good)
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

        let left = prune(&folder, &data.path().join("practice.db"), 35, date(2026, 11, 22)).await;
        assert_eq!(left.expect("prunes"), 35);
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
        let (file, today) = (folder.path().join(LATEST), date(2026, 11, 22));
        for name in [LATEST, "latest.db.part", "practice-2026-10-17.db"] {
            fs::write(folder.path().join(name), "").expect("written");
            change(&folder.path().join(name), "2026-10-17T12:00:00Z");
        }
        let database = folder.path().join("practice.db");
        assert_eq!(prune(folder.path(), &database, 35, today).await.expect("prunes"), 36);
        assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 1);
        assert!(file.exists(), "it is the newest");
        fs::write(folder.path().join("practice-2026-10-18.db"), "").expect("written");
        assert_eq!(prune(folder.path(), &database, 35, today).await.expect("prunes"), 35);
        assert!(!file.exists());
    }

    #[tokio::test]
    async fn a_copy_that_a_clock_far_ahead_has_named_is_not_the_newest() {
        let folder = tempfile::tempdir().expect("a folder");
        for name in ["practice-2026-10-01.db", "practice-2027-10-01.db"] {
            fs::write(folder.path().join(name), "").expect("written");
        }
        let database = folder.path().join("practice.db");
        assert_eq!(prune(folder.path(), &database, 35, date(2026, 11, 22)).await.expect("prunes"), 52);
        assert!(folder.path().join("practice-2026-10-01.db").exists());
    }

    fn change(file: &Path, at: &str) {
        let at: Timestamp = at.parse().expect("a time");
        let file = fs::File::options().append(true).open(file).expect("opens");
        file.set_modified(at.into()).expect("set");
    }
}
