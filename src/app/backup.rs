//! Copies of the database: one that an operator asks for, and one each night.
//!
//! It never writes over a copy that is good, and deletes none; that is `old_copies`.

use std::fmt::Write;
use std::fs::{self, DirBuilder};
use std::io::ErrorKind;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::audit::{self, Actor, By, Entry, Outcome};
use crate::config::Settings;
use crate::db::Db;
use crate::db::copy::{name_of, prove};
use crate::inquiry::regular::{self, Task};

/// The copy that `latest` makes anew, beside those of the nights.
pub(super) const LATEST: &str = "latest.db";
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

/// The day on which a file was written.
pub(super) fn changed_on(file: &Path) -> Option<Date> {
    let at = Timestamp::try_from(fs::metadata(file).ok()?.modified().ok()?).ok()?;
    Some(at.to_zoned(TimeZone::UTC).date())
}
