//! What people see when something went wrong: a calm page, never a framework's answer, never an internal text.
//!
//! The one place where a fault of ours is logged.

use std::any::Any;
use std::sync::Arc;

use anyhow::anyhow;
use askama::Template;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use data_encoding::BASE32_NOPAD;

use super::render::Layout;
use super::security::ROBOTS;
use super::snapshot::Snapshot;

/// Something on our side failed. Handlers return it through `?`; people see a calm page with a request id.
#[derive(Debug)]
pub struct Fault(anyhow::Error);

/// Goes with the bare answer to where the id of the request is known.
#[derive(Clone)]
struct Untold(Arc<anyhow::Error>);

impl<E: Into<anyhow::Error>> From<E> for Fault {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

impl IntoResponse for Fault {
    fn into_response(self) -> Response {
        let mut response = StatusCode::INTERNAL_SERVER_ERROR.into_response();
        response.extensions_mut().insert(Untold(Arc::new(self.0)));
        response
    }
}

/// Logs the fault that an answer tells of, if any, under the id of its request, which the page then shows.
pub fn log(response: &mut Response, id: RequestId) {
    if let Some(Untold(error)) = response.extensions_mut().remove() {
        tracing::error!(request = %id.0, "{error:#}");
        response.extensions_mut().insert(id);
    }
}

/// The answer where a handler panicked. What it panicked with may hold anything, so it is not logged.
pub fn panicked(_: Box<dyn Any + Send>) -> Response {
    Fault(anyhow!("a handler panicked")).into_response()
}

/// Ties the page somebody saw to the line in the log and to the rows in the ledger: one for each request.
#[derive(Debug, Clone)]
pub struct RequestId(String);

impl RequestId {
    pub fn new() -> Self {
        let mut bytes = [0; 5];
        // An id of zeros is still better than no page.
        let _ = getrandom::fill(&mut bytes);
        Self(BASE32_NOPAD.encode(&bytes))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for RequestId {
    fn default() -> Self {
        Self::new()
    }
}

/// What every page about something that went wrong carries.
pub const PAGE_HEADERS: [(HeaderName, &str); 3] = [
    (header::CONTENT_TYPE, "text/html; charset=utf-8"),
    (header::CACHE_CONTROL, "no-store"),
    (ROBOTS, "noindex"),
];

#[derive(Template)]
#[template(path = "errors/show.html")]
struct ErrorPage<'a> {
    layout: Layout<'a>,
    status: u16,
    request_id: Option<String>,
}

/// Puts the page of its status into an error that has no page yet. Other headers, such as `Allow`, stay.
pub fn filled(snapshot: &Snapshot, mut response: Response) -> Response {
    let status = response.status();
    if !(status.is_client_error() || status.is_server_error()) || is_page(&response) {
        return response;
    }
    let request_id = response.extensions_mut().remove::<RequestId>().map(|id| id.0);
    *response.body_mut() = page(snapshot, status, request_id).into();
    let headers = response.headers_mut();
    headers.remove(header::CONTENT_LENGTH);
    for (name, value) in PAGE_HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if let Some(wait) = seconds_to_wait(status) {
        headers.entry(header::RETRY_AFTER).or_insert(wait);
    }
    response
}

/// The page of a status.
pub fn page(snapshot: &Snapshot, status: StatusCode, request_id: Option<String>) -> String {
    let layout = Layout::unlisted(snapshot.site(), "", title(status));
    let page = ErrorPage { layout, status: status.as_u16(), request_id };
    page.render().unwrap_or_else(|_| title(status).to_owned())
}

/// Every page and text of ours says what search engines may do with it; a framework's bare answer does not.
fn is_page(response: &Response) -> bool {
    response.headers().contains_key(ROBOTS)
}

fn seconds_to_wait(status: StatusCode) -> Option<HeaderValue> {
    match status {
        StatusCode::TOO_MANY_REQUESTS => Some(HeaderValue::from_static("600")),
        StatusCode::SERVICE_UNAVAILABLE => Some(HeaderValue::from_static("60")),
        _ => None,
    }
}

/// The heading of the page. None of them blames the reader.
fn title(status: StatusCode) -> &'static str {
    match status {
        StatusCode::NOT_FOUND => "We could not find that page",
        StatusCode::GONE => "This page has been taken down",
        StatusCode::FORBIDDEN => "This request did not come from our own page",
        StatusCode::METHOD_NOT_ALLOWED => "This page cannot be used that way",
        StatusCode::PAYLOAD_TOO_LARGE => "That was more than we can take in at once",
        StatusCode::URI_TOO_LONG | StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE => {
            "That address is too long for us"
        }
        StatusCode::REQUEST_TIMEOUT => "That took too long to reach us",
        StatusCode::TOO_MANY_REQUESTS => "Too many tries just now",
        StatusCode::SERVICE_UNAVAILABLE => "We are not able to answer just now",
        status if status.is_server_error() => "Something on our side failed",
        _ => "We could not read that request",
    }
}
