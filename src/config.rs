//! Settings and commands, read once at the start. The only reader of the environment.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::str::FromStr;

use clap::{Args, Parser, Subcommand};
use ipnet::IpNet;
use tracing_subscriber::EnvFilter;

/// The command line.
#[derive(Debug, Parser)]
#[command(name = "practice-site", version, about, after_help = ENVIRONMENT_ONLY)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Option<Command>,
    #[command(flatten)]
    pub typed: Typed,
}

const ENVIRONMENT_ONLY: &str = "\
Only in the environment, so that no password shows in the process list:
  PRACTICE_SMTP_URL       smtp://user:password@host:587 (STARTTLS required), smtps://user:password@host:465,
                          or smtp://127.0.0.1:2525?tls=none (loopback only). Without it, emails become files
                          in the data folder.
  PRACTICE_SMTP_URL_FILE  a file that holds that address in its first line";

/// What the program can do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the site (what happens without a command, too)
    Serve,
    /// Check settings and content without serving; one line for each fault
    Check,
    /// Ask the running server whether it lives; exit code 0 if so
    Healthcheck,
    /// Accounts of the people who may read requests; passwords and codes come from standard input
    #[command(subcommand)]
    Staff(StaffCommand),
    /// The ledger of who saw or changed what
    #[command(subcommand)]
    Audit(AuditCommand),
}

/// What can be done about accounts.
#[derive(Debug, Subcommand)]
pub enum StaffCommand {
    /// Add an account. First line of standard input: the password. The first account prints the recovery code; a later
    /// one reads it as the second line
    Add {
        #[arg(long)]
        email: String,
        #[arg(long)]
        name: String,
    },
    /// List the accounts
    List,
    /// Take an account out of service; its sessions end
    Disable {
        #[arg(long)]
        email: String,
    },
    /// Set a new password. Standard input: the recovery code, then the new password, a line each
    Recover {
        #[arg(long)]
        email: String,
    },
}

/// What can be done about the ledger.
#[derive(Debug, Subcommand)]
pub enum AuditCommand {
    /// Check that no row was changed or taken out
    Verify,
}

/// Settings as typed, before anybody looked at them.
#[derive(Debug, Clone, Default, Args)]
pub struct Typed {
    /// Address and port to listen on
    #[arg(
        long,
        env = "PRACTICE_LISTEN",
        value_name = "ADDRESS:PORT",
        default_value = "127.0.0.1:3000",
        global = true
    )]
    pub listen: String,
    /// Public address of the site, such as https://example.org; needed when not listening on loopback
    #[arg(long, env = "PRACTICE_BASE_URL", value_name = "URL", global = true)]
    pub base_url: Option<String>,
    /// Folder of the database, the mail files and the secrets
    #[arg(long, env = "PRACTICE_DATA", value_name = "DIR", default_value = "./data", global = true)]
    pub data: PathBuf,
    /// Folder of the texts and of practice.toml
    #[arg(long, env = "PRACTICE_CONTENT", value_name = "DIR", default_value = "./content", global = true)]
    pub content: PathBuf,
    /// Where notifications go [default: the email in practice.toml; needed with SMTP]
    #[arg(long, env = "PRACTICE_MAIL_TO", value_name = "EMAIL", global = true)]
    pub mail_to: Option<String>,
    /// Who notifications come from [default: the email in practice.toml; needed with SMTP]
    #[arg(long, env = "PRACTICE_MAIL_FROM", value_name = "EMAIL", global = true)]
    pub mail_from: Option<String>,
    /// Folder of the nightly copies [default: DATA/backup]
    #[arg(long, env = "PRACTICE_BACKUP", value_name = "DIR", global = true)]
    pub backup: Option<PathBuf>,
    /// Addresses or networks whose X-Forwarded-For and X-Forwarded-Proto count, with commas between
    #[arg(long, env = "PRACTICE_TRUSTED_PROXIES", value_name = "LIST", global = true)]
    pub trusted_proxies: Option<String>,
    /// Whether everybody who signs in needs a second factor: required or optional
    #[arg(
        long,
        env = "PRACTICE_SECOND_FACTOR",
        value_name = "CHOICE",
        default_value = "required",
        global = true
    )]
    pub second_factor: String,
    /// on, or off for load tests: no "too many", no suspicion by address
    #[arg(long, env = "PRACTICE_RATE_LIMIT", value_name = "CHOICE", default_value = "on", global = true)]
    pub rate_limit: String,
    /// What is logged: error, warn, info, debug, trace, or a filter of these
    #[arg(long, env = "PRACTICE_LOG", value_name = "FILTER", default_value = "info", global = true)]
    pub log: String,
}

/// Settings that have been checked.
#[derive(Debug, Clone)]
pub struct Settings {
    pub listen: SocketAddr,
    /// Without a slash at its end. Never taken from a request.
    pub base_url: String,
    pub data: PathBuf,
    pub content: PathBuf,
    pub smtp_url: Option<Secret>,
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
    names: Vec<String>,
    smtp_url: Option<String>,
    smtp_url_file: Option<PathBuf>,
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
            smtp_url: std::env::var("PRACTICE_SMTP_URL").ok().filter(|url| !url.is_empty()),
            smtp_url_file: std::env::var_os("PRACTICE_SMTP_URL_FILE").map(PathBuf::from),
        }
    }

    fn unknown_names(&self) -> impl Iterator<Item = &String> {
        self.names.iter().filter(|name| !KNOWN.contains(&name.as_str()))
    }

    fn smtp_url(&self) -> Result<Option<Secret>, String> {
        let Some(file) = &self.smtp_url_file else { return Ok(self.smtp_url.clone().map(Secret)) };
        if self.smtp_url.is_some() {
            return Err("PRACTICE_SMTP_URL and PRACTICE_SMTP_URL_FILE are both set; keep one".into());
        }
        let text = std::fs::read_to_string(file)
            .map_err(|error| format!("PRACTICE_SMTP_URL_FILE: {} can't be read: {error}", file.display()))?;
        let line = text.lines().next().unwrap_or_default().trim();
        Ok(Some(Secret(line.to_owned())))
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

fn listen(typed: &str) -> Result<SocketAddr, String> {
    SocketAddr::from_str(typed).map_err(|_| {
        format!("PRACTICE_LISTEN: \"{typed}\" is not an address and port, such as 127.0.0.1:3000")
    })
}

fn base_url(typed: Option<&str>, listen: Option<SocketAddr>) -> Result<String, String> {
    match (typed, listen) {
        (None, Some(listen)) if listen.ip().is_loopback() => Ok(format!("http://{listen}")),
        (None, Some(listen)) => Err(format!(
            "PRACTICE_BASE_URL is missing: {listen} is not loopback, so the site must know its public address"
        )),
        // The fault in the address to listen on is reported already.
        (None, None) => Ok(String::new()),
        (Some(typed), _) => {
            let url = typed.strip_suffix('/').unwrap_or(typed);
            let host = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
            let plain = |c: char| c.is_ascii_alphanumeric() || "-.:[]".contains(c);
            match host {
                Some(host)
                    if host.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '[')
                        && host.chars().all(plain) =>
                {
                    Ok(url.to_owned())
                }
                _ => Err(format!(
                    "PRACTICE_BASE_URL: \"{typed}\" is not an address such as https://example.org (scheme and host, no path)"
                )),
            }
        }
    }
}

fn networks(typed: &str) -> Result<Vec<IpNet>, String> {
    typed
        .split([',', ' '])
        .filter(|part| !part.is_empty())
        .map(|part| {
            IpNet::from_str(part).or_else(|_| IpAddr::from_str(part).map(IpNet::from)).map_err(|_| {
                format!(
                    "PRACTICE_TRUSTED_PROXIES: \"{part}\" is not an address or a network such as 10.0.0.0/8"
                )
            })
        })
        .collect()
}

/// Whether the first of two choices was made.
fn choice(name: &str, typed: &str, choices: [&str; 2]) -> Result<bool, String> {
    match choices.iter().position(|choice| *choice == typed) {
        Some(position) => Ok(position == 0),
        None => Err(format!("{name}: \"{typed}\" is neither {} nor {}", choices[0], choices[1])),
    }
}

fn email(name: &str, typed: Option<String>) -> Result<Option<String>, String> {
    let Some(typed) = typed.filter(|typed| !typed.is_empty()) else { return Ok(None) };
    match typed.split_once('@') {
        Some((local, host))
            if !local.is_empty()
                && !host.is_empty()
                && !typed.contains(|c: char| c.is_whitespace() || c.is_control()) =>
        {
            Ok(Some(typed))
        }
        _ => Err(format!("{name}: \"{typed}\" is not an email address")),
    }
}

#[cfg(test)]
mod tests {
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
