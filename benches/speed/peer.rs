//! The least that axum needs for a page: a route whose handler hands over ready headers and bytes.

use std::convert::Infallible;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::Response;
use axum::routing::get;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tower::ServiceExt;

/// Serves each `name.head` and `name.body` of the folder at `/name`.
#[tokio::main]
pub async fn serve(folder: &Path, port: u16) -> Result<()> {
    let mut router = Router::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|ending| ending == "head") {
            let name = path.file_stem().and_then(|name| name.to_str()).context("a name")?;
            let (status, headers) = head(&fs::read_to_string(&path)?)?;
            let body = Bytes::from(fs::read(path.with_extension("body"))?);
            router = router.route(&format!("/{name}"), get(async move || answer(status, &headers, &body)));
        }
    }
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await?;
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let router = router.clone();
        let service = service_fn(move |request: hyper::Request<hyper::body::Incoming>| {
            let answer = router.clone().oneshot(request.map(Body::new));
            async move { Ok::<_, Infallible>(answer.await.unwrap_or_else(|never| match never {})) }
        });
        tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
    }
}

fn answer(status: StatusCode, headers: &HeaderMap, body: &Bytes) -> Response {
    let mut response = Response::new(Body::from(body.clone()));
    *response.status_mut() = status;
    *response.headers_mut() = headers.clone();
    response
}

fn head(text: &str) -> Result<(StatusCode, HeaderMap)> {
    let status = text.split(' ').nth(1).context("no status")?.parse()?;
    let mut headers = HeaderMap::new();
    for (name, value) in text.lines().filter_map(|line| line.split_once(": ")) {
        if name != "date" && name != "connection" {
            headers.insert(name.parse::<HeaderName>()?, HeaderValue::from_str(value)?);
        }
    }
    Ok((status, headers))
}
