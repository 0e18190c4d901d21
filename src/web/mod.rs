//! Everything HTTP, and only that. `router` holds every route on one screen.

pub mod admin;
pub mod assets;
pub mod client;
mod compression;
pub mod error;
pub mod form;
pub mod health;
mod log;
pub mod render;
mod search;
pub mod security;
pub mod serve;
pub mod snapshot;
mod stored;
mod structured_data;

mod articles;
mod consultation;
mod facts;
mod faq;
mod feed;
mod pages;
mod plain;
mod services;
mod sitemap;

use std::sync::{Arc, OnceLock};

use arc_swap::ArcSwap;
use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, Uri, header};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use jiff::Timestamp;
use tokio::sync::Notify;
use tower_http::catch_panic::CatchPanicLayer;

use crate::config::Settings;
use crate::db::Db;
use crate::inquiry::ledger::Gap;
use crate::inquiry::{Intake, Senders, TokenKey};
use crate::outbox::Heartbeat;
use crate::staff::Doorkeeper;
use serve::Ready;
use snapshot::Snapshot;

/// Tells the time. Tests bring their own.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// What the handlers share.
pub struct Web {
    pub settings: Settings,
    /// Swapped whole when a text changes and at local midnight.
    pub current: ArcSwap<Snapshot>,
    /// Not there while nothing can be stored; then the form says to phone.
    desk: OnceLock<Desk>,
    /// What is wrong with the texts as they stand in the folder, where that is why older ones are shown.
    pub faults: ArcSwap<Vec<String>>,
    /// Looks at inquiries that a full disk kept out of the ledger.
    pub looks: Gap,
    clock: Clock,
}

/// Where requests are taken in.
pub struct Desk {
    pub db: Db,
    pub intake: Intake,
    pub tokens: TokenKey,
    pub senders: Senders,
    /// Of the mail worker.
    pub worker: Arc<Heartbeat>,
    /// Wakes the mail worker; after every commit that put an email into the outbox.
    pub mail: Arc<Notify>,
    /// At every door where a secret is typed.
    pub door: Doorkeeper,
}

impl Web {
    pub fn new(settings: Settings, snapshot: Snapshot, desk: Option<Desk>, clock: Clock) -> Self {
        let current = ArcSwap::from_pointee(snapshot);
        let desk = desk.map(OnceLock::from).unwrap_or_default();
        Self { settings, current, desk, faults: ArcSwap::default(), looks: Gap::default(), clock }
    }

    /// Where requests are taken in; nothing while storage is closed.
    pub fn desk(&self) -> Option<&Desk> {
        self.desk.get()
    }

    /// Storage is open from now on. A second desk is dropped.
    pub fn open(&self, desk: Desk) {
        let _ = self.desk.set(desk);
    }

    pub fn now(&self) -> Timestamp {
        (self.clock)()
    }
}

/// Every route that is answered for one request alone. All other pages are ready in the snapshot; `serve` looks there
/// before it asks the router.
pub fn router(web: Arc<Web>) -> Router {
    Router::new()
        .route("/request-consultation", get(consultation::show).post(consultation::change))
        .route("/request-consultation/check", get(consultation::begin).post(consultation::check))
        .route("/request-consultation/send", get(consultation::begin).post(consultation::send))
        .route("/request-consultation/received/{reference}", get(consultation::received))
        .route("/search", get(search::index))
        .route("/leave", get(leave))
        .merge(admin::router(web.clone()))
        .route("/healthz", get(health::lives))
        .route("/readyz", get(health::ready))
        .layer(CatchPanicLayer::custom(error::panicked))
        .layer(from_fn(log::layer))
        .layer(from_fn_with_state(web.clone(), security::layer))
        // Below the layers, since public pages carry all their headers from the start.
        .fallback(public)
        .with_state(web)
}

/// Answers what was rendered ahead of time, for `serve` to ask first.
pub fn ready(web: Arc<Web>) -> Ready {
    Arc::new(move |request| page(&web, request))
}

/// A page, the feed, the style sheet: a look-up without a layer, a lock or a rendering.
fn page<B>(web: &Web, request: &axum::http::Request<B>) -> Option<Response> {
    web.current.load().page(request.method(), request.uri().path(), request.headers())
}

/// Whatever has no route: a ready page, where nobody looked for it before, or what to say in its place.
async fn public(State(web): State<Arc<Web>>, request: Request) -> Response {
    page(&web, &request).unwrap_or_else(|| {
        let instead = web.current.load().instead_of_page(request.uri().path());
        security::dress(&web, instead.unwrap_or_else(|| elsewhere(request.uri())))
    })
}

/// Not a public page: perhaps another address with a slash too many, else not there.
fn elsewhere(uri: &Uri) -> Response {
    let location = uri.path().strip_suffix('/').filter(|path| {
        // "//host" and "/\host" would lead a browser to another site.
        path.starts_with('/') && !path.starts_with("//") && !path.contains('\\')
    });
    let query = uri.query().map(|query| format!("?{query}")).unwrap_or_default();
    match location.and_then(|path| HeaderValue::try_from(format!("{path}{query}")).ok()) {
        Some(location) => (StatusCode::PERMANENT_REDIRECT, [(header::LOCATION, location)]).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// Leads away to a page that says nothing about the visit. It can't clear the history, and nothing promises so.
async fn leave(State(web): State<Arc<Web>>) -> Response {
    let snapshot = web.current.load();
    let Ok(location) = HeaderValue::try_from(snapshot.site().content.practice.leave_url.as_str()) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let headers = [
        (header::LOCATION, location),
        (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
        (HeaderName::from_static("clear-site-data"), HeaderValue::from_static("\"cache\"")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (security::ROBOTS, HeaderValue::from_static("noindex")),
    ];
    (StatusCode::SEE_OTHER, headers).into_response()
}
