//! One page as the snapshot keeps it: its body in three codings, each with all its headers.

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;

use super::compression::{self, Coding};
use super::render::Rendered;

pub struct Stored {
    pub rendered: Rendered,
    /// Of the body.
    pub digest: String,
    identity: Variant,
    brotli: Option<Variant>,
    gzip: Option<Variant>,
}

struct Variant {
    headers: HeaderMap,
    body: Bytes,
}

impl Stored {
    /// `compress` gets the body and its digest, and gives nothing back where a coding would not make it smaller.
    pub fn new(
        rendered: Rendered,
        security: &HeaderMap,
        compress: impl Fn(&[u8], &str, Coding) -> anyhow::Result<Option<Bytes>>,
    ) -> anyhow::Result<Self> {
        let digest = compression::digest(&rendered.body);
        let variant = |coding: Coding, body: Bytes, of: &str| -> anyhow::Result<Variant> {
            let mut headers = security.clone();
            headers.extend(rendered.headers.clone());
            if let Some(name) = coding.name() {
                headers.insert(header::CONTENT_ENCODING, name);
            }
            // The bytes of a coding may change when it is made better, so they are in the ETag, which is a strong one.
            let etag = format!("\"{}-{}\"", &digest[..16], &of[..8]);
            headers.insert(header::ETAG, HeaderValue::try_from(etag)?);
            headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
            headers.insert(header::CONTENT_LENGTH, HeaderValue::from(body.len()));
            Ok(Variant { headers, body })
        };
        let coded = |coding: Coding| -> anyhow::Result<Option<Variant>> {
            // Fonts and pictures are compressed already.
            let body = if rendered.is_text() { compress(&rendered.body, &digest, coding)? } else { None };
            body.map(|body| variant(coding, body.clone(), &compression::digest(&body))).transpose()
        };
        let identity = variant(Coding::Identity, rendered.body.clone(), &digest)?;
        let (brotli, gzip) = (coded(Coding::Brotli)?, coded(Coding::Gzip)?);
        Ok(Self { identity, brotli, gzip, rendered, digest })
    }

    /// The page, or 304 where the browser has it. Takes a copy of ready headers and a reference to ready bytes.
    pub fn answer(&self, request: &HeaderMap, with_body: bool) -> Response {
        let coded = match compression::chosen(request) {
            Coding::Brotli => self.brotli.as_ref(),
            Coding::Gzip => self.gzip.as_ref(),
            Coding::Identity => None,
        };
        let variant = coded.unwrap_or(&self.identity);
        let unchanged = variant.is_known_to(request);
        let body = if with_body && !unchanged { Body::from(variant.body.clone()) } else { Body::empty() };
        let mut response = Response::new(body);
        *response.headers_mut() = variant.headers.clone();
        if unchanged {
            *response.status_mut() = StatusCode::NOT_MODIFIED;
            for name in [header::CONTENT_LENGTH, header::CONTENT_ENCODING, header::CONTENT_TYPE] {
                response.headers_mut().remove(name);
            }
        }
        response
    }
}

impl Variant {
    /// Whether `If-None-Match` names this very variant (RFC 9110, 13.1.2: compared weakly).
    fn is_known_to(&self, request: &HeaderMap) -> bool {
        let Some(own) = self.headers.get(header::ETAG).and_then(|tag| tag.to_str().ok()) else {
            return false;
        };
        let values = request.get_all(header::IF_NONE_MATCH).into_iter();
        let mut tags = values.filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(','));
        tags.any(|tag| {
            let tag = tag.trim();
            tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == own
        })
    }
}
