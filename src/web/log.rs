//! One line in the log for each request that is answered by itself: form, search and inbox.
//!
//! It tells the kind of page, never the page: no address, no query, nothing typed, and not who asked. Pages that are
//! ready ahead of time are not logged here; a proxy in front may count them.

use std::time::Instant;

use axum::extract::{MatchedPath, Request};
use axum::middleware::Next;
use axum::response::Response;

use super::error::RequestId;

/// Asked all day by machines.
const LEFT_OUT: [&str; 2] = ["/healthz", "/readyz"];

/// The layer around every route that is answered for one request alone.
pub async fn layer(request: Request, next: Next) -> Response {
    let start = Instant::now();
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let response = next.run(request).await;
    let route = route.as_ref().map_or("", MatchedPath::as_str);
    if !LEFT_OUT.contains(&route) {
        let status = response.status().as_u16();
        let ms = u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX);
        // Where something on our side failed, the id that the person was shown.
        let id = response.extensions().get::<RequestId>().map(RequestId::as_str);
        tracing::info!(%method, route, status, ms, request = id, "answered");
    }
    response
}
