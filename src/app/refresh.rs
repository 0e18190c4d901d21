//! Keeps the pages fresh while the site runs: a text that changed, and a new day.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::watch;
use tokio::task::spawn_blocking;
use tokio::time::sleep;

use crate::config::Settings;
use crate::content::{self, watch::Changes};
use crate::web::Web;
use crate::web::snapshot::Snapshot;

/// How often the calendar is looked at. A sleep until midnight would not notice a clock that is set.
const LOOK_AT_CALENDAR: Duration = Duration::from_secs(30);

/// Watches the folder of the texts from now on.
pub fn watch(folder: &Path) -> Option<Changes> {
    content::watch::watch(folder)
        .inspect_err(|error| tracing::warn!("texts that change are noticed only after a restart: {error:#}"))
        .ok()
}

/// Compresses the first pages as well as can be, then rebuilds them whenever there is a reason, until the site stops.
pub async fn run(web: Arc<Web>, changes: Option<Changes>, stopped: watch::Receiver<bool>) {
    tokio::select! {
        () = super::until(stopped) => {}
        () = keep_fresh(web, changes) => {}
    }
}

async fn keep_fresh(web: Arc<Web>, mut changes: Option<Changes>) {
    let mut made = web.now();
    let mut is_compressed = false;
    loop {
        tokio::select! {
            () = changed(&mut changes) => {}
            () = new_day(&web, made) => {}
            // A reason to make new pages does not wait for the compression of the old ones.
            () = compress(&web), if !is_compressed => {
                is_compressed = true;
                continue;
            }
        }
        // Also where the texts turn out to be faulty: then they are tried again after a change, or tomorrow.
        made = web.now();
        rebuild(&web).await;
        is_compressed = false;
    }
}

async fn changed(changes: &mut Option<Changes>) {
    match changes {
        Some(changes) => changes.changed().await,
        None => std::future::pending().await,
    }
}

/// Ready on another local day than that of `made`; dates on the pages depend on it.
async fn new_day(web: &Web, made: Timestamp) {
    let day = |at: Timestamp| {
        let zone = web.current.load().content().practice.time_zone();
        at.to_zoned(zone).date()
    };
    while day(web.now()) == day(made) {
        sleep(LOOK_AT_CALENDAR).await;
    }
}

/// A whole new set of pages, or the old one where the new one is faulty.
async fn rebuild(web: &Arc<Web>) {
    let now = web.now();
    let shared = web.clone();
    let built = spawn_blocking(move || build(&shared, now)).await;
    match built {
        Ok(Ok(snapshot)) => {
            web.current.store(Arc::new(snapshot));
            web.faults.store(Arc::default());
            tracing::info!("the pages were made anew");
        }
        Ok(Err(faults)) => {
            for fault in &faults {
                tracing::error!("the last good texts stay, because of a fault: {fault}");
            }
            web.faults.store(Arc::new(faults));
        }
        Err(error) => tracing::error!("the last good texts stay, because making new pages failed: {error}"),
    }
}

fn build(web: &Web, now: Timestamp) -> Result<Snapshot, Vec<String>> {
    let loaded = content::load(&web.settings.content, now).map_err(|faults| faults.lines())?;
    let content = Arc::new(loaded.content);
    let cache = cache(&web.settings);
    Snapshot::build(content, &web.settings.base_url, now, Some(&cache))
        .map_err(|error| vec![format!("{error:#}")])
}

/// Where compressed pages are kept.
pub fn cache(settings: &Settings) -> PathBuf {
    settings.data.join("cache")
}

/// Swaps in the same pages, smaller. Takes seconds of one core the first time and none when they are known.
async fn compress(web: &Arc<Web>) {
    let shared = web.clone();
    let cache = cache(&web.settings);
    let smaller = spawn_blocking(move || shared.current.load_full().recompress(&cache)).await;
    match smaller {
        // Nobody else swaps meanwhile: rebuilding and compressing take turns in one task.
        Ok(Ok(snapshot)) => web.current.store(Arc::new(snapshot)),
        Ok(Err(error)) => tracing::warn!("the pages stay a little larger than they could be: {error:#}"),
        Err(error) => tracing::error!("compressing the pages failed: {error}"),
    }
}
