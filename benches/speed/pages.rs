//! Ready pages and files: the site beside nginx and beside a bare axum handler, with the same bytes and headers.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use super::load::{Figures, heads, wrk};
use super::program::{Program, ask, free_address};
use super::{middle, nginx};

const CONNECTIONS: usize = 64;
const SECONDS: u64 = 4;
const ROUNDS: usize = 3;
pub const ARTICLE: &str = "/articles/what-is-intimacy-in-a-relationship";

/// One kind of request.
pub struct Case {
    pub name: &'static str,
    path: String,
    coding: &'static str,
    /// The browser has the page already.
    pub unchanged: bool,
    head_only: bool,
}

pub fn measure() -> Result<()> {
    let folder = tempfile::tempdir()?;
    // For nginx, whose worker is another user.
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755))?;
    let site = Program::site(Path::new("content"), &folder.path().join("data"))?;
    site.settle()?;
    let cases = cases(&site)?;
    for case in &cases {
        keep(&site, case, folder.path())?;
    }
    let nginx = nginx::start(folder.path(), &cases)?;
    let peer = bare_axum(folder.path())?;
    println!(
        "{CONNECTIONS} connections, {ROUNDS} rounds of {SECONDS} s in turn, one core for the server; medians"
    );
    println!("{:<12}{:<16}{:>10}{:>10}{:>14}   the site is", "", "", "answers/s", "p99 ms", "processor µs");
    for case in &cases {
        let site = (&site, case.path.clone());
        let others = [("nginx", &nginx), ("a bare handler", &peer)];
        compare(case, site, others)?;
    }
    println!("resident memory of the site afterwards: {:.1} MiB", site.memory()?);
    Ok(())
}

fn cases(site: &Program) -> Result<Vec<Case>> {
    let page = String::from_utf8(ask(site.address, "GET /", "")?.body)?;
    let file = |ending: &str| -> Result<String> {
        let mut names = page.split('"').filter(|part| part.starts_with("/static/") && part.ends_with(ending));
        names.next().map(str::to_owned).context("no such file is named on the page")
    };
    let case = |name, path: &str, coding| Case {
        name,
        path: path.to_owned(),
        coding,
        unchanged: false,
        head_only: false,
    };
    Ok(vec![
        case("brotli", ARTICLE, "br"),
        case("gzip", ARTICLE, "gzip"),
        case("identity", ARTICLE, "identity"),
        Case { unchanged: true, ..case("unchanged", ARTICLE, "br") },
        Case { head_only: true, ..case("head", ARTICLE, "br") },
        case("style", &file(".css")?, "br"),
        case("font", &file(".woff2")?, "br"),
    ])
}

/// Writes down what the site answers, for the others to serve.
fn keep(site: &Program, case: &Case, folder: &Path) -> Result<()> {
    let coding = format!("Accept-Encoding: {}\r\n", case.coding);
    let whole = ask(site.address, &format!("GET {}", case.path), &coding)?;
    let body = folder.join(format!("{}.body", case.name));
    fs::write(&body, &whole.body)?;
    fs::set_permissions(&body, fs::Permissions::from_mode(0o644))?;
    let head = if case.unchanged {
        let known = format!("{coding}If-None-Match: {}\r\n", whole.header("etag"));
        fs::write(&body, "")?;
        ask(site.address, &format!("GET {}", case.path), &known)?.head
    } else {
        whole.head
    };
    ensure!(head.contains(if case.unchanged { " 304 " } else { " 200 " }), "{}: {head}", case.name);
    Ok(fs::write(folder.join(format!("{}.head", case.name)), head)?)
}

fn bare_axum(folder: &Path) -> Result<Program> {
    let address = free_address()?;
    let mut command = Command::new(std::env::current_exe()?);
    command.arg("peer").arg(folder).arg(address.port().to_string());
    Program::on_one_core(&command, address)
}

fn compare(case: &Case, site: (&Program, String), others: [(&str, &Program); 2]) -> Result<()> {
    let mut sides = vec![("the site", site.0, site.1)];
    sides.extend(others.map(|(name, program)| (name, program, format!("/{}", case.name))));
    let mut figures: Vec<Vec<Figures>> = vec![Vec::new(); sides.len()];
    for round in 0..ROUNDS {
        for turn in 0..sides.len() {
            let at = (round + turn) % sides.len();
            let (_, program, path) = &sides[at];
            figures[at].push(load(case, program, path)?);
        }
    }
    for (at, (name, ..)) in sides.iter().enumerate() {
        let median = |pick: fn(&Figures) -> f64| middle(figures[at].iter().map(pick).collect());
        let ratio = middle(
            (0..ROUNDS).map(|round| figures[0][round].per_second / figures[at][round].per_second).collect(),
        );
        let p99 = figures[at][0]
            .p99
            .map_or("-".to_owned(), |_| format!("{:.2}", median(|one| one.p99.unwrap_or_default())));
        let label = if at == 0 { case.name } else { "" };
        let beside = if at == 0 { String::new() } else { format!("   {ratio:.2} × {name}") };
        println!(
            "{label:<12}{name:<16}{:>10.0}{p99:>10}{:>14.1}{beside}",
            median(|one| one.per_second),
            median(|one| one.processor)
        );
    }
    Ok(())
}

fn load(case: &Case, program: &Program, path: &str) -> Result<Figures> {
    let mut headers = vec![format!("Accept-Encoding: {}", case.coding)];
    if case.unchanged {
        let whole = ask(program.address, &format!("GET {path}"), &format!("{}\r\n", headers[0]))?;
        headers.push(format!("If-None-Match: {}", whole.header("etag")));
    }
    if case.head_only {
        heads(program, path, &headers, CONNECTIONS, SECONDS)
    } else {
        wrk(program, path, &headers, CONNECTIONS, SECONDS)
    }
}
