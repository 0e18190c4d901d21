//! A stolen copy of the data folder: everything in it, tried as a key for everything that is locked.

use sha2::{Digest, Sha256};
use sqlx::{Column, Row, ValueRef};

use super::*;
use crate::seal::{PrivateKey, WrappingKey, seal, unwrap_key};
use crate::staff::hashing::Derived;
use crate::staff::keys::{RECOVERY, copy_of, holder_of};
use crate::staff::token::Token;

const HOLDERS: [&str; 5] = ["setup", "recovery", "staff:1", "session", "invitation"];

/// Every value of every row of every table, as bytes.
async fn values(db: &Db) -> Vec<Vec<u8>> {
    let mut conn = db.read().await.expect("reads");
    let tables: Vec<String> = sqlx::query_scalar("SELECT name FROM sqlite_schema WHERE type = 'table'")
        .fetch_all(&mut *conn)
        .await
        .expect("reads");
    let mut values = Vec::new();
    for table in tables {
        let all = sqlx::AssertSqlSafe(format!("SELECT * FROM {table}"));
        for row in sqlx::query(all).fetch_all(&mut *conn).await.expect("reads") {
            for column in row.columns() {
                let value = row.try_get_raw(column.ordinal()).expect("a value");
                if !value.is_null() {
                    values.push(row.get_unchecked::<Vec<u8>, _>(column.ordinal()));
                }
            }
        }
    }
    values
}

/// What somebody would try: each value as it is, as a digest, as what comes after the slow hash, as a cookie.
async fn keys_from(values: &[Vec<u8>], practice: &Practice) -> Vec<WrappingKey> {
    let mut keys = Vec::new();
    let copy = copy_of(&mut practice.db.read().await.expect("reads"), "staff:1").await.expect("reads");
    let recipe = copy.expect("a copy").recipe;
    for value in values {
        keys.extend(value.as_slice().try_into().ok().map(WrappingKey::new));
        keys.push(WrappingKey::new(Sha256::digest(value).into()));
        let text = String::from_utf8_lossy(value);
        let derived: Derived = practice.door.hashing.derive(&text, recipe).await.expect("derives");
        keys.push(derived.wrapping.clone());
        keys.push(WrappingKey::new(derived.sign_in_hash()));
        let cookie =
            Token::parse(&text).or_else(|| Token::parse(&data_encoding::BASE64URL_NOPAD.encode(value)));
        keys.extend(cookie.map(|cookie| cookie.wrapping().expect("derives")));
        keys.extend(Code::parse(&text).map(|code| code.wrapping().expect("derives")));
    }
    keys
}

fn opens_anything(keys: &[WrappingKey], values: &[Vec<u8>]) -> bool {
    keys.iter().any(|key| {
        values.iter().any(|locked| {
            HOLDERS.iter().any(|holder| {
                unwrap_key(key, locked, holder).is_some() || Seed::unlock(key, holder, locked).is_some()
            })
        })
    })
}

#[tokio::test]
async fn seal_02_a_copy_of_the_data_folder_opens_nothing_whatever_in_it_is_tried_as_a_key() {
    let founded = founded().await;
    let (db, data) = (&founded.practice.db, founded.practice.data.path());
    let public = keys::current(&mut db.read().await.expect("reads")).await.expect("a key");
    let sealed = seal(&public, "K7QF-2M", b"hello").expect("seals");
    let mut values = values(db).await;
    for file in std::fs::read_dir(data).expect("a folder") {
        values.push(std::fs::read(file.expect("there").path()).expect("readable"));
    }
    assert!(!data.join("setup-code").exists(), "it would open the key of before");
    assert!(values.len() > 20, "{}", values.len());

    for value in &values {
        let text = String::from_utf8_lossy(value);
        assert!(!text.contains("AGE-SECRET-KEY-"), "the key itself");
        if let Some(key) = PrivateKey::from_text(text.trim()) {
            assert!(crate::seal::open(&key, "K7QF-2M", &sealed).is_err());
        }
    }
    let keys = keys_from(&values, &founded.practice).await;
    assert!(!opens_anything(&keys, &values), "something in the folder opens something else in it");

    // With what is not in the folder, the very same attempt succeeds.
    let copy = copy_of(&mut db.read().await.expect("reads"), RECOVERY).await.expect("reads").expect("a copy");
    let hashing = &founded.practice.door.hashing;
    let derived = hashing.derive(founded.recovery_code.as_str(), copy.recipe).await.expect("derives");
    assert!(opens_anything(std::slice::from_ref(&derived.wrapping), &values));
    assert_eq!(holder_of(founded.id), "staff:1");
}
