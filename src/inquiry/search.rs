//! Finding inquiries by name, reference or digits of the phone number. Everything is opened in memory for it and forgotten
//! at once; what was searched for is written nowhere.

use std::sync::Arc;

use anyhow::{Context, Result};
use sqlx::SqliteConnection;
use tokio::task::spawn_blocking;

use super::answers::Answers;
use super::record::answers_in;
use crate::db::Db;
use crate::seal::PrivateKey;

/// The most that are shown; who finds more types more.
pub const MOST: usize = 100;
/// Rows opened at a time, so that not all of them are in memory.
const CHUNK: i64 = 500;

/// What somebody looks for.
#[derive(Clone, PartialEq, Eq)]
pub struct Query {
    /// In small letters.
    words: Vec<String>,
    /// Capital letters and digits only; blank where it can't be part of a reference.
    reference: String,
    /// Blank where it can't be part of a phone number.
    digits: String,
}

impl Query {
    /// Reads what was typed; `None` where there is nothing to look for.
    pub fn read(typed: &str) -> Option<Self> {
        let words: Vec<String> = typed.to_lowercase().split_whitespace().map(str::to_owned).collect();
        if words.is_empty() {
            return None;
        }
        let reference: String = typed
            .chars()
            .filter(|c| *c != '-' && !c.is_whitespace())
            .map(|c| c.to_ascii_uppercase())
            .collect();
        let could_be_one =
            (2..=6).contains(&reference.len()) && reference.chars().all(|c| c.is_ascii_alphanumeric());
        let digits: String = typed.chars().filter(char::is_ascii_digit).collect();
        let could_be_dialled = digits.len() >= 3
            && typed.chars().all(|c| c.is_ascii_digit() || c.is_whitespace() || "+().-/".contains(c));
        Some(Self {
            words,
            reference: if could_be_one { reference } else { String::new() },
            digits: if could_be_dialled { digits } else { String::new() },
        })
    }

    /// Whether a reference fits.
    fn fits_reference(&self, reference: &str) -> bool {
        !self.reference.is_empty() && reference.replace('-', "").contains(&self.reference)
    }

    fn fits(&self, answers: &Answers) -> bool {
        let name = answers.name.to_lowercase();
        let number = answers.phone.as_ref().map_or("", |phone| phone.number.as_str());
        self.words.iter().all(|word| name.contains(word))
            || (!self.digits.is_empty() && number.contains(&self.digits))
    }
}

#[derive(sqlx::FromRow)]
struct Sealed {
    id: i64,
    reference: String,
    answers: Vec<u8>,
}

/// The ids of what fits, the newest first; at most one more than [`MOST`].
///
/// # Errors
/// When the database can't be read.
pub async fn find(db: &Db, key: &PrivateKey, query: &Query) -> Result<Vec<i64>> {
    let (key, query) = (Arc::new(key.clone()), Arc::new(query.clone()));
    let mut found = Vec::new();
    let mut below = i64::MAX;
    while found.len() <= MOST {
        // Each chunk has a reader of its own: one that stays open would keep erased text in the write-ahead log.
        let rows = chunk(&mut *db.read().await?, below).await?;
        let Some(last) = rows.last() else { break };
        below = last.id;
        let (key, query) = (key.clone(), query.clone());
        found.extend(
            spawn_blocking(move || fitting(rows, &key, &query)).await.context("a search ended early")?,
        );
    }
    found.truncate(MOST + 1);
    Ok(found)
}

async fn chunk(conn: &mut SqliteConnection, below: i64) -> Result<Vec<Sealed>> {
    sqlx::query_as("SELECT id, reference, answers FROM inquiries WHERE id < ? ORDER BY id DESC LIMIT ?")
        .bind(below)
        .bind(CHUNK)
        .fetch_all(conn)
        .await
        .context("reading inquiries for a search")
}

fn fitting(rows: Vec<Sealed>, key: &PrivateKey, query: &Query) -> Vec<i64> {
    let fits = |row: &Sealed| {
        query.fits_reference(&row.reference)
            || answers_in(key, &row.reference, &row.answers).is_some_and(|answers| query.fits(&answers))
    };
    rows.iter().filter(|row| fits(row)).map(|row| row.id).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inquiry::fixture::{Inbox, answers};
    use crate::inquiry::phone::Phone;

    async fn count(inbox: &Inbox, typed: &str) -> usize {
        let query = Query::read(typed).expect("something to look for");
        find(&inbox.db, &inbox.key, &query).await.expect("searches").len()
    }

    #[tokio::test]
    async fn people_are_found_by_parts_of_name_reference_and_number() {
        let inbox = Inbox::new().await;
        let reference = inbox.add(&answers("Zoë Made-Up Tester"), 0, "").await;
        let mut other = answers("Sam");
        other.phone = Phone::read("503 555 0199");
        inbox.add(&other, 1, "trap").await;
        for typed in ["zoë", "TESTER zoë", "made-up", reference.as_str(), &reference.as_str().to_lowercase()]
        {
            assert_eq!(count(&inbox, typed).await, 1, "{typed}");
        }
        for typed in ["(206) 555-01", "12065550142", "+1 206"] {
            assert_eq!(count(&inbox, typed).await, 1, "{typed}");
        }
        assert_eq!(count(&inbox, "555").await, 2);
        for typed in ["nobody", "zoë sam", "20655501429", "' OR 1=1--", "%_\\"] {
            assert_eq!(count(&inbox, typed).await, 0, "{typed}");
        }
        assert!(Query::read(" \t ").is_none());
    }

    #[tokio::test]
    async fn a_damaged_record_is_still_found_by_its_reference_and_hides_no_other() {
        let inbox = Inbox::new().await;
        let damaged = inbox.add(&answers("Sam"), 0, "").await;
        inbox.add(&answers("Sam"), 1, "").await;
        let mut write = inbox.db.begin().await.expect("begins");
        sqlx::query("UPDATE inquiries SET answers = x'00' WHERE reference = ?")
            .bind(damaged.as_str())
            .execute(&mut *write)
            .await
            .expect("damages");
        write.commit().await.expect("commits");
        assert_eq!(count(&inbox, "sam").await, 1);
        assert_eq!(count(&inbox, damaged.as_str()).await, 1);
    }
}
