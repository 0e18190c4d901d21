//! Settings and commands, read once at the start. The only reader of the environment.

mod command_line;
mod environment;
mod values;

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;

use ipnet::IpNet;
use tracing_subscriber::EnvFilter;

pub use command_line::{AuditCommand, Cli, Command, StaffCommand, Typed};
pub use environment::Environment;
use values::{base_url, choice, email, listen, networks};

/// Settings that have been checked.
#[derive(Debug, Clone)]
pub struct Settings {
    pub listen: SocketAddr,
    /// Without a slash at its end. Never taken from a request.
    pub base_url: String,
    pub data: PathBuf,
    pub content: PathBuf,
    pub smtp_url: Option<Secret>,
    /// Where that was read from, unless the environment held it.
    pub smtp_url_file: Option<PathBuf>,
    pub mail_to: Option<String>,
    pub mail_from: Option<String>,
    pub backup: PathBuf,
    pub trusted_proxies: Vec<IpNet>,
    pub second_factor_required: bool,
    pub rate_limit: bool,
    pub log: String,
}

/// A setting that must not show up in a log.
#[derive(Clone)]
pub struct Secret(pub String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(secret)")
    }
}

impl Settings {
    /// Checks what was typed.
    ///
    /// # Errors
    /// One line for each fault, all of them.
    pub fn check(typed: Typed, environment: &Environment) -> Result<Self, Vec<String>> {
        let mut faults = Faults(Vec::new());
        for name in environment.unknown_names() {
            faults.0.push(format!("{name} is not a setting; `practice-site --help` lists them"));
        }
        let listen = faults.take(listen(&typed.listen));
        let base_url = faults.take(base_url(typed.base_url.as_deref(), listen));
        let smtp_url = faults.take(environment.smtp_url()).flatten();
        let trusted_proxies = faults.take(networks(typed.trusted_proxies.as_deref().unwrap_or_default()));
        let second_factor_required =
            faults.take(choice("PRACTICE_SECOND_FACTOR", &typed.second_factor, ["required", "optional"]));
        let rate_limit = faults.take(choice("PRACTICE_RATE_LIMIT", &typed.rate_limit, ["on", "off"]));
        let mail_to = faults.take(email("PRACTICE_MAIL_TO", typed.mail_to)).flatten();
        let mail_from = faults.take(email("PRACTICE_MAIL_FROM", typed.mail_from)).flatten();
        if let Err(error) = EnvFilter::try_new(&typed.log) {
            faults.0.push(format!("PRACTICE_LOG: \"{}\" is not a log filter: {error}", typed.log));
        }
        match (listen, base_url, trusted_proxies, second_factor_required, rate_limit) {
            (
                Some(listen),
                Some(base_url),
                Some(trusted_proxies),
                Some(second_factor_required),
                Some(rate_limit),
            ) if faults.0.is_empty() => Ok(Self {
                listen,
                base_url,
                backup: typed.backup.unwrap_or_else(|| typed.data.join("backup")),
                data: typed.data,
                content: typed.content,
                smtp_url,
                smtp_url_file: environment.smtp_url_file.clone(),
                mail_to,
                mail_from,
                trusted_proxies,
                second_factor_required,
                rate_limit,
                log: typed.log,
            }),
            _ => Err(faults.0),
        }
    }

    /// The address to listen on, for a command that needs nothing else.
    ///
    /// # Errors
    /// One line where it can't be read.
    pub fn listen(typed: &Typed) -> Result<SocketAddr, String> {
        listen(&typed.listen)
    }

    /// Whether visitors reach the site over HTTPS.
    pub fn https(&self) -> bool {
        self.base_url.starts_with("https://")
    }
}

struct Faults(Vec<String>);

impl Faults {
    fn take<T>(&mut self, result: Result<T, String>) -> Option<T> {
        result.map_err(|fault| self.0.push(fault)).ok()
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    fn typed() -> Typed {
        Cli::parse_from(["practice-site"]).typed
    }

    fn faults(typed: Typed, environment: &Environment) -> Vec<String> {
        Settings::check(typed, environment).expect_err("there is a fault")
    }

    #[test]
    fn the_defaults_serve_on_loopback() {
        let settings = Settings::check(typed(), &Environment::default()).expect("no fault");
        assert_eq!(settings.base_url, "http://127.0.0.1:3000");
        assert_eq!(settings.backup, PathBuf::from("./data/backup"));
        assert!(settings.rate_limit && settings.second_factor_required);
    }

    #[test]
    fn an_unknown_name_is_a_fault_that_names_it() {
        let environment = Environment { names: vec!["PRACTICE_LISTN".into()], ..Environment::default() };
        assert_eq!(
            faults(typed(), &environment),
            ["PRACTICE_LISTN is not a setting; `practice-site --help` lists them"]
        );
    }

    #[test]
    fn every_bad_value_is_reported_not_only_the_first() {
        let typed = Typed {
            listen: "nowhere".into(),
            base_url: Some("https://example.org/path".into()),
            trusted_proxies: Some("10.0.0.0/8, somewhere".into()),
            rate_limit: "maybe".into(),
            second_factor: "never".into(),
            mail_to: Some("nobody".into()),
            log: "=".into(),
            ..typed()
        };
        let faults = faults(typed, &Environment::default());
        for name in ["LISTEN", "BASE_URL", "TRUSTED_PROXIES", "RATE_LIMIT", "SECOND_FACTOR", "MAIL_TO", "LOG"]
        {
            assert_eq!(
                faults.iter().filter(|fault| fault.starts_with(&format!("PRACTICE_{name}"))).count(),
                1,
                "{name}: {faults:?}"
            );
        }
    }

    #[test]
    fn the_public_address_is_needed_where_the_site_does_not_listen_on_loopback() {
        let typed = Typed { listen: "0.0.0.0:80".into(), ..typed() };
        assert!(faults(typed, &Environment::default())[0].starts_with("PRACTICE_BASE_URL is missing"));
    }

    #[test]
    fn the_smtp_address_is_read_from_a_file_and_never_printed() {
        let dir = tempfile::tempdir().expect("a folder");
        let file = dir.path().join("smtp");
        std::fs::write(&file, "smtp://me:hunter2@mail.example:587\n").expect("written");
        let environment = Environment { smtp_url_file: Some(file), ..Environment::default() };
        let settings = Settings::check(typed(), &environment).expect("no fault");
        assert_eq!(
            settings.smtp_url.as_ref().map(|url| url.0.as_str()),
            Some("smtp://me:hunter2@mail.example:587")
        );
        assert!(!format!("{settings:?}").contains("hunter2"));
    }
}
