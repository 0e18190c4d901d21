//! From the command to the first page, with the shipped texts: on the very first start, and later.

use std::net::SocketAddr;
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::Result;

use super::middle;
use super::pages::ARTICLE;
use super::program::{Program, ask, free_address, site};

const LATER: usize = 9;

pub fn measure() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let data = folder.path().join("data");
    let (first, program) = start(Path::new("content"), &data)?;
    // Until it has compressed its pages and kept them.
    sleep(Duration::from_secs(10));
    drop(program);
    let mut later = Vec::new();
    for _ in 0..LATER {
        let (took, program) = start(Path::new("content"), &data)?;
        drop(program);
        later.push(took);
    }
    println!(
        "start to first page: {first:.0} ms the first time, {:.0} ms later (median of {LATER})",
        middle(later)
    );
    Ok(())
}

/// Milliseconds until a page has come, and the program.
pub fn start(content: &Path, data: &Path) -> Result<(f64, Program)> {
    let address = free_address()?;
    let start = Instant::now();
    let program = Program::start(site(content, data, address), address)?;
    page(address)?;
    Ok((start.elapsed().as_secs_f64() * 1e3, program))
}

fn page(address: SocketAddr) -> Result<()> {
    let answer = ask(address, &format!("GET {ARTICLE}"), "")?;
    anyhow::ensure!(answer.head.starts_with("HTTP/1.1 200"), "{}", answer.head);
    Ok(())
}
