//! Browsers that somebody has signed in from: known ones are never held up by strangers, new ones are announced.
//!
//! Writes `devices`. Knows a browser by a random cookie of its own; never by a fingerprint.

use anyhow::{Context, Result};
use sqlx::SqliteConnection;
use zeroize::Zeroizing;

use super::token::Token;

/// A browser that has not been seen for this long is new again.
const FORGET: i64 = 180 * 24 * 60 * 60_000;

/// Whether the account was signed in to from the browser with this cookie. Works for strangers alike.
pub async fn is_known(conn: &mut SqliteConnection, email: &str, cookie: &Token, now: i64) -> Result<bool> {
    sqlx::query_scalar(
        "SELECT EXISTS (SELECT 1 FROM devices JOIN staff ON staff.id = devices.staff_id
         WHERE staff.email = ? AND staff.disabled_at IS NULL AND token_hash = ? AND seen_at > ?)",
    )
    .bind(email)
    .bind(&cookie.hash()[..])
    .bind(now - FORGET)
    .fetch_one(conn)
    .await
    .context("reading the known browsers")
}

/// Notes that a known browser was used again.
pub async fn seen(conn: &mut SqliteConnection, cookie: &Token, now: i64) -> Result<()> {
    sqlx::query("UPDATE devices SET seen_at = ? WHERE token_hash = ?")
        .bind(now)
        .bind(&cookie.hash()[..])
        .execute(conn)
        .await
        .context("storing a known browser")?;
    Ok(())
}

/// Remembers a browser for a person; gives what its cookie holds from now on. Old ones are dropped on the way.
pub async fn remember(conn: &mut SqliteConnection, staff_id: i64, now: i64) -> Result<Zeroizing<String>> {
    let cookie = Token::generate()?;
    sqlx::query("DELETE FROM devices WHERE seen_at <= ?").bind(now - FORGET).execute(&mut *conn).await?;
    sqlx::query("INSERT INTO devices (token_hash, staff_id, seen_at) VALUES (?, ?, ?)")
        .bind(&cookie.hash()[..])
        .bind(staff_id)
        .bind(now)
        .execute(conn)
        .await
        .context("storing a known browser")?;
    Ok(cookie.cookie())
}

/// Forgets all browsers of a person.
pub async fn forget_all_of(conn: &mut SqliteConnection, staff_id: i64) -> Result<()> {
    sqlx::query("DELETE FROM devices WHERE staff_id = ?")
        .bind(staff_id)
        .execute(conn)
        .await
        .context("forgetting the known browsers")?;
    Ok(())
}

/// Roughly which device a `User-Agent` tells of, in words of ours: enough to recognize one's own phone in a list.
pub fn label(user_agent: &str) -> String {
    let named = |names: &[(&str, &'static str)], other| {
        names.iter().find(|(sign, _)| user_agent.contains(sign)).map_or(other, |(_, name)| *name)
    };
    // The order matters: most browsers also name those they descend from.
    let browser = named(
        &[
            ("Firefox/", "Firefox"),
            ("Edg", "Edge"),
            ("OPR/", "Opera"),
            ("Chrome/", "Chrome"),
            ("Safari/", "Safari"),
        ],
        "A browser",
    );
    let system = named(
        &[
            ("iPhone", "iPhone"),
            ("iPad", "iPad"),
            ("Android", "Android"),
            ("Windows", "Windows"),
            ("Macintosh", "Mac"),
            ("CrOS", "Chromebook"),
            ("Linux", "Linux"),
        ],
        "an unknown device",
    );
    format!("{browser} on {system}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_says_roughly_which_device_and_repeats_nothing_that_was_sent() {
        let windows = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36";
        assert_eq!(label(windows), "Chrome on Windows");
        assert_eq!(label(&format!("{windows} Edg/140.0")), "Edge on Windows");
        let phone = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Safari/604.1";
        assert_eq!(label(phone), "Safari on iPhone");
        assert_eq!(label("<script>"), "A browser on an unknown device");
    }
}
