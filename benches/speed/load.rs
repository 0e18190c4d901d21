//! Load on one address for some seconds, and what came of it.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use super::program::{LOAD_CORE, Program};

/// What a server did under load.
#[derive(Clone, Copy)]
pub struct Figures {
    pub per_second: f64,
    /// In milliseconds; nothing where it was not measured.
    pub p99: Option<f64>,
    /// Microseconds of processor time a request.
    pub processor: f64,
}

/// A request that wrk sends over and over, as many at a time as there are connections.
pub fn wrk(
    program: &Program,
    path: &str,
    headers: &[String],
    connections: usize,
    seconds: u64,
) -> Result<Figures> {
    let before = program.processor_time()?;
    let mut command = Command::new("taskset");
    command.args(["-c", LOAD_CORE, "wrk", "-t1", "--latency", "--timeout", "10s"]);
    command.arg(format!("-c{connections}")).arg(format!("-d{seconds}s"));
    headers.iter().for_each(|header| {
        command.arg("-H").arg(header);
    });
    let output =
        command.arg(format!("http://{}{path}", program.address)).output().context("wrk is missing")?;
    let text = String::from_utf8_lossy(&output.stdout);
    ensure!(output.status.success(), "wrk failed: {text}");
    ensure!(!text.contains("Non-2xx") && !text.contains("Socket errors"), "some answers were bad: {text}");
    let word = |start: &str| -> Result<&str> {
        let line = text.lines().map(str::trim).find_map(|line| line.strip_prefix(start));
        line.map(str::trim).with_context(|| format!("wrk does not say {start}"))
    };
    let per_second: f64 = word("Requests/sec:")?.parse()?;
    let requests: f64 = text
        .split(" requests in ")
        .next()
        .and_then(|text| text.split_whitespace().last())
        .context("wrk counts nothing")?
        .parse()?;
    let processor = (program.processor_time()? - before) * 1e6 / requests;
    Ok(Figures { per_second, p99: Some(millis(word("99%")?)?), processor })
}

/// `1.25ms`, `830.00us` or `1.02s`.
fn millis(text: &str) -> Result<f64> {
    let (number, factor) = match text {
        text if text.ends_with("us") => (text.trim_end_matches("us"), 1e-3),
        text if text.ends_with("ms") => (text.trim_end_matches("ms"), 1.0),
        text => (text.trim_end_matches('s'), 1e3),
    };
    Ok(number.parse::<f64>()? * factor)
}

/// HEAD requests, which wrk can't send: one on each connection, then all the answers, and so on.
pub fn heads(
    program: &Program,
    path: &str,
    headers: &[String],
    connections: usize,
    seconds: u64,
) -> Result<Figures> {
    let lines: String = headers.iter().map(|header| format!("{header}\r\n")).collect();
    let request = format!("HEAD {path} HTTP/1.1\r\nHost: {}\r\n{lines}\r\n", program.address);
    let streams: Result<Vec<TcpStream>, _> =
        (0..connections).map(|_| TcpStream::connect(program.address)).collect();
    let mut streams = streams?;
    let before = program.processor_time()?;
    let (start, mut requests) = (Instant::now(), 0);
    let mut answer = vec![0; 64 * 1024];
    while start.elapsed() < Duration::from_secs(seconds) {
        for stream in &mut streams {
            stream.write_all(request.as_bytes())?;
        }
        for stream in &mut streams {
            let length = stream.read(&mut answer)?;
            ensure!(
                answer.starts_with(b"HTTP/1.1 200") && answer[..length].ends_with(b"\r\n\r\n"),
                "a bad answer"
            );
        }
        requests += connections;
    }
    let processor = (program.processor_time()? - before) * 1e6 / requests as f64;
    Ok(Figures { per_second: requests as f64 / start.elapsed().as_secs_f64(), p99: None, processor })
}
