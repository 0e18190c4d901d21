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

/// Why the site is not ready.
#[derive(Debug)]
pub enum Trouble {
    NotOpen,
    NotWritable(anyhow::Error),
    /// Requests are stored, but nobody sends emails.
    WorkerStuck,
}

/// Whether a request could be stored now and the mail worker runs; nothing where all is well. Not whether the mail server
/// answers: the site takes requests without it.
pub async fn trouble(web: &Web) -> Option<Trouble> {
    let Some(desk) = web.desk() else { return Some(Trouble::NotOpen) };
    let storage = match desk.db.begin().await {
        Ok(write) => write.rollback().await.map_err(anyhow::Error::from).and_then(|()| desk.db.check_room()),
        Err(error) => Err(error),
    };
    if let Err(error) = storage {
        return Some(Trouble::NotWritable(error));
    }
    (!desk.worker.is_fresh(web.now())).then_some(Trouble::WorkerStuck)
}

/// Says it in words that name no cause, no version and no count of people.
pub async fn ready(State(web): State<Arc<Web>>) -> Response {
    let text = match trouble(&web).await {
        None => return plain(StatusCode::OK, "storage: ok\nmail worker: ok\n"),
        Some(Trouble::NotOpen) => "storage: not open\n",
        Some(Trouble::NotWritable(error)) => {
            tracing::error!("not ready: {error:#}");
            "storage: not writable\n"
        }
        Some(Trouble::WorkerStuck) => "storage: ok\nmail worker: stuck\n",
    };
    plain(StatusCode::SERVICE_UNAVAILABLE, text)
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
