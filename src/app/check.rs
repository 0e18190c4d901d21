//! Finds what is wrong before it is served: settings, content, mail, data folder.

use jiff::Timestamp;

use super::storage;
use crate::config::{Settings, Typed};
use crate::content::{self, Practice};
use crate::mail::{MailSettings, Mailer, SmtpUrl};

/// What `check` found.
pub struct Findings {
    /// Each stops the start.
    pub faults: Vec<String>,
    /// Worth mending, but the site can be served.
    pub warnings: Vec<String>,
}

/// Looks at everything without serving: also at the texts and the data folder where the settings are faulty.
pub fn check(typed: &Typed, settings: Result<Settings, Vec<String>>) -> Findings {
    let mut faults = Vec::new();
    let mut warnings = Vec::new();
    let settings = settings.map_err(|found| faults.extend(found)).ok();
    match content::load(&typed.content, Timestamp::now()) {
        Ok(loaded) => {
            warnings.extend(loaded.gaps.iter().chain(&loaded.warnings).map(ToString::to_string));
            let mail = settings.map(|settings| mail(&settings, &loaded.content.practice));
            faults.extend(mail.and_then(Result::err).unwrap_or_default());
        }
        Err(found) => faults.extend(found.lines()),
    }
    if let Err(error) = storage::create(&typed.data) {
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
