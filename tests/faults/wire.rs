//! Bytes on a socket, as no browser would send them.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::path::Path;
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use practice_site::inquiry::TokenKey;

/// An answer as it came over the wire. Blank where the connection was closed without one.
pub struct Heard {
    pub text: String,
    /// The other side closed the connection before patience ran out.
    pub closed: bool,
}

impl Heard {
    /// The three digits after HTTP/1.1, or 0.
    pub fn status(&self) -> u16 {
        let status = self.text.strip_prefix("HTTP/1.1 ").and_then(|rest| rest.get(..3));
        status.and_then(|digits| digits.parse().ok()).unwrap_or_default()
    }

    /// Whether somebody sees a page of the site.
    pub fn is_page(&self) -> bool {
        self.text.contains("text/html; charset=utf-8") && self.text.contains("Josephine Ruiz")
    }

    /// How many answers stand in it.
    pub fn answers(&self) -> usize {
        self.text.matches("HTTP/1.1 ").count()
    }

    /// The value of a header, or nothing.
    pub fn header(&self, name: &str) -> &str {
        let head = self.text.split("\r\n\r\n").next().unwrap_or_default();
        let line = head.lines().find(|line| line.to_ascii_lowercase().starts_with(&format!("{name}:")));
        line.and_then(|line| line.split_once(':')).map_or("", |(_, value)| value.trim())
    }
}

pub fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).expect("connects");
    stream.set_nodelay(true).expect("set");
    stream
}

/// Sends bytes and listens until the connection closes, or for this long.
pub fn say(address: SocketAddr, bytes: &[u8], patience: Duration) -> Heard {
    let mut stream = connect(address);
    // What is refused early may not be read to its end.
    let _ = stream.write_all(bytes);
    hear(stream, patience)
}

/// Listens until the connection closes, or for this long.
pub fn hear(mut stream: TcpStream, patience: Duration) -> Heard {
    let start = Instant::now();
    let mut heard = Vec::new();
    let mut closed = false;
    let mut part = [0; 4_096];
    stream.set_read_timeout(Some(Duration::from_millis(50))).expect("set");
    while start.elapsed() < patience && !closed {
        match stream.read(&mut part) {
            Ok(0) => closed = true,
            Ok(count) => heard.extend(&part[..count]),
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
            Err(_) => closed = true,
        }
    }
    let _ = stream.shutdown(Shutdown::Both);
    Heard { text: String::from_utf8_lossy(&heard).into_owned(), closed }
}

/// A whole request that closes its connection.
pub fn request(address: SocketAddr, method: &str, path: &str, headers: &str, body: &[u8]) -> Heard {
    let head = format!(
        "{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Length: {}\r\n{headers}\r\n",
        body.len()
    );
    say(address, &[head.as_bytes(), body].concat(), Duration::from_secs(10))
}

pub fn get(address: SocketAddr, path: &str) -> Heard {
    request(address, "GET", path, "", b"")
}

pub const FORM: &str = "Content-Type: application/x-www-form-urlencoded\r\n";

pub fn post(address: SocketAddr, path: &str, body: &str) -> Heard {
    request(address, "POST", path, FORM, body.as_bytes())
}

/// The token of a fresh form.
pub fn token(address: SocketAddr) -> String {
    let page = get(address, "/request-consultation").text;
    let (_, rest) = page.split_once("name=\"token\" value=\"").expect("a token");
    rest.split('"').next().expect("its end").to_owned()
}

/// A token that was given out a minute ago, so that nobody thinks a machine has filled in the form.
pub fn old_token(data: &Path) -> String {
    let key = TokenKey::load(data).expect("a key");
    key.issue(Timestamp::now() - SignedDuration::from_mins(1)).expect("a token")
}

/// Answers that are in order.
pub fn answers(token: &str, name: &str) -> String {
    format!(
        "token={token}&name={name}&looking_for=couple&location=OR&adult=yes&by=text&phone=5035550142&understood=yes"
    )
}

/// Sends answers that are in order.
pub fn send(address: SocketAddr, token: &str, name: &str) -> Heard {
    post(address, "/request-consultation/send", &answers(token, name))
}

impl Heard {
    /// The reference of a request that was said to have arrived.
    pub fn reference(&self) -> Option<&str> {
        self.header("location")
            .strip_prefix("/request-consultation/received/")
            .filter(|_| self.status() == 303)
    }

    /// Says that it could not be stored, and shows what was typed, and how to phone where that is known.
    pub fn is_refusal_with(&self, name: &str) -> bool {
        self.status() == 503 && self.is_page() && self.text.contains(name)
    }
}
