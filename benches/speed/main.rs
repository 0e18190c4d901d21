//! How fast the site is, beside what the same machine can do at best, measured in turns in one run: the ratios are the
//! figures. `cargo bench --bench speed` measures everything, `-- pages` and the like one part of it.
//!
//! Needs wrk, nginx, sqlite3 and taskset (Debian: `wrk nginx-light sqlite3 util-linux`). The servers run on the first core, the
//! load comes from the second.

mod growth;
mod inbox;
mod instructions;
mod intake;
mod load;
mod nginx;
mod pages;
mod peer;
mod program;
mod start;

use anyhow::{Result, bail};

fn main() -> Result<()> {
    // Cargo adds `--bench`.
    let words: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words[..] {
        [] => {
            pages::measure()?;
            intake::measure()?;
            start::measure()?;
            growth::measure()?;
            inbox::measure()
        }
        ["pages"] => pages::measure(),
        ["intake"] => intake::measure(),
        ["start"] => start::measure(),
        ["growth"] => growth::measure(),
        ["inbox"] => inbox::measure(),
        ["instructions"] => instructions::measure(),
        ["peer", folder, port] => peer::serve(folder.as_ref(), port.parse()?),
        _ => bail!("one of: pages, intake, start, growth, inbox, instructions"),
    }
}

/// The median.
fn middle(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
