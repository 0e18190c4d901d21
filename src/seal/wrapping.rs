//! Wrapping: a small secret encrypted under a 32-byte key, bound to the purpose it was wrapped for.
//!
//! XChaCha20-Poly1305 with a random nonce of 24 bytes. A copy made for one holder or purpose does not open as
//! another's. Where the 32 bytes come from is not decided here.

use anyhow::{Context, anyhow};
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::PrivateKey;

const NONCE: usize = 24;

/// The first byte of every wrapped secret, so that a later format can be told apart.
const VERSION: u8 = 1;

/// A key that wraps other keys. Wiped from memory when dropped.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct WrappingKey([u8; 32]);

impl WrappingKey {
    /// Takes 32 bytes that nobody can guess: from a slow hash, or from the operating system's randomness.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

/// Wraps the practice's private key for one holder, such as `staff:3`.
///
/// # Errors
/// Only where the operating system gives no randomness.
pub fn wrap(under: &WrappingKey, private: &PrivateKey, holder: &str) -> anyhow::Result<Vec<u8>> {
    lock(under, &purpose_of(holder), private.to_text().as_bytes())
}

/// Opens a copy that [`wrap`] made for this very holder; `None` with another key or holder, or where bytes changed.
pub fn unwrap_key(under: &WrappingKey, wrapped: &[u8], holder: &str) -> Option<PrivateKey> {
    let text = unlock(under, &purpose_of(holder), wrapped)?;
    PrivateKey::from_text(std::str::from_utf8(&text).ok()?)
}

/// Encrypts a small secret under a key, bound to a purpose.
///
/// # Errors
/// Only where the operating system gives no randomness.
pub fn lock(under: &WrappingKey, purpose: &str, secret: &[u8]) -> anyhow::Result<Vec<u8>> {
    let mut locked = vec![VERSION; 1 + NONCE];
    getrandom::fill(&mut locked[1..]).context("no randomness from the operating system")?;
    let payload = Payload { msg: secret, aad: purpose.as_bytes() };
    let hidden = cipher(under)
        .encrypt(XNonce::from_slice(&locked[1..]), payload)
        .map_err(|_| anyhow!("wrapping a secret failed"))?;
    locked.extend_from_slice(&hidden);
    Ok(locked)
}

/// Opens what [`lock`] made for this very purpose; `None` with another key or purpose, or where bytes changed.
pub fn unlock(under: &WrappingKey, purpose: &str, locked: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let (&version, rest) = locked.split_first()?;
    let (nonce, hidden) = rest.split_at_checked(NONCE)?;
    if version != VERSION {
        return None;
    }
    let payload = Payload { msg: hidden, aad: purpose.as_bytes() };
    cipher(under).decrypt(XNonce::from_slice(nonce), payload).ok().map(Zeroizing::new)
}

fn cipher(under: &WrappingKey) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new((&under.0).into())
}

fn purpose_of(holder: &str) -> String {
    format!("the practice's key for {holder}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(byte: u8) -> WrappingKey {
        WrappingKey::new([byte; 32])
    }

    #[test]
    fn a_copy_opens_for_its_holder_alone() {
        let private = PrivateKey::generate();
        let copy = wrap(&key(1), &private, "staff:1").expect("works");
        let opened = unwrap_key(&key(1), &copy, "staff:1").expect("works");
        assert_eq!(opened.public(), private.public());
        assert!(unwrap_key(&key(1), &copy, "staff:2").is_none());
        assert!(unwrap_key(&key(2), &copy, "staff:1").is_none());
    }

    #[test]
    fn a_changed_or_cut_secret_does_not_open() {
        let locked = lock(&key(1), "a seed", b"secret").expect("works");
        assert_eq!(unlock(&key(1), "a seed", &locked).expect("works").as_slice(), b"secret");
        for place in 0..locked.len() {
            let mut changed = locked.clone();
            changed[place] ^= 1;
            assert!(unlock(&key(1), "a seed", &changed).is_none(), "byte {place}");
            assert!(unlock(&key(1), "a seed", &locked[..place]).is_none(), "cut at {place}");
        }
    }

    #[test]
    fn the_same_secret_never_looks_the_same_twice() {
        let (one, two) = (lock(&key(1), "a", b"x").expect("works"), lock(&key(1), "a", b"x").expect("works"));
        assert_ne!(one, two);
    }
}
