//! A site with a desk, and browsers of people who work at it.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use clap::Parser;
use http_body_util::BodyExt;
use jiff::Timestamp;
use practice_site::audit::{Actor, By};
use practice_site::config::{Cli, Environment, Settings};
use practice_site::content;
use practice_site::db::Db;
use practice_site::inquiry::{Senders, TokenKey, intake, notice};
use practice_site::mail::{Mailer, Memory};
use practice_site::outbox::Worker;
use practice_site::staff::hashing::Cost;
use practice_site::staff::people::NewPerson;
use practice_site::staff::second_factor::Seed;
use practice_site::staff::setup::{self, Prepared};
use practice_site::staff::{Caller, Doorkeeper, keys, own_account, recovery, session, setup_code};
use practice_site::web::snapshot::Snapshot;
use practice_site::web::{self, Desk, Web};
use scraper::Html;
use tempfile::TempDir;
use tokio::sync::Notify;
use tower::ServiceExt;

use crate::visit::{Answer, BASE_URL};

pub const EMAIL: &str = "jo@example.com";
pub const NAME: &str = "Jo Example";
pub const PASSWORD: &str = "mortar lily 9 kettle";

/// Fast, so that tests are.
const CHEAP: Cost = Cost { memory_kib: 8, passes: 1, lanes: 1 };

/// A practice at work. Its clock stands until a test moves it.
pub struct Office {
    router: Router,
    pub web: Arc<Web>,
    pub data: TempDir,
    /// Until the first account exists.
    pub setup_code: String,
    clock: Arc<AtomicI64>,
}

/// Where somebody sits: keeps cookies as a browser does.
pub struct Browser<'a> {
    office: &'a Office,
    pub cookies: Mutex<BTreeMap<String, String>>,
}

/// The first account, and what it was given.
pub struct Founder<'a> {
    pub browser: Browser<'a>,
    pub id: i64,
    pub seed: Seed,
    pub recovery_code: String,
}

impl Office {
    /// Nobody has an account yet.
    pub async fn fresh() -> Self {
        Self::with(&[]).await
    }

    /// The same with further arguments of the command line.
    pub async fn with(arguments: &[&str]) -> Self {
        let data = tempfile::tempdir().expect("a folder");
        let now: Timestamp = "2026-11-20T17:00:00Z".parse().expect("a time");
        let clock = Arc::new(AtomicI64::new(now.as_millisecond()));
        let settings = settings(data.path(), arguments);
        let Ok(loaded) = content::load(&settings.content, now) else {
            panic!("the shipped content is faulty")
        };
        let snapshot =
            Snapshot::build(Arc::new(loaded.content), BASE_URL, now, None).expect("the pages render");
        let (desk, setup_code) = desk(data.path(), now).await;
        let shown = clock.clone();
        let tells = move || Timestamp::from_millisecond(shown.load(Ordering::SeqCst)).expect("a time");
        let web = Arc::new(Web::new(settings, snapshot, Some(desk), Arc::new(tells)));
        Self { router: web::router(web.clone()), web, data, setup_code, clock }
    }

    /// The first account is there, with a second factor, and signed in.
    pub async fn founded(&self) -> Founder<'_> {
        let (desk, now) = (self.desk(), self.now());
        let by = By { actor: Actor::Stranger, request_id: None };
        let new = NewPerson { email: EMAIL, name: NAME, password: PASSWORD, practice: "" };
        let caller = Caller { by, address: None };
        let prepared = setup::prepare(&desk.db, &desk.door, &self.setup_code, new, caller, now).await;
        let Prepared::Ready(ready) = prepared.expect("prepares") else { panic!("the code was not taken") };
        let mut write = desk.db.begin().await.expect("begins");
        let id = ready.store(&mut write, by, now).await.expect("stores").expect("the first");
        let welcome = ready.enter(&mut write, id, "Firefox on Linux", by, now).await.expect("enters");
        let found = session::find(&mut write, &welcome.cookie, now).await.expect("reads").expect("there");
        let seed = found.enrolling.clone().expect("a seed");
        // The code of an hour ago: later ones are still unused.
        let (then, by) = (now - 3_600_000, By { actor: Actor::Staff(id), request_id: None });
        let code = seed.code(then).expect("a code");
        assert!(
            own_account::confirm_second_factor(&mut write, &found, &code, by, then).await.expect("confirms")
        );
        let ending = ready.recovery_code.last_group();
        assert!(recovery::confirm(&mut write, by, &welcome.cookie, ending, now).await.expect("confirms"));
        write.commit().await.expect("commits");
        setup_code::forget(self.data.path()).expect("forgets");
        let browser = self.browser();
        browser.keep("__Host-session", &welcome.cookie);
        browser.keep("__Host-device", &welcome.new_device.expect("a new browser"));
        Founder { browser, id, seed, recovery_code: ready.recovery_code.to_string() }
    }

    /// A browser that nobody has signed in from.
    pub fn browser(&self) -> Browser<'_> {
        Browser { office: self, cookies: Mutex::default() }
    }

    pub fn desk(&self) -> &Desk {
        self.web.desk().expect("a desk")
    }

    /// In milliseconds.
    pub fn now(&self) -> i64 {
        self.clock.load(Ordering::SeqCst)
    }

    pub fn wait_minutes(&self, minutes: i64) {
        self.clock.fetch_add(minutes * 60_000, Ordering::SeqCst);
    }
}

async fn desk(data: &Path, now: Timestamp) -> (Desk, String) {
    let db = Db::open(&data.join("practice.db")).await.expect("opens");
    let door = Doorkeeper::new(CHEAP);
    let start = keys::first_start(&db, data, &door.hashing, now.as_millisecond()).await.expect("starts");
    let mail = Arc::new(Notify::new());
    let mailer = Mailer::Memory(Memory::default());
    let worker = Worker::new(db.clone(), mailer, notice::joined, mail.clone()).heartbeat();
    let (intake, writer) = intake::open(db.clone(), start.public, BASE_URL, mail.clone());
    tokio::spawn(writer.run(std::future::pending()));
    let tokens = TokenKey::load(data).expect("a key");
    let desk = Desk { db, intake, tokens, senders: Senders::default(), worker, mail, door };
    (desk, start.setup_code.expect("a code"))
}

fn settings(data: &Path, more: &[&str]) -> Settings {
    let data = data.to_str().expect("a path in UTF-8");
    let mut arguments = vec!["practice-site", "--base-url", BASE_URL, "--content", "content", "--data", data];
    arguments.extend(more);
    let cli = Cli::try_parse_from(arguments).expect("the arguments are right");
    Settings::check(cli.typed, &Environment::default()).expect("the settings are right")
}

impl Browser<'_> {
    pub fn keep(&self, name: &str, value: &str) {
        self.cookies.lock().expect("alone").insert(name.to_owned(), value.to_owned());
    }

    pub fn cookie(&self, name: &str) -> Option<String> {
        self.cookies.lock().expect("alone").get(name).cloned()
    }

    pub async fn open(&self, path: &str) -> Answer {
        self.send(Method::GET, path, &[], String::new()).await
    }

    /// Opens a page that has to be there.
    pub async fn page(&self, path: &str) -> Html {
        let answer = self.open(path).await;
        assert_eq!(answer.status, StatusCode::OK, "{path} leads to {}", answer.header("location"));
        answer.html()
    }

    /// Posts a form as a page of the site itself does.
    pub async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        self.send(Method::POST, path, &[("sec-fetch-site", "same-origin")], encoded(fields)).await
    }

    pub async fn send(&self, method: Method, path: &str, headers: &[(&str, &str)], body: String) -> Answer {
        let mut request =
            Request::builder().method(method).uri(path).header(header::HOST, "practice.example");
        request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        let jar = self.cookies.lock().expect("alone").clone();
        let jar: Vec<_> = jar.iter().map(|(name, value)| format!("{name}={value}")).collect();
        if !jar.is_empty() {
            request = request.header(header::COOKIE, jar.join("; "));
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Body::from(body)).expect("a request");
        let response = self.office.router.clone().oneshot(request).await.expect("an answer");
        let (parts, body) = response.into_parts();
        for cookie in parts.headers.get_all(header::SET_COOKIE) {
            self.take(cookie.to_str().expect("readable"));
        }
        let body = body.collect().await.expect("a body").to_bytes().to_vec();
        Answer { status: parts.status, headers: parts.headers, body }
    }

    fn take(&self, cookie: &str) {
        let (pair, rest) = cookie.split_once(';').expect("attributes");
        let (name, value) = pair.split_once('=').expect("a value");
        if rest.contains("Max-Age=0") {
            self.cookies.lock().expect("alone").remove(name);
        } else {
            self.keep(name, value);
        }
    }
}

fn encoded(fields: &[(&str, &str)]) -> String {
    let one = |text: &str| {
        percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
    };
    fields.iter().map(|(name, value)| format!("{}={}", one(name), one(value))).collect::<Vec<_>>().join("&")
}
