//! Sealing for the practice: text goes in with the public key, and only the private key brings it out again.
//!
//! A sealed blob is an ordinary `age` file, so the stock `age` program opens it with the practice's key. Inside stands
//! JSON with the reference and the content, filled up with spaces. This file must never store, log or print anything.

mod recipient;
mod wrapping;

use std::fmt;
use std::hint::black_box;
use std::str::FromStr;
use std::sync::Arc;

use age::secrecy::ExposeSecret;
use age::x25519;
use anyhow::{Context, anyhow};
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, Zeroizing};

use recipient::Recipient;
pub use wrapping::{WrappingKey, lock, unlock, unwrap_key, wrap};

/// Every envelope is a multiple of this many bytes long. Nearly all requests and notes fit into the first one or two
/// steps, so the length of a blob tells at most "ordinary" or "long". `age` adds a random-length header on top.
const STEP: usize = 2048;

/// The key that anything may be sealed to. Public: it may be stored and shown.
#[derive(Clone)]
pub struct PublicKey(Recipient);

impl PartialEq for PublicKey {
    fn eq(&self, other: &Self) -> bool {
        self.0.plain == other.0.plain
    }
}

impl Eq for PublicKey {}

/// The key that opens what was sealed. In one place in memory however often it is handed on, wiped from there when the
/// last holder drops it, and never shown by `{:?}`.
#[derive(Clone)]
pub struct PrivateKey(Arc<x25519::Identity>);

/// Why a sealed blob did not open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OpenError {
    /// The blob is not what was written: bytes changed or are missing.
    Damaged,
    /// It opened, but it belongs to another reference: rows were swapped.
    OtherReference,
    /// It was sealed to another key, or its first lines changed: `age` cannot tell these apart.
    WrongKey,
}

#[derive(Serialize)]
struct Envelope<'a> {
    reference: &'a str,
    content: &'a str,
}

#[derive(Deserialize)]
struct Opened {
    reference: String,
    content: String,
}

impl fmt::Display for PublicKey {
    /// The text form, `age1…`, as the `age` program takes it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.plain.fmt(f)
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({self})")
    }
}

impl PublicKey {
    /// The same key with its multiples worked out. That takes as long as some twenty sealings and saves a third of
    /// each: for a key that seals more.
    #[must_use]
    pub fn for_many(self) -> Self {
        Self(self.0.with_multiples())
    }
}

impl FromStr for PublicKey {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> anyhow::Result<Self> {
        x25519::Recipient::from_str(text)
            .map(|plain| Self(Recipient::new(plain)))
            .map_err(|reason| anyhow!("not a public key of age: {reason}"))
    }
}

impl PrivateKey {
    /// A new key from the randomness of the operating system.
    pub fn generate() -> Self {
        leaving_no_trace(|| Self(Arc::new(x25519::Identity::generate())))
    }

    /// The half that may be shown.
    pub fn public(&self) -> PublicKey {
        leaving_no_trace(|| PublicKey(Recipient::new(self.0.to_public())))
    }

    /// The text form, `AGE-SECRET-KEY-1…`, as the `age` program takes it. Whoever reads it can open everything.
    pub fn to_text(&self) -> Zeroizing<String> {
        leaving_no_trace(|| Zeroizing::new(self.0.to_string().expose_secret().to_owned()))
    }

    /// Reads the text form back; `None` where it is not one.
    pub fn from_text(text: &str) -> Option<Self> {
        leaving_no_trace(|| x25519::Identity::from_str(text).ok().map(|key| Self(Arc::new(key))))
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PrivateKey(…)")
    }
}

/// Seals text for the practice. The reference is sealed in, so that a blob moved to another row is noticed.
///
/// # Errors
/// Where `plain` is not UTF-8: everything the program seals is text, so that people can read it without the program.
pub fn seal(to: &PublicKey, reference: &str, plain: &[u8]) -> anyhow::Result<Vec<u8>> {
    let content = std::str::from_utf8(plain).context("only text can be sealed")?;
    let envelope = padded(&Envelope { reference, content })?;
    age::encrypt(&to.0, &envelope).context("sealing failed")
}

/// Opens what [`seal`] made, and checks that it belongs to `reference`.
///
/// # Errors
/// See [`OpenError`]; to a person, all three mean that this record is damaged.
pub fn open(key: &PrivateKey, reference: &str, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, OpenError> {
    let opened = leaving_no_trace(|| age::decrypt(&*key.0, sealed).map(Zeroizing::new));
    let envelope = opened.map_err(|error| match error {
        age::DecryptError::NoMatchingKeys => OpenError::WrongKey,
        _ => OpenError::Damaged,
    })?;
    let mut opened: Opened = serde_json::from_slice(&envelope).map_err(|_| OpenError::Damaged)?;
    if opened.reference != reference {
        opened.content.zeroize();
        return Err(OpenError::OtherReference);
    }
    Ok(Zeroizing::new(opened.content.into_bytes()))
}

/// How far below the caller `age` and what it calls write onto the stack, generously.
const STACK: usize = 64 * 1024;

/// Does something with a key, and writes over the part of the stack where copies of it may be left. What is given back
/// must hold none itself.
fn leaving_no_trace<T>(work: impl FnOnce() -> T) -> T {
    #[inline(never)]
    fn below<T>(work: impl FnOnce() -> T) -> T {
        work()
    }
    #[inline(never)]
    fn write_over() {
        black_box(&mut [0_u8; STACK]);
    }
    let done = below(work);
    write_over();
    done
}

/// The envelope as JSON, filled up with spaces to the next step.
fn padded(envelope: &Envelope) -> anyhow::Result<Zeroizing<Vec<u8>>> {
    // Room for text that is full of escapes, so that the buffer does not move and leave a copy behind.
    let room = (envelope.reference.len() + envelope.content.len()) * 2 + STEP;
    let mut bytes = Zeroizing::new(Vec::with_capacity(room.next_multiple_of(STEP)));
    serde_json::to_writer(&mut *bytes, envelope).context("writing the envelope")?;
    let length = bytes.len().next_multiple_of(STEP);
    bytes.resize(length, b' ');
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::process::{Command, Stdio};

    use super::*;

    fn sealed(key: &PrivateKey, text: &str) -> Vec<u8> {
        seal(&key.public(), "AB-12", text.as_bytes()).expect("works")
    }

    #[test]
    fn what_was_sealed_opens_with_the_key_and_the_reference() {
        let key = PrivateKey::generate();
        for text in ["", "hello", "\"quoted\"\n\u{1F600} \\ \t", &"x".repeat(9000)] {
            let opened = open(&key, "AB-12", &sealed(&key, text)).expect("works");
            assert_eq!(opened.as_slice(), text.as_bytes());
        }
    }

    #[test]
    fn another_key_and_another_reference_are_told_apart() {
        let (key, other) = (PrivateKey::generate(), PrivateKey::generate());
        let blob = sealed(&key, "hello");
        assert_eq!(open(&other, "AB-12", &blob), Err(OpenError::WrongKey));
        assert_eq!(open(&key, "AB-13", &blob), Err(OpenError::OtherReference));
    }

    #[test]
    fn no_changed_or_missing_byte_goes_unnoticed() {
        let key = PrivateKey::generate();
        let blob = sealed(&key, "hello");
        for place in (0..blob.len()).step_by(7) {
            let mut changed = blob.clone();
            changed[place] ^= 1;
            assert!(open(&key, "AB-12", &changed).is_err(), "byte {place}");
        }
        assert_eq!(open(&key, "AB-12", &blob[..blob.len() - 1]), Err(OpenError::Damaged));
        assert_eq!(open(&key, "AB-12", b""), Err(OpenError::Damaged));
    }

    #[test]
    fn the_length_of_a_short_text_and_of_an_ordinary_one_is_the_same() {
        let length =
            |text: &str| padded(&Envelope { reference: "AB-12", content: text }).expect("works").len();
        assert_eq!(length(""), STEP);
        assert_eq!(length(&"x".repeat(1500)), STEP);
        assert_eq!(length(&"x".repeat(2048)), 2 * STEP);
        assert_eq!(length(&"\u{1}".repeat(2048)) % STEP, 0);
    }

    #[test]
    fn bytes_that_are_no_text_are_refused() {
        let key = PrivateKey::generate();
        assert!(seal(&key.public(), "AB-12", &[0xff, 0xfe]).is_err());
    }

    #[test]
    fn keys_keep_their_text_form_and_the_private_one_is_never_printed() {
        let key = PrivateKey::generate();
        let public = key.public();
        assert!(public.to_string().starts_with("age1"));
        assert_eq!(public.to_string().parse::<PublicKey>().expect("works"), public);
        assert_eq!(PrivateKey::from_text(&key.to_text()).expect("works").public(), public);
        assert!("age1nonsense".parse::<PublicKey>().is_err());
        assert!(PrivateKey::from_text("AGE-SECRET-KEY-1nonsense").is_none());
        assert!(!format!("{key:?}").contains("SECRET"));
    }

    #[test]
    fn seal_13_the_stock_age_program_opens_a_sealed_blob() {
        let key = PrivateKey::generate();
        let folder = tempfile::tempdir().expect("works");
        let identity = folder.path().join("key");
        std::fs::write(&identity, key.to_text().as_bytes()).expect("works");
        for to in [key.public(), key.public().for_many()] {
            let blob = seal(&to, "AB-12", b"hello").expect("works");
            let mut age = Command::new("age")
                .args(["-d", "-i"])
                .arg(&identity)
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .spawn()
                .expect("the age program is needed for this test (Debian: apt-get install age)");
            age.stdin.take().expect("works").write_all(&blob).expect("works");
            let output = age.wait_with_output().expect("works");
            assert!(output.status.success());
            let text = String::from_utf8(output.stdout).expect("works");
            assert_eq!(text.trim_end(), r#"{"reference":"AB-12","content":"hello"}"#);
        }
    }
}
