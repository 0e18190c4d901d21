//! The file with the set-up code, in the data folder. It is there from the first start to the first account.
//!
//! Only the file's owner can read it. Nothing here prints or logs the code.

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use super::code::Code;

/// The set-up code, while there is one.
///
/// # Errors
/// Where the file can't be read or holds something else.
pub fn find(data: &Path) -> Result<Option<Code>> {
    let file = code_file(data);
    match fs::read_to_string(&file) {
        Ok(text) => match Code::parse(&text) {
            Some(code) => Ok(Some(code)),
            None => bail!("{} holds no set-up code", file.display()),
        },
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).context("reading the set-up code"),
    }
}

/// The set-up code, made durable before anything depends on it; the one that is there already wins.
///
/// # Errors
/// Where the folder can't be written, or the file holds something else.
pub fn find_or_make(data: &Path) -> Result<Code> {
    if let Some(code) = find(data)? {
        return Ok(code);
    }
    let code = Code::generate()?;
    let draft = data.join(format!("setup-code.{}", Code::generate()?.last_group()));
    let mut written = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&draft)
        .context("writing the set-up code")?;
    written.write_all(format!("{code}\n").as_bytes()).context("writing the set-up code")?;
    written.sync_all().context("writing the set-up code")?;
    // A link appears whole or not at all, and never in place of another process's code.
    let linked = fs::hard_link(&draft, code_file(data));
    fs::remove_file(&draft).context("writing the set-up code")?;
    match linked {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => {
            return Err(error).context("writing the set-up code");
        }
        _ => File::open(data)?.sync_all().context("writing the set-up code")?,
    }
    find(data)?.context("the set-up code was not stored")
}

/// Removes the file with the set-up code; call it after the commit that made the first account.
///
/// # Errors
/// Where the file is there and can't be removed. The next start tries again.
pub fn forget(data: &Path) -> Result<()> {
    match fs::remove_file(code_file(data)) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error).context("removing the set-up code"),
        _ => Ok(()),
    }
}

fn code_file(data: &Path) -> PathBuf {
    data.join("setup-code")
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn the_code_is_made_once_is_readable_for_its_owner_alone_and_leaves_no_draft() {
        let data = tempfile::tempdir().expect("a folder");
        assert_eq!(find(data.path()).expect("reads"), None);
        let code = find_or_make(data.path()).expect("writes");
        assert_eq!(find_or_make(data.path()).expect("reads"), code);
        let mode = fs::metadata(code_file(data.path())).expect("a file").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(fs::read_dir(data.path()).expect("a folder").count(), 1);
        forget(data.path()).expect("removes");
        forget(data.path()).expect("nothing to remove is no fault");
        assert_eq!(find(data.path()).expect("reads"), None);
    }

    #[test]
    fn a_file_that_holds_something_else_is_an_error_and_stays() {
        let data = tempfile::tempdir().expect("a folder");
        fs::write(code_file(data.path()), "nonsense").expect("writes");
        assert!(find_or_make(data.path()).is_err());
        assert!(code_file(data.path()).exists());
    }
}
