//! The pages of the inbox in a real browser.

use crate::axe;
use crate::browser::{Browser, Kind};
use crate::visit::NAME;
use crate::{practice, visitor};

#[tokio::test]
async fn every_page_of_the_inbox_passes_the_accessibility_rules() {
    pages_pass(Kind::Usual).await;
}

#[tokio::test]
async fn every_page_of_the_inbox_passes_the_accessibility_rules_in_the_dark() {
    pages_pass(Kind::Dark).await;
}

#[tokio::test]
async fn no_page_of_the_inbox_is_wider_than_a_small_phone() {
    let browser = practice::fresh(Kind::Narrow).await;
    browser.client.set_window_size(320, 640).await.expect("resized");
    let visitor = visitor::begin(&browser).await;
    browser.client.set_window_size(320, 640).await.expect("resized");
    practice::set_up(&browser).await;
    let reference = visitor.send(&browser).await;
    let inquiry = format!("/admin/inquiries/{reference}");
    let mut wide = Vec::new();
    for path in ["/admin", "/admin/inquiries", &inquiry, &format!("{inquiry}/answer"), "/admin/export"]
        .into_iter()
        .chain(["/admin/people", "/admin/log", "/admin/settings", "/admin/account", "/admin/sign-in"])
    {
        browser.open(path).await;
        let page = "const page = document.documentElement;";
        let widths =
            browser.run(&format!("{page} return [page.scrollWidth, page.clientWidth, innerWidth]")).await;
        assert_eq!(widths[2], 320);
        if widths[0] != widths[1] {
            wide.push(format!("{path} scrolls sideways: {widths}"));
        }
    }
    assert!(wide.is_empty(), "{}", wide.join("\n"));
    browser.close().await;
}

async fn pages_pass(kind: Kind) {
    let mut look = Look { browser: practice::fresh(kind).await, faults: Vec::new() };
    let visitor = visitor::begin(&look.browser).await;
    set_up(&mut look).await;
    let reference = visitor.send(&look.browser).await;
    let inquiry = format!("/admin/inquiries/{reference}");
    for (path, expected) in [
        ("/admin", "Today"),
        ("/admin/inquiries", "Inquiries"),
        (&inquiry, NAME),
        (&format!("{inquiry}/answer"), "Answer"),
        ("/admin/people", "People"),
        ("/admin/people/disable?id=1", "Disable the account"),
        ("/admin/log", "Log"),
        ("/admin/settings", "Settings"),
        ("/admin/account", "Your account"),
        ("/admin/recovery-code", "Recovery code"),
        ("/admin/join", "Accept an invitation"),
        ("/admin/recover", "Lost your password?"),
        ("/admin/sign-in", "Sign in"),
        (&format!("/admin/export?reference={reference}"), "Export and erase"),
    ] {
        look.browser.open(path).await;
        look.at(expected).await;
    }
    posted(&mut look, &inquiry).await;
    assert!(look.faults.is_empty(), "{}", look.faults.join("\n"));
    look.browser.close().await;
}

/// The three steps to the first account, each with its page.
async fn set_up(look: &mut Look) {
    look.browser.open("/admin/setup").await;
    look.at("Set up the inbox").await;
    let code = practice::make_account(&look.browser).await;
    look.at("Write down the recovery code").await;
    practice::type_back(&look.browser, &code).await;
    look.at("Add an app that makes codes").await;
    practice::add_app(&look.browser).await;
    look.at("Today").await;
}

/// Pages that answer a post: something found, something refused, something done, and the last one before erasing.
async fn posted(look: &mut Look, inquiry: &str) {
    look.browser.click("Go on").await;
    look.at("Erase request").await;
    look.browser.open("/admin").await;
    look.browser.fill("Name, reference or phone digits", "quill").await;
    look.browser.click("Search").await;
    look.at("").await;
    look.browser.open("/admin/people").await;
    look.browser.click("Make an invitation").await;
    look.at("People").await;
    look.browser.open(inquiry).await;
    look.browser.run("document.querySelectorAll('details').forEach(one => one.open = true)").await;
    look.at(NAME).await;
    look.browser.click("Keep the note").await;
    look.at(NAME).await;
    look.browser.click("Call booked").await;
    look.at(NAME).await;
}

/// What is wrong with the pages that were looked at.
struct Look {
    browser: Browser,
    faults: Vec<String>,
}

impl Look {
    /// At the page that is open, whose heading starts with these words.
    async fn at(&mut self, heading: &str) {
        let title = self.browser.words("h1").await;
        assert!(title.starts_with(heading), "\"{heading}\" is \"{title}\"");
        let path = self.browser.path().await;
        nothing_runs_or_comes_from_elsewhere(&self.browser, &path).await;
        let found = axe::faults(&self.browser).await;
        self.faults.extend(found.into_iter().map(|fault| format!("{path}, {title}: {fault}")));
    }
}

/// No script, no other host, nothing kept but the cookies that scripts can't read.
async fn nothing_runs_or_comes_from_elsewhere(browser: &Browser, path: &str) {
    let scripts = browser.run("return document.scripts.length").await;
    assert_eq!(scripts, 0, "{path} has scripts");
    let asked = browser.run("return performance.getEntriesByType('resource').map(entry => entry.name)").await;
    for name in asked.as_array().expect("a list") {
        assert!(name.as_str().expect("an address").starts_with(&browser.url("/")), "{path} asks for {name}");
    }
    let kept =
        browser.run("return localStorage.length + sessionStorage.length + document.cookie.length").await;
    assert_eq!(kept, 0, "{path} keeps something that a script can read");
    for cookie in browser.client.get_all_cookies().await.expect("a list") {
        assert!(["session", "device"].contains(&cookie.name()), "{path} sets {}", cookie.name());
        assert_eq!(cookie.http_only(), Some(true), "{path}");
    }
}
