//! Connections: accepted, limited in number and in time, and let go without hurry when the program stops.
//!
//! axum's own loop sets no limit on how long a client may take, so the loop is here: for the headers, and for a request as
//! a whole, whether it is the question or the answer that drips.

use std::convert::Infallible;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
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
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::{Instant, sleep, sleep_until, timeout};
use tower::Service;

use super::client::Peer;

/// Knows the answer to some requests at once.
pub type Ready = Arc<dyn Fn(&hyper::Request<Incoming>) -> Option<Response> + Send + Sync>;

/// Requests in progress get this long when the program stops.
const FAREWELL: Duration = Duration::from_secs(8);
/// The longest request line and headers together, in bytes.
const LONGEST_HEAD: usize = 32 * 1024;
/// Open files that are not connections: the database, its logs, emails, texts.
const OTHER_FILES: u64 = 128;

/// How much is waited for, and for how long.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// For the headers of a request, and for the pause between two of them on one connection.
    pub headers: Duration,
    /// From the end of the headers until the answer has left.
    pub request: Duration,
    /// More connections than this wait to be accepted.
    pub connections: u64,
}

impl Default for Limits {
    fn default() -> Self {
        // A large picture takes half a minute on the worst phone lines, and an export is larger.
        let (headers, request) = (Duration::from_secs(10), Duration::from_secs(120));
        Self { headers, request, connections: 2_048.min(open_files().saturating_sub(OTHER_FILES)).max(64) }
    }
}

/// How many files may be open. Many systems allow few until they are asked, and a crowd of connections must not keep the
/// database from being opened.
fn open_files() -> u64 {
    let limit = getrlimit(Resource::Nofile);
    let most = limit.maximum.unwrap_or(u64::MAX).min(4_096).max(limit.current.unwrap_or(u64::MAX));
    let asked = Rlimit { current: Some(most), maximum: limit.maximum };
    match setrlimit(Resource::Nofile, asked) {
        Ok(()) => most,
        Err(_) => limit.current.unwrap_or(most),
    }
}

/// Serves until `stop` is ready and the requests in progress have their answers. What `ready` does not know is asked of the
/// router.
pub async fn serve(
    listener: TcpListener,
    ready: Ready,
    router: Router,
    limits: Limits,
    stop: impl Future<Output = ()>,
) {
    let places = Arc::new(Semaphore::new(usize::try_from(limits.connections).unwrap_or(usize::MAX)));
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
        let began = Arc::new(Mutex::new(Instant::now()));
        let connection =
            connection(stream, peer, ready.clone(), router.clone(), began.clone(), limits.headers);
        let connection = farewell.watch(connection);
        tokio::spawn(async move {
            // An error here is a client that went away or was too slow: nobody's fault, and nothing to tell.
            tokio::select! {
                _ = connection => {}
                () = overdue(&began, limits.request) => {}
            }
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

/// Ready when the last request of a connection began that long ago. Without a request its headers are waited for, and that
/// has a shorter end.
async fn overdue(began: &Mutex<Instant>, longest: Duration) {
    loop {
        let end = *began.lock().unwrap_or_else(PoisonError::into_inner) + longest;
        if Instant::now() >= end {
            return;
        }
        sleep_until(end).await;
    }
}

fn connection(
    stream: TcpStream,
    peer: SocketAddr,
    ready: Ready,
    router: Router,
    began: Arc<Mutex<Instant>>,
    headers: Duration,
) -> http1::Connection<
    TokioIo<TcpStream>,
    impl hyper::service::HttpService<Incoming, ResBody = Body, Error = Infallible, Future: Send>,
> {
    // Without it a small answer may wait 40 ms for the other side.
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request| {
        *began.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
        answer(ready.clone(), router.clone(), request, peer)
    });
    http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(headers)
        .max_buf_size(LONGEST_HEAD)
        .serve_connection(TokioIo::new(stream), service)
}

async fn answer(
    ready: Ready,
    mut router: Router,
    request: hyper::Request<Incoming>,
    peer: SocketAddr,
) -> Result<Response, Infallible> {
    if let Some(page) = ready(&request) {
        return Ok(page);
    }
    let mut request: Request = request.map(Body::new);
    request.extensions_mut().insert(Peer(peer));
    router.call(request).await
}

#[cfg(test)]
mod tests {
    use axum::routing::{get, post};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    /// Enough to fill every buffer on the way to somebody who does not read.
    const MUCH: usize = 64 * 1024 * 1024;

    async fn served() -> (SocketAddr, impl FnOnce()) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let router = Router::new()
            .route("/much", get(async || Body::from(vec![b'a'; MUCH])))
            .route("/read", post(async |body: String| body));
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let limits = Limits {
            headers: Duration::from_millis(500),
            request: Duration::from_millis(1_000),
            connections: 16,
        };
        tokio::spawn(serve(listener, Arc::new(|_| None), router, limits, async { drop(stopped.await) }));
        (address, move || drop(stop))
    }

    /// Everything that comes until the other side closes.
    async fn to_the_end(mut stream: TcpStream) -> usize {
        let mut heard = Vec::new();
        let read = timeout(Duration::from_secs(20), stream.read_to_end(&mut heard)).await;
        let _ = read.expect("closed in time");
        heard.len()
    }

    #[tokio::test]
    async fn rel_25_a_request_as_a_whole_has_a_deadline_whichever_side_drips() {
        let (address, _keep) = served().await;
        // Nobody reads the answer.
        let mut deaf = TcpStream::connect(address).await.expect("connects");
        deaf.write_all(b"GET /much HTTP/1.1\r\nHost: a\r\n\r\n").await.expect("written");
        // The question never ends.
        let mut slow = TcpStream::connect(address).await.expect("connects");
        slow.write_all(b"POST /read HTTP/1.1\r\nHost: a\r\nContent-Length: 90\r\n\r\n")
            .await
            .expect("written");
        let (reader, mut writer) = slow.into_split();
        let drip = tokio::spawn(async move {
            while writer.write_all(b"a").await.is_ok() {
                sleep(Duration::from_millis(100)).await;
            }
        });
        timeout(Duration::from_secs(20), drip).await.expect("closed in time").expect("no panic");
        drop(reader);
        assert!(to_the_end(deaf).await < MUCH, "the answer was cut off");
    }

    #[tokio::test]
    async fn a_connection_outlives_the_deadline_of_its_first_request() {
        let (address, _keep) = served().await;
        let mut stream = TcpStream::connect(address).await.expect("connects");
        for _ in 0..6 {
            stream
                .write_all(b"POST /read HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nab")
                .await
                .expect("written");
            let mut heard = [0; 512];
            let length = stream.read(&mut heard).await.expect("an answer");
            assert!(heard[..length].starts_with(b"HTTP/1.1 200"), "closed too early");
            sleep(Duration::from_millis(250)).await;
        }
    }
}
