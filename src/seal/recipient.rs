//! Wraps file keys for one X25519 recipient of `age`, many times over: the multiples of its point are worked out once,
//! so that each wrapping costs less than half. The format is <https://c2sp.org/age#the-x25519-recipient-type>.

use std::collections::HashSet;
use std::sync::Arc;

use age::EncryptError;
use age::secrecy::ExposeSecret;
use age::x25519;
use age_core::format::{FileKey, Stanza};
use age_core::primitives::{aead_encrypt, bech32_decode, hkdf};
use curve25519_dalek::edwards::{EdwardsBasepointTable, EdwardsPoint};
use curve25519_dalek::montgomery::MontgomeryPoint;
use curve25519_dalek::traits::BasepointTable;
use data_encoding::BASE64_NOPAD;
use zeroize::Zeroizing;

const LABEL: &[u8] = b"age-encryption.org/v1/X25519";

/// A recipient of `age`, with its multiples where it is to be used more than a few times.
#[derive(Clone)]
pub(super) struct Recipient {
    pub(super) plain: x25519::Recipient,
    multiples: Option<Arc<Multiples>>,
}

struct Multiples {
    point: [u8; 32],
    table: EdwardsBasepointTable,
}

impl Recipient {
    pub(super) fn new(plain: x25519::Recipient) -> Self {
        Self { plain, multiples: None }
    }

    pub(super) fn with_multiples(self) -> Self {
        let multiples = point(&self.plain).and_then(Multiples::of).map(Arc::new);
        Self { multiples, ..self }
    }
}

impl age::Recipient for Recipient {
    fn wrap_file_key(&self, file_key: &FileKey) -> Result<(Vec<Stanza>, HashSet<String>), EncryptError> {
        match &self.multiples {
            Some(multiples) => Ok((vec![multiples.wrap(file_key)?], HashSet::new())),
            None => self.plain.wrap_file_key(file_key),
        }
    }
}

/// The point that stands in the text form of a key, which is the only form `age` gives out.
fn point(recipient: &x25519::Recipient) -> Option<[u8; 32]> {
    let text = recipient.to_string();
    let point = bech32_decode(&text, drop, |_| Ok(()), |_, bytes| Ok(bytes.collect::<Vec<u8>>()));
    point.ok()?.try_into().ok()
}

impl Multiples {
    /// `None` for a point on the twist, which has no table, and for one with a part of small order: there the secret may
    /// be zero, which anybody knows, and which `age` itself refuses.
    fn of(point: [u8; 32]) -> Option<Self> {
        // X25519 knows no signs: either of the two points with this coordinate will do.
        let on_curve = MontgomeryPoint(point).to_edwards(0).filter(EdwardsPoint::is_torsion_free)?;
        Some(Self { point, table: EdwardsBasepointTable::create(&on_curve) })
    }

    fn wrap(&self, file_key: &FileKey) -> Result<Stanza, EncryptError> {
        let mut secret = Zeroizing::new([0; 32]);
        getrandom::fill(&mut *secret).map_err(std::io::Error::from)?;
        let share = EdwardsPoint::mul_base_clamped(*secret).to_montgomery();
        let shared = Zeroizing::new(self.table.mul_base_clamped(*secret).to_montgomery().to_bytes());
        let salt = [share.to_bytes(), self.point].concat();
        let key = Zeroizing::new(hkdf(&salt, LABEL, &*shared));
        Ok(Stanza {
            tag: "X25519".to_owned(),
            args: vec![BASE64_NOPAD.encode(share.as_bytes())],
            body: aead_encrypt(&key, file_key.expose_secret()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrapped_with_the_multiples_opens_with_the_key() {
        for _ in 0..20 {
            let key = x25519::Identity::generate();
            let recipient = Recipient::new(key.to_public()).with_multiples();
            assert!(recipient.multiples.is_some());
            let sealed = age::encrypt(&recipient, b"hello").expect("seals");
            assert_eq!(age::decrypt(&key, &sealed).expect("opens"), b"hello");
        }
    }

    #[test]
    fn points_on_the_twist_or_that_lead_to_a_secret_of_zero_have_no_multiples() {
        // Of order 2, of order 4, on the twist (RFC 7748, 6.1).
        for coordinate in [0, 1, 2] {
            let mut point = [0; 32];
            point[0] = coordinate;
            assert!(Multiples::of(point).is_none(), "{coordinate}");
        }
    }
}
