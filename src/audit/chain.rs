//! The chain of the ledger: how a row is hashed onto the one before it, and how a break is found.
//!
//! It finds rows that were changed, taken out or put in by somebody who can write the file but does not hash anew all
//! that follows. It can't find a whole chain written anew: compare the last hash with one kept elsewhere for that.

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};
use sqlx::{Row as _, SqliteConnection};

use super::{Row, row_from};

/// Rows read at once, so that a long ledger does not fill the memory.
const BATCH: i64 = 1000;

type Hash = [u8; 32];

/// What a check of the chain found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Chain {
    Verified {
        rows: i64,
    },
    /// The first row that does not follow from the one before it, or is missing.
    Broken {
        seq: i64,
    },
}

/// Checks every row. Run it in one transaction, or on a connection that nobody writes through meanwhile.
pub async fn verify(conn: &mut SqliteConnection) -> Result<Chain> {
    let (mut rows, mut before) = (0, [0; 32]);
    loop {
        let found = sqlx::query("SELECT * FROM audit WHERE seq > ? ORDER BY seq LIMIT ?")
            .bind(rows)
            .bind(BATCH)
            .fetch_all(&mut *conn)
            .await
            .context("reading the ledger")?;
        if found.is_empty() {
            break;
        }
        for row in &found {
            let expected = rows + 1;
            let stored: Vec<u8> = row.try_get("hash")?;
            let follows = row_from(row).is_ok_and(|row| {
                before = link(&before, &row);
                row.seq == expected && stored == before
            });
            if !follows {
                return Ok(Chain::Broken { seq: expected });
            }
            rows = expected;
        }
    }
    if written(conn).await? != rows {
        return Ok(Chain::Broken { seq: rows + 1 });
    }
    Ok(Chain::Verified { rows })
}

/// The last number given and the hash of the last row; zeros before the first.
pub(super) async fn end(conn: &mut SqliteConnection) -> Result<(i64, Hash)> {
    let last: Option<Vec<u8>> = sqlx::query_scalar("SELECT hash FROM audit ORDER BY seq DESC LIMIT 1")
        .fetch_optional(&mut *conn)
        .await
        .context("reading the ledger")?;
    let hash = match last {
        Some(hash) => hash.try_into().ok().context("the ledger's last hash is damaged")?,
        None => [0; 32],
    };
    // Not the highest number that is there: a row missing at the end must stay missing.
    Ok((written(conn).await?, hash))
}

/// How many rows were ever written.
async fn written(conn: &mut SqliteConnection) -> Result<i64> {
    let last: Option<i64> = sqlx::query_scalar("SELECT seq FROM sqlite_sequence WHERE name = 'audit'")
        .fetch_optional(conn)
        .await
        .context("reading the ledger")?;
    Ok(last.unwrap_or(0))
}

/// The hash of a row. Every field goes in with its length, so that no two rows look alike to it.
pub(super) fn link(before: &Hash, row: &Row) -> Hash {
    let mut hash = Sha256::new();
    hash.update(before);
    hash.update(row.seq.to_be_bytes());
    hash.update(row.at.to_be_bytes());
    let actor = row.actor.to_string();
    let fields = [
        Some(actor.as_str()),
        Some(&row.event),
        row.target.as_deref(),
        row.request_id.as_deref(),
        Some(row.outcome.as_str()),
        row.detail.as_deref(),
    ];
    for field in fields {
        hash.update([u8::from(field.is_some())]);
        let field = field.unwrap_or_default();
        hash.update((field.len() as u64).to_be_bytes());
        hash.update(field);
    }
    hash.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::{Actor, By, Entry, Outcome, Which, list, record};
    use crate::db::Db;

    const GUARDS: [&str; 2] = ["DROP TRIGGER audit_never_changes", "DROP TRIGGER audit_never_shrinks"];

    async fn ledger_of(rows: i64) -> (tempfile::TempDir, Db) {
        let folder = tempfile::tempdir().expect("a folder");
        let db = Db::open(&folder.path().join("practice.db")).await.expect("opens");
        let mut write = db.begin().await.expect("begins");
        for number in 0..rows {
            let entry = Entry {
                by: By { actor: Actor::Staff(number % 2 + 1), request_id: Some("r-1") },
                event: "viewed",
                target: (number % 3 == 0).then_some("AB-12"),
                outcome: Outcome::Done,
                detail: None,
            };
            record(&mut write, entry, 1000 + number).await.expect("records");
        }
        write.commit().await.expect("commits");
        (folder, db)
    }

    async fn after(rows: i64, tampering: &'static str) -> Chain {
        let (_folder, db) = ledger_of(rows).await;
        let mut write = db.begin().await.expect("begins");
        for statement in GUARDS.into_iter().chain([tampering]) {
            sqlx::query(statement).execute(&mut *write).await.expect("runs");
        }
        verify(&mut write).await.expect("reads")
    }

    #[tokio::test]
    async fn an_untouched_ledger_verifies_however_long() {
        for rows in [0, 1, 2500] {
            let (_folder, db) = ledger_of(rows).await;
            let chain = verify(&mut db.read().await.expect("reads")).await.expect("reads");
            assert_eq!(chain, Chain::Verified { rows });
        }
    }

    #[tokio::test]
    async fn a_changed_missing_or_added_row_breaks_the_chain_where_it_stands() {
        for (tampering, seq) in [
            ("UPDATE audit SET actor = 'staff:9' WHERE seq = 3", 3),
            ("UPDATE audit SET at = at + 1 WHERE seq = 3", 3),
            ("UPDATE audit SET target = '' WHERE seq = 3", 3),
            ("UPDATE audit SET detail = 'x' WHERE seq = 5", 5),
            ("UPDATE audit SET hash = zeroblob(32) WHERE seq = 1", 1),
            ("UPDATE audit SET actor = 'nonsense' WHERE seq = 2", 2),
            ("DELETE FROM audit WHERE seq = 1", 1),
            ("DELETE FROM audit WHERE seq = 3", 3),
            ("DELETE FROM audit WHERE seq = 5", 5),
            ("DELETE FROM audit", 1),
            (
                "INSERT INTO audit (at, actor, event, outcome, hash)
                 VALUES (1, 'system', 'viewed', 'done', zeroblob(32))",
                6,
            ),
        ] {
            assert_eq!(after(5, tampering).await, Chain::Broken { seq }, "{tampering}");
        }
    }

    #[tokio::test]
    async fn the_database_itself_refuses_to_change_or_delete_a_row() {
        let (_folder, db) = ledger_of(2).await;
        let mut write = db.begin().await.expect("begins");
        for statement in ["UPDATE audit SET at = 0", "DELETE FROM audit"] {
            assert!(sqlx::query(statement).execute(&mut *write).await.is_err(), "{statement}");
        }
    }

    #[tokio::test]
    async fn a_row_taken_from_the_end_stays_missing_when_others_follow() {
        let (_folder, db) = ledger_of(3).await;
        let mut write = db.begin().await.expect("begins");
        for statement in GUARDS.into_iter().chain(["DELETE FROM audit WHERE seq = 3"]) {
            sqlx::query(statement).execute(&mut *write).await.expect("runs");
        }
        let by = By { actor: Actor::System, request_id: None };
        let entry = Entry { by, event: "viewed", target: None, outcome: Outcome::Done, detail: None };
        record(&mut write, entry, 1).await.expect("records");
        assert_eq!(verify(&mut write).await.expect("reads"), Chain::Broken { seq: 3 });
    }

    #[tokio::test]
    async fn a_row_that_was_rolled_back_leaves_no_gap() {
        let (_folder, db) = ledger_of(2).await;
        let by = By { actor: Actor::Operator, request_id: None };
        let entry = Entry {
            by,
            event: "exported",
            target: None,
            outcome: Outcome::Refused,
            detail: Some("no password"),
        };
        let mut write = db.begin().await.expect("begins");
        record(&mut write, entry.clone(), 1).await.expect("records");
        drop(write);
        let mut write = db.begin().await.expect("begins");
        record(&mut write, entry, 2).await.expect("records");
        assert_eq!(verify(&mut write).await.expect("reads"), Chain::Verified { rows: 3 });
        let newest = list(&mut write, Which::All, 1).await.expect("reads").rows.remove(0);
        assert_eq!((newest.at, newest.actor, newest.outcome), (2, Actor::Operator, Outcome::Refused));
    }

    #[tokio::test]
    async fn the_ledger_is_read_by_page_by_inquiry_and_by_person() {
        let (_folder, db) = ledger_of(120).await;
        let mut conn = db.read().await.expect("reads");
        let first = list(&mut conn, Which::All, 1).await.expect("reads");
        let last = list(&mut conn, Which::All, 3).await.expect("reads");
        assert_eq!((first.rows[0].seq, first.rows.len(), first.more), (120, 50, true));
        assert_eq!((last.rows[0].seq, last.rows.len(), last.more), (20, 20, false));
        let about = list(&mut conn, Which::Target("AB-12"), 1).await.expect("reads");
        assert_eq!((about.rows.len(), about.more), (40, false));
        assert!(about.rows.iter().all(|row| row.target.as_deref() == Some("AB-12")));
        let person = list(&mut conn, Which::Actor(Actor::Staff(2)), 2).await.expect("reads");
        assert_eq!((person.rows.len(), person.more), (10, false));
        assert!(person.rows.iter().all(|row| row.actor == Actor::Staff(2)));
    }
}
