//! What somebody typed as a session ran out: the sign-in page carries it, and so does the page of each further step at the
//! door. The last step posts it again.
//!
//! It stands only in the pages themselves; nothing is stored. Secrets are left out and have to be typed again.

use std::sync::Arc;

use anyhow::Context;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use zeroize::Zeroizing;

use super::super::Web;
use super::super::client::Peer;
use super::super::error::Fault;
use super::cookies::Cookie;
use super::fields::Fields;
use super::{Access, access_to, sign_in};
use crate::config::Settings;

/// Before the name of each field that is carried.
const CARRIED: &str = "kept.";

/// A form that waits at the door for its sender: where it was going, and its fields.
#[derive(Clone, Default)]
pub struct Kept {
    pub action: String,
    pub fields: Vec<(String, String)>,
}

impl Kept {
    /// A form that is held up, without its secrets; `None` where there is nothing in it. A form at the door gives what it
    /// carries itself: that is what its sender still waits for.
    pub async fn of(request: Request) -> Option<Self> {
        let action = request.uri().path_and_query().map_or("", |wanted| wanted.as_str());
        let action = safe(action).unwrap_or("/admin").to_owned();
        let fields = Fields::read(request).await.ok()?;
        if let Some(carried) = Self::carried(&fields) {
            return Some(carried);
        }
        let typed = fields.pairs().filter(|(name, _)| !is_secret(name));
        let fields: Vec<_> = typed.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        (!fields.is_empty()).then_some(Self { action, fields })
    }

    /// What a form at the door brought along, if anything.
    pub fn carried(fields: &Fields) -> Option<Self> {
        let action = safe(fields.value("again"))?.to_owned();
        let carried = fields.pairs().filter_map(|(name, value)| Some((name.strip_prefix(CARRIED)?, value)));
        let fields = carried.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        Some(Self { action, fields })
    }

    /// The hidden fields of a form at the door.
    pub fn hidden(&self) -> impl Iterator<Item = (String, &str)> {
        self.fields.iter().map(|(name, value)| (format!("{CARRIED}{name}"), value.as_str()))
    }
}

/// Goes from a handler at the door to the gate, inside the answer: post this for the session that has come a step further.
#[derive(Clone)]
pub struct Again {
    pub kept: Kept,
    pub session: Arc<Zeroizing<String>>,
}

/// An address of the admin area that one may be led to after signing in; `None` for anything else (SEC-17).
pub fn safe(typed: &str) -> Option<&str> {
    let path = typed.split('?').next().unwrap_or_default();
    let inside = path == "/admin" || path.strip_prefix("/admin/").is_some_and(|rest| !rest.is_empty());
    let plain = typed.bytes().all(|byte| byte.is_ascii_graphic() && !b"\\\"<>#".contains(&byte));
    let fits = inside && plain && !typed.contains("//") && !typed.contains("..") && typed.len() <= 500;
    (fits && access_to(path) == Access::Staff).then_some(typed)
}

/// The answer to a post of somebody who is not signed in (any more).
pub async fn ask_to_sign_in(web: &Web, request: Request) -> Response {
    let Some(kept) = Kept::of(request).await else {
        return Redirect::to("/admin/sign-in").into_response();
    };
    (StatusCode::UNAUTHORIZED, sign_in::page_with(&web.current.load(), &kept)).into_response()
}

/// The end of a step at the door: leads on, or posts what the step's form brought along.
pub fn led_on(to: impl IntoResponse, fields: &Fields, session: Zeroizing<String>) -> Response {
    let mut response = to.into_response();
    if let Some(kept) = Kept::carried(fields) {
        response.extensions_mut().insert(Again { kept, session: Arc::new(session) });
    }
    response
}

/// Passwords and codes by the names that our forms give them.
fn is_secret(name: &str) -> bool {
    name.ends_with("password") || name.ends_with("code")
}

/// The request that was held up, for the session; everything else is as in the step's own request.
pub fn request(
    again: &Again,
    mut headers: HeaderMap,
    peer: Option<Peer>,
    settings: &Settings,
) -> anyhow::Result<Request> {
    headers.remove(header::CONTENT_LENGTH);
    headers.remove(header::TRANSFER_ENCODING);
    let form = HeaderValue::from_static("application/x-www-form-urlencoded");
    headers.insert(header::CONTENT_TYPE, form);
    headers.insert(header::COOKIE, Cookie::Session.sent(&again.session, settings)?);
    let encoded = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    let pairs = again.kept.fields.iter();
    let body: Vec<_> = pairs.map(|(name, value)| format!("{}={}", encoded(name), encoded(value))).collect();
    let mut request = Request::builder()
        .method(Method::POST)
        .uri(&again.kept.action)
        .body(Body::from(body.join("&")))
        .context("a form can't be posted again")?;
    *request.headers_mut() = headers;
    if let Some(peer) = peer {
        request.extensions_mut().insert(peer);
    }
    Ok(request)
}

/// The answer to what was posted again, with the cookies of the step before.
pub fn merged(step: Response, second: Result<Response, Fault>) -> Response {
    let mut response = second.unwrap_or_else(IntoResponse::into_response);
    for cookie in step.headers().get_all(header::SET_COOKIE) {
        response.headers_mut().append(header::SET_COOKIE, cookie.clone());
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_places_inside_the_admin_area_are_led_to() {
        for fine in ["/admin", "/admin/inquiries/K7QF-2M", "/admin/inquiries?view=new&page=2"] {
            assert_eq!(safe(fine), Some(fine));
        }
        for other in [
            "",
            "/",
            "//evil.example",
            "/\\evil.example",
            "https:evil",
            "/administer",
            "/admin/",
            "/admin//evil",
            "/admin/../leave",
            "/admin\r\nSet-Cookie: a=b",
            "/admin/sign-in",
            "/admin/sign-out",
            "/admin/setup?x",
            "/admin/a b",
        ] {
            assert_eq!(safe(other), None, "{other}");
        }
    }
}
