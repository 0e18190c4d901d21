//! The ledger: who saw or changed what, when. Each row carries a hash of the row before it.
//!
//! Rows are only added, in the transaction of the change they tell of. What a sender or a note says never stands here.

mod chain;

use std::fmt;

use anyhow::{Context, Result, anyhow};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row as _, SqliteConnection};

pub use chain::{Chain, verify};

/// Rows on one page of a listing.
const PAGE: i64 = 50;

/// Who did something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Actor {
    /// A person of the practice, by the id of the account.
    Staff(i64),
    /// The program itself: housekeeping, the mail worker.
    System,
    /// Somebody who is not signed in.
    Stranger,
    /// Somebody at the command line of the server.
    Operator,
}

/// Who did something, and in which request.
#[derive(Debug, Clone, Copy)]
pub struct By<'a> {
    pub actor: Actor,
    pub request_id: Option<&'a str>,
}

/// How it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    Done,
    Refused,
    Failed,
}

/// What is written down.
#[derive(Debug, Clone)]
pub struct Entry<'a> {
    pub by: By<'a>,
    /// One of our own words, such as `viewed`; a fixed text, so that nothing typed can end up here.
    pub event: &'static str,
    /// The reference of an inquiry, or the holder's name of a person (`staff:3`).
    pub target: Option<&'a str>,
    pub outcome: Outcome,
    /// More in our own words, such as `new to contacted`. Never what somebody wrote.
    pub detail: Option<&'a str>,
}

/// A row as it stands in the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    pub seq: i64,
    /// Milliseconds since 1970, UTC.
    pub at: i64,
    pub actor: Actor,
    pub event: String,
    pub target: Option<String>,
    pub request_id: Option<String>,
    pub outcome: Outcome,
    pub detail: Option<String>,
}

/// Which rows a listing shows.
#[derive(Debug, Clone, Copy)]
pub enum Which<'a> {
    All,
    Target(&'a str),
    Actor(Actor),
}

/// One page of rows, newest first.
#[derive(Debug)]
pub struct Listing {
    pub rows: Vec<Row>,
    /// Whether an older page follows.
    pub more: bool,
}

/// Writes a row. Call it in the transaction of what it tells of.
pub async fn record(conn: &mut SqliteConnection, entry: Entry<'_>, now: i64) -> Result<()> {
    let (seq, before) = chain::end(&mut *conn).await?;
    let row = Row {
        seq: seq + 1,
        at: now,
        actor: entry.by.actor,
        event: entry.event.to_owned(),
        target: entry.target.map(str::to_owned),
        request_id: entry.by.request_id.map(str::to_owned),
        outcome: entry.outcome,
        detail: entry.detail.map(str::to_owned),
    };
    sqlx::query(
        "INSERT INTO audit (seq, at, actor, event, target, request_id, outcome, detail, hash)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(row.seq)
    .bind(row.at)
    .bind(row.actor.to_string())
    .bind(&row.event)
    .bind(&row.target)
    .bind(&row.request_id)
    .bind(row.outcome.as_str())
    .bind(&row.detail)
    .bind(&chain::link(&before, &row)[..])
    .execute(conn)
    .await
    .context("writing the ledger")?;
    Ok(())
}

/// One page of the ledger, newest first; the first page is 1.
pub async fn list(conn: &mut SqliteConnection, which: Which<'_>, page: u32) -> Result<Listing> {
    // One statement each, so that each finds its index.
    let (sql, of) = match which {
        Which::All => (
            "SELECT seq, at, actor, event, target, request_id, outcome, detail FROM audit
             WHERE ?1 IS NULL ORDER BY seq DESC LIMIT ?2 OFFSET ?3",
            None,
        ),
        Which::Target(target) => (
            "SELECT seq, at, actor, event, target, request_id, outcome, detail FROM audit
             WHERE target = ?1 ORDER BY seq DESC LIMIT ?2 OFFSET ?3",
            Some(target.to_owned()),
        ),
        Which::Actor(actor) => (
            "SELECT seq, at, actor, event, target, request_id, outcome, detail FROM audit
             WHERE actor = ?1 ORDER BY seq DESC LIMIT ?2 OFFSET ?3",
            Some(actor.to_string()),
        ),
    };
    let offset = i64::from(page.saturating_sub(1)) * PAGE;
    let found = sqlx::query(sql).bind(of).bind(PAGE + 1).bind(offset).fetch_all(conn).await;
    let found = found.context("reading the ledger")?;
    let more = found.len() > PAGE as usize;
    let rows = found.iter().take(PAGE as usize).map(row_from).collect::<Result<_>>()?;
    Ok(Listing { rows, more })
}

fn row_from(row: &SqliteRow) -> Result<Row> {
    Ok(Row {
        seq: row.try_get("seq")?,
        at: row.try_get("at")?,
        actor: Actor::parse(row.try_get("actor")?)?,
        event: row.try_get("event")?,
        target: row.try_get("target")?,
        request_id: row.try_get("request_id")?,
        outcome: Outcome::parse(row.try_get("outcome")?)?,
        detail: row.try_get("detail")?,
    })
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Staff(id) => write!(f, "staff:{id}"),
            Self::System => f.write_str("system"),
            Self::Stranger => f.write_str("stranger"),
            Self::Operator => f.write_str("operator"),
        }
    }
}

impl Actor {
    fn parse(text: &str) -> Result<Self> {
        match text {
            "system" => Ok(Self::System),
            "stranger" => Ok(Self::Stranger),
            "operator" => Ok(Self::Operator),
            _ => text
                .strip_prefix("staff:")
                .and_then(|id| id.parse().ok())
                .map(Self::Staff)
                .ok_or_else(|| anyhow!("the ledger names an unknown actor")),
        }
    }
}

impl Outcome {
    /// The word that stands in the table.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Refused => "refused",
            Self::Failed => "failed",
        }
    }

    fn parse(text: &str) -> Result<Self> {
        [Self::Done, Self::Refused, Self::Failed]
            .into_iter()
            .find(|outcome| outcome.as_str() == text)
            .ok_or_else(|| anyhow!("the ledger names an unknown outcome"))
    }
}
