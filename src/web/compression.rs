//! A body in the three forms a browser may ask for, each with its own ETag, and the choice among them.

use std::io::{Read, Write};
use std::path::Path;

use anyhow::Context;
use axum::body::Bytes;
use axum::http::{HeaderMap, HeaderValue, header};
use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

/// How a body travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coding {
    Brotli,
    Gzip,
    Identity,
}

impl Coding {
    pub fn name(self) -> Option<HeaderValue> {
        match self {
            Self::Brotli => Some(HeaderValue::from_static("br")),
            Self::Gzip => Some(HeaderValue::from_static("gzip")),
            Self::Identity => None,
        }
    }

    fn ending(self) -> &'static str {
        match self {
            Self::Brotli => "br",
            Self::Gzip => "gz",
            Self::Identity => "raw",
        }
    }
}

/// How hard to try: at start there is somebody waiting, later there is not.
#[derive(Debug, Clone, Copy)]
pub enum Effort {
    Quick,
    Best,
}

/// The digest of a body, which names it in ETags and in the cache folder.
pub fn digest(body: &[u8]) -> String {
    HEXLOWER.encode(&Sha256::digest(body)[..16])
}

/// The body in another coding, or nothing where that would not make it smaller.
pub fn compressed(body: &[u8], coding: Coding, effort: Effort) -> anyhow::Result<Option<Bytes>> {
    let smaller = match coding {
        Coding::Brotli => brotli_of(body, effort)?,
        Coding::Gzip => gzip_of(body, effort)?,
        Coding::Identity => return Ok(None),
    };
    Ok((smaller.len() < body.len()).then(|| smaller.into()))
}

fn brotli_of(body: &[u8], effort: Effort) -> anyhow::Result<Vec<u8>> {
    let quality = match effort {
        Effort::Quick => 5,
        Effort::Best => 11,
    };
    // The usual window takes 40 MB of memory at the best quality, whatever the body needs.
    let lgwin = (body.len() + 16).next_power_of_two().ilog2().clamp(17, 22).cast_signed();
    let parameters =
        brotli::enc::BrotliEncoderParams { quality, lgwin, size_hint: body.len(), ..Default::default() };
    let mut smaller = Vec::new();
    brotli::BrotliCompress(&mut &*body, &mut smaller, &parameters)
        .context("brotli could not compress a page")?;
    Ok(smaller)
}

fn gzip_of(body: &[u8], effort: Effort) -> anyhow::Result<Vec<u8>> {
    let level = match effort {
        Effort::Quick => flate2::Compression::new(5),
        Effort::Best => flate2::Compression::best(),
    };
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), level);
    encoder.write_all(body).and_then(|()| encoder.finish()).context("gzip could not compress a page")
}

/// The best compression of a body, kept in a folder for the next start. A folder that can't be written is no fault: the
/// work is done again.
pub fn best(body: &[u8], digest: &str, coding: Coding, folder: &Path) -> anyhow::Result<Option<Bytes>> {
    let made = compressed(body, coding, Effort::Best)?;
    if let Some(bytes) = &made {
        let _ = std::fs::write(folder.join(cache_name(digest, coding)), bytes);
    }
    Ok(made)
}

/// What `best` kept of this body.
pub fn kept(body: &[u8], digest: &str, coding: Coding, folder: &Path) -> Option<Bytes> {
    let bytes = std::fs::read(folder.join(cache_name(digest, coding))).ok()?;
    (restored(&bytes, coding).as_deref() == Some(body)).then(|| bytes.into())
}

/// The body that a kept file stands for; nothing where a crash or a bad disk has damaged it.
fn restored(bytes: &[u8], coding: Coding) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    match coding {
        Coding::Brotli => brotli::BrotliDecompress(&mut &*bytes, &mut body).ok()?,
        Coding::Gzip => flate2::read::GzDecoder::new(bytes).read_to_end(&mut body).map(|_| ()).ok()?,
        Coding::Identity => return None,
    }
    Some(body)
}

/// The name under which the cache folder keeps the body with this digest.
pub fn cache_name(digest: &str, coding: Coding) -> String {
    format!("{digest}.{}", coding.ending())
}

/// The smallest coding that the request allows (RFC 9110, 12.5.3). Without the header, the body goes as it is.
pub fn chosen(headers: &HeaderMap) -> Coding {
    let mut wishes = Wishes::default();
    for value in headers.get_all(header::ACCEPT_ENCODING) {
        value.to_str().unwrap_or_default().split(',').for_each(|part| wishes.add(part));
    }
    let brotli = wishes.brotli.or(wishes.any).unwrap_or(0.0);
    let gzip = wishes.gzip.or(wishes.any).unwrap_or(0.0);
    let identity = wishes.identity.unwrap_or(0.0);
    if brotli > 0.0 && brotli >= gzip && brotli >= identity {
        Coding::Brotli
    } else if gzip > 0.0 && gzip >= identity {
        Coding::Gzip
    } else {
        Coding::Identity
    }
}

/// The weights that a request gives to the codings we have.
#[derive(Default)]
struct Wishes {
    brotli: Option<f32>,
    gzip: Option<f32>,
    identity: Option<f32>,
    any: Option<f32>,
}

impl Wishes {
    fn add(&mut self, part: &str) {
        let (name, parameters) = part.split_once(';').unwrap_or((part, ""));
        let weight =
            parameters.trim().strip_prefix(['q', 'Q']).and_then(|rest| rest.trim_start().strip_prefix('='));
        let weight = weight.map_or(Some(1.0), |text| text.trim().parse::<f32>().ok()).unwrap_or(0.0);
        let name = name.trim();
        if name.eq_ignore_ascii_case("br") {
            self.brotli = Some(weight);
        } else if name.eq_ignore_ascii_case("gzip") || name.eq_ignore_ascii_case("x-gzip") {
            self.gzip = Some(weight);
        } else if name.eq_ignore_ascii_case("identity") {
            self.identity = Some(weight);
        } else if name == "*" {
            self.any = Some(weight);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(accept: &'static str) -> Coding {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static(accept));
        chosen(&headers)
    }

    #[test]
    fn the_weights_of_the_request_decide() {
        assert_eq!(asked("gzip, deflate, br, zstd"), Coding::Brotli);
        assert_eq!(asked("gzip;q=1.0, br;q=0.5"), Coding::Gzip);
        assert_eq!(asked("br;q=0, gzip"), Coding::Gzip);
        assert_eq!(asked("br; q=0 , gzip ;q=0"), Coding::Identity);
        assert_eq!(asked("*"), Coding::Brotli);
        assert_eq!(asked("*;q=0"), Coding::Identity);
        assert_eq!(asked("*, br;q=0"), Coding::Gzip);
        assert_eq!(asked("identity;q=1, br;q=0.5"), Coding::Identity);
        assert_eq!(asked("deflate"), Coding::Identity);
        assert_eq!(asked(""), Coding::Identity);
        assert_eq!(chosen(&HeaderMap::new()), Coding::Identity);
    }

    #[test]
    fn what_does_not_get_smaller_stays_as_it_is() {
        assert!(compressed(b"x", Coding::Gzip, Effort::Quick).expect("compresses").is_none());
        let long = b"the same words ".repeat(50);
        assert!(compressed(&long, Coding::Brotli, Effort::Quick).expect("compresses").is_some());
    }

    #[test]
    fn the_best_compression_is_kept_for_the_next_start() {
        let folder = tempfile::tempdir().expect("a folder");
        let long = b"the same words ".repeat(50);
        let kept = || kept(&long, &digest(&long), Coding::Gzip, folder.path());
        assert_eq!(kept(), None);
        let made = best(&long, &digest(&long), Coding::Gzip, folder.path()).expect("compresses");
        assert!(made.is_some());
        assert_eq!(kept(), made);
    }

    #[test]
    fn a_damaged_file_of_the_cache_is_not_believed() {
        let folder = tempfile::tempdir().expect("a folder");
        let long = b"the same words ".repeat(50);
        for coding in [Coding::Brotli, Coding::Gzip] {
            best(&long, &digest(&long), coding, folder.path()).expect("compresses").expect("smaller");
            std::fs::write(folder.path().join(cache_name(&digest(&long), coding)), b"").expect("damaged");
            assert_eq!(kept(&long, &digest(&long), coding, folder.path()), None);
        }
    }
}
