//! Connections: accepted, limited in number and in time, and let go without hurry when the program stops.
//!
//! axum's own loop sets no limit on how long a client may take for its headers, so the loop is here.

use std::convert::Infallible;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};
use tower::Service;

use super::Web;
use super::client::Peer;

/// For the headers of a request, and for the pause between two of them on one connection.
const HEADERS: Duration = Duration::from_secs(10);
/// Requests in progress get this long when the program stops.
const FAREWELL: Duration = Duration::from_secs(8);
/// More connections than this wait to be accepted.
const CONNECTIONS: usize = 1_024;
/// The longest request line and headers together, in bytes.
const LONGEST_HEAD: usize = 32 * 1024;

/// Serves until `stop` is ready and the requests in progress have their answers.
pub async fn serve(listener: TcpListener, web: Arc<Web>, router: Router, stop: impl Future<Output = ()>) {
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    let farewell = GracefulShutdown::new();
    let mut stop = pin!(stop);
    loop {
        let place = tokio::select! {
            place = places.clone().acquire_owned() => place,
            () = &mut stop => break,
        };
        let (stream, peer) = tokio::select! {
            accepted = accept(&listener) => accepted,
            () = &mut stop => break,
        };
        let connection = farewell.watch(connection(stream, peer, web.clone(), router.clone()));
        tokio::spawn(async move {
            // An error here is a client that went away or was too slow: nobody's fault, and nothing to tell.
            let _ = connection.await;
            drop(place);
        });
    }
    drop(listener);
    if timeout(FAREWELL, farewell.shutdown()).await.is_err() {
        tracing::warn!("some connections were cut off");
    }
}

async fn accept(listener: &TcpListener) -> (TcpStream, SocketAddr) {
    loop {
        match listener.accept().await {
            Ok(accepted) => return accepted,
            Err(error) => {
                // Most likely out of file descriptors. Trying again at once would only burn the processor.
                tracing::warn!("a connection could not be accepted: {error}");
                sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

fn connection(
    stream: TcpStream,
    peer: SocketAddr,
    web: Arc<Web>,
    router: Router,
) -> http1::Connection<
    TokioIo<TcpStream>,
    impl hyper::service::HttpService<Incoming, ResBody = Body, Error = Infallible, Future: Send>,
> {
    // Without it a small answer may wait 40 ms for the other side.
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request| answer(web.clone(), router.clone(), request, peer));
    http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADERS)
        .max_buf_size(LONGEST_HEAD)
        .serve_connection(TokioIo::new(stream), service)
}

async fn answer(
    web: Arc<Web>,
    mut router: Router,
    request: hyper::Request<Incoming>,
    peer: SocketAddr,
) -> Result<Response, Infallible> {
    if let Some(page) = super::ready(&web, &request) {
        return Ok(page);
    }
    let mut request: Request = request.map(Body::new);
    request.extensions_mut().insert(Peer(peer));
    router.call(request).await
}
