//! The gate around everything under `/admin`: closed unless a route says otherwise.
//!
//! It alone makes a [`Staff`], which handlers take as proof that somebody is signed in. It looks at nobody's rights to a
//! single inquiry, since everybody of the practice may see them all.

use std::net::IpAddr;
use std::ops::Deref;
use std::sync::Arc;

use axum::extract::{FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use tower_http::csrf::ProtectionError;
use zeroize::Zeroizing;

use super::super::client::{self, Peer};
use super::super::error::{Fault, RequestId};
use super::super::security::ROBOTS;
use super::super::{Desk, Web};
use super::again::{self, Again};
use super::cookies::Cookie;
use super::mail::{self, MailTrouble};
use super::{Access, access_to};
use crate::audit::{Actor, By, Entry, Outcome, record};
use crate::staff::session::{self, Session};
use crate::staff::throttle::Key;
use crate::staff::{Caller, people};

/// Somebody who is signed in, wholly: password, second factor, and nothing left to be shown. Only the gate makes one.
#[derive(Clone)]
pub struct Staff(Entering, Option<Arc<MailTrouble>>);

/// Somebody with a session that may still wait for the first code of a second factor, or for the end of a recovery code.
#[derive(Clone)]
pub struct Entering(Arc<Inside>);

struct Inside {
    session: Session,
    cookie: Zeroizing<String>,
    request_id: RequestId,
}

/// Whoever it is, signed in or not.
#[derive(Clone)]
pub struct Visitor(Arc<Outside>);

struct Outside {
    request_id: RequestId,
    address: Option<IpAddr>,
    device: String,
    device_cookie: Option<Zeroizing<String>>,
}

impl Deref for Staff {
    type Target = Session;

    fn deref(&self) -> &Session {
        &self.0
    }
}

impl Staff {
    /// For rows of the ledger: who, and in which request.
    pub fn by(&self) -> By<'_> {
        self.0.by()
    }

    /// Emails that do not get through, for the banner on every page.
    pub fn mail_trouble(&self) -> Option<&MailTrouble> {
        self.1.as_deref()
    }
}

impl Deref for Entering {
    type Target = Session;

    fn deref(&self) -> &Session {
        &self.0.session
    }
}

impl Entering {
    /// For rows of the ledger.
    pub fn by(&self) -> By<'_> {
        By { actor: Actor::Staff(self.person.id), request_id: Some(self.0.request_id.as_str()) }
    }

    /// What the session's cookie holds.
    pub fn cookie(&self) -> &str {
        &self.0.cookie
    }

    /// Where to go before anything else may be asked for; `None` where nothing is left to be done.
    pub fn owes(&self, second_factor_required: bool) -> Option<&'static str> {
        if self.recovery_to_confirm {
            return Some("/admin/recovery-code");
        }
        (second_factor_required && !self.person.second_factor).then_some("/admin/second-factor")
    }
}

impl Visitor {
    /// For a door of `staff`, and for rows of the ledger.
    pub fn caller(&self) -> Caller<'_> {
        let by = By { actor: Actor::Stranger, request_id: Some(self.0.request_id.as_str()) };
        Caller { by, address: self.0.address }
    }

    /// Roughly which browser it is.
    pub fn device(&self) -> &str {
        &self.0.device
    }

    /// The cookie of a browser that somebody has signed in from.
    pub fn device_cookie(&self) -> Option<&str> {
        self.0.device_cookie.as_ref().map(|cookie| cookie.as_str())
    }

    fn of(web: &Web, request: &Request) -> Self {
        let counted = client::address(request, &web.settings.trusted_proxies);
        let agent = request.headers().get(header::USER_AGENT).and_then(|agent| agent.to_str().ok());
        Self(Arc::new(Outside {
            request_id: RequestId::new(),
            address: counted.filter(|_| web.settings.rate_limit),
            device: crate::staff::device::label(agent.unwrap_or_default()),
            device_cookie: Cookie::Device.read(request.headers(), &web.settings).map(Zeroizing::new),
        }))
    }
}

/// The middleware: no desk, no session and nothing else reaches a handler that is not for everybody.
pub async fn gate(State(web): State<Arc<Web>>, request: Request, next: Next) -> Response {
    let Some(desk) = web.desk() else { return StatusCode::SERVICE_UNAVAILABLE.into_response() };
    let frame = Frame::of(&request);
    let mut response = match pass(&web, desk, request, next.clone()).await {
        Ok(response) => response,
        Err(fault) => fault.into_response(),
    };
    if let Some(again) = response.extensions_mut().remove::<Again>() {
        let posted = again::request(&again, frame.headers, frame.peer, &web.settings);
        let second = match posted {
            Ok(request) => pass(&web, desk, request, next).await,
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
}

impl Frame {
    fn of(request: &Request) -> Self {
        Self { headers: request.headers().clone(), peer: request.extensions().get::<Peer>().copied() }
    }
}

async fn pass(web: &Web, desk: &Desk, mut request: Request, next: Next) -> Result<Response, Fault> {
    let access = access_to(request.uri().path());
    let visitor = Visitor::of(web, &request);
    let entering = known(web, desk, request.headers(), &visitor).await?;
    request.extensions_mut().insert(visitor);
    let Some(entering) = entering else {
        return if access == Access::Everybody {
            Ok(next.run(request).await)
        } else {
            turned_away(web, desk, request).await
        };
    };
    let owes = entering.owes(web.settings.second_factor_required);
    if let (Access::Staff, Some(first)) = (access, owes) {
        return Ok(Redirect::to(first).into_response());
    }
    if owes.is_none() {
        let snapshot = web.current.load_full();
        let trouble = mail::trouble(desk, &snapshot.content().practice, web.now()).await?;
        let trouble = trouble.map(Arc::new);
        request.extensions_mut().insert(Staff(entering.clone(), trouble));
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
    Ok(Some(Entering(Arc::new(Inside { session, cookie, request_id: visitor.0.request_id.clone() }))))
}

async fn touch(desk: &Desk, id: i64, now: i64) -> anyhow::Result<()> {
    let mut write = desk.db.begin().await?;
    session::touch(&mut write, id, now).await?;
    Ok(write.commit().await?)
}

/// The same for every address, so that nobody learns which ones exist (SEC-14).
async fn turned_away(web: &Web, desk: &Desk, request: Request) -> Result<Response, Fault> {
    if !people::any(&mut *desk.db.read().await?).await? {
        return Ok(Redirect::to("/admin/setup").into_response());
    }
    if request.method() == Method::POST {
        return again::ask_to_sign_in(web, request).await;
    }
    Ok(Redirect::to(&sign_in_address(request.uri())).into_response())
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

/// The middleware around the check for cross-site posts: a refusal is written down, a flood of them is not.
pub async fn note_cross_site(State(web): State<Arc<Web>>, request: Request, next: Next) -> Response {
    let visitor = Visitor::of(&web, &request);
    let response = next.run(request).await;
    if response.extensions().get::<ProtectionError>().is_some()
        && let Err(error) = note_rarely(&web, &visitor, "cross-site post").await
    {
        tracing::error!("a refused cross-site post can't be written down: {error:#}");
    }
    response
}

/// Writes down what strangers can repeat at will: the first few times, then ever more rarely, so that they can't fill
/// the disk with it.
pub async fn note_rarely(web: &Web, visitor: &Visitor, event: &'static str) -> anyhow::Result<()> {
    let Some(desk) = web.desk() else { return Ok(()) };
    let now = web.now().as_millisecond();
    if desk.door.throttle.begin(&[Key::account(event)], now).is_err() {
        return Ok(());
    }
    tracing::warn!("refused: {event}");
    let mut write = desk.db.begin().await?;
    let by = visitor.caller().by;
    let entry = Entry { by, event, target: None, outcome: Outcome::Refused, detail: None };
    record(&mut write, entry, now).await?;
    Ok(write.commit().await?)
}

/// Where a handler asks for more than its route lets in, which the route table's test finds.
fn not_let_in() -> Response {
    Redirect::to("/admin/sign-in").into_response()
}

impl<S: Sync> FromRequestParts<S> for Staff {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Response> {
        parts.extensions.get().cloned().ok_or_else(not_let_in)
    }
}

impl<S: Sync> FromRequestParts<S> for Entering {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Response> {
        parts.extensions.get().cloned().ok_or_else(not_let_in)
    }
}

impl<S: Sync> FromRequestParts<S> for Visitor {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Response> {
        parts.extensions.get().cloned().ok_or_else(not_let_in)
    }
}
