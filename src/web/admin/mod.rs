//! The practice's own area. `ROUTES` holds every address of it; what is not listed there is closed as well.

mod account;
mod again;
mod cookies;
mod erasing;
mod export;
pub mod fields;
pub mod gate;
mod inquiries;
mod join;
pub mod layout;
mod log;
mod mail;
mod people;
mod recover;
mod recovery_code;
pub mod refusal;
mod second_factor;
pub mod settings;
mod setup;
mod sign_in;
mod today;
mod weeks;

use std::sync::Arc;

use anyhow::Context;
use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, any_service, get, post};
use tower_http::csrf::CsrfLayer;

use super::{Desk, Web};

/// Who is let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// The doors themselves.
    Everybody,
    /// Whoever has a session, also one that waits for a second factor.
    Entering,
    /// Whoever is signed in wholly.
    Staff,
}

/// An address and who may use it.
pub struct Route {
    pub path: &'static str,
    pub access: Access,
    methods: fn() -> MethodRouter<Arc<Web>>,
}

const fn everybody(path: &'static str, methods: fn() -> MethodRouter<Arc<Web>>) -> Route {
    Route { path, access: Access::Everybody, methods }
}

const fn entering(path: &'static str, methods: fn() -> MethodRouter<Arc<Web>>) -> Route {
    Route { path, access: Access::Entering, methods }
}

const fn staff(path: &'static str, methods: fn() -> MethodRouter<Arc<Web>>) -> Route {
    Route { path, access: Access::Staff, methods }
}

/// Every address. Those that are not for staff alone must hold no parameter.
pub const ROUTES: &[Route] = &[
    everybody("/admin/sign-in", || get(sign_in::form).post(sign_in::submit)),
    everybody("/admin/setup", || get(setup::form).post(setup::submit)),
    everybody("/admin/recover", || get(recover::form).post(recover::submit)),
    everybody("/admin/join", || get(join::form).post(join::submit)),
    entering("/admin/recovery-code", || get(recovery_code::show).post(recovery_code::confirm)),
    entering("/admin/recovery-code/new", || post(recovery_code::renew)),
    entering("/admin/second-factor", || get(second_factor::show).post(second_factor::confirm)),
    entering("/admin/sign-out", || post(sign_in::sign_out)),
    staff("/admin/account", || get(account::show)),
    staff("/admin/account/password", || post(account::password)),
    staff("/admin/account/second-factor", || post(account::second_factor)),
    staff("/admin/account/sessions", || post(account::end_session)),
    staff("/admin/account/sessions/all", || post(account::end_all)),
    staff("/admin/people", || get(people::index)),
    staff("/admin/people/invite", || post(people::invite)),
    staff("/admin/people/withdraw", || post(people::withdraw)),
    staff("/admin/people/disable", || get(people::confirm).post(people::disable)),
    staff("/admin/export", || get(export::index).post(export::download)),
    staff("/admin/export/erase", || post(erasing::confirm)),
    staff("/admin/export/erase/now", || post(erasing::now)),
    staff("/admin/export/erase-due", || post(erasing::due)),
    staff("/admin/export/keep", || post(erasing::keep)),
    staff("/admin/mail/retry", || post(mail::retry)),
    staff("/admin/log", || get(log::index)),
    staff("/admin/settings", || get(settings::show)),
    staff("/admin", || get(today::show)),
    staff("/admin/inquiries", || get(inquiries::index).post(inquiries::search)),
    staff("/admin/inquiries/{reference}", || get(inquiries::show)),
    staff("/admin/inquiries/{reference}/answer", || get(inquiries::answer).post(inquiries::fill)),
    staff("/admin/inquiries/{reference}/status", || post(inquiries::set_status)),
    staff("/admin/inquiries/{reference}/notes", || post(inquiries::add_note)),
    staff("/admin/inquiries/{reference}/contacts", || post(inquiries::log_contact)),
    staff("/admin/inquiries/{reference}/next-step", || post(inquiries::set_next_step)),
    staff("/admin/inquiries/{reference}/undo", || post(inquiries::undo)),
    staff("/admin/inquiries/{reference}/not-spam", || post(inquiries::not_spam)),
];

/// What an address asks for. One that nobody listed is as closed as the others.
fn access_to(path: &str) -> Access {
    ROUTES.iter().find(|route| route.path == path).map_or(Access::Staff, |route| route.access)
}

/// Everything under `/admin`: refusal of cross-site posts outside, the gate inside that, then the routes.
pub fn router(web: Arc<Web>) -> Router<Arc<Web>> {
    let routes =
        ROUTES.iter().fold(Router::new(), |router, route| router.route(route.path, (route.methods)()));
    // The gate stands before the routing, so that an address that is not there is turned away like all others.
    let guarded = Router::new()
        .fallback_service(routes.fallback(not_there).with_state(web.clone()))
        .layer(from_fn_with_state(web.clone(), gate::gate))
        .layer(CsrfLayer::new())
        .layer(from_fn_with_state(web, gate::note_cross_site));
    Router::new()
        .route_service("/admin", any_service(guarded.clone()))
        .route_service("/admin/", any_service(guarded.clone()))
        .route_service("/admin/{*rest}", any_service(guarded))
}

/// For somebody who is signed in: a slash too many, or not there.
async fn not_there(request: Request) -> Response {
    match request.uri().path().strip_suffix('/').and_then(again::safe) {
        Some(path) => (StatusCode::PERMANENT_REDIRECT, location(path)).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

fn location(path: &str) -> HeaderMap {
    HeaderValue::try_from(path)
        .map(|path| HeaderMap::from_iter([(header::LOCATION, path)]))
        .unwrap_or_default()
}

/// The desk, which the gate has looked for.
pub fn desk_of(web: &Web) -> anyhow::Result<&Desk> {
    web.desk().context("the gate let somebody in without a desk")
}
