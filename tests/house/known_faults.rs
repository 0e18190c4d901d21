//! What the program is built from: no version with a fault that is known to harm it (SEC-30).

use std::fs;

use sqlx::{Connection, SqliteConnection};

#[test]
fn sec_30_the_lock_file_holds_no_version_with_a_known_fault() {
    let lock = fs::read_to_string("Cargo.lock").expect("readable");
    let version = |name: &str| -> Vec<u32> {
        let (_, rest) = lock.split_once(&format!("name = \"{name}\"\nversion = \"")).expect(name);
        let text = rest.split(['"', '+']).next().unwrap_or_default();
        text.split('.').map(|number| number.parse().expect("a number")).collect()
    };
    assert!(version("lettre") >= vec![0, 11, 22], "RUSTSEC-2026-0141");
    assert!(version("sqlx") >= vec![0, 9, 0], "older ones bring SQLite 3.46.0, which can corrupt its log");
    for absent in ["native-tls", "openssl", "boring", "rsa"] {
        assert!(!lock.contains(&format!("name = \"{absent}\"\n")), "{absent}");
    }
}

#[tokio::test]
async fn sec_30_the_database_inside_is_new_enough() {
    let mut database = SqliteConnection::connect("sqlite::memory:").await.expect("opens");
    let version: String =
        sqlx::query_scalar("SELECT sqlite_version()").fetch_one(&mut database).await.expect("a version");
    let numbers: Vec<u32> = version.split('.').map(|number| number.parse().expect("a number")).collect();
    assert!(numbers >= vec![3, 51, 3], "{version} has the WAL-reset fault");
}
