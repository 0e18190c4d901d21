//! The headers that every answer of this site carries, whatever it is.
//!
//! Public pages have them from the start (`snapshot`); everything else gets them here, on its way out.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Version, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::error::RequestId;
use super::{Web, error};

pub const ROBOTS: HeaderName = HeaderName::from_static("x-robots-tag");
/// Tells a browser to forget what it keeps of this site.
pub const CLEAR_SITE_DATA: HeaderName = HeaderName::from_static("clear-site-data");

/// Only what the site itself serves, and no script at all. `connect-src` lets Lighthouse read robots.txt from inside the page.
const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; \
                      form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// The headers of a site at this address. With https, browsers are told to stay with it for a year.
pub fn headers(base_url: &str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let mut put = |name: &'static str, value: &'static str| {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    };
    put("content-security-policy", POLICY);
    put("x-content-type-options", "nosniff");
    // Not "no-referrer": with that, browsers send `Origin: null` with forms.
    put("referrer-policy", "same-origin");
    put("cross-origin-opener-policy", "same-origin");
    put("cross-origin-resource-policy", "same-origin");
    put("permissions-policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()");
    if base_url.starts_with("https://") {
        put("strict-transport-security", "max-age=31536000; includeSubDomains");
    }
    headers
}

/// The layer around every route that is answered for one request alone.
pub async fn layer(State(web): State<Arc<Web>>, mut request: Request, next: Next) -> Response {
    let id = RequestId::new();
    request.extensions_mut().insert(id.clone());
    let mut response = match names_its_site(&request) {
        true => next.run(request).await,
        false => StatusCode::BAD_REQUEST.into_response(),
    };
    error::log(&mut response, id);
    dress(&web, response)
}

/// Whether a request says once, and in letters that a host is made of, which site it is for (RFC 9112, 3.2; SEC-16).
///
/// Which one it names has no effect: no answer and no email depends on it, and a visitor who came by another name of
/// this machine is served like all others.
pub fn names_its_site<B>(request: &axum::http::Request<B>) -> bool {
    let mut hosts = request.headers().get_all(header::HOST).iter();
    match (hosts.next(), hosts.next()) {
        (Some(host), None) => {
            let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || b".-_:[]".contains(byte);
            !host.is_empty() && host.as_bytes().iter().all(is_plain)
        }
        (None, None) => request.version() < Version::HTTP_11,
        _ => false,
    }
}

/// Turns a bare error into a page of the site, and adds the headers that are not there yet.
pub fn dress(web: &Web, response: Response) -> Response {
    if response.headers().contains_key(header::CONTENT_SECURITY_POLICY) {
        return response; // ready from the snapshot
    }
    let snapshot = web.current.load();
    let mut response = error::filled(&snapshot, response);
    if response.status() == StatusCode::SEE_OTHER {
        response.headers_mut().entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    }
    for (name, value) in snapshot.security_headers() {
        response.headers_mut().entry(name).or_insert_with(|| value.clone());
    }
    response
}
