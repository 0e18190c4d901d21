//! Requests for a consultation: sealed, durable, one commit shared by those who send at the same time; beside the limit
//! of the same disk, which is SQLite alone with two rows a transaction and `synchronous=FULL`.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread::{scope, sleep};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use practice_site::db::Db;

use super::middle;
use super::program::{LOAD_CORE, Program, SERVER_CORE, ask};

const SECONDS: u64 = 4;
const ROUNDS: usize = 3;
/// Transactions given to SQLite at a time, until the seconds are over.
const PIECE: usize = 500;

struct Round {
    limit: f64,
    accepted: f64,
    /// Microseconds of processor time each.
    processor: f64,
    /// Milliseconds.
    p50: f64,
}

pub fn measure() -> Result<()> {
    for connections in [1, 32] {
        let folder = tempfile::tempdir_in(".")?;
        let data = folder.path().join("data");
        let site = Program::site(Path::new("content"), &data)?;
        let token = token(site.address)?;
        // Sent sooner, it would be taken for spam.
        sleep(Duration::from_secs(4));
        let (mut rounds, mut sent) = (Vec::new(), 0);
        for round in 0..ROUNDS {
            let limit = limit(folder.path())?;
            let before = site.processor_time()?;
            let waits = press(site.address, &token, round, connections)?;
            let processor = (site.processor_time()? - before) * 1e6 / waits.len() as f64;
            sent += waits.len();
            let p50 = middle(waits.iter().map(|wait| wait.as_secs_f64() * 1e3).collect());
            rounds.push(Round { limit, accepted: waits.len() as f64 / SECONDS as f64, processor, p50 });
        }
        let memory = site.memory()?;
        drop(site);
        let stored = stored(&data)?;
        ensure!(stored == sent, "{sent} were received and {stored} are stored");
        let median = |pick: fn(&Round) -> f64| middle(rounds.iter().map(pick).collect());
        println!(
            "{connections:>2} senders at a time: {:.0} requests/s, {:.2} × the {:.0} commits/s of SQLite alone; \
             half within {:.2} ms; {:.0} µs of processor time each; none of {sent} lost; {memory:.1} MiB",
            median(|one| one.accepted),
            median(|one| one.accepted / one.limit),
            median(|one| one.limit),
            median(|one| one.p50),
            median(|one| one.processor),
        );
    }
    Ok(())
}

/// Transactions a second that the `sqlite3` program commits on this disk, on the core of the servers.
fn limit(folder: &Path) -> Result<f64> {
    let place = tempfile::tempdir_in(folder)?;
    let mut command = Command::new("taskset");
    command.args(["-c", SERVER_CORE, "sqlite3"]).arg(place.path().join("limit.db"));
    let mut sqlite =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().context("sqlite3 is missing")?;
    let mut input = sqlite.stdin.take().context("no input")?;
    let mut output = sqlite.stdout.take().context("no output")?;
    let mut piece = |text: &str| -> Result<()> {
        input.write_all(text.as_bytes())?;
        input.write_all(b".print done\n")?;
        input.flush()?;
        let mut said = Vec::new();
        while !said.ends_with(b"done\n") {
            let mut byte = [0];
            output.read_exact(&mut byte)?;
            said.push(byte[0]);
        }
        Ok(())
    };
    piece(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
         CREATE TABLE inquiry (id INTEGER PRIMARY KEY, reference TEXT NOT NULL UNIQUE, at INTEGER, answers BLOB);
         CREATE TABLE outbox (id INTEGER PRIMARY KEY, inquiry INTEGER, text TEXT);\n",
    )?;
    let words = "A made-up text of ordinary length. ".repeat(26);
    let start = Instant::now();
    let mut count = 0;
    while start.elapsed() < Duration::from_secs(SECONDS) {
        let row = |number: usize| {
            format!(
                "BEGIN IMMEDIATE; INSERT INTO inquiry VALUES ({number}, '{number:016x}', {number}, '{words}');
                 INSERT INTO outbox VALUES ({number}, {number}, '{words}'); COMMIT;\n"
            )
        };
        piece(&(count..count + PIECE).map(row).collect::<String>())?;
        count += PIECE;
    }
    let rate = count as f64 / start.elapsed().as_secs_f64();
    drop(input);
    sqlite.wait()?;
    Ok(rate)
}

/// The token of a fresh form.
fn token(address: SocketAddr) -> Result<String> {
    let form = String::from_utf8(ask(address, "GET /request-consultation", "")?.body)?;
    let (_, rest) = form.split_once("name=\"token\" value=\"").context("no token in the form")?;
    Ok(rest.split('"').next().unwrap_or_default().to_owned())
}

/// Every sender sends one request after another; how long each took. All of them were received.
fn press(address: SocketAddr, token: &str, round: usize, connections: usize) -> Result<Vec<Duration>> {
    let own = std::process::id().to_string();
    let pin = |core: &str| Command::new("taskset").args(["-apc", core, &own]).output();
    let all: Result<Vec<Vec<Duration>>> = scope(|scope| {
        let senders: Vec<_> = (0..connections)
            .map(|number| scope.spawn(move || send(address, token, &format!("{round} {number}"))))
            .collect();
        pin(LOAD_CORE).context("taskset is missing")?;
        senders.into_iter().map(|sender| sender.join().expect("a sender does not panic")).collect()
    });
    Ok(all?.concat())
}

fn send(address: SocketAddr, token: &str, sender: &str) -> Result<Vec<Duration>> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_nodelay(true)?;
    let (start, mut waits) = (Instant::now(), Vec::new());
    while start.elapsed() < Duration::from_secs(SECONDS) {
        let body = format!(
            "token={token}&name=Made-up {sender} {}&looking_for=couple&location=OR&adult=yes&by=text&by=email\
             &phone=5035550142&email=quill@mail.example&understood=yes&note=A made-up note of ordinary length.",
            waits.len()
        )
        .replace(' ', "+");
        let request = format!(
            "POST /request-consultation/send HTTP/1.1\r\nHost: {address}\r\nContent-Length: {}\r\n\
             Content-Type: application/x-www-form-urlencoded\r\n\r\n{body}",
            body.len()
        );
        let sent = Instant::now();
        stream.write_all(request.as_bytes())?;
        let mut heard = [0; 4096];
        let length = stream.read(&mut heard)?;
        ensure!(heard.starts_with(b"HTTP/1.1 303 "), "{}", String::from_utf8_lossy(&heard[..length.min(60)]));
        waits.push(sent.elapsed());
    }
    Ok(waits)
}

fn stored(data: &Path) -> Result<usize> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let db = Db::open_as_it_is(&data.join("practice.db")).await?;
        let count: i64 = sqlx::query_scalar("SELECT count(*) FROM inquiries WHERE status = 'new'")
            .fetch_one(&mut *db.read().await?)
            .await?;
        db.close().await;
        Ok(usize::try_from(count)?)
    })
}
