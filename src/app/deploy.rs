//! What is not yet fit for the public, each point in one line that says where to set it.
//!
//! Looks at this machine only: whether the proxy in front is set up well, nobody here can tell.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;

use anyhow::Result;
use jiff::Timestamp;

use super::check::{self, Findings};
use crate::config::{Settings, Typed};
use crate::content::{self, Practice};
use crate::db::Db;
use crate::mail::{MailSettings, Security};
use crate::staff::{people, recovery};
use crate::web::admin::settings::details;

/// Domains that no mail is ever delivered to (RFC 2606 and RFC 6761).
const MADE_UP: [&str; 7] =
    [".example", ".test", ".invalid", "localhost", "example.com", "example.org", "example.net"];

/// Everything that `check` finds, and what the public must not meet.
pub async fn check(typed: &Typed, settings: Result<Settings, Vec<String>>) -> Findings {
    let mut out = check::check(typed, settings.clone());
    let now = Timestamp::now();
    if let Ok(loaded) = content::load(&typed.content, now) {
        let practice = &loaded.content.practice;
        let gaps: Vec<String> = loaded.gaps.iter().map(ToString::to_string).collect();
        out.warnings.retain(|warning| !gaps.contains(warning));
        out.faults.extend(gaps);
        // Named as every fault in the texts is.
        let folder = typed.content.file_name().unwrap_or("content".as_ref());
        facts(practice, &Path::new(folder).join("practice.toml"), now, &mut out);
        if let Ok(settings) = &settings
            && let Ok(mail) = check::mail(settings, practice)
        {
            emails(settings, &mail, &mut out);
        }
    }
    if let Ok(settings) = &settings {
        address(settings, &mut out);
        doors(settings, &mut out);
        folders(settings, &mut out);
        if let Err(error) = people(settings, &mut out).await {
            out.faults.push(format!("The accounts can't be looked at: {error:#}"));
        }
    }
    out
}

fn facts(practice: &Practice, file: &Path, now: Timestamp, out: &mut Findings) {
    let file = file.display();
    if !practice.crisis.confirmed {
        let words = "call each emergency number, then set `confirmed = true` under [crisis]";
        out.faults.push(format!("{file}: {words}"));
    }
    if practice.phone.is_none() && practice.email.is_none() {
        let words =
            "set `phone` or `email`; with neither, nobody can reach you while the form is out of order";
        out.faults.push(format!("{file}: {words}"));
    }
    let today = now.to_zoned(practice.time_zone()).date();
    if !practice.holidays.iter().any(|day| *day >= today) {
        let words = "no day in `holidays` is to come, so answers are promised for holidays, too";
        out.warnings.push(format!("{file}: {words}"));
    }
    let empty = details(practice).into_iter().filter(|detail| detail.value.is_empty());
    for detail in empty.filter(|detail| detail.key != "crisis.confirmed") {
        out.warnings.push(format!("{file}: `{}` is not set. {}", detail.key, detail.without));
    }
}

fn emails(settings: &Settings, mail: &MailSettings, out: &mut Findings) {
    match &mail.smtp {
        None => out.faults.push(format!(
            "PRACTICE_SMTP_URL: it is not set, so emails become files in {} and nobody is told of a request",
            mail.folder.display()
        )),
        Some(url) if url.security == Security::None => out.warnings.push(
            "PRACTICE_SMTP_URL: emails go to a server on this machine without TLS; see that it passes them on with TLS"
                .to_owned(),
        ),
        Some(_) => {}
    }
    for (name, address) in [("PRACTICE_MAIL_TO", &mail.to), ("PRACTICE_MAIL_FROM", &mail.from)] {
        let address = address.trim_end_matches('>').to_lowercase();
        if settings.smtp_url.is_some() && MADE_UP.iter().any(|end| address.ends_with(end)) {
            out.faults.push(format!("{name}: no mail is ever delivered at this address; name a real one"));
        }
    }
    let readable = |file: &&std::path::PathBuf| mode(file).is_some_and(|mode| mode & 0o007 != 0);
    if let Some(file) = settings.smtp_url_file.as_ref().filter(readable) {
        let file = file.display();
        out.faults
            .push(format!("PRACTICE_SMTP_URL_FILE: everybody can read the password; run `chmod o= {file}`"));
    }
}

fn address(settings: &Settings, out: &mut Findings) {
    let url = &settings.base_url;
    let host = url.split("://").nth(1).unwrap_or_default();
    let host = host.rsplit_once(':').map_or(host, |(host, _)| host).trim_matches(['[', ']']);
    let is_loopback = host.parse().is_ok_and(|ip: std::net::IpAddr| ip.is_loopback() || ip.is_unspecified());
    if is_loopback || host == "localhost" {
        out.faults.push(format!(
            "PRACTICE_BASE_URL: {url} opens on this machine only; set the address that visitors use"
        ));
    } else if !settings.https() {
        out.faults.push(format!(
            "PRACTICE_BASE_URL: {url} is not https, so others can read what people type; put a proxy with a certificate in front"
        ));
    }
    if settings.https() && settings.trusted_proxies.is_empty() {
        let words = "it is not set, so behind the proxy that does the https all visitors look like one";
        out.warnings.push(format!("PRACTICE_TRUSTED_PROXIES: {words}"));
    }
}

fn doors(settings: &Settings, out: &mut Findings) {
    if !settings.rate_limit {
        out.faults
            .push("PRACTICE_RATE_LIMIT: it is off, which is for load tests only; leave it out".to_owned());
    }
    if !settings.second_factor_required {
        let words = "a password alone opens the inbox to whoever learns it; leave it out to require codes";
        out.warnings.push(format!("PRACTICE_SECOND_FACTOR: {words}"));
    }
}

fn folders(settings: &Settings, out: &mut Findings) {
    for (name, folder) in [("PRACTICE_DATA", &settings.data), ("PRACTICE_BACKUP", &settings.backup)] {
        if mode(folder).is_some_and(|mode| mode & 0o077 != 0) {
            let folder = folder.display();
            out.faults.push(format!(
                "{name}: other accounts of this machine may look into {folder}; run `chmod 700 {folder}`"
            ));
        }
    }
    if device(&settings.backup).is_some() && device(&settings.backup) == device(&settings.data) {
        let folder = settings.backup.display();
        out.warnings.push(format!(
            "PRACTICE_BACKUP: {folder} is on the disk of the database, and would be lost with it; have it fetched by another machine"
        ));
    }
}

fn mode(path: &Path) -> Option<u32> {
    Some(fs::metadata(path).ok()?.permissions().mode())
}

/// The disk that a folder is on, or will be once it is made.
fn device(folder: &Path) -> Option<u64> {
    folder.ancestors().find_map(|above| fs::metadata(above).ok()).map(|about| about.dev())
}

async fn people(settings: &Settings, out: &mut Findings) -> Result<()> {
    let file = settings.data.join("practice.db");
    let setup = format!("{}/admin/setup", settings.base_url);
    if !file.is_file() {
        out.faults
            .push(format!("Nobody has an account yet: start the site and make the first one at {setup}"));
        return Ok(());
    }
    let db = Db::open_as_it_is(&file).await?;
    let mut conn = db.read().await?;
    let active = people::list(&mut conn).await?.into_iter().filter(|person| person.disabled_at.is_none());
    let factors: Vec<bool> = active.map(|person| person.second_factor).collect();
    let kept = recovery::is_kept(&mut conn).await?;
    drop(conn);
    db.close().await;
    if factors.is_empty() {
        out.faults
            .push(format!("Nobody has an account, so nobody reads requests: make the first one at {setup}"));
        return Ok(());
    }
    match factors.iter().filter(|has_one| !**has_one).count() {
        0 => {}
        count => out
            .warnings
            .push(format!("{count} of {} accounts have no second factor yet: sign in once", factors.len())),
    }
    if !kept {
        let page = format!("{}/admin/recovery-code", settings.base_url);
        out.faults.push(format!("Nobody has confirmed that the recovery code is on paper: do so at {page}"));
    }
    Ok(())
}
