//! The signed value hidden in the form: when it was handed out, and a random part that makes sending twice harmless.
//! It is no permission: a form with a bad one is shown again, never refused.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use anyhow::{Context, Result, anyhow};
use data_encoding::BASE64URL_NOPAD;
use hmac::{Hmac, KeyInit, Mac};
use jiff::{SignedDuration, Timestamp};
use sha2::Sha256;

const KEY_FILE: &str = "form-key";
const RANDOM: usize = 16;
const SIGNED: usize = 8 + RANDOM;
const TAG: usize = 16;
/// After this long, the person is asked to look at the answers once more.
const LONGEST: SignedDuration = SignedDuration::from_hours(24);

/// The key that signs tokens. It lives in the data folder, so that a restart spoils no form that is being filled in.
#[derive(Clone)]
pub struct TokenKey([u8; 32]);

/// What a token tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenAge {
    /// Handed out by this site so long ago.
    Known(SignedDuration),
    /// Missing, forged, from another key, too old, or from the future.
    Unknown,
}

impl TokenKey {
    /// Reads the key, or makes one.
    ///
    /// # Errors
    /// When the data folder can't be read or written.
    pub fn load(data: &Path) -> Result<Self> {
        let path = data.join(KEY_FILE);
        if let Ok(bytes) = fs::read(&path)
            && let Ok(key) = bytes.try_into()
        {
            return Ok(Self(key));
        }
        let key = random::<32>()?;
        let mut file = OpenOptions::new()
            .create(true)
            .write(true)
            .truncate(true)
            .mode(0o600)
            .open(&path)
            .with_context(|| format!("{} can't be written", path.display()))?;
        file.write_all(&key).and_then(|()| file.sync_all()).context("the form's key can't be written")?;
        Ok(Self(key))
    }

    /// A new token.
    ///
    /// # Errors
    /// When the operating system has no randomness.
    pub fn issue(&self, now: Timestamp) -> Result<String> {
        let mut bytes = Vec::with_capacity(SIGNED + TAG);
        bytes.extend(now.as_millisecond().to_be_bytes());
        bytes.extend(random::<RANDOM>()?);
        let tag = self.mac(&bytes).finalize().into_bytes();
        bytes.extend(&tag[..TAG]);
        Ok(BASE64URL_NOPAD.encode(&bytes))
    }

    /// Looks at a token as it came back.
    pub fn age(&self, token: &str, now: Timestamp) -> TokenAge {
        self.read(token, now).map_or(TokenAge::Unknown, TokenAge::Known)
    }

    fn read(&self, token: &str, now: Timestamp) -> Option<SignedDuration> {
        let bytes = BASE64URL_NOPAD.decode(token.as_bytes()).ok()?;
        let (signed, tag) = bytes.split_at_checked(SIGNED)?;
        if tag.len() != TAG {
            return None;
        }
        self.mac(signed).verify_truncated_left(tag).ok()?;
        let issued = i64::from_be_bytes(signed[..8].try_into().ok()?);
        let age = now.duration_since(Timestamp::from_millisecond(issued).ok()?);
        (!age.is_negative() && age <= LONGEST).then_some(age)
    }

    fn mac(&self, signed: &[u8]) -> Hmac<Sha256> {
        let mut mac =
            <Hmac<Sha256> as KeyInit>::new_from_slice(&self.0).expect("HMAC takes a key of any length");
        mac.update(signed);
        mac
    }
}

fn random<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|error| anyhow!("no randomness: {error}"))?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> TokenKey {
        TokenKey([7; 32])
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + seconds).expect("a time")
    }

    #[test]
    fn a_token_knows_its_age_for_a_day() {
        let token = key().issue(at(0)).expect("a token");
        assert_eq!(key().age(&token, at(2)), TokenAge::Known(SignedDuration::from_secs(2)));
        assert_eq!(key().age(&token, at(86_400)), TokenAge::Known(SignedDuration::from_hours(24)));
        assert_eq!(key().age(&token, at(86_401)), TokenAge::Unknown);
    }

    #[test]
    fn a_token_from_the_future_is_unknown() {
        let token = key().issue(at(60)).expect("a token");
        assert_eq!(key().age(&token, at(0)), TokenAge::Unknown);
    }

    #[test]
    fn changing_any_letter_makes_it_unknown() {
        let token = key().issue(at(0)).expect("a token");
        for at_letter in 0..token.len() {
            let mut forged = token.clone().into_bytes();
            forged[at_letter] = if forged[at_letter] == b'A' { b'B' } else { b'A' };
            let forged = String::from_utf8(forged).expect("ASCII");
            assert_eq!(key().age(&forged, at(1)), TokenAge::Unknown);
        }
        for other in ["", "AAAA", "ü", &token[..20]] {
            assert_eq!(key().age(other, at(1)), TokenAge::Unknown, "{other}");
        }
        assert_eq!(TokenKey([8; 32]).age(&token, at(1)), TokenAge::Unknown);
    }

    #[test]
    fn two_tokens_of_the_same_moment_differ() {
        assert_ne!(key().issue(at(0)).expect("a token"), key().issue(at(0)).expect("a token"));
    }

    #[test]
    fn the_key_survives_a_restart_and_is_private() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().expect("a folder");
        let token = TokenKey::load(dir.path()).expect("made").issue(at(0)).expect("a token");
        let again = TokenKey::load(dir.path()).expect("read");
        assert!(matches!(again.age(&token, at(1)), TokenAge::Known(_)));
        let mode = fs::metadata(dir.path().join(KEY_FILE)).expect("there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}
