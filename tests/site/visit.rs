//! A site made for one test, and somebody who visits it.

use std::path::Path;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Method, Request, StatusCode};
use axum::response::Response;
use clap::Parser;
use http_body_util::BodyExt;
use jiff::Timestamp;
use practice_site::config::{Cli, Environment, Settings};
use practice_site::content;
use practice_site::web::snapshot::Snapshot;
use practice_site::web::{self, Web};
use scraper::{ElementRef, Html, Selector};
use tower::ServiceExt;

pub const BASE_URL: &str = "https://practice.example";

pub const ARTICLE: &str = "/articles/what-is-intimacy-in-a-relationship";

/// Every public page of the shipped content, but for those of single services, articles and topics.
pub const PAGES: [&str; 14] = [
    "/",
    "/about",
    "/services",
    "/fees",
    "/articles",
    "/faq",
    "/contact",
    "/help-now",
    "/privacy",
    "/accessibility",
    "/browsing-safely",
    "/sitemap",
    "/services/trauma-therapy",
    ARTICLE,
];

/// A running site.
pub struct Site {
    router: Router,
    pub web: Arc<Web>,
}

/// What came back.
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

/// The site with the content it ships with.
pub fn shipped() -> Site {
    Site::of(Path::new("content"))
}

/// The shipped content after some changes to its folder.
pub fn changed(change: impl FnOnce(&Path)) -> Site {
    let folder = tempfile::tempdir().expect("a folder");
    copy(Path::new("content"), folder.path());
    change(folder.path());
    Site::of(folder.path())
}

/// Puts an article there that is no longer shown, at `/articles/taken-back`.
pub fn take_an_article_back(folder: &Path) {
    let text = "+++\ntitle = \"An article taken back\"\n\
                summary = \"A sentence that is long enough to describe what this made-up article once said.\"\n\
                topic = \"Relationships\"\nauthor = \"Josephine Ruiz\"\npublished = \"2026-01-05\"\nwithdrawn = true\n\
                +++\n\nIt said something.\n";
    std::fs::write(folder.join("articles/taken-back.md"), text).expect("written");
}

/// Puts facts before everything else in practice.toml, where the keys without a table stand.
pub fn set_facts(folder: &Path, facts: &str) {
    let file = folder.join("practice.toml");
    let text = std::fs::read_to_string(&file).expect("practice.toml is there");
    std::fs::write(&file, format!("{facts}\n{text}")).expect("written");
}

/// Puts tables such as `[hours]` at the end of practice.toml.
pub fn add_tables(folder: &Path, tables: &str) {
    let file = folder.join("practice.toml");
    let text = std::fs::read_to_string(&file).expect("practice.toml is there");
    std::fs::write(&file, format!("{text}\n{tables}\n")).expect("written");
}

/// A folder with everything in it.
pub fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder");
    for entry in std::fs::read_dir(from).expect("readable") {
        let entry = entry.expect("readable");
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).expect("copied");
        }
    }
}

impl Site {
    fn of(folder: &Path) -> Self {
        let now: Timestamp = "2026-11-20T17:00:00Z".parse().expect("a time");
        let loaded = match content::load(folder, now) {
            Ok(loaded) => loaded,
            Err(faults) => panic!("{faults:?}"),
        };
        let snapshot =
            Snapshot::build(Arc::new(loaded.content), BASE_URL, now, None).expect("the pages render");
        let web = Arc::new(Web::new(settings(folder), snapshot, None, Arc::new(move || now)));
        Self { router: web::router(web.clone()), web }
    }

    pub async fn send(&self, method: Method, path: &str, headers: &[(&str, &str)]) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        if !headers.iter().any(|(name, _)| *name == "host") {
            request = request.header("host", "practice.example");
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Body::empty()).expect("a request");
        read(self.router.clone().oneshot(request).await.expect("an answer")).await
    }

    /// Posts a form that is encoded already.
    pub async fn post(&self, path: &str, body: String) -> Answer {
        let request = Request::post(path).header("host", "practice.example");
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        let request = request.body(Body::from(body)).expect("a request");
        read(self.router.clone().oneshot(request).await.expect("an answer")).await
    }

    pub async fn open(&self, path: &str) -> Answer {
        self.send(Method::GET, path, &[]).await
    }

    /// Opens a page that has to be there.
    pub async fn page(&self, path: &str) -> Html {
        let answer = self.open(path).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
        answer.html()
    }
}

/// Reads an answer to its end.
pub async fn read(response: Response) -> Answer {
    let (parts, body) = response.into_parts();
    let body = body.collect().await.expect("a body").to_bytes().to_vec();
    Answer { status: parts.status, headers: parts.headers, body }
}

pub fn settings(content: &Path) -> Settings {
    let mut arguments = vec!["practice-site", "--base-url", BASE_URL, "--content"];
    arguments.push(content.to_str().expect("a path in UTF-8"));
    let cli = Cli::try_parse_from(arguments).expect("the arguments are right");
    Settings::check(cli.typed, &Environment::default()).expect("the settings are right")
}

impl Answer {
    pub fn text(&self) -> String {
        String::from_utf8(self.body.clone()).expect("text")
    }

    pub fn html(&self) -> Html {
        Html::parse_document(&self.text())
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("readable"))
    }
}

/// All elements that a CSS selector finds.
pub fn all<'a>(page: &'a Html, selector: &str) -> Vec<ElementRef<'a>> {
    page.select(&Selector::parse(selector).expect("a selector")).collect()
}

/// The one element that a CSS selector finds.
pub fn one<'a>(page: &'a Html, selector: &str) -> ElementRef<'a> {
    let found = all(page, selector);
    assert_eq!(found.len(), 1, "elements for {selector}");
    found[0]
}

/// The words of an element, with single blanks.
pub fn words(element: ElementRef) -> String {
    element.text().collect::<String>().split_whitespace().collect::<Vec<_>>().join(" ")
}
