//! The ledger: whatever is done to a row behind the program's back, the chain shows it at that row or before.

use practice_site::audit::{Actor, By, Chain, Entry, Outcome, record, verify};
use practice_site::db::Db;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use sqlx::SqliteConnection;

use crate::rule::{SLOW, holds, runtime, text};

/// Each changes one row, `?1`, to something else. `?2` is any text.
const CHANGES: [&str; 14] = [
    "UPDATE audit SET at = at + 1 WHERE seq = ?1 AND ?2 IS NOT NULL",
    "UPDATE audit SET at = -at - 1 WHERE seq = ?1 AND ?2 IS NOT NULL",
    "UPDATE audit SET actor = ?2 WHERE seq = ?1 AND actor <> ?2",
    "UPDATE audit SET actor = CASE actor WHEN 'system' THEN 'operator' ELSE 'system' END WHERE seq = ?1 AND ?2 IS NOT NULL",
    "UPDATE audit SET event = ?2 WHERE seq = ?1 AND event <> ?2",
    "UPDATE audit SET event = event || target, target = NULL WHERE seq = ?1 AND target <> '' AND ?2 IS NOT NULL",
    "UPDATE audit SET target = ?2 WHERE seq = ?1 AND target IS NOT ?2",
    "UPDATE audit SET request_id = ?2 WHERE seq = ?1 AND request_id IS NOT ?2",
    "UPDATE audit SET detail = ?2 WHERE seq = ?1 AND detail IS NOT ?2",
    "UPDATE audit SET target = detail, detail = target WHERE seq = ?1 AND target IS NOT detail AND ?2 IS NOT NULL",
    "UPDATE audit SET outcome = CASE outcome WHEN 'done' THEN 'failed' ELSE 'done' END WHERE seq = ?1 AND ?2 IS NOT NULL",
    "UPDATE audit SET hash = (SELECT hash FROM audit AS other WHERE other.seq <> ?1 LIMIT 1) WHERE seq = ?1 AND ?2 IS NOT NULL",
    "UPDATE audit SET hash = randomblob(32) WHERE seq = ?1 AND ?2 IS NOT NULL",
    "DELETE FROM audit WHERE seq = ?1 AND ?2 IS NOT NULL",
];

type Row = (i64, Option<String>, Option<String>, Option<String>, u8);

fn rows() -> impl Strategy<Value = Vec<Row>> {
    let row = (
        any::<i32>().prop_map(i64::from),
        prop::option::of(text(8)),
        prop::option::of(text(8)),
        prop::option::of(text(8)),
        any::<u8>(),
    );
    prop::collection::vec(row, 1..12)
}

async fn write_down(conn: &mut SqliteConnection, rows: &[Row]) {
    for (at, target, request_id, detail, kind) in rows {
        let actor = match kind % 4 {
            0 => Actor::Staff(i64::from(*kind)),
            1 => Actor::System,
            2 => Actor::Stranger,
            _ => Actor::Operator,
        };
        let outcome = [Outcome::Done, Outcome::Refused, Outcome::Failed][usize::from(kind / 4 % 3)];
        let by = By { actor, request_id: request_id.as_deref() };
        let entry =
            Entry { by, event: "viewed", target: target.as_deref(), outcome, detail: detail.as_deref() };
        record(&mut *conn, entry, *at).await.expect("written");
    }
}

#[test]
fn any_change_of_any_row_breaks_the_chain_there() {
    let runtime = runtime();
    let folder = tempfile::tempdir().expect("a folder");
    let db = runtime.block_on(Db::open(&folder.path().join("practice.db"))).expect("opens");
    let inputs = (rows(), any::<Index>(), select(&CHANGES[..]), text(8));
    holds(SLOW, inputs, |(rows, chosen, change, typed)| {
        runtime.block_on(async {
            // Never committed: the next input begins with an empty ledger again.
            let mut write = db.begin().await.expect("begins");
            write_down(&mut write, &rows).await;
            let all = rows.len() as i64;
            assert_eq!(verify(&mut write).await.expect("reads"), Chain::Verified { rows: all });
            for guard in ["DROP TRIGGER audit_never_changes", "DROP TRIGGER audit_never_shrinks"] {
                sqlx::query(guard).execute(&mut *write).await.expect("dropped");
            }
            let row = 1 + chosen.index(rows.len()) as i64;
            let changed = sqlx::query(change).bind(row).bind(&typed).execute(&mut *write).await;
            let expected = match changed {
                Ok(changed) if changed.rows_affected() == 1 => Chain::Broken { seq: row },
                _ => Chain::Verified { rows: all },
            };
            assert_eq!(verify(&mut write).await.expect("reads"), expected, "{change}");
        });
    });
}
