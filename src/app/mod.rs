//! Builds everything from the settings, runs it, and stops it.

pub mod alerts;
pub mod backup;
mod check;
pub mod deploy;
pub mod housekeeping;
pub mod init;
pub mod log;
pub mod mail_test;
mod old_copies;
pub mod operator;
mod refresh;
pub mod restore;
mod storage;

use std::io::IsTerminal;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use jiff::Timestamp;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::config::Settings;
use crate::content::{self, watch::Changes};
use crate::mail::{MailSettings, Mailer};
use crate::web::snapshot::Snapshot;
use crate::web::{self, Web};

pub use check::{Findings, check};
use storage::Storage;

/// Whoever asked for the end waits this long at most; many supervisors kill after ten seconds.
const LONGEST_END: Duration = Duration::from_secs(9);

/// Runs the site until it is told to stop.
///
/// # Errors
/// Lines for the person who started it: faults in the content or the settings, or an address that is taken.
pub async fn serve(settings: Settings) -> Result<(), Vec<String>> {
    let now = Timestamp::now();
    // Before the texts are read: what changes from here on is not missed.
    let changes = refresh::watch(&settings.content);
    let loaded = content::load(&settings.content, now).map_err(|faults| faults.lines())?;
    let mail = check::mail(&settings, &loaded.content.practice)?;
    run(settings, Arc::new(loaded.content), changes, mail).await.map_err(|error| vec![format!("{error:#}")])
}

async fn run(
    settings: Settings,
    content: Arc<content::Content>,
    changes: Option<Changes>,
    mail: MailSettings,
) -> Result<()> {
    let now = Timestamp::now();
    let listener = TcpListener::bind(settings.listen)
        .await
        .with_context(|| format!("{} can't be listened on", settings.listen))?;
    let snapshot = Snapshot::build(content, &settings.base_url, now, Some(&refresh::cache(&settings)))?;
    let mail_folder = mail.smtp.is_none().then(|| mail.folder.clone());
    let storage = match Storage::open(&settings, mail.clone(), now).await {
        Ok(storage) => Some(storage),
        Err(error) => {
            tracing::error!("requests can't be stored, so the form says to phone: {error:#}");
            None
        }
    };
    let setup_code = storage.as_ref().and_then(|storage| storage.setup_code.clone());
    let (close, closed) = watch::channel(false);
    let (stop, stopped) = watch::channel(false);
    let mut tasks = JoinSet::new();
    let (desk, work) = storage.map(|storage| (storage.desk, storage.work)).unzip();
    let web = Arc::new(Web::new(settings, snapshot, desk, Arc::new(Timestamp::now)));
    tasks.spawn(alerts::run(web.clone(), Mailer::new(mail.clone())?, stopped.clone()));
    tasks.spawn(storage::run(web.clone(), work, mail, closed.clone(), stopped.clone()));
    tasks.spawn(refresh::run(web.clone(), changes, stopped.clone()));
    tasks.spawn(housekeeping::run(web.clone(), stopped.clone()));
    greet(&web.settings, mail_folder.as_deref(), setup_code.as_deref());

    let (ready, router) = (web::ready(web.clone()), web::router(web.clone()));
    let limits = web::serve::Limits::default();
    let dressing = web::broken_head::dressing(web.clone());
    let serving = web::serve::serve(listener, ready, router, dressing, limits, until(closed));
    let mut server = tokio::spawn(serving);
    let outcome = tokio::select! {
        signal = told_to_stop() => signal,
        ended = &mut server => Err(anyhow!("the server ended by itself: {ended:?}")),
        Some(ended) = tasks.join_next() => Err(anyhow!("a background task ended by itself: {ended:?}")),
    };
    let ending = async {
        // Connections and mail first, so that what is being sent in is stored; then the tasks that do the storing.
        close.send_replace(true);
        if !server.is_finished() {
            server.await.context("the server ended badly")?;
        }
        stop.send_replace(true);
        while tasks.join_next().await.is_some() {}
        if let Some(desk) = web.desk() {
            desk.db.close().await;
        }
        anyhow::Ok(())
    };
    match timeout(LONGEST_END, ending).await {
        Ok(ended) => outcome.and(ended),
        Err(_) => {
            // Whatever hangs, a disk for one: what was acknowledged is stored, so this is no worse than a power cut.
            tracing::warn!("not everything ended in time");
            outcome
        }
    }
}

/// Ready when the program is to stop.
async fn until(mut stopped: watch::Receiver<bool>) {
    // An error means that the sender is gone, which is a reason to stop as well.
    let _ = stopped.wait_for(|stopped| *stopped).await;
}

async fn told_to_stop() -> Result<()> {
    let mut terminate = signal(SignalKind::terminate()).context("signals can't be listened to")?;
    tokio::select! {
        _ = terminate.recv() => {}
        interrupted = tokio::signal::ctrl_c() => interrupted.context("signals can't be listened to")?,
    }
    tracing::info!("stopping");
    Ok(())
}

/// For the person who started it. The set-up code goes to a terminal only: whoever reads a log later must not find it.
fn greet(settings: &Settings, mail_folder: Option<&Path>, setup_code: Option<&str>) {
    println!("The site is at {}", settings.base_url);
    match mail_folder {
        Some(folder) => println!("Emails become files in {}", folder.display()),
        None => println!("Emails go out by SMTP"),
    }
    let Some(code) = setup_code else { return };
    println!("Nobody has an account yet. Make the first one at {}/admin/setup", settings.base_url);
    if std::io::stdout().is_terminal() {
        println!("The set-up code is {code}");
    } else {
        println!("The set-up code is in {}", settings.data.join("setup-code").display());
    }
}
