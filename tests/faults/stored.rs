//! What is in the database of a program that has ended, looked over first.

use std::path::Path;

use practice_site::audit::{self, Chain};
use practice_site::db::Db;

/// What the tables hold.
pub struct Stored {
    /// Of every inquiry.
    pub references: Vec<String>,
    /// What the emails that wait are about.
    pub waiting: Vec<String>,
    /// The events of the ledger, the oldest first.
    pub ledger: Vec<String>,
}

/// Everything in the database of a data folder, which has to be whole.
pub fn stored(data: &Path) -> Stored {
    in_database(&data.join("practice.db"))
}

/// The same of a database under any name.
pub fn in_database(file: &Path) -> Stored {
    block_on(async {
        let db = Db::open(file).await.expect("opens");
        db.check_whole().await.expect("whole");
        let mut conn = db.read().await.expect("a reader");
        let text = async |sql: &'static str, conn: &mut sqlx::SqliteConnection| -> Vec<String> {
            sqlx::query_scalar(sql).fetch_all(conn).await.expect(sql)
        };
        let references = text("SELECT reference FROM inquiries ORDER BY reference", &mut conn).await;
        let waiting = text("SELECT about FROM outbox WHERE about IS NOT NULL", &mut conn).await;
        let ledger = text("SELECT event FROM audit ORDER BY seq", &mut conn).await;
        let events: i64 =
            sqlx::query_scalar("SELECT count(DISTINCT inquiry_id) FROM events WHERE kind = 'received'")
                .fetch_one(&mut *conn)
                .await
                .expect("a number");
        assert_eq!(events, references.len() as i64, "each has its first event");
        assert!(matches!(audit::verify(&mut conn).await, Ok(Chain::Verified { .. })));
        drop(conn);
        db.close().await;
        Stored { references, waiting, ledger }
    })
}

/// Changes the database behind the program's back; how many rows that changed.
pub fn in_writing(file: &Path, sql: &'static str) -> u64 {
    block_on(async {
        let db = Db::open(file).await.expect("opens");
        let mut write = db.begin().await.expect("begins");
        let changed = sqlx::raw_sql(sql).execute(&mut *write).await.expect(sql).rows_affected();
        write.commit().await.expect("commits");
        db.close().await;
        changed
    })
}

pub fn block_on<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(future)
}
