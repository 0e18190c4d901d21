//! Room on the disk: the mark below which no request is taken in, and a reserve that is given up when nothing else is
//! left, so that the practice can still sign in, read and erase.
//!
//! SQLite needs room even to delete, so a full disk could not be emptied by erasing.

use std::fs::{self, File, OpenOptions};
use std::io::ErrorKind;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use rustix::fs::{FallocateFlags, fallocate, statvfs};

use super::beside;

/// In bytes.
const LEAST_ROOM: u64 = 16 * 1024 * 1024;

/// In bytes.
struct Room {
    free: u64,
    /// 16 MiB, or on a small disk a twentieth of it.
    mark: u64,
}

impl Room {
    fn beside(database: &Path) -> Result<Self> {
        let disk = statvfs(database).context("the disk can't be asked for its room")?;
        let bytes = |blocks: u64| blocks.saturating_mul(disk.f_frsize);
        Ok(Self { free: bytes(disk.f_bavail), mark: (bytes(disk.f_blocks) / 20).min(LEAST_ROOM) })
    }

    /// Less than the mark: giving the reserve up lets no request in.
    fn reserve(&self) -> u64 {
        self.mark / 2
    }

    /// Once this many bytes more are written, a few transactions would fill the disk.
    fn is_gone_after(&self, bytes: u64) -> bool {
        self.free < self.mark / 4 + bytes
    }
}

/// Whether there is room for what senders write.
///
/// # Errors
/// When there is not, or the disk can't be asked.
pub fn check(database: &Path) -> Result<()> {
    let Room { free, mark } = Room::beside(database)?;
    ensure!(free >= mark, "the disk is nearly full: {free} bytes are free");
    Ok(())
}

/// Whether a copy of this many bytes beside the database leaves room enough to go on working in it. The reserve is given
/// up where that is enough, and kept where it is not.
///
/// # Errors
/// When there is no room, or the disk can't be asked.
pub(super) fn make_way_for_copy(database: &Path, bytes: u64) -> Result<()> {
    let mut room = Room::beside(database)?;
    let set_aside = fs::metadata(path(database)).map_or(0, |file| file.blocks() * 512);
    let with_reserve = Room { free: room.free + set_aside, ..room };
    if room.is_gone_after(bytes) && !with_reserve.is_gone_after(bytes) {
        give_up(database);
        room = Room::beside(database)?;
    }
    ensure!(!room.is_gone_after(bytes), "it would take {bytes} bytes, and only {} are free", room.free);
    Ok(())
}

/// Sets a reserve aside, unless there is a whole one or the disk is too full for it.
///
/// # Errors
/// When the disk refuses, or can't set room aside.
pub fn keep_reserve(database: &Path) -> Result<()> {
    let (reserve, room) = (path(database), Room::beside(database)?);
    // A power cut may have left one that holds no room yet.
    let is_kept = fs::metadata(&reserve).is_ok_and(|file| file.len() >= room.reserve());
    if is_kept || room.free < room.mark + room.reserve() {
        return Ok(());
    }
    let set_aside = || -> std::io::Result<()> {
        let file: File = OpenOptions::new().create(true).append(true).mode(0o600).open(&reserve)?;
        // Really taken, not only promised: a file of zeros could be none at all.
        Ok(fallocate(&file, FallocateFlags::empty(), 0, room.reserve())?)
    };
    set_aside().inspect_err(|_| drop(fs::remove_file(&reserve))).context("no room can be set aside")
}

/// Gives the reserve up where there is hardly any other room, also for opening the database, which writes beside it.
/// Whatever fails here fails again in the write that follows.
pub(super) fn make_way(database: &Path) {
    if Room::beside(database).is_ok_and(|room| room.is_gone_after(0)) {
        give_up(database);
    }
}

fn give_up(database: &Path) {
    match fs::remove_file(path(database)) {
        Ok(()) => tracing::warn!("the disk is too full, so the room that was set aside is used now"),
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => tracing::error!("the room that was set aside can't be used: {error}"),
    }
}

fn path(database: &Path) -> PathBuf {
    beside(database, ".reserve")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rel_04_the_reserve_takes_real_room_is_kept_once_and_not_given_up_while_there_is_other_room() {
        let folder = tempfile::tempdir().expect("a folder");
        let database = folder.path().join("practice.db");
        fs::write(&database, "").expect("written");
        keep_reserve(&database).expect("kept");
        // As a power cut may leave it.
        File::options().write(true).truncate(true).open(path(&database)).expect("emptied");
        for _ in 0..2 {
            keep_reserve(&database).expect("kept");
        }
        let reserve = path(&database).metadata().expect("there");
        assert!(reserve.blocks() * 512 >= reserve.len() && reserve.len() > 0);
        assert_eq!(reserve.mode() & 0o777, 0o600);
        make_way(&database);
        assert!(path(&database).exists());
    }
}
