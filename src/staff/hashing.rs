//! The slow hash: a password or a code becomes a value that proves it and a key that wraps with it.
//!
//! Runs off the async threads, few at a time, and never inside a transaction. What was typed is not kept.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Context, anyhow};
use argon2::{Algorithm, Argon2, Params, Version};
use hkdf::Hkdf;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use unicode_normalization::UnicodeNormalization;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::seal::WrappingKey;

/// How many run at once. Each takes 64 MiB, so this bounds the memory that strangers can make the server use.
const AT_ONCE: usize = 2;
/// How many strangers may wait for their turn: the last of them about a second.
const WAITING: usize = 16;

/// How hard Argon2id works. Stored beside every salt, so that it can be raised later without locking anybody out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cost {
    pub memory_kib: u32,
    pub passes: u32,
    pub lanes: u32,
}

impl Cost {
    /// About 150 ms on a small server.
    pub const STRONG: Self = Self { memory_kib: 64 * 1024, passes: 3, lanes: 1 };
    /// For a code of ours, whose 125 random bits nobody guesses however fast each guess is.
    pub const LEAST: Self = Self { memory_kib: 8, passes: 1, lanes: 1 };
}

/// What must be known to derive the same keys again: nothing in it is secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Recipe {
    pub salt: [u8; 16],
    pub cost: Cost,
}

/// What a password or code turned into. Wiped from memory when dropped.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct Derived {
    sign_in: [u8; 32],
    pub wrapping: WrappingKey,
}

impl Derived {
    /// What is stored to recognize the password: the SHA-256 of the sign-in value.
    pub fn sign_in_hash(&self) -> [u8; 32] {
        Sha256::digest(self.sign_in).into()
    }

    /// Whether this is the password whose hash was stored; takes the same time either way.
    pub fn proves(&self, stored: &[u8]) -> bool {
        self.sign_in_hash().ct_eq(stored).into()
    }
}

/// The one place where slow hashing happens. Cloning it shares the limit.
#[derive(Debug, Clone)]
pub struct Hashing {
    permits: Arc<Semaphore>,
    places: Arc<Semaphore>,
    runs: Arc<AtomicU64>,
    cost: Cost,
}

impl Hashing {
    /// `cost` is for new secrets; old ones keep the cost they were stored with.
    pub fn new(cost: Cost) -> Self {
        let [permits, places] = [AT_ONCE, AT_ONCE + WAITING].map(|many| Arc::new(Semaphore::new(many)));
        Self { permits, places, runs: Arc::default(), cost }
    }

    /// The cost for new secrets.
    pub fn cost(&self) -> Cost {
        self.cost
    }

    /// How often it has run: what an answer cost, whatever the answer was (SEC-11).
    pub fn runs(&self) -> u64 {
        self.runs.load(Ordering::Relaxed)
    }

    /// A recipe with a fresh salt, for a secret that is about to be set.
    ///
    /// # Errors
    /// Only where the operating system gives no randomness.
    pub fn new_recipe(&self) -> anyhow::Result<Recipe> {
        let mut salt = [0; 16];
        getrandom::fill(&mut salt).context("no randomness from the operating system")?;
        Ok(Recipe { salt, cost: self.cost })
    }

    /// The recipe for somebody who is not there, so that strangers cost as much work as staff.
    pub fn dummy_recipe(&self) -> Recipe {
        Recipe { salt: [0; 16], cost: self.cost }
    }

    /// A place in the queue, to be held until the hashing is done; nothing where it is full. For strangers: whoever is
    /// known need not ask, so that no crowd at the door holds them up for long.
    pub fn place(&self) -> Option<OwnedSemaphorePermit> {
        self.places.clone().try_acquire_owned().ok()
    }

    /// Derives both keys from what was typed. Waits for its turn; a caller who goes away does not free the turn early.
    ///
    /// # Errors
    /// Where the stored cost makes no sense to Argon2, or memory runs out.
    pub async fn derive(&self, secret: &str, recipe: Recipe) -> anyhow::Result<Derived> {
        let turn = self.permits.clone().acquire_owned().await.context("hashing has stopped")?;
        self.runs.fetch_add(1, Ordering::Relaxed);
        let secret = normal(secret);
        tokio::task::spawn_blocking(move || {
            let derived = derive_now(&secret, recipe);
            drop(turn);
            derived
        })
        .await
        .context("hashing was cut short")?
    }
}

/// One spelling of what different keyboards send for the same letters (NFC, as in RFC 8265).
fn normal(secret: &str) -> Zeroizing<String> {
    // NFC makes a text at most three times as long, so the secret never moves in memory.
    let mut normal = Zeroizing::new(String::with_capacity(secret.len() * 3));
    normal.extend(secret.nfc());
    normal
}

fn derive_now(secret: &str, recipe: Recipe) -> anyhow::Result<Derived> {
    let Cost { memory_kib, passes, lanes } = recipe.cost;
    let params = Params::new(memory_kib, passes, lanes, Some(32))
        .map_err(|reason| anyhow!("the cost of a hash makes no sense: {reason}"))?;
    let mut root = Zeroizing::new([0; 32]);
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(secret.as_bytes(), &recipe.salt, &mut *root)
        .map_err(|reason| anyhow!("hashing failed: {reason}"))?;
    // Two keys of which neither says anything about the other: the stored hash does not help to unwrap.
    let both = Hkdf::<Sha256>::new(None, &*root);
    Ok(Derived {
        sign_in: expanded(&both, b"practice-site: sign-in value")?,
        wrapping: WrappingKey::new(expanded(&both, b"practice-site: wrapping key")?),
    })
}

fn expanded(from: &Hkdf<Sha256>, purpose: &[u8]) -> anyhow::Result<[u8; 32]> {
    let mut key = [0; 32];
    from.expand(purpose, &mut key).map_err(|reason| anyhow!("deriving a key failed: {reason}"))?;
    Ok(key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seal::{lock, unlock};

    const CHEAP: Cost = Cost { memory_kib: 8, passes: 1, lanes: 1 };

    #[tokio::test]
    async fn the_same_password_and_recipe_give_the_same_keys() {
        let hashing = Hashing::new(CHEAP);
        let recipe = hashing.new_recipe().expect("randomness");
        let one = hashing.derive("correct horse", recipe).await.expect("derives");
        let two = hashing.derive("correct horse", recipe).await.expect("derives");
        assert!(two.proves(&one.sign_in_hash()));
        let locked = lock(&one.wrapping, "test", b"secret").expect("locks");
        assert!(unlock(&two.wrapping, "test", &locked).is_some());
    }

    #[tokio::test]
    async fn sec_12_a_password_is_the_same_from_every_keyboard() {
        let hashing = Hashing::new(CHEAP);
        let recipe = hashing.new_recipe().expect("randomness");
        let one = hashing.derive("na\u{ef}ve caf\u{e9} 27 \u{1100}\u{1161}", recipe).await.expect("derives");
        let two = hashing.derive("nai\u{308}ve cafe\u{301} 27 \u{ac00}", recipe).await.expect("derives");
        assert!(two.proves(&one.sign_in_hash()));
        let plain = derive_now("correct horse", recipe).expect("derives");
        let typed = hashing.derive("correct horse", recipe).await.expect("derives");
        assert!(typed.proves(&plain.sign_in_hash()), "ASCII stays as it is");
    }

    #[tokio::test]
    async fn sec_10_only_so_many_wait_for_the_slow_hash() {
        let hashing = Hashing::new(CHEAP);
        let mut places: Vec<_> = (0..AT_ONCE + WAITING).map(|_| hashing.place().expect("free")).collect();
        assert!(hashing.place().is_none());
        let known = hashing.derive("correct horse", hashing.dummy_recipe()).await;
        assert!(known.is_ok(), "whoever is known is let past the queue");
        places.pop();
        assert!(hashing.place().is_some());
    }

    #[tokio::test]
    async fn another_password_salt_or_cost_gives_other_keys() {
        let hashing = Hashing::new(CHEAP);
        let recipe = hashing.new_recipe().expect("randomness");
        let stored = hashing.derive("correct horse", recipe).await.expect("derives").sign_in_hash();
        let dearer = Recipe { cost: Cost { passes: 2, ..CHEAP }, ..recipe };
        for (secret, recipe) in [
            ("correct horsf", recipe),
            ("correct horse", hashing.new_recipe().expect("randomness")),
            ("correct horse", dearer),
        ] {
            assert!(!hashing.derive(secret, recipe).await.expect("derives").proves(&stored));
        }
    }

    #[tokio::test]
    async fn the_stored_value_is_neither_the_wrapping_key_nor_the_sign_in_value() {
        let hashing = Hashing::new(CHEAP);
        let derived = hashing.derive("correct horse", hashing.dummy_recipe()).await.expect("derives");
        assert_ne!(derived.sign_in, derived.sign_in_hash());
        let locked = lock(&derived.wrapping, "test", b"secret").expect("locks");
        for guess in [derived.sign_in, derived.sign_in_hash()] {
            assert!(unlock(&WrappingKey::new(guess), "test", &locked).is_none());
        }
    }

    #[tokio::test]
    async fn a_cost_that_makes_no_sense_is_an_error_and_no_panic() {
        let hashing = Hashing::new(Cost { memory_kib: 0, passes: 0, lanes: 0 });
        assert!(hashing.derive("correct horse", hashing.dummy_recipe()).await.is_err());
    }
}
