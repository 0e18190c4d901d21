//! What the database says, read beside the running program.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use practice_site::audit::{self, Chain};
use practice_site::db::Db;
use tokio::runtime::{Builder, Runtime};

pub struct Ledger(Runtime);

/// Everything the promises are about.
pub struct Seen {
    /// Reference and status of every inquiry, and its version.
    pub inquiries: BTreeMap<String, (String, i64)>,
    /// How many rows there are, and how many of them have their first event.
    pub rows: usize,
    pub begun: i64,
    /// References that an email waits for.
    pub waiting: BTreeSet<String>,
    /// References held as possible spam.
    pub suspected: BTreeSet<String>,
}

impl Ledger {
    pub fn new() -> Self {
        Self(Builder::new_current_thread().enable_all().build().expect("a runtime"))
    }

    /// Reads a database whole, and checks it and the chain of its ledger.
    pub fn look(&self, database: &Path) -> Seen {
        self.0.block_on(async {
            let db = Db::open_as_it_is(database).await.expect("opens");
            let mut conn = db.read().await.expect("a reader");
            // One transaction: all that is read is of the same moment.
            sqlx::query("BEGIN").execute(&mut *conn).await.expect("begins");
            let healthy: String =
                sqlx::query_scalar("PRAGMA quick_check").fetch_one(&mut *conn).await.expect("an answer");
            assert_eq!(healthy, "ok");
            assert!(matches!(audit::verify(&mut conn).await.expect("reads"), Chain::Verified { .. }));
            let rows: Vec<(String, String, i64, Option<String>)> =
                sqlx::query_as("SELECT reference, status, version, suspicion FROM inquiries")
                    .fetch_all(&mut *conn)
                    .await
                    .expect("rows");
            let begun = "SELECT count(DISTINCT inquiry_id) FROM events WHERE kind = 'received'";
            let begun = sqlx::query_scalar(begun).fetch_one(&mut *conn).await.expect("a number");
            let waiting: Vec<String> = sqlx::query_scalar("SELECT about FROM outbox WHERE about IS NOT NULL")
                .fetch_all(&mut *conn)
                .await
                .expect("rows");
            sqlx::query("COMMIT").execute(&mut *conn).await.expect("ends");
            drop(conn);
            db.close().await;
            let suspected = rows.iter().filter(|row| row.3.as_deref().is_some_and(|words| !words.is_empty()));
            Seen {
                suspected: suspected.map(|row| row.0.clone()).collect(),
                rows: rows.len(),
                inquiries: rows.into_iter().map(|row| (row.0, (row.1, row.2))).collect(),
                begun,
                waiting: waiting.into_iter().collect(),
            }
        })
    }

    /// As if enough time had passed for every email. The program must not run.
    pub fn ends_every_wait(&self, database: &Path) {
        self.0.block_on(async {
            let db = Db::open_as_it_is(database).await.expect("opens");
            let mut write = db.begin().await.expect("begins");
            sqlx::query("UPDATE outbox SET waits_since = 0, due_at = 0")
                .execute(&mut *write)
                .await
                .expect("set");
            write.commit().await.expect("commits");
            db.close().await;
        });
    }
}
