//! Puts a copy in the place of the database. What was there is put aside, never deleted, and at every moment there is a
//! whole database under its name. What was erased since the copy was made is erased in it before that.

use std::collections::BTreeSet;
use std::fs::{self, DirBuilder, File, Permissions};
use std::io::ErrorKind;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use jiff::Timestamp;
use jiff::civil::Date;
use sqlx::Connection;

use super::storage;
use crate::audit::{self, Actor, By, Entry, Outcome};
use crate::config::Settings;
use crate::db::copy::{fold_log, prove, reader, sync_folder_of};
use crate::db::{Db, beside, lock};
use crate::inquiry::erased::{self, Erased};
use crate::staff::session;

const DATABASE: &str = "practice.db";
const ASIDE: &str = "practice.db.before-restore-";
const STAGE: &str = "restoring";
/// What SQLite keeps beside a database. Left over from another one, it would play newer or deleted rows into the copy.
const LOGS: [&str; 3] = ["-wal", "-shm", "-journal"];

/// Puts the copy in a file in the database's place, and returns what to print. What is odd, and no reason to stop, is
/// logged.
///
/// # Errors
/// One sentence: the database is in use, the file is no good copy, or the disk refuses.
pub async fn restore(settings: Settings, file: &Path) -> Result<String> {
    let now = Timestamp::now();
    check(file)?;
    storage::create(&settings.data)?;
    let database = settings.data.join(DATABASE);
    // Held to the end of this function: until then the site can't open the database.
    let _alone = lock::alone(&database)?;
    let folder = settings.data.join(STAGE);
    let outcome = match erased_so_far(file, &settings.backup, &database).await {
        Ok(erased) => replace(file, &folder, &database, &erased, now).await,
        Err(error) => Err(error),
    };
    let cleared = clear(&folder);
    let Restored { aside, erased_again } = outcome?;
    if let Err(error) = cleared {
        tracing::warn!("it is restored, but {error:#}");
    }
    let aside = aside.map(|aside| format!(" What was there is {} now.", aside.display())).unwrap_or_default();
    let erased = match erased_again {
        0 => String::new(),
        1 => "1 request had been erased since the copy was made, and was erased again. ".to_owned(),
        many => format!("{many} requests had been erased since the copy was made, and were erased again. "),
    };
    Ok(format!(
        "Restored {}. Everybody has to sign in again.{aside}\n\
         {erased}Accounts that were disabled since the copy was made are back.",
        file.display()
    ))
}

struct Restored {
    /// Where the old database is.
    aside: Option<PathBuf>,
    erased_again: u64,
}

/// From the list, from one beside the copy, which may come from another machine, and from the ledger of the database
/// that is there still.
async fn erased_so_far(file: &Path, backup: &Path, database: &Path) -> Result<BTreeSet<Erased>> {
    let mut erased = erased::list(backup)?;
    erased.extend(erased::list(file.parent().unwrap_or(Path::new(".")))?);
    if database.try_exists()? {
        match in_ledger_of(database).await {
            Ok(told) => erased.extend(told),
            // Often the very reason for restoring.
            Err(error) => tracing::warn!(
                "the ledger of the old database can't be read, so only the list tells what was erased: {error:#}"
            ),
        }
    }
    Ok(erased)
}

async fn in_ledger_of(database: &Path) -> Result<BTreeSet<Erased>> {
    let mut conn = reader(database).await?;
    let told = erased::in_ledger(&mut conn, Timestamp::MIN).await;
    conn.close().await.context("closing the old database")?;
    told
}

fn check(file: &Path) -> Result<()> {
    ensure!(file.is_file(), "there is no file {}", file.display());
    let log = beside(file, "-wal");
    ensure!(
        fs::metadata(&log).map_or(0, |log| log.len()) == 0,
        "{} holds rows that are not in the copy, or those of another database; move it away first",
        log.display()
    );
    Ok(())
}

async fn replace(
    file: &Path,
    folder: &Path,
    database: &Path,
    erased: &BTreeSet<Erased>,
    now: Timestamp,
) -> Result<Restored> {
    let copy = stage(file, folder)?;
    prove(&copy).await.with_context(|| format!("{} can't be restored", file.display()))?;
    let erased_again = make_ready(&copy, erased, now).await?;
    let aside = match database.try_exists()? {
        true => Some(put_aside(database, now).await?),
        false => None,
    };
    remove_logs(database)?;
    sync_folder_of(database)?;
    fs::rename(&copy, database).context("the copy can't be put in place")?;
    sync_folder_of(database)?;
    Ok(Restored { aside, erased_again })
}

/// A copy of the copy, on the disk of the database: the file itself stays as it is.
fn stage(file: &Path, folder: &Path) -> Result<PathBuf> {
    clear(folder)?;
    let made = DirBuilder::new().mode(0o700).create(folder);
    made.with_context(|| format!("{} can't be made", folder.display()))?;
    let copy = folder.join(DATABASE);
    // Copying takes on the mode of the file, which is somebody's habit.
    fs::copy(file, &copy)
        .and_then(|_| fs::set_permissions(&copy, Permissions::from_mode(0o600)))
        .with_context(|| format!("{} can't be copied", file.display()))?;
    Ok(copy)
}

/// Brings its tables up to date, ends all sessions, erases what had been erased, and leaves nothing of it in a log.
async fn make_ready(copy: &Path, erased: &BTreeSet<Erased>, now: Timestamp) -> Result<u64> {
    let db = Db::open(copy).await?;
    let mut write = db.begin().await?;
    session::end_all(&mut write).await?;
    let by = By { actor: Actor::Operator, request_id: None };
    let entry = Entry { by, event: "backup restored", target: None, outcome: Outcome::Done, detail: None };
    audit::record(&mut write, entry, now.as_millisecond()).await?;
    let erased_again = erased::erase_again(&mut write, by, erased, now).await?;
    write.commit().await.context("storing what is restored")?;
    ensure!(db.truncate_log().await?, "somebody else is reading {}", copy.display());
    db.close().await;
    File::open(copy)?.sync_all().context("the copy can't be put on the disk")?;
    Ok(erased_again)
}

/// Gives the old database a second name, so that a power cut leaves one under the first name as well.
async fn put_aside(database: &Path, now: Timestamp) -> Result<PathBuf> {
    match fold_log(database).await {
        Ok(folded) => ensure!(folded, "the database is in use; stop the site first"),
        // Often the very reason for restoring.
        Err(error) => {
            tracing::warn!("the old database can't be read, so its log is kept beside it: {error:#}");
        }
    }
    let aside = database.with_file_name(format!("{ASIDE}{}", now.strftime("%Y-%m-%dT%H%M%S%.3fZ")));
    ensure!(!aside.try_exists()?, "{} is there already; try again in a moment", aside.display());
    for ending in ["", "-wal"] {
        let (old, new) = (beside(database, ending), beside(&aside, ending));
        if old.try_exists()? {
            // Some disks know no second names.
            fs::hard_link(&old, &new)
                .or_else(|_| fs::copy(&old, &new).map(drop))
                .with_context(|| format!("{} can't be made", new.display()))?;
        }
    }
    Ok(aside)
}

fn remove_logs(database: &Path) -> Result<()> {
    for ending in LOGS {
        let log = beside(database, ending);
        match fs::remove_file(&log) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                return Err(error).with_context(|| format!("{} can't be removed", log.display()));
            }
            _ => {}
        }
    }
    Ok(())
}

/// Removes what a restore that was cut short has left behind. Only while none can be under way.
///
/// # Errors
/// When the disk refuses.
pub fn clear_left_overs(data: &Path) -> Result<()> {
    clear(&data.join(STAGE))
}

fn clear(folder: &Path) -> Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(error).with_context(|| format!("{} can't be removed", folder.display()))
        }
        _ => Ok(()),
    }
}

/// The day on which a file of this name was put aside.
pub fn put_aside_on(name: &str) -> Option<Date> {
    name.strip_prefix(ASIDE)?.get(..10)?.parse().ok()
}
