//! Emails as `.eml` files, for a practice that has set up no mail server yet.
//!
//! A file is there whole or not at all, and only for the account that runs the site.

use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use jiff::Timestamp;

use super::{Affects, Blocked, Email, SendError, Stage, letterhead::Letterhead};

#[derive(Debug, Clone)]
pub struct Folder {
    path: PathBuf,
    letterhead: Letterhead,
}

impl Folder {
    pub(super) fn new(path: PathBuf, letterhead: Letterhead) -> Self {
        Self { path, letterhead }
    }

    pub(super) async fn send(&self, email: &Email, now: Timestamp) -> Result<(), SendError> {
        let message = self
            .letterhead
            .compose(email, now)
            .map_err(|error| SendError::permanent(&error.to_string(), Affects::ThisEmail))?;
        let name = format!("{}-{}.eml", now.strftime("%Y-%m-%dT%H-%M-%SZ"), email.message_id);
        self.at_work(move |path| write_whole(path, &name, &message)).await.map_err(|error| {
            SendError::transient(&format!("{error}, while {}", Stage::WritingFile), Affects::EveryEmail)
        })
    }

    /// Whether an email could be written, without writing one.
    pub(super) async fn probe(&self) -> Result<(), Blocked> {
        let probed = self.at_work(|path| {
            let name = ".probe";
            write_whole(path, name, b"")?;
            fs::remove_file(path.join(name))
        });
        probed.await.map_err(|error| {
            Blocked::at(Stage::WritingFile, SendError::transient(&error.to_string(), Affects::EveryEmail))
        })
    }

    async fn at_work(&self, work: impl FnOnce(&Path) -> io::Result<()> + Send + 'static) -> io::Result<()> {
        let path = self.path.clone();
        let done = tokio::task::spawn_blocking(move || work(&path)).await;
        done.unwrap_or_else(|stopped| Err(io::Error::other(stopped)))
    }
}

fn write_whole(folder: &Path, name: &str, message: &[u8]) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let unfinished = folder.join(format!(".{name}.part"));
    let mut file =
        OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&unfinished)?;
    file.write_all(message)?;
    file.sync_all()?;
    fs::rename(&unfinished, folder.join(name))?;
    // The new name is on disk only when the folder is.
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn email() -> Email {
        Email {
            subject: "New request".to_owned(),
            text: "Open it.".to_owned(),
            message_id: "k7qf2m".to_owned(),
        }
    }

    fn folder(path: PathBuf) -> Folder {
        Folder::new(
            path,
            Letterhead::new("site@practice.example", "office@practice.example").expect("addresses"),
        )
    }

    #[tokio::test]
    async fn an_email_becomes_one_private_file_named_by_time_and_nothing_personal() {
        let place = tempfile::tempdir().expect("a folder");
        let path = place.path().join("mail");
        let now = "2026-05-04T13:14:00Z".parse().expect("a literal time");
        folder(path.clone()).send(&email(), now).await.expect("written");

        let files: Vec<_> =
            fs::read_dir(&path).expect("the folder").map(|file| file.expect("a file").path()).collect();
        assert_eq!(files, [path.join("2026-05-04T13-14-00Z-k7qf2m.eml")]);
        assert_eq!(fs::metadata(&files[0]).expect("the file").permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::metadata(&path).expect("the folder").permissions().mode() & 0o777, 0o700);
        assert!(fs::read_to_string(&files[0]).expect("the text").ends_with("\r\n\r\nOpen it."));
    }

    #[tokio::test]
    async fn a_folder_that_cannot_be_written_is_tried_again_and_does_not_name_its_path() {
        let place = tempfile::tempdir().expect("a folder");
        let path = place.path().join("mail");
        fs::write(&path, "a file where the folder should be").expect("written");
        let error = folder(path).send(&email(), Timestamp::UNIX_EPOCH).await.expect_err("no folder");
        assert!(matches!(&error, SendError::Transient { affects: Affects::EveryEmail, .. }), "{error:?}");
        assert!(!error.reply().contains("tmp"), "{error}");
        let blocked = folder(place.path().join("mail")).probe().await.expect_err("no folder");
        assert_eq!((blocked.stage, blocked.reply()), (Stage::WritingFile, "File exists (os error 17)"));
    }

    #[tokio::test]
    async fn probing_the_folder_leaves_nothing_behind() {
        let place = tempfile::tempdir().expect("a folder");
        folder(place.path().join("mail")).probe().await.expect("can be written");
        assert_eq!(fs::read_dir(place.path().join("mail")).expect("the folder").count(), 0);
    }
}
