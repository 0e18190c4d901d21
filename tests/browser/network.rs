//! Everything that Chromium asks the network for on behalf of our pages, from its own log (PRV-01).

use std::path::{Path, PathBuf};

use crate::browser::Kind;
use crate::visit::fill_in;
use crate::{practice, visitor};

const LOG: &str = "network.json";

/// Where Chromium writes it; whole once the browser is closed.
pub fn log_in(profile: &Path) -> PathBuf {
    profile.join(LOG)
}

/// Every address that pages of this site asked for, and every host that was looked up or connected to ahead for them.
/// Chromium's own errands, which know no page, are left out.
pub fn asked_for(log: &str, site: &str) -> Vec<String> {
    let ours = [
        format!("\"initiator\":\"{site}\""),
        "\"network_isolation_key\":\"http://127.0.0.1 ".to_owned(),
        "\"network_anonymization_key\":\"http://127.0.0.1 ".to_owned(),
    ];
    let lines = log.lines().filter(|line| ours.iter().any(|sign| line.contains(sign)));
    lines.flat_map(|line| ["\"url\":\"", "\"host\":\""].map(|name| value(line, name))).flatten().collect()
}

fn value(line: &str, name: &str) -> Option<String> {
    let (_, rest) = line.split_once(name)?;
    Some(rest.split('"').next()?.to_owned())
}

#[tokio::test]
async fn prv_01_no_page_makes_the_browser_ask_another_host_for_anything() {
    let browser = practice::fresh(Kind::Listening).await;
    let site = browser.url("");
    for path in
        ["/", "/about", "/services", "/fees", "/articles", "/faq", "/contact", "/help-now", "/privacy"]
            .into_iter()
            .chain([
                "/articles/what-is-intimacy-in-a-relationship",
                "/search?q=trust",
                "/no-such-page",
                "/sitemap",
            ])
    {
        browser.open(path).await;
    }
    let visitor = visitor::begin(&browser).await;
    practice::set_up(&browser).await;
    let reference = visitor.send(&browser).await;
    let inquiry = format!("/admin/inquiries/{reference}");
    for path in [
        "/admin",
        "/admin/inquiries",
        &inquiry,
        "/admin/people",
        "/admin/log",
        "/admin/settings",
        "/admin/export",
    ] {
        browser.open(path).await;
    }
    practice::sign_out(&browser).await;
    browser.open("/request-consultation").await;
    fill_in(&browser).await;
    browser.click("Continue").await;
    let asked = browser.close_and_tell().await;
    for part in ["/admin/log", "/static/site.", "/static/source-serif.", "/request-consultation/check"] {
        assert!(asked.iter().any(|address| address.contains(part)), "{part} was not heard: {asked:?}");
    }
    let elsewhere: Vec<_> = asked.iter().filter(|address| !address.starts_with(&site)).collect();
    assert!(elsewhere.is_empty(), "{elsewhere:?}");
}

#[test]
fn prv_01_the_log_of_the_network_would_show_another_host() {
    let log = "\
{\"params\":{\"initiator\":\"not an origin\",\"network_isolation_key\":\"null null\",\"url\":\"http://browser.example/\"}}
{\"params\":{\"initiator\":\"http://127.0.0.1:3000\",\"url\":\"https://fonts.example/a.css\"}}
{\"params\":{\"host\":\"https://cdn.example\",\"network_anonymization_key\":\"http://127.0.0.1 same_site\"}}
";
    assert_eq!(
        asked_for(log, "http://127.0.0.1:3000"),
        ["https://fonts.example/a.css", "https://cdn.example"]
    );
}
