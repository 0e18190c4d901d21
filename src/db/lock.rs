//! Who has the database open: everybody who does shares a lock, so that a copy is never put in place under a server that
//! writes.
//!
//! The lock is on a file of its own: closing another handle of the database file would end SQLite's own locks on it.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use anyhow::{Context, Result, bail};

use super::beside;

/// Held for as long as it lives. It ends with the process, however that ends.
#[derive(Debug)]
pub struct InUse(#[expect(dead_code, reason = "closing the file gives the lock back")] File);

/// Marks the database as in use, beside others who use it.
///
/// # Errors
/// While somebody puts a copy in its place, or when the folder can't be written.
pub fn share(database: &Path) -> Result<InUse> {
    let file = open(database)?;
    match file.try_lock_shared() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => bail!("a copy of the database is being put in place just now"),
        // Some network disks know no locks, and that must turn nobody away.
        Err(TryLockError::Error(error)) => {
            tracing::warn!("the database can't be marked as in use: {error}");
        }
    }
    Ok(InUse(file))
}

/// Takes the database for oneself.
///
/// # Errors
/// While anybody uses it.
pub fn alone(database: &Path) -> Result<InUse> {
    let file = open(database)?;
    match file.try_lock() {
        Ok(()) => Ok(InUse(file)),
        Err(TryLockError::WouldBlock) => bail!("the database is in use; stop the site first"),
        Err(TryLockError::Error(error)) => Err(error).context("whether the database is in use can't be told"),
    }
}

fn open(database: &Path) -> Result<File> {
    let path = beside(database, ".lock");
    let opened: io::Result<File> = OpenOptions::new().create(true).append(true).mode(0o600).open(&path);
    opened.with_context(|| format!("{} can't be written", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_may_use_it_and_one_alone_nobody_else() {
        let folder = tempfile::tempdir().expect("a folder");
        let database = folder.path().join("practice.db");
        let users = (share(&database).expect("shared"), share(&database).expect("shared again"));
        assert!(alone(&database).is_err());
        drop(users);
        let owner = alone(&database).expect("alone");
        assert!(share(&database).is_err() && alone(&database).is_err());
        drop(owner);
        share(&database).expect("shared again");
    }
}
