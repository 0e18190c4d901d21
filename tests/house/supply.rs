//! What the program is built from (SEC-30): the versions that faults were mended in, and no second way to do TLS.

use practice_site::db::Db;

/// Name and version of every package that may be built in.
fn locked() -> Vec<(String, String)> {
    let lock: toml::Table = std::fs::read_to_string("Cargo.lock").expect("readable").parse().expect("TOML");
    let packages = lock["package"].as_array().expect("packages");
    let text = |package: &toml::Value, key: &str| package[key].as_str().expect("text").to_owned();
    packages.iter().map(|package| (text(package, "name"), text(package, "version"))).collect()
}

fn numbers(version: &str) -> Vec<u32> {
    version.split(['.', '+']).map_while(|number| number.parse().ok()).collect()
}

/// Before 3.51.3 a write-ahead log that was begun anew could spoil the database.
#[tokio::test]
async fn sec_30_the_sqlite_that_runs_is_the_one_that_is_built_in() {
    let folder = tempfile::tempdir().expect("a folder");
    let db = Db::open(&folder.path().join("practice.db")).await.expect("opens");
    let mut conn = db.read().await.expect("reads");
    let version: String =
        sqlx::query_scalar("SELECT sqlite_version()").fetch_one(&mut *conn).await.expect("a version");
    assert!(numbers(&version) >= numbers("3.51.3"), "SQLite {version}");
}

/// lettre before 0.11.22 did not compare host names with one of its TLS libraries (RUSTSEC-2026-0141).
#[test]
fn sec_30_mail_is_encrypted_by_rustls_alone() {
    let locked = locked();
    let lettre = locked.iter().find(|(name, _)| name == "lettre").expect("there");
    assert!(numbers(&lettre.1) >= numbers("0.11.22"), "lettre {}", lettre.1);
    assert!(locked.iter().any(|(name, _)| name == "rustls"));
    let others = [
        "native-tls",
        "openssl",
        "openssl-sys",
        "rsa",
        "boring",
        "boring-sys",
        "schannel",
        "security-framework",
    ];
    let found: Vec<_> = locked.iter().filter(|(name, _)| others.contains(&name.as_str())).collect();
    assert!(found.is_empty(), "{found:?}");
}

/// What a folder or a repository holds can change without a trace; what the registry holds cannot.
#[test]
fn sec_30_everything_comes_from_the_registry_with_its_checksum() {
    let lock: toml::Table = std::fs::read_to_string("Cargo.lock").expect("readable").parse().expect("TOML");
    for package in lock["package"].as_array().expect("packages") {
        let is_ours = package["name"].as_str() == Some("practice-site");
        let source = package.get("source").and_then(toml::Value::as_str).unwrap_or_default();
        assert!(is_ours || source == "registry+https://github.com/rust-lang/crates.io-index", "{package}");
        assert!(is_ours || package.get("checksum").is_some(), "{package}");
    }
}
