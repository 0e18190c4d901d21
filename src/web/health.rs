//! Whether the process lives, and whether it can take a request. Neither answer holds a version or a count of people.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::Web;

/// The process lives. Nothing else is asked, so that dead mail never restarts the site.
pub async fn lives() -> Response {
    plain(StatusCode::OK, "alive\n")
}

/// A request could be stored now: the database takes writes and the mail worker runs.
pub async fn ready(State(web): State<Arc<Web>>) -> Response {
    let Some(desk) = web.desk() else { return plain(StatusCode::SERVICE_UNAVAILABLE, "storage: not open\n") };
    let storage = match desk.db.begin().await {
        Ok(write) => write.rollback().await.map_err(anyhow::Error::from).and_then(|()| desk.db.check_room()),
        Err(error) => Err(error),
    };
    if let Err(error) = storage {
        tracing::error!("not ready: {error:#}");
        return plain(StatusCode::SERVICE_UNAVAILABLE, "storage: not writable\n");
    }
    if !desk.worker.is_fresh(web.now()) {
        return plain(StatusCode::SERVICE_UNAVAILABLE, "storage: ok\nmail worker: stuck\n");
    }
    plain(StatusCode::OK, "storage: ok\nmail worker: ok\n")
}

fn plain(status: StatusCode, text: &'static str) -> Response {
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (super::security::ROBOTS, HeaderValue::from_static("noindex")),
    ];
    (status, headers, text).into_response()
}

/// Asks a running server at this address whether it lives.
///
/// # Errors
/// When it does not answer within 5 seconds, or with another status than 200.
pub async fn ask(listen: SocketAddr) -> Result<()> {
    let answer =
        timeout(Duration::from_secs(5), exchange(listen)).await.context("no answer within 5 seconds")??;
    ensure!(answer.starts_with(b"HTTP/1.1 200 "), "the server answered, but not that it lives");
    Ok(())
}

async fn exchange(listen: SocketAddr) -> Result<Vec<u8>> {
    let mut stream =
        TcpStream::connect(reachable(listen)).await.with_context(|| format!("nobody listens at {listen}"))?;
    stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").await?;
    let mut answer = Vec::new();
    stream.take(4_096).read_to_end(&mut answer).await?;
    Ok(answer)
}

/// A server that listens everywhere is asked on loopback.
fn reachable(mut listen: SocketAddr) -> SocketAddr {
    if listen.ip().is_unspecified() {
        let loopback = if listen.is_ipv4() {
            std::net::Ipv4Addr::LOCALHOST.into()
        } else {
            std::net::Ipv6Addr::LOCALHOST.into()
        };
        listen.set_ip(loopback);
    }
    listen
}
