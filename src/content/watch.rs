//! Notices that a file in the content folder changed.
//!
//! Says only that something changed; whoever waits reads the folder again.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use notify::{Event, RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::Notify;
use tokio::time::timeout;

/// Editors write a file in several steps; a change counts once it has been quiet for this long.
const QUIET: Duration = Duration::from_millis(200);

/// Changes of one folder, for as long as this lives.
pub struct Changes {
    something: Arc<Notify>,
    /// A change was noticed and has not been told yet.
    is_pending: bool,
    _watcher: RecommendedWatcher,
}

/// Watches a folder and what is in it.
///
/// # Errors
/// Where the system lends no watcher, as on some network drives. The site runs on without; the caller logs it.
pub fn watch(dir: &Path) -> anyhow::Result<Changes> {
    let something = Arc::new(Notify::new());
    let noticed = Arc::clone(&something);
    let watcher = notify::recommended_watcher(move |event: notify::Result<Event>| match event {
        // Reading is no change; without this each reload would cause the next.
        Ok(event) if event.kind.is_access() => {}
        Ok(_) => noticed.notify_one(),
        Err(error) => {
            tracing::warn!(%error, "watching the content folder failed; reading it again");
            noticed.notify_one();
        }
    });
    let mut watcher = watcher.context("no watcher for the content folder")?;
    watcher.watch(dir, RecursiveMode::Recursive).with_context(|| format!("can't watch {}", dir.display()))?;
    Ok(Changes { something, is_pending: false, _watcher: watcher })
}

impl Changes {
    /// Waits until something changed and then was quiet. May be dropped and called again without losing a change.
    pub async fn changed(&mut self) {
        if !self.is_pending {
            self.something.notified().await;
            self.is_pending = true;
        }
        while timeout(QUIET, self.something.notified()).await.is_ok() {}
        self.is_pending = false;
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    const LONG: Duration = Duration::from_secs(10);

    #[tokio::test]
    async fn a_changed_a_new_and_a_removed_file_are_noticed() {
        let dir = tempfile::tempdir().expect("a folder");
        fs::create_dir(dir.path().join("articles")).expect("a folder");
        let mut changes = watch(dir.path()).expect("a watcher");
        let file = dir.path().join("articles/a.md");
        for text in ["first", "second"] {
            fs::write(&file, text).expect("written");
            timeout(LONG, changes.changed()).await.expect("the change is noticed");
        }
        fs::remove_file(&file).expect("removed");
        timeout(LONG, changes.changed()).await.expect("the removal is noticed");
    }

    #[tokio::test]
    async fn reading_is_no_change() {
        let dir = tempfile::tempdir().expect("a folder");
        let file = dir.path().join("a.md");
        fs::write(&file, "text").expect("written");
        let mut changes = watch(dir.path()).expect("a watcher");
        fs::read(&file).expect("read");
        timeout(Duration::from_millis(400), changes.changed()).await.expect_err("nothing changed");
    }

    #[test]
    fn a_folder_that_is_not_there_can_not_be_watched() {
        let Err(error) = watch(Path::new("/nowhere/at/all")) else { panic!("there is nothing to watch") };
        assert!(error.to_string().contains("/nowhere/at/all"));
    }
}
