//! What only the environment says. Nothing else in the program reads it.

use std::ffi::OsString;
use std::path::PathBuf;

use super::Secret;

/// Every name in the environment that the program knows.
const KNOWN: [&str; 13] = [
    "PRACTICE_LISTEN",
    "PRACTICE_BASE_URL",
    "PRACTICE_DATA",
    "PRACTICE_CONTENT",
    "PRACTICE_SMTP_URL",
    "PRACTICE_SMTP_URL_FILE",
    "PRACTICE_MAIL_TO",
    "PRACTICE_MAIL_FROM",
    "PRACTICE_BACKUP",
    "PRACTICE_TRUSTED_PROXIES",
    "PRACTICE_SECOND_FACTOR",
    "PRACTICE_RATE_LIMIT",
    "PRACTICE_LOG",
];

/// What only the environment says.
#[derive(Debug, Clone, Default)]
pub struct Environment {
    /// Names that begin with `PRACTICE_`.
    pub(super) names: Vec<String>,
    pub(super) smtp_url: Option<OsString>,
    pub(super) smtp_url_file: Option<PathBuf>,
}

impl Environment {
    /// Reads the environment of this process.
    pub fn read() -> Self {
        let names = std::env::vars_os()
            .filter_map(|(name, _)| name.into_string().ok())
            .filter(|name| name.starts_with("PRACTICE_"))
            .collect();
        Self {
            names,
            smtp_url: std::env::var_os("PRACTICE_SMTP_URL").filter(|url| !url.is_empty()),
            smtp_url_file: std::env::var_os("PRACTICE_SMTP_URL_FILE").map(PathBuf::from),
        }
    }

    pub(super) fn unknown_names(&self) -> impl Iterator<Item = &String> {
        self.names.iter().filter(|name| !KNOWN.contains(&name.as_str()))
    }

    pub(super) fn smtp_url(&self) -> Result<Option<Secret>, String> {
        match (&self.smtp_url, &self.smtp_url_file) {
            (Some(_), Some(_)) => {
                Err("PRACTICE_SMTP_URL and PRACTICE_SMTP_URL_FILE are both set; keep one".into())
            }
            (Some(url), None) => match url.to_str() {
                Some(url) => Ok(Some(Secret(url.to_owned()))),
                None => Err("PRACTICE_SMTP_URL holds bytes that are no text".into()),
            },
            (None, Some(file)) => {
                let text = std::fs::read_to_string(file).map_err(|error| {
                    format!("PRACTICE_SMTP_URL_FILE: {} can't be read: {error}", file.display())
                })?;
                Ok(Some(Secret(text.lines().next().unwrap_or_default().trim().to_owned())))
            }
            (None, None) => Ok(None),
        }
    }
}
