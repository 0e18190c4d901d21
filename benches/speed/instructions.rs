//! Processor instructions that a ready page costs, counted by callgrind: no other program on the machine changes them.
//!
//! Needs valgrind, and takes some minutes.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use super::pages::ARTICLE;
use super::program::{free_address, site};

const FEW: u64 = 200;
const MANY: u64 = 2_200;

pub fn measure() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let data = folder.path().join("data");
    // Compresses the pages at full speed, so that the runs below find that done.
    let site = super::program::Program::site(Path::new("content"), &data)?;
    site.settle()?;
    drop(site);
    for (name, headers) in [("brotli", "Accept-Encoding: br\r\n"), ("as Chrome asks", CHROME)] {
        let each = (counted(&data, headers, MANY)? - counted(&data, headers, FEW)?) / (MANY - FEW);
        println!("an article, {name}: {each} instructions");
    }
    Ok(())
}

/// What a browser sends along.
const CHROME: &str = "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8\r\n\
    Accept-Encoding: gzip, deflate, br, zstd\r\nAccept-Language: en-US,en;q=0.9\r\nCache-Control: max-age=0\r\n\
    Sec-Fetch-Dest: document\r\nSec-Fetch-Mode: navigate\r\nSec-Fetch-Site: none\r\nUpgrade-Insecure-Requests: 1\r\n\
    User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36\r\n";

/// Instructions of a whole run with so many requests on one connection.
fn counted(data: &Path, headers: &str, requests: u64) -> Result<u64> {
    let address = free_address()?;
    let plain = site(Path::new("content"), data, address);
    let mut command = Command::new("valgrind");
    command.args(["--tool=callgrind", "--callgrind-out-file=/dev/null"]).arg(plain.get_program());
    plain.get_envs().for_each(|(name, value)| {
        command.env(name, value.unwrap_or_default());
    });
    let mut run =
        command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().context("valgrind is missing")?;
    while TcpStream::connect(address).is_err() {
        sleep(Duration::from_millis(100));
    }
    let request = format!("GET {ARTICLE} HTTP/1.1\r\nHost: {address}\r\n{headers}\r\n");
    // What is done after the start is over by then, in every run.
    sleep(Duration::from_secs(20));
    let mut stream = TcpStream::connect(address)?;
    for _ in 0..requests {
        stream.write_all(request.as_bytes())?;
        read_answer(&mut stream)?;
    }
    Command::new("kill").args(["-TERM", &run.id().to_string()]).status()?;
    let mut said = String::new();
    run.stderr.take().context("no output")?.read_to_string(&mut said)?;
    run.wait()?;
    let (_, count) = said.split_once("Collected : ").context("callgrind counts nothing")?;
    Ok(count.split_whitespace().next().unwrap_or_default().parse()?)
}

fn read_answer(stream: &mut TcpStream) -> Result<()> {
    let mut heard = Vec::new();
    let mut part = [0; 16 * 1024];
    loop {
        let length = stream.read(&mut part)?;
        ensure!(length > 0, "the connection was closed");
        heard.extend_from_slice(&part[..length]);
        let Some(end) = heard.windows(4).position(|part| part == b"\r\n\r\n") else { continue };
        let head = String::from_utf8_lossy(&heard[..end]).to_lowercase();
        let length = head
            .split("content-length: ")
            .nth(1)
            .and_then(|rest| rest.lines().next())
            .context("no length")?;
        if heard.len() >= end + 4 + length.parse::<usize>()? {
            return Ok(());
        }
    }
}
