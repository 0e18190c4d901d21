//! The commands for an operator of the server: accounts and the ledger. They work while the site runs.
//!
//! Passwords and codes come from standard input, never from the command line, and go nowhere but into the slow hash.

use std::fmt::Write;

use anyhow::{Context, Result, bail};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use sqlx::Connection;

use super::storage;
use crate::audit::{self, Actor, By, Chain};
use crate::config::{AuditCommand, Settings, StaffCommand};
use crate::content;
use crate::db::Db;
use crate::inquiry::reseal;
use crate::staff::hashing::Cost;
use crate::staff::people::{self, Disabled, NewPerson};
use crate::staff::recovery::{self, Recover, Recovery};
use crate::staff::setup::{self, Prepared, SetUp};
use crate::staff::{Caller, Doorkeeper, keys, setup_code};
use crate::web::admin::refusal;

/// Whoever can run a command on the server.
const OPERATOR: Caller<'static> =
    Caller { by: By { actor: Actor::Operator, request_id: None }, address: None };

struct Operator {
    settings: Settings,
    db: Db,
    door: Doorkeeper,
    /// The practice's name, which no password may be made of; blank where the texts can't be read just now.
    practice: String,
    now: i64,
}

/// Runs an account command and returns what to print. `typed` are the lines of standard input, read only where needed.
///
/// # Errors
/// One sentence for the person who ran it.
pub async fn staff(
    settings: Settings,
    command: StaffCommand,
    mut typed: impl Iterator<Item = String>,
) -> Result<String> {
    let operator = Operator::open(settings).await?;
    let outcome = match command {
        StaffCommand::Add { email, name } => operator.add(&email, &name, &mut typed).await,
        StaffCommand::List => operator.list().await,
        StaffCommand::Disable { email } => operator.disable(&email).await,
        StaffCommand::Recover { email } => operator.recover(&email, &mut typed).await,
    };
    operator.db.close().await;
    outcome
}

/// Runs a command about the ledger and returns what to print.
///
/// # Errors
/// Where the ledger was tampered with, or can't be read.
pub async fn ledger(settings: Settings, command: AuditCommand) -> Result<String> {
    let AuditCommand::Verify = command;
    let file = settings.data.join("practice.db");
    anyhow::ensure!(file.is_file(), "there is no database at {}", file.display());
    let db = Db::open(&file).await?;
    let mut conn = db.read().await?;
    // One view of the ledger, while the site goes on writing into it.
    let mut view = conn.begin().await.context("reading the ledger")?;
    let chain = audit::verify(&mut view).await?;
    drop(view);
    drop(conn);
    db.close().await;
    match chain {
        Chain::Verified { rows } => Ok(format!("The ledger is whole: {rows} rows.")),
        Chain::Broken { seq } => {
            bail!("The ledger was changed: row {seq} does not follow from the one before it.")
        }
    }
}

impl Operator {
    async fn open(settings: Settings) -> Result<Self> {
        let now = Timestamp::now();
        storage::create(&settings.data)?;
        let db = Db::open(&settings.data.join("practice.db")).await?;
        let texts = content::load(&settings.content, now);
        let practice = texts.map(|loaded| loaded.content.practice.name).unwrap_or_default();
        Ok(Self { settings, db, door: Doorkeeper::new(Cost::STRONG), practice, now: now.as_millisecond() })
    }

    async fn add(&self, email: &str, name: &str, typed: &mut impl Iterator<Item = String>) -> Result<String> {
        let password =
            typed.next().context("the password is missing: it is the first line of standard input")?;
        let new = NewPerson { email, name, password: &password, practice: &self.practice };
        let start = keys::first_start(&self.db, &self.settings.data, &self.door.hashing, self.now).await?;
        if people::any(&mut *self.db.read().await?).await? {
            let code = typed
                .next()
                .context("the recovery code is missing: it is the second line of standard input")?;
            let added = recovery::add(&self.db, &self.door, &code, new, OPERATOR, self.now).await?;
            done(added)?;
            return Ok(format!("Added {}.", new.normal_email()));
        }
        let code =
            start.setup_code.context("the file with the set-up code is missing, so nothing opens the key")?;
        let prepared = setup::prepare(&self.db, &self.door, &code, new, OPERATOR, self.now).await?;
        match prepared {
            Prepared::Ready(ready) => self.found(*ready, &new.normal_email()).await,
            Prepared::Problem(problem) => bail!(refusal::words(problem)),
            Prepared::Over => bail!("somebody else made the first account just now; run the command again"),
            Prepared::NotACode | Prepared::WrongCode => {
                bail!("the set-up code on the disk does not open the key")
            }
            Prepared::Wait { .. } => bail!("too many tries; wait a minute"),
        }
    }

    async fn found(&self, ready: SetUp, email: &str) -> Result<String> {
        let mut write = self.db.begin().await?;
        let stored = ready.store(&mut write, OPERATOR.by, self.now).await?;
        stored.context("somebody else made the first account just now; run the command again")?;
        reseal::all(&mut write, &ready.old_private, &ready.new_public).await?;
        write.commit().await?;
        setup_code::forget(&self.settings.data)?;
        Ok(format!(
            "Added {email}.\nRecovery code: {}\nWrite it on paper. It is shown this once, and without a password and without it nobody can read the requests.",
            ready.recovery_code
        ))
    }

    async fn list(&self) -> Result<String> {
        let people = people::list(&mut *self.db.read().await?).await?;
        let mut text = String::new();
        for person in &people {
            let state = match (person.disabled_at, person.second_factor) {
                (Some(at), _) => format!("disabled {}", day(at)),
                (None, true) => "second factor on".to_owned(),
                (None, false) => "second factor not set up".to_owned(),
            };
            writeln!(text, "{}  {}  since {}  {state}", person.email, person.name, day(person.added_at))?;
        }
        Ok(if people.is_empty() { "Nobody has an account.".to_owned() } else { text.trim_end().to_owned() })
    }

    async fn disable(&self, email: &str) -> Result<String> {
        let mut write = self.db.begin().await?;
        let person = people::by_email(&mut write, email).await?;
        let person = person.with_context(|| format!("nobody has an account with the address {email}"))?;
        let disabled = people::disable(&mut write, OPERATOR.by, person.id, self.now).await?;
        write.commit().await?;
        match disabled {
            Disabled::Done => Ok(format!("Disabled {}. Their sessions have ended.", person.email)),
            Disabled::LastActive => bail!("nobody could sign in any more, so the account stays"),
            Disabled::NotThere => bail!("the account is disabled already"),
        }
    }

    async fn recover(&self, email: &str, typed: &mut impl Iterator<Item = String>) -> Result<String> {
        let code =
            typed.next().context("the recovery code is missing: it is the first line of standard input")?;
        let password =
            typed.next().context("the new password is missing: it is the second line of standard input")?;
        let typed = Recover { code: &code, email, password: &password, practice: &self.practice };
        done(recovery::recover(&self.db, &self.door, typed, OPERATOR, self.now).await?)?;
        Ok("The password is changed and all sessions have ended. The next sign-in needs no code and sets up a new app."
            .to_owned())
    }
}

fn done(recovery: Recovery) -> Result<()> {
    match recovery {
        Recovery::Done { .. } => Ok(()),
        Recovery::NotACode => bail!("this is not a whole recovery code: it has 25 letters and digits"),
        Recovery::Refused => bail!("email or recovery code does not match"),
        Recovery::Problem(problem) => bail!(refusal::words(problem)),
        Recovery::Wait { .. } => bail!("too many tries; wait a minute"),
    }
}

fn day(at: i64) -> String {
    let at = Timestamp::from_millisecond(at).unwrap_or_default();
    at.to_zoned(TimeZone::UTC).date().to_string()
}
