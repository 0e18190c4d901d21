//! The second factor: codes of six digits that an app makes from a seed and the time (TOTP, RFC 6238).
//!
//! The seed is stored only encrypted under its person's wrapping key. Whether a code was used before is not decided
//! here: the caller stores the step and refuses it the second time.

use std::fmt;

use anyhow::{Context, Result, anyhow};
use qrcode::{Color, EcLevel, QrCode};
use totp_rs::{Algorithm, Builder, Totp};
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::seal::{WrappingKey, lock, unlock};

/// Seconds for which a code holds; the one before and the one after are taken too.
const STEP: u64 = 30;

/// Light modules around the code, as the standard asks, so that cameras find it.
const QUIET: usize = 4;

/// What codes are made from. Wiped from memory when dropped.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct Seed([u8; 20]);

impl Seed {
    /// A new seed.
    ///
    /// # Errors
    /// Only where the operating system gives no randomness.
    pub fn generate() -> Result<Self> {
        let mut seed = Self([0; 20]);
        getrandom::fill(&mut seed.0).context("no randomness from the operating system")?;
        Ok(seed)
    }

    /// Encrypts the seed for its holder.
    pub fn lock(&self, under: &WrappingKey, holder: &str) -> Result<Vec<u8>> {
        lock(under, &purpose_of(holder), &self.0)
    }

    /// Opens what [`Seed::lock`] made; `None` with another key or holder.
    pub fn unlock(under: &WrappingKey, holder: &str, locked: &[u8]) -> Option<Self> {
        let seed = unlock(under, &purpose_of(holder), locked)?;
        Some(Self(seed.as_slice().try_into().ok()?))
    }

    /// The step of which this is the code, if it is one of now, just before or just after. `now` in milliseconds.
    pub fn step_of(&self, code: &str, now: i64) -> Option<i64> {
        let code: String = code.chars().filter(|letter| !letter.is_whitespace()).collect();
        let step = self.totp("", "").ok()?.check(&code, seconds(now))?;
        i64::try_from(step).ok()
    }

    /// The code of this moment, as an app would show it.
    pub fn code(&self, now: i64) -> Result<String> {
        Ok(self.totp("", "")?.generate(seconds(now)).to_string())
    }

    /// The seed in groups of four, for typing it into an app.
    pub fn text(&self) -> String {
        let text = data_encoding::BASE32_NOPAD.encode(&self.0);
        text.as_bytes().chunks(4).map(String::from_utf8_lossy).collect::<Vec<_>>().join(" ")
    }

    /// The address that apps read from the picture. Names may hold no colon, so a colon becomes a space.
    pub fn uri(&self, practice: &str, account: &str) -> Result<String> {
        self.totp(&practice.replace(':', " "), &account.replace(':', " "))?
            .to_url()
            .map_err(|reason| anyhow!("no address for the second factor: {reason}"))
    }

    /// The picture of [`Seed::uri`] as SVG: one path, no style, no script. Black on white in every color scheme, since
    /// cameras need that.
    pub fn picture(&self, practice: &str, account: &str) -> Result<String> {
        let code = QrCode::with_error_correction_level(self.uri(practice, account)?, EcLevel::M)
            .context("the address of the second factor does not fit into a QR code")?;
        let (width, side) = (code.width(), code.width() + 2 * QUIET);
        let mut path = String::new();
        for (place, color) in code.to_colors().into_iter().enumerate() {
            if color == Color::Dark {
                path += &format!("M{} {}h1v1h-1z", place % width + QUIET, place / width + QUIET);
            }
        }
        Ok(format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {side} {side}\" width=\"240\" height=\"240\" \
             role=\"img\" aria-label=\"QR code\" shape-rendering=\"crispEdges\">\
             <rect width=\"{side}\" height=\"{side}\" fill=\"#fff\"/><path d=\"{path}\" fill=\"#000\"/></svg>"
        ))
    }

    fn totp(&self, practice: &str, account: &str) -> Result<Totp> {
        let issuer = (!practice.is_empty()).then(|| practice.to_owned());
        // SHA-1, six digits, 30 seconds: what every app understands, also those that ignore other settings.
        Builder::new()
            .with_algorithm(Algorithm::SHA1)
            .with_digits(6)
            .with_skew(1)
            .with_step_duration(STEP)
            .with_secret(self.0)
            .with_issuer(issuer)
            .with_account_name(account)
            .build()
            .map_err(|reason| anyhow!("the second factor can't be set up: {reason}"))
    }
}

impl fmt::Debug for Seed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Seed(…)")
    }
}

fn seconds(now: i64) -> u64 {
    u64::try_from(now / 1000).unwrap_or(0)
}

fn purpose_of(holder: &str) -> String {
    format!("the second factor of {holder}")
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_800_000_015_000;

    #[test]
    fn codes_follow_the_published_test_vectors() {
        // RFC 6238, appendix B, SHA-1, the last six digits.
        let seed = Seed(*b"12345678901234567890");
        for (seconds, code) in [(59, "287082"), (1_111_111_109, "081804"), (20_000_000_000, "353130")] {
            assert_eq!(seed.code(seconds * 1000).expect("a code"), code);
            assert_eq!(seed.step_of(code, seconds * 1000), Some(seconds / 30));
        }
    }

    #[test]
    fn one_step_early_or_late_is_taken_and_two_are_not() {
        let seed = Seed::generate().expect("randomness");
        let code = seed.code(NOW).expect("a code");
        let step = NOW / 30_000;
        for late in [-30_000, 0, 30_000] {
            assert_eq!(seed.step_of(&code, NOW + late), Some(step));
        }
        for late in [-60_000, 60_000] {
            assert_eq!(seed.step_of(&code, NOW + late), None);
        }
        assert_eq!(seed.step_of(&format!("{} {}", &code[..3], &code[3..]), NOW), Some(step));
        for wrong in ["", "12345", "+12345", "abcdef", "1234567"] {
            assert_eq!(seed.step_of(wrong, NOW), None, "{wrong}");
        }
    }

    #[test]
    fn a_seed_opens_for_its_holder_alone() {
        let (seed, key) = (Seed::generate().expect("randomness"), WrappingKey::new([1; 32]));
        let locked = seed.lock(&key, "staff:1").expect("locks");
        assert_eq!(Seed::unlock(&key, "staff:1", &locked).expect("opens").0, seed.0);
        assert!(Seed::unlock(&key, "staff:2", &locked).is_none());
    }

    #[test]
    fn apps_can_read_the_address_and_the_picture() {
        let seed = Seed::generate().expect("randomness");
        let uri = seed.uri("Example: Psychotherapy", "jo@example.com").expect("an address");
        assert!(uri.starts_with("otpauth://totp/"), "{uri}");
        assert!(uri.contains(&seed.text().replace(' ', "")), "{uri}");
        let picture = seed.picture("Example: Psychotherapy", "jo@example.com").expect("a picture");
        assert!(picture.starts_with("<svg") && picture.ends_with("</svg>"));
        assert!(!picture.contains("style") && !picture.contains("otpauth"));
    }
}
