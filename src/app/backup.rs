//! Copies of the database: one that an operator asks for, one each night, and the end of those kept long enough.
//!
//! It never writes over a copy that is good, and deletes nothing but what it, or a restore, has made.

use std::fmt::Write;
use std::fs::{self, DirBuilder};
use std::io::ErrorKind;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use super::restore;
use crate::audit::{self, Actor, By, Entry, Outcome};
use crate::config::Settings;
use crate::db::copy::{name_of, night_of, prove};
use crate::db::{Db, update};
use crate::inquiry::regular::{self, Task};

/// The copy that `latest` makes anew, beside those of the nights.
const LATEST: &str = "latest.db";
/// In bytes; what senders write comes first.
const ROOM_LEFT: u64 = 64 * 1024 * 1024;

/// Copies the database into a file, also while the site runs, and returns what to print.
///
/// # Errors
/// One sentence: the file is there already, the disk refuses, or the database is damaged.
pub async fn make(settings: Settings, file: &Path) -> Result<String> {
    ensure!(
        !taken(file)?,
        "{} is there already, and a copy never takes another file's place",
        file.display()
    );
    let db = Db::open_as_it_is(&settings.data.join("practice.db")).await?;
    db.copy_to(file).await?;
    look_over_and_note(&db).await?;
    db.close().await;
    Ok(format!("The copy is {}. It was read to its end and is good.", file.display()))
}

/// Makes the copy anew that is carried to another machine every few minutes, and returns what to print. With the first of
/// a day the whole database is read as well, and the ledger notes it: with each of them, nobody would find in it who saw
/// what.
///
/// What is wrong with the database, while the copy of it is good, is only told: that copy is the one to carry away.
///
/// # Errors
/// When there is too little room, the disk refuses, or the database is too damaged for a good copy.
pub async fn latest(settings: Settings) -> Result<String> {
    let folder = &settings.backup;
    make_folder(folder)?;
    let file = folder.join(LATEST);
    let is_first = changed_on(&file) != Some(Timestamp::now().to_zoned(TimeZone::UTC).date());
    let db = Db::open_as_it_is(&settings.data.join("practice.db")).await?;
    check_room(&db, folder).await?;
    db.copy_to(&file).await?;
    let mut said = format!("The latest copy is {}. It was read to its end and is good.", file.display());
    if is_first && let Err(error) = look_over_and_note(&db).await {
        let _ = write!(said, "\nWARN {error:#}");
    }
    db.close().await;
    Ok(said)
}

/// In this order: a damaged database is not written into.
async fn look_over_and_note(db: &Db) -> Result<()> {
    db.check_whole().await.context("the copy is made and good, but should be restored soon")?;
    let made = async {
        let mut write = db.begin().await?;
        record(&mut write, Actor::Operator, Timestamp::now()).await?;
        write.commit().await.context("storing")
    };
    made.await.context("the copy is made and good, but the ledger does not say so")
}

fn make_folder(folder: &Path) -> Result<()> {
    let made = DirBuilder::new().recursive(true).mode(0o700).create(folder);
    made.with_context(|| format!("{} can't be made", folder.display()))
}

fn taken(file: &Path) -> Result<bool> {
    match fs::symlink_metadata(file) {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error).with_context(|| format!("{} can't be written", file.display())),
    }
}

/// Makes the copy of this night, unless there is a good one. Tells whether it did.
///
/// # Errors
/// When there is too little room, the disk refuses, or the database is too damaged for a good copy.
pub async fn nightly(db: &Db, folder: &Path, night: Date) -> Result<bool> {
    make_folder(folder)?;
    let file = folder.join(name_of(night));
    // After a restore on the same day there is one, perhaps the very one that was restored.
    if taken(&file)? && prove(&file).await.is_ok() {
        return Ok(false);
    }
    check_room(db, folder).await?;
    db.copy_to(&file).await?;
    Ok(true)
}

/// Writes down that the copy of this night is there, and in the ledger where it was made now.
///
/// # Errors
/// When the database can't be written.
pub async fn note_nightly(db: &Db, made: bool, now: Timestamp) -> Result<()> {
    let mut write = db.begin().await?;
    if made {
        record(&mut write, Actor::System, now).await?;
    }
    regular::note(&mut write, Task::Backup, now).await?;
    write.commit().await.context("noting that the copy is made")
}

/// The folder is mostly on the disk that requests are stored on.
async fn check_room(db: &Db, folder: &Path) -> Result<()> {
    let disk = rustix::fs::statvfs(folder).context("the disk can't be asked for its room")?;
    let free = disk.f_bavail.saturating_mul(disk.f_frsize);
    let size = db.size().await?;
    ensure!(free >= size + ROOM_LEFT, "the copy takes {size} bytes, and only {free} are free");
    Ok(())
}

async fn record(conn: &mut sqlx::SqliteConnection, actor: Actor, now: Timestamp) -> Result<()> {
    let by = By { actor, request_id: None };
    let entry = Entry { by, event: "backup made", target: None, outcome: Outcome::Done, detail: None };
    audit::record(conn, entry, now.as_millisecond()).await
}

/// Deletes the nightly copies, the latest one, the databases that a restore has put aside, and the copies from before an
/// update that are older than this many days.
///
/// # Errors
/// When a folder can't be read or a file can't be deleted.
pub fn prune(folder: &Path, database: &Path, days: u16, today: Date) -> Result<()> {
    let oldest = today.saturating_sub(i64::from(days).days());
    delete(folder, |file| {
        let name = name(file).map(|name| name.trim_end_matches(".part"));
        let latest = (name == Some(LATEST)).then(|| changed_on(file)).flatten();
        name.and_then(night_of).or(latest).is_some_and(|day| day < oldest)
    })?;
    let data = database.parent().context("the database is in no folder")?;
    restore::clear_left_overs(data)?;
    delete(data, |file| {
        let put_aside = name(file).and_then(restore::put_aside_on);
        let updated = update::is_from_before(database, file).then(|| changed_on(file)).flatten();
        put_aside.or(updated).is_some_and(|day| day < oldest)
    })
}

fn name(file: &Path) -> Option<&str> {
    file.file_name()?.to_str()
}

fn changed_on(file: &Path) -> Option<Date> {
    let at = Timestamp::try_from(fs::metadata(file).ok()?.modified().ok()?).ok()?;
    Some(at.to_zoned(TimeZone::UTC).date())
}

fn delete(folder: &Path, is_old: impl Fn(&Path) -> bool) -> Result<()> {
    if !folder.try_exists()? {
        return Ok(());
    }
    let entries = fs::read_dir(folder).with_context(|| format!("{} can't be read", folder.display()))?;
    for entry in entries {
        let path = entry?.path();
        if is_old(&path) {
            fs::remove_file(&path).with_context(|| format!("{} can't be deleted", path.display()))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn only_our_own_old_files_are_deleted() {
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

        prune(&folder, &data.path().join("practice.db"), 35, date(2026, 11, 22)).expect("prunes");
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

    #[test]
    fn a_latest_copy_that_nobody_makes_anew_any_more_ends_as_well() {
        let folder = tempfile::tempdir().expect("a folder");
        for name in [LATEST, "latest.db.part"] {
            fs::write(folder.path().join(name), "").expect("written");
            change(&folder.path().join(name), "2026-10-17T12:00:00Z");
        }
        prune(folder.path(), &folder.path().join("practice.db"), 35, date(2026, 11, 22)).expect("prunes");
        assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 0);
    }

    fn change(file: &Path, at: &str) {
        let at: Timestamp = at.parse().expect("a time");
        let file = fs::File::options().append(true).open(file).expect("opens");
        file.set_modified(at.into()).expect("set");
    }
}
