//! What grows with the number of articles: the start, the memory, the search, and what one changed article costs.

use std::fs;
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use jiff::Timestamp;
use practice_site::content;
use practice_site::web::snapshot::Snapshot;

use super::program::{Program, ask};
use super::start::start;

/// The article that is copied under other names.
const MODEL: &str = "articles/what-is-intimacy-in-a-relationship.md";

pub fn measure() -> Result<()> {
    println!("articles   start   read   render   memory   search   one changed: shown after, processor time");
    for count in [10, 100, 1_000] {
        let folder = tempfile::tempdir()?;
        let texts = folder.path().join("content");
        copy(Path::new("content"), &texts)?;
        let model = fs::read_to_string(texts.join(MODEL))?;
        for number in 0..count {
            fs::write(texts.join(format!("articles/made-up-{number}.md")), article(&model, number))?;
        }
        let (read, render) = in_process(&texts)?;
        let data = folder.path().join("data");
        let (_, site) = start(&texts, &data)?;
        site.settle()?;
        drop(site);
        let (started, site) = start(&texts, &data)?;
        site.settle()?;
        let memory = site.memory()?;
        let search = search(&site)?;
        let (shown, processor) = change(&site, &texts, &model)?;
        println!(
            "{count:>8} {started:>4.0} ms {read:>3.0} ms {render:>5.0} ms {memory:>5.1} MiB {search:>5.1} ms {:>17.2} s {processor:>19.2} s",
            shown.as_secs_f64(),
        );
    }
    Ok(())
}

/// The model under another title, with a word of its own.
fn article(model: &str, number: usize) -> String {
    let mut lines: Vec<String> = model.lines().map(str::to_owned).collect();
    for line in &mut lines {
        if line.starts_with("title = ") {
            *line = format!("title = \"Made-up article number {number}\"");
        } else if line.starts_with("summary = ") || line.starts_with("description = ") {
            let (name, _) = line.split_once(" = ").unwrap_or_default();
            *line = format!(
                "{name} = \"A made-up text, number {number} of many, that shows how the site grows with its articles.\""
            );
        }
    }
    lines.join("\n") + &format!("\n\nThe word of this text is wordnumber{number}.\n")
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let path = entry?.path();
        let target = to.join(path.file_name().context("a name")?);
        if path.is_dir() { copy(&path, &target)? } else { fs::copy(&path, &target).map(drop)? }
    }
    Ok(())
}

/// Milliseconds to read and check all texts, and to render and compress all pages.
fn in_process(texts: &Path) -> Result<(f64, f64)> {
    let begin = Instant::now();
    let loaded = content::load(texts, Timestamp::now())
        .map_err(|faults| anyhow::anyhow!(faults.lines().join("\n")))?;
    let read = begin.elapsed();
    let begin = Instant::now();
    Snapshot::build(loaded.content.into(), "http://127.0.0.1:3000", Timestamp::now(), None)?;
    Ok((read.as_secs_f64() * 1e3, begin.elapsed().as_secs_f64() * 1e3))
}

/// Milliseconds for a search, the making of the index left out.
fn search(site: &Program) -> Result<f64> {
    let mut best = f64::MAX;
    for _ in 0..10 {
        let begin = Instant::now();
        let answer = ask(site.address, "GET /search?q=wordnumber7", "")?;
        best = best.min(begin.elapsed().as_secs_f64() * 1e3);
        ensure!(String::from_utf8_lossy(&answer.body).contains("/articles/made-up-7\""), "nothing was found");
    }
    Ok(best)
}

/// How long it takes until a changed article is shown, and the seconds of processor time until all is quiet again.
fn change(site: &Program, texts: &Path, model: &str) -> Result<(Duration, f64)> {
    let before = site.processor_time()?;
    let begin = Instant::now();
    fs::write(texts.join("articles/made-up-7.md"), article(model, 7) + "\nA changed sentence.\n")?;
    loop {
        let page = ask(site.address, "GET /articles/made-up-7", "")?;
        if String::from_utf8_lossy(&page.body).contains("A changed sentence") {
            break;
        }
        ensure!(begin.elapsed() < Duration::from_secs(60), "the change never showed");
        sleep(Duration::from_millis(10));
    }
    let shown = begin.elapsed();
    site.settle()?;
    Ok((shown, site.processor_time()? - before))
}
