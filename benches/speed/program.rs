//! Programs that are measured: started on the first core, found ready, and ended.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

/// Where the servers run.
pub const SERVER_CORE: &str = "0";
/// Where the load comes from.
pub const LOAD_CORE: &str = "1";

/// A server on loopback. It ends with this value.
pub struct Program {
    pub address: SocketAddr,
    child: Child,
}

impl Program {
    /// Waits until the program answers at this address.
    pub fn start(mut command: Command, address: SocketAddr) -> Result<Self> {
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        let mut program = Self { address, child: child.with_context(|| format!("starting {command:?}"))? };
        let patience = Instant::now() + Duration::from_secs(120);
        while TcpStream::connect(address).is_err() {
            if program.child.try_wait()?.is_some() || Instant::now() > patience {
                bail!("{command:?} does not listen at {address}");
            }
            sleep(Duration::from_millis(1));
        }
        Ok(program)
    }

    /// The site itself, on one core, with everything it keeps in this folder.
    pub fn site(content: &Path, data: &Path) -> Result<Self> {
        let address = free_address()?;
        Self::on_one_core(&site(content, data, address), address)
    }

    /// Has one core from its beginning, so that one core is compared with one core: a program counts what it may use.
    pub fn on_one_core(command: &Command, address: SocketAddr) -> Result<Self> {
        let mut pinned = Command::new("taskset");
        pinned.args(["-c", SERVER_CORE]).arg(command.get_program()).args(command.get_args());
        pinned.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
        Self::start(pinned, address)
    }

    /// Seconds of processor time so far, the children's included.
    pub fn processor_time(&self) -> Result<f64> {
        let mut ticks = 0;
        for id in self.family()? {
            let stat = std::fs::read_to_string(format!("/proc/{id}/stat"))?;
            let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
            ticks += fields[11].parse::<u64>()? + fields[12].parse::<u64>()?;
        }
        Ok(ticks as f64 / 100.0)
    }

    /// Waits until it has nothing more to do, as when all pages are compressed as well as can be.
    pub fn settle(&self) -> Result<()> {
        let mut before = self.processor_time()?;
        loop {
            sleep(Duration::from_secs(2));
            let now = self.processor_time()?;
            if now - before < 0.05 {
                return Ok(());
            }
            before = now;
        }
    }

    /// Resident memory in MiB.
    pub fn memory(&self) -> Result<f64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS")?;
        Ok(line.trim().trim_end_matches(" kB").parse::<f64>()? / 1024.0)
    }

    fn family(&self) -> Result<Vec<u32>> {
        let id = self.child.id();
        let children = std::fs::read_to_string(format!("/proc/{id}/task/{id}/children")).unwrap_or_default();
        Ok(children.split_whitespace().filter_map(|child| child.parse().ok()).chain([id]).collect())
    }
}

impl Drop for Program {
    /// Asks it to stop, as an operator does, and waits until it has.
    fn drop(&mut self) {
        let _ = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status();
        let _ = self.child.wait();
    }
}

/// The command that runs the site.
pub fn site(content: &Path, data: &Path, address: SocketAddr) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_practice-site"));
    command.env("PRACTICE_LISTEN", address.to_string()).env("PRACTICE_RATE_LIMIT", "off");
    command.env("PRACTICE_CONTENT", content).env("PRACTICE_DATA", data).env("PRACTICE_LOG", "warn");
    command
}

pub fn free_address() -> Result<SocketAddr> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}

/// An answer as it came over the wire.
pub struct Answer {
    pub head: String,
    pub body: Vec<u8>,
}

impl Answer {
    /// The value of a header, or nothing.
    pub fn header(&self, name: &str) -> &str {
        let value = |line: &'_ str| {
            line.split_once(": ").filter(|(found, _)| found.eq_ignore_ascii_case(name)).is_some()
        };
        let line = self.head.lines().find(|line| value(line));
        line.and_then(|line| line.split_once(": ")).map_or("", |(_, value)| value)
    }
}

/// One request on a connection of its own. `headers` are whole lines.
pub fn ask(address: SocketAddr, request_line: &str, headers: &str) -> Result<Answer> {
    let mut stream = TcpStream::connect(address)?;
    write!(stream, "{request_line} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n{headers}\r\n")?;
    let mut heard = Vec::new();
    stream.read_to_end(&mut heard)?;
    let end = heard.windows(4).position(|part| part == b"\r\n\r\n").context("no whole answer")?;
    Ok(Answer { head: String::from_utf8_lossy(&heard[..end]).into_owned(), body: heard[end + 4..].to_vec() })
}
