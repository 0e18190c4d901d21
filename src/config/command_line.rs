//! The command line: what can be asked for, and each setting as a flag. clap reads the environment for these itself.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

/// The command line.
#[derive(Debug, Parser)]
#[command(name = "practice-site", version = VERSION, about, after_help = ENVIRONMENT_ONLY)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Option<Command>,
    #[command(flatten)]
    pub typed: Typed,
}

const VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), " (", env!("BUILT_FROM"), ")");

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
    /// Write a practice to begin with, texts and facts, into a new folder; gaps are marked
    Init { dir: PathBuf },
    /// Check settings and content without serving; one line for each fault
    Check {
        /// Also list what is not yet fit for the public
        #[arg(long)]
        deploy: bool,
    },
    /// Send one email the way the site sends them, and explain what goes wrong
    MailTest,
    /// Ask the running server whether it lives; exit code 0 if so
    Healthcheck,
    /// Accounts of the people who may read requests; passwords and codes come from standard input
    #[command(subcommand)]
    Staff(StaffCommand),
    /// The ledger of who saw or changed what
    #[command(subcommand)]
    Audit(AuditCommand),
    /// Copy the database into FILE, also while the site runs
    #[command(after_help = COPIES)]
    Backup {
        /// Must not be there yet
        #[arg(required_unless_present = "latest")]
        file: Option<PathBuf>,
        /// Instead of FILE, make latest.db in the folder of the nightly copies anew: for what carries copies to another
        /// machine every few minutes
        #[arg(long, conflicts_with = "file")]
        latest: bool,
    },
    /// Put the copy in FILE in the place of the database; the site must be stopped
    #[command(after_help = COPIES)]
    Restore { file: PathBuf },
}

const COPIES: &str = "\
A copy holds requests, accounts and the ledger, and opens to nobody without a password or the recovery code. The texts,
emails that became files, the settings, and the files form-key and setup-code are not in it: keep the content folder
and your settings yourself, the recovery code on paper, and copies on another machine. Accounts that were disabled after a
copy was made are back once it is restored. What was erased is erased again, as long as the list `erased`, which lies
with the nightly copies, is there or beside the copy.";

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
    /// Addresses or networks of proxies whose X-Forwarded-For counts, with commas between
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
