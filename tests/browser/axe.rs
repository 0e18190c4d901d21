//! axe-core, the accessibility checker, brought from npm once and run inside a page.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use serde_json::Value;

use crate::browser::Browser;

const VERSION: &str = "4.14.1";

const RUN: &str = "
    const done = arguments[0];
    const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22a', 'wcag22aa', 'best-practice'];
    axe.run(document, { runOnly: tags, resultTypes: ['violations'] }).then(
        found => done(found.violations.map(one => one.id + ': ' + one.help + ' at '
            + one.nodes.map(node => node.target.join(' ') + ' (' + node.any.concat(node.all, node.none)
                .map(check => check.message).join('; ') + ')').join(', '))),
        error => done(['axe failed: ' + error]));";

/// Fails with everything that axe-core finds on the page that is open.
pub async fn check(browser: &Browser, page: &str) {
    let found = faults(browser).await;
    assert!(found.is_empty(), "{page}:\n{}", found.join("\n"));
}

/// A line for each rule that is broken.
pub async fn faults(browser: &Browser) -> Vec<String> {
    browser.run(source()).await;
    let found = browser.client.execute_async(RUN, Vec::new()).await.expect("axe runs");
    found.as_array().expect("a list").iter().filter_map(Value::as_str).map(String::from).collect()
}

fn source() -> &'static str {
    static SOURCE: OnceLock<String> = OnceLock::new();
    SOURCE.get_or_init(|| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("axe-{VERSION}"));
        let file = folder.join("node_modules/axe-core/axe.min.js");
        if !file.exists() {
            install(&folder);
        }
        std::fs::read_to_string(&file).expect("axe-core is there")
    })
}

fn install(folder: &PathBuf) {
    std::fs::create_dir_all(folder).expect("a folder");
    let installed = Command::new("npm")
        .args(["install", "--ignore-scripts", "--no-audit", "--no-fund", "--silent", "--prefix"])
        .arg(folder)
        .arg(format!("axe-core@{VERSION}"))
        .output();
    let output = installed.expect("npm is not there; the browser tests need Node.js and npm (see README.md)");
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "npm could not install axe-core {VERSION}: {complaint}");
}
