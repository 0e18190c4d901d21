//! Posts from another site: `CsrfLayer` refuses them, and here it is written down.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use tower_http::csrf::ProtectionError;

use super::super::super::Web;
use super::Visitor;
use crate::audit::{Entry, Outcome, record};
use crate::staff::throttle::Key;

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
    if desk.door.throttle.begin(&[Key::Named(event)], now).is_err() {
        return Ok(());
    }
    tracing::warn!("refused: {event}");
    let mut write = desk.db.begin().await?;
    let by = visitor.caller().by;
    let entry = Entry { by, event, target: None, outcome: Outcome::Refused, detail: None };
    record(&mut write, entry, now).await?;
    Ok(write.commit().await?)
}
