//! Finds what is wrong before it is served: settings, content, mail, data folder.

use jiff::Timestamp;

use super::storage;
use crate::config::Settings;
use crate::content::{self, Practice};
use crate::mail::{MailSettings, Mailer, SmtpUrl};

/// What `check` found.
pub struct Findings {
    /// Each stops the start.
    pub faults: Vec<String>,
    /// Worth mending, but the site can be served.
    pub warnings: Vec<String>,
}

/// Looks at everything without serving.
pub fn check(settings: &Settings) -> Findings {
    let mut faults = Vec::new();
    let mut warnings = Vec::new();
    match content::load(&settings.content, Timestamp::now()) {
        Ok(loaded) => {
            warnings.extend(loaded.warnings.iter().map(ToString::to_string));
            if let Err(found) = mail(settings, &loaded.content.practice) {
                faults.extend(found);
            }
        }
        Err(found) => faults.extend(found.lines()),
    }
    if let Err(error) = storage::create(&settings.data) {
        faults.push(format!("{error:#}"));
    }
    Findings { faults, warnings }
}

/// Where emails go, from the settings and the facts of the practice.
///
/// # Errors
/// One line for each fault.
pub fn mail(settings: &Settings, practice: &Practice) -> Result<MailSettings, Vec<String>> {
    let mut faults = Vec::new();
    let smtp = settings.smtp_url.as_ref().and_then(|url| {
        let parsed = url.0.parse::<SmtpUrl>();
        parsed.map_err(|fault| faults.push(format!("PRACTICE_SMTP_URL: {fault}"))).ok()
    });
    let mut address = |name: &str, setting: &Option<String>| {
        let known = setting.clone().or_else(|| practice.email.clone());
        if known.is_none() && settings.smtp_url.is_some() {
            faults.push(format!("{name} is missing: set it, or `email` in practice.toml"));
        }
        // Emails that become files need an address to look like emails, but nobody sends them.
        known.unwrap_or_else(|| "practice@localhost".to_owned())
    };
    let to = address("PRACTICE_MAIL_TO", &settings.mail_to);
    let from = address("PRACTICE_MAIL_FROM", &settings.mail_from);
    let mail = MailSettings { smtp, folder: settings.data.join("mail"), from, to };
    if faults.is_empty()
        && let Err(error) = Mailer::new(mail.clone())
    {
        faults.push(format!("{error:#}"));
    }
    if faults.is_empty() { Ok(mail) } else { Err(faults) }
}
