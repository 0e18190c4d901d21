//! Many connections that say little or nothing, kept by one thread.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// One of the crowd.
pub struct Member {
    stream: TcpStream,
    /// One byte of it each second, for as long as anybody listens.
    drips: bool,
    opened: Instant,
    last_drop: Instant,
    pub heard: Vec<u8>,
    /// After how long the other side closed the connection.
    pub closed: Option<Duration>,
    /// Within which it has to.
    pub limit: Duration,
}

impl Member {
    pub fn new(address: SocketAddr, first: &str, drips: bool, limit: Duration) -> Self {
        let mut stream = TcpStream::connect(address).expect("connects");
        stream.write_all(first.as_bytes()).expect("written");
        stream.set_nonblocking(true).expect("set");
        let now = Instant::now();
        Self { stream, drips, opened: now, last_drop: now, heard: Vec::new(), closed: None, limit }
    }

    fn look(&mut self) {
        let mut part = [0; 4_096];
        match self.stream.read(&mut part) {
            Ok(0) => self.closed = Some(self.opened.elapsed()),
            Ok(length) => self.heard.extend(&part[..length]),
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(_) => self.closed = Some(self.opened.elapsed()),
        }
        if self.drips && self.closed.is_none() && self.last_drop.elapsed() > Duration::from_secs(1) {
            let _ = self.stream.write(b"a");
            self.last_drop = Instant::now();
        }
    }
}

/// Looks after them until all are closed, or for this long.
pub fn watch(crowd: &mut [Member], longest: Duration) {
    let start = Instant::now();
    while start.elapsed() < longest && crowd.iter().any(|member| member.closed.is_none()) {
        crowd.iter_mut().filter(|member| member.closed.is_none()).for_each(Member::look);
        thread::sleep(Duration::from_millis(100));
    }
}

/// Many systems allow a test few open files until it asks for more.
pub fn allow_many_files() {
    let limit = getrlimit(Resource::Nofile);
    let most = limit.maximum.unwrap_or(8_192).min(8_192).max(limit.current.unwrap_or(0));
    let _ = setrlimit(Resource::Nofile, Rlimit { current: Some(most), maximum: limit.maximum });
    assert!(most >= 2_048, "a thousand connections need more open files: `ulimit -Hn` says {most}");
}
