//! The gate around everything under `/admin`: closed unless a route says otherwise.
//!
//! It alone makes a [`Staff`], which handlers take as proof that somebody is signed in. It looks at nobody's rights to a
//! single inquiry, since everybody of the practice may see them all.

mod cross_site;
mod who;

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use zeroize::Zeroizing;

use super::super::client::Peer;
use super::super::error::{Fault, RequestId};
use super::super::security::{CLEAR_SITE_DATA, ROBOTS};
use super::super::{Desk, Web};
use super::again::{self, Again, Kept};
use super::cookies::Cookie;
use super::refusal::Refusal;
use super::{Access, access_to, mail, recovery_code, second_factor};
use crate::staff::{people, session};

pub use cross_site::{note_cross_site, note_rarely};
pub use who::{Entering, Staff, Visitor};

/// The middleware: no desk, no session and nothing else reaches a handler that is not for everybody.
pub async fn gate(State(web): State<Arc<Web>>, request: Request, next: Next) -> Response {
    let signs_out = request.method() == Method::POST && request.uri().path() == "/admin/sign-out";
    let response = answer(&web, request, next).await;
    if signs_out && response.status().is_server_error() {
        // Whatever fails, the browser forgets who was in.
        return ended(&web, response).unwrap_or_else(IntoResponse::into_response);
    }
    response
}

async fn answer(web: &Web, request: Request, next: Next) -> Response {
    let Some(desk) = web.desk() else { return StatusCode::SERVICE_UNAVAILABLE.into_response() };
    let frame = Frame::of(&request);
    let mut response = match pass(web, desk, request, next.clone()).await {
        Ok(response) => response,
        Err(fault) => fault.into_response(),
    };
    if let Some(again) = response.extensions_mut().remove::<Again>() {
        let posted = again::request(&again, frame.headers, frame.peer, &web.settings);
        let second = match posted {
            Ok(mut request) => {
                request.extensions_mut().insert(frame.request_id);
                pass(web, desk, request, next).await
            }
            Err(error) => Err(Fault::from(error)),
        };
        return private(again::merged(response, second));
    }
    private(response)
}

/// What of a request is needed to post something else in its place.
struct Frame {
    headers: HeaderMap,
    peer: Option<Peer>,
    request_id: RequestId,
}

impl Frame {
    fn of(request: &Request) -> Self {
        let peer = request.extensions().get::<Peer>().copied();
        let request_id = request.extensions().get().cloned().unwrap_or_default();
        Self { headers: request.headers().clone(), peer, request_id }
    }
}

async fn pass(web: &Web, desk: &Desk, mut request: Request, next: Next) -> Result<Response, Fault> {
    let access = access_to(request.uri().path());
    let visitor = Visitor::of(web, &request);
    let entering = known(web, desk, request.headers(), &visitor).await?;
    let brought_a_cookie = visitor.session_cookie().is_some();
    request.extensions_mut().insert(visitor);
    let Some(entering) = entering else {
        let response = match access {
            Access::Everybody => next.run(request).await,
            Access::Entering | Access::Staff => turned_away(web, desk, request).await?,
        };
        return if brought_a_cookie { ended(web, response) } else { Ok(response) };
    };
    let owes = entering.owes(web.settings.second_factor_required);
    if let (Access::Staff, Some(first)) = (access, owes) {
        return held_up(web, &entering, first, request).await;
    }
    if owes.is_none() {
        let snapshot = web.current.load_full();
        let trouble = mail::trouble(desk, &snapshot.content().practice, web.now()).await?;
        request.extensions_mut().insert(Staff::new(entering.clone(), trouble, desk.db.trouble()));
    }
    request.extensions_mut().insert(entering);
    Ok(next.run(request).await)
}

/// Whoever the cookie belongs to, while the session is on.
async fn known(
    web: &Web,
    desk: &Desk,
    headers: &HeaderMap,
    visitor: &Visitor,
) -> Result<Option<Entering>, Fault> {
    let Some(cookie) = Cookie::Session.read(headers, &web.settings).map(Zeroizing::new) else {
        return Ok(None);
    };
    let now = web.now().as_millisecond();
    let found = session::find(&mut *desk.db.read().await?, &cookie, now).await?;
    let Some(session) = found else { return Ok(None) };
    if session.touch_is_due(now)
        && let Err(error) = touch(desk, session.id, now).await
    {
        // On a full disk the practice can still read; its sessions only end sooner.
        tracing::warn!("a session's use can't be noted: {error:#}");
    }
    Ok(Some(Entering::new(session, cookie, visitor)))
}

async fn touch(desk: &Desk, id: i64, now: i64) -> anyhow::Result<()> {
    let mut write = desk.db.begin().await?;
    session::touch(&mut write, id, now).await?;
    Ok(write.commit().await?)
}

/// For a browser whose session is over: takes the cookie away, and what was kept of the pages. Then Back shows none of
/// them, since browsers throw away what they kept of pages when such a cookie changes (PRV-07).
fn ended(web: &Web, mut response: Response) -> Result<Response, Fault> {
    // Unless a new session has just begun.
    if !response.headers().contains_key(header::SET_COOKIE) {
        let headers = response.headers_mut();
        headers.insert(header::SET_COOKIE, Cookie::Session.taken(&web.settings)?);
        headers.insert(CLEAR_SITE_DATA, HeaderValue::from_static("\"cache\""));
    }
    Ok(response)
}

/// The same for every address, so that nobody learns which ones exist (SEC-14).
async fn turned_away(web: &Web, desk: &Desk, request: Request) -> Result<Response, Fault> {
    if !people::any(&mut *desk.db.read().await?).await? {
        return Ok(Redirect::to("/admin/setup").into_response());
    }
    if request.method() == Method::POST {
        return Ok(again::ask_to_sign_in(web, request).await);
    }
    Ok(Redirect::to(&sign_in_address(request.uri())).into_response())
}

/// For somebody who owes a step first. What they typed waits in the page of that step.
async fn held_up(
    web: &Web,
    entering: &Entering,
    first: &'static str,
    request: Request,
) -> Result<Response, Fault> {
    let kept = if request.method() == Method::POST { Kept::of(request).await } else { None };
    let Some(kept) = &kept else { return Ok(Redirect::to(first).into_response()) };
    let page = match first {
        recovery_code::PATH => recovery_code::asked(web, entering, Refusal::default(), Some(kept)),
        _ => second_factor::page(web, entering, Refusal::default(), Some(kept))?,
    };
    Ok((StatusCode::UNAUTHORIZED, page).into_response())
}

/// The way to the sign-in page and back to where somebody wanted to go.
fn sign_in_address(wanted: &Uri) -> String {
    let wanted = wanted.path_and_query().map_or("", |wanted| wanted.as_str());
    match again::safe(wanted) {
        None | Some("/admin") => "/admin/sign-in".to_owned(),
        Some(wanted) => {
            let all = percent_encoding::NON_ALPHANUMERIC;
            format!("/admin/sign-in?next={}", percent_encoding::utf8_percent_encode(wanted, all))
        }
    }
}

/// What no answer under `/admin` goes without. Bare errors get it together with their page.
fn private(mut response: Response) -> Response {
    if !response.status().is_client_error() && !response.status().is_server_error() {
        let headers = response.headers_mut();
        headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
        headers.entry(ROBOTS).or_insert(HeaderValue::from_static("noindex"));
    }
    response
}
