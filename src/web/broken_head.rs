//! hyper refuses a head that it can't read by itself, with a bare status that no handler sees. Here that answer becomes
//! a page of the site with all its headers (SEC-03), on its way to the socket.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use axum::body::Bytes;
use axum::http::StatusCode;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::{Web, error};

/// No refusal of hyper's own is longer, in bytes.
const LONGEST: usize = 512;

/// Makes a whole answer of hyper's bare one and its status.
pub type Dressing = Arc<dyn Fn(&[u8], StatusCode) -> Bytes + Send + Sync>;

/// With the page of the status, as it is at the time.
pub fn dressing(web: Arc<Web>) -> Dressing {
    Arc::new(move |answer, status| with_page(&web, answer, status))
}

/// A connection that says more than a bare status.
pub struct Polite<S> {
    stream: S,
    dressing: Dressing,
    /// The page that goes out in the place of hyper's answer.
    instead: Bytes,
}

impl<S> Polite<S> {
    pub fn new(stream: S, dressing: Dressing) -> Self {
        Self { stream, dressing, instead: Bytes::new() }
    }
}

impl<S: AsyncWrite + Unpin> Polite<S> {
    fn send_page(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.instead.is_empty() {
            let sent = ready!(Pin::new(&mut self.stream).poll_write(cx, &self.instead))?;
            if sent == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            let _ = self.instead.split_to(sent);
        }
        Poll::Ready(Ok(()))
    }
}

/// The status of an answer without body and without any header of ours: hyper's own.
fn bare_refusal(answer: &[u8]) -> Option<StatusCode> {
    let rest = answer.strip_prefix(b"HTTP/1.1 4").or_else(|| answer.strip_prefix(b"HTTP/1.0 4"))?;
    if answer.len() > LONGEST || !answer.ends_with(b"\r\n\r\n") {
        return None;
    }
    let head = std::str::from_utf8(answer).ok()?;
    let is_ours = head.contains("content-security-policy") || !head.contains("content-length: 0\r\n");
    let status = format!("4{}", std::str::from_utf8(rest.get(..2)?).ok()?);
    if is_ours { None } else { status.parse().ok() }
}

/// The same answer with the page of its status.
fn with_page(web: &Web, answer: &[u8], status: StatusCode) -> Bytes {
    let snapshot = web.current.load();
    let page = error::page(&snapshot, status, None);
    let length = format!("content-length: {}\r\n", page.len());
    let mut head = String::from_utf8_lossy(answer).replace("content-length: 0\r\n", &length);
    head.truncate(head.len() - "\r\n".len());
    for (name, value) in error::PAGE_HEADERS {
        head += &format!("{name}: {value}\r\n");
    }
    for (name, value) in snapshot.security_headers() {
        head += &format!("{name}: {}\r\n", String::from_utf8_lossy(value.as_bytes()));
    }
    Bytes::from(head + "\r\n" + &page)
}

impl<S: AsyncRead + Unpin> AsyncRead for Polite<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Polite<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        ready!(self.send_page(cx))?;
        if let Some(status) = bare_refusal(bytes) {
            self.instead = (self.dressing)(bytes, status);
            return Poll::Ready(Ok(bytes.len()));
        }
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        // An answer of hyper's own is in one piece.
        if let Some(only) = parts.first()
            && parts.len() == 1
        {
            return self.poll_write(cx, only);
        }
        ready!(self.send_page(cx))?;
        Pin::new(&mut self.stream).poll_write_vectored(cx, parts)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.send_page(cx))?;
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.send_page(cx))?;
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
