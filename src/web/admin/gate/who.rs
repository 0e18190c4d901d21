//! Who is at the gate. Handlers take these as proof; nothing outside the gate can make one.

use std::net::IpAddr;
use std::ops::Deref;
use std::sync::Arc;

use axum::extract::{FromRequestParts, Request};
use axum::http::header;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Redirect, Response};
use zeroize::Zeroizing;

use super::super::super::Web;
use super::super::super::client;
use super::super::super::error::RequestId;
use super::super::cookies::Cookie;
use super::super::mail::MailTrouble;
use crate::audit::{Actor, By};
use crate::db::Trouble;
use crate::staff::session::Session;
use crate::staff::{Caller, device};

/// Somebody who is signed in, wholly: password, second factor, and nothing left to be shown. Only the gate makes one.
#[derive(Clone)]
pub struct Staff(Entering, Option<Arc<MailTrouble>>, Option<Trouble>);

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
    session_cookie: Option<Zeroizing<String>>,
    device_cookie: Option<Zeroizing<String>>,
}

impl Deref for Staff {
    type Target = Session;

    fn deref(&self) -> &Session {
        &self.0
    }
}

impl Staff {
    pub(super) fn new(entering: Entering, mail: Option<MailTrouble>, storage: Option<Trouble>) -> Self {
        Self(entering, mail.map(Arc::new), storage)
    }

    /// For rows of the ledger: who, and in which request.
    pub fn by(&self) -> By<'_> {
        self.0.by()
    }

    /// Emails that do not get through, for the banner on every page.
    pub fn mail_trouble(&self) -> Option<&MailTrouble> {
        self.1.as_deref()
    }

    /// What keeps new requests out, for the banner on every page.
    pub fn storage_trouble(&self) -> Option<Trouble> {
        self.2
    }
}

impl Deref for Entering {
    type Target = Session;

    fn deref(&self) -> &Session {
        &self.0.session
    }
}

impl Entering {
    pub(super) fn new(session: Session, cookie: Zeroizing<String>, visitor: &Visitor) -> Self {
        Self(Arc::new(Inside { session, cookie, request_id: visitor.0.request_id.clone() }))
    }

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

    /// The cookie of a session that the browser has already.
    pub fn session_cookie(&self) -> Option<&str> {
        self.0.session_cookie.as_ref().map(|cookie| cookie.as_str())
    }

    pub(super) fn of(web: &Web, request: &Request) -> Self {
        let counted = client::address(request, &web.settings.trusted_proxies);
        let agent = request.headers().get(header::USER_AGENT).and_then(|agent| agent.to_str().ok());
        Self(Arc::new(Outside {
            request_id: request.extensions().get().cloned().unwrap_or_default(),
            address: counted.filter(|_| web.settings.rate_limit),
            device: device::label(agent.unwrap_or_default()),
            session_cookie: Cookie::Session.read(request.headers(), &web.settings).map(Zeroizing::new),
            device_cookie: Cookie::Device.read(request.headers(), &web.settings).map(Zeroizing::new),
        }))
    }
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
