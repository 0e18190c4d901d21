//! Chromium without a window, for one test.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use fantoccini::elements::Element;
use fantoccini::wd::Capabilities;
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};

use crate::network;
use crate::program::{self, Program, eventually};

const CHROMIUM: &str = "/usr/bin/chromium";
const CHROMEDRIVER: &str = "/usr/bin/chromedriver";

const DOWNLOADS: &str = "downloads";

pub const TAB: &str = "\u{E004}";
pub const ENTER: &str = "\u{E007}";
pub const SPACE: &str = " ";
pub const DOWN: &str = "\u{E015}";

/// A browser with a fresh profile, looking at a program of its own.
pub struct Browser {
    pub client: Client,
    pub program: Program,
    pub data: tempfile::TempDir,
    driver: Child,
    chromium: Option<u32>,
    profile: tempfile::TempDir,
}

/// How the browser is set up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Usual,
    NoScripts,
    Dark,
    /// A small phone.
    Narrow,
    /// Writes down everything it asks the network for; see `network`.
    Listening,
}

impl Browser {
    pub async fn start(kind: Kind) -> Self {
        let data = tempfile::tempdir().expect("a folder");
        let program = Program::over(data.path());
        Self::looking_at(program, data, kind).await
    }

    pub async fn looking_at(program: Program, data: tempfile::TempDir, kind: Kind) -> Self {
        for tool in [CHROMIUM, CHROMEDRIVER] {
            let hint = "the browser tests need it: apt-get install chromium chromium-driver";
            assert!(Path::new(tool).exists(), "{tool} is not there; {hint}");
        }
        let profile = tempfile::tempdir().expect("a folder");
        let address = program::free_address();
        let driver = Command::new(CHROMEDRIVER)
            .arg(format!("--port={}", address.port()))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("chromedriver starts");
        eventually("chromedriver listens", || std::net::TcpStream::connect(address).ok());
        let mut builder = ClientBuilder::new(HttpConnector::new());
        builder.capabilities(capabilities(kind, profile.path()));
        let client = builder.connect(&format!("http://{address}")).await.expect("a browser");
        let chromium = client.capabilities().and_then(|known| known.get("goog:processID")?.as_u64());
        let chromium = chromium.and_then(|id| u32::try_from(id).ok());
        Self { client, program, data, driver, chromium, profile }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.program.address)
    }

    pub async fn open(&self, path: &str) {
        self.client.goto(&self.url(path)).await.expect("opens");
    }

    /// Where files land that pages hand out.
    pub fn downloads(&self) -> PathBuf {
        self.profile.path().join(DOWNLOADS)
    }

    pub async fn close(self) {
        self.client.clone().close().await.expect("closes");
    }

    /// Closes a browser that was listening; everything its pages asked the network for.
    pub async fn close_and_tell(self) -> Vec<String> {
        self.client.clone().close().await.expect("closes");
        let log = network::log_in(self.profile.path());
        let whole = || std::fs::read_to_string(&log).ok().filter(|text| text.trim_end().ends_with('}'));
        network::asked_for(&eventually("the network log is whole", whole), &self.url(""))
    }

    /// The first element that a CSS selector finds, as soon as it is there.
    pub async fn find(&self, selector: &str) -> Element {
        let wait = self.client.wait().at_most(Duration::from_secs(10));
        let found = wait.for_element(Locator::Css(selector)).await;
        found.unwrap_or_else(|error| panic!("{selector}: {error}"))
    }

    pub async fn words(&self, selector: &str) -> String {
        self.find(selector).await.text().await.expect("text")
    }

    /// Follows a link or presses a button by its words, and waits for the page it leads to.
    pub async fn click(&self, words: &str) {
        let path = format!("//*[(self::a or self::button) and normalize-space()={}]", quoted(words));
        let found = self.client.find(Locator::XPath(&path)).await;
        let found = found.unwrap_or_else(|error| panic!("{words}: {error}"));
        self.leave(found.click()).await;
    }

    /// Does something that leads to another page, and waits until this one is gone.
    pub async fn leave<E: std::fmt::Debug>(&self, act: impl Future<Output = Result<(), E>>) {
        let page = self.find("html").await;
        act.await.expect("done");
        for _ in 0..400 {
            if page.tag_name().await.is_err() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        panic!("it leads nowhere");
    }

    /// The control that belongs to a label.
    pub async fn labelled(&self, label: &str) -> Element {
        let path = format!("//*[@id=//label[normalize-space()={}]/@for]", quoted(label));
        let found = self.client.find(Locator::XPath(&path)).await;
        found.unwrap_or_else(|error| panic!("{label}: {error}"))
    }

    pub async fn fill(&self, label: &str, text: &str) {
        let control = self.labelled(label).await;
        control.clear().await.expect("cleared");
        control.send_keys(text).await.expect("typed");
    }

    pub async fn choose(&self, label: &str) {
        self.labelled(label).await.click().await.expect("a click");
    }

    /// The id of what has the focus.
    pub async fn focus(&self) -> String {
        let active = self.client.active_element().await.expect("something has the focus");
        active.attr("id").await.expect("read").unwrap_or_default()
    }

    /// Presses keys wherever the focus is.
    pub async fn press(&self, keys: &str) {
        let active = self.client.active_element().await.expect("something has the focus");
        active.send_keys(keys).await.expect("pressed");
    }

    /// Follows the link or presses the button that has the focus.
    pub async fn enter(&self) {
        let active = self.client.active_element().await.expect("something has the focus");
        self.leave(active.send_keys(ENTER)).await;
    }

    pub async fn path(&self) -> String {
        self.client.current_url().await.expect("an address").path().to_owned()
    }

    pub async fn source(&self) -> String {
        self.client.source().await.expect("a page")
    }

    pub async fn run(&self, script: &str) -> Value {
        self.client.execute(script, Vec::new()).await.expect("the script runs")
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // Also where the test failed half-way; ending the driver alone would leave Chromium behind.
        if let Some(chromium) = self.chromium {
            program::signal("-KILL", chromium);
        }
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

fn quoted(words: &str) -> String {
    assert!(!words.contains('"'), "XPath has no escape for it");
    format!("\"{words}\"")
}

fn capabilities(kind: Kind, profile: &Path) -> Capabilities {
    let size = if kind == Kind::Narrow { "320,640" } else { "1000,900" };
    let mut arguments = vec![
        "--headless".to_owned(),
        "--no-sandbox".into(),
        "--disable-gpu".into(),
        "--disable-quic".into(),
        "--disable-dev-shm-usage".into(),
        "--no-first-run".into(),
        "--disable-background-networking".into(),
        "--disable-component-update".into(),
        "--disable-sync".into(),
        format!("--window-size={size}"),
        format!("--user-data-dir={}", profile.display()),
    ];
    if kind == Kind::Listening {
        arguments.push(format!("--log-net-log={}", network::log_in(profile).display()));
        // Chromium's own errand at every form on the web: it asks its maker what the fields of the form are for.
        arguments.push("--disable-features=AutofillServerCommunication".into());
    }
    if kind == Kind::Dark {
        arguments.push("--blink-settings=preferredColorScheme=0".into());
    }
    let scripts = if kind == Kind::NoScripts { 2 } else { 1 };
    let options = json!({
        "binary": CHROMIUM,
        "args": arguments,
        "prefs": {
            "profile.managed_default_content_settings.javascript": scripts,
            "download.default_directory": profile.join(DOWNLOADS),
        },
    });
    let Value::Object(capabilities) = json!({ "goog:chromeOptions": options }) else { unreachable!() };
    capabilities
}
