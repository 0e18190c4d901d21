//! The secrets in cookies: 256 random bits, of which the database holds only digests.

use anyhow::{Context, Result, anyhow};
use data_encoding::BASE64URL_NOPAD;
use hkdf::Hkdf;
use sha2::{Digest, Sha256};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::seal::WrappingKey;

/// The secret of a session or a browser. Wiped from memory when dropped.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct Token([u8; 32]);

impl Token {
    /// A new secret.
    ///
    /// # Errors
    /// Only where the operating system gives no randomness.
    pub fn generate() -> Result<Self> {
        let mut token = Self([0; 32]);
        getrandom::fill(&mut token.0).context("no randomness from the operating system")?;
        Ok(token)
    }

    /// Reads a cookie; `None` where it can't be one of ours.
    pub fn parse(cookie: &str) -> Option<Self> {
        let bytes = Zeroizing::new(BASE64URL_NOPAD.decode(cookie.as_bytes()).ok()?);
        bytes.as_slice().try_into().ok().map(Self)
    }

    /// What the cookie holds.
    pub fn cookie(&self) -> Zeroizing<String> {
        Zeroizing::new(BASE64URL_NOPAD.encode(&self.0))
    }

    /// What the table holds.
    pub fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.0).into()
    }

    /// The key for what only the bearer of the cookie may open.
    pub fn wrapping(&self) -> Result<WrappingKey> {
        Ok(WrappingKey::new(self.expanded("practice-site: key of a session")?))
    }

    /// A digest of `text` that says nothing without the cookie.
    pub fn digest_of(&self, text: &str) -> Result<[u8; 32]> {
        self.expanded(&format!("practice-site: typed back: {text}"))
    }

    fn expanded(&self, purpose: &str) -> Result<[u8; 32]> {
        let mut key = [0; 32];
        Hkdf::<Sha256>::new(None, &self.0)
            .expand(purpose.as_bytes(), &mut key)
            .map_err(|reason| anyhow!("deriving a key failed: {reason}"))?;
        Ok(key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_is_read_back_and_differs_from_what_is_stored() {
        let token = Token::generate().expect("randomness");
        let cookie = token.cookie();
        assert_eq!(Token::parse(&cookie).expect("a token").hash(), token.hash());
        assert_ne!(BASE64URL_NOPAD.encode(&token.hash()), *cookie);
        for wrong in ["", "abc", &cookie[1..], &format!("{}A", &*cookie), "<script>"] {
            assert!(Token::parse(wrong).is_none(), "{wrong}");
        }
    }
}
