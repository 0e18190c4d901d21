//! What a real browser makes of an attack: pages that somebody frames, and text that tries to be more than text.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::thread;

use fantoccini::Locator;

use sqlx::{Connection, SqliteConnection};

use crate::browser::{Browser, Kind};
use crate::visit::NAME;
use crate::{practice, visitor};

const PAGES: [&str; 10] = [
    "/",
    "/articles/what-is-intimacy-in-a-relationship",
    "/request-consultation",
    "/request-consultation/received/K7QF-2M",
    "/help-now",
    "/search?q=trust",
    "/no-such-page",
    "/admin",
    "/admin/sign-in",
    "/admin/setup",
];

/// Somebody else's site, with one page that shows an address in a frame.
fn elsewhere(framed: String) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            let mut request = [0; 2_048];
            let _ = stream.read(&mut request);
            let page = format!("<!doctype html><h1>Elsewhere</h1><iframe src=\"{framed}\"></iframe>");
            let head = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n";
            let _ = write!(stream, "{head}Content-Length: {}\r\n\r\n{page}", page.len());
        }
    });
    address
}

/// The source of what stands in the frame of that page.
async fn in_the_frame(browser: &Browser, address: SocketAddr) -> String {
    browser.client.goto(&format!("http://{address}/")).await.expect("opens");
    browser.client.enter_frame(0).await.expect("a frame");
    let source = browser.source().await;
    browser.client.enter_parent_frame().await.expect("the page around it");
    source
}

#[tokio::test]
async fn sec_04_no_page_shows_in_a_frame_of_another_site() {
    let browser = Browser::start(Kind::Usual).await;
    for path in PAGES {
        let source = in_the_frame(&browser, elsewhere(browser.url(path))).await;
        assert!(
            !source.contains("Josephine") && !source.contains("<main"),
            "{path} shows in a frame: {source}"
        );
    }
    browser.open("/").await;
    let style = browser.run("return document.querySelector('link[rel=stylesheet]').href").await;
    let style = style.as_str().expect("an address").to_owned();
    let source = in_the_frame(&browser, elsewhere(style)).await;
    assert!(!source.contains("font-face"), "not even the style sheet");
    let open = elsewhere("data:text/html,<h1>Josephine</h1>".to_owned());
    assert!(in_the_frame(&browser, open).await.contains("Josephine"), "a frame without a wall does show");
    browser.close().await;
}

/// Markup that runs, loads or leads away wherever it is taken for markup.
const HOSTILE: &str = "\"'><script>document.title='Broken in'</script><img src=//evil.example/x onerror=\"document.title='Broken in'\">\
                       <svg onload=\"document.title='Broken in'\"></textarea></title><iframe srcdoc='<script>top.document.title=`Broken in`</script>'>\
                       <meta http-equiv=refresh content='0;url=//evil.example'><b id=broken>{{7*7}}";

/// Nothing of it became an element, ran, or asked for anything; and no rule of the content policy was needed to stop it.
async fn is_only_text(browser: &Browser, at: &str) {
    assert!(!browser.client.title().await.expect("a title").contains("Broken in"), "{at}: it ran");
    let planted =
        browser.client.find_all(Locator::Css("#broken, main script, main iframe, main [onerror]")).await;
    assert!(planted.expect("a list").is_empty(), "{at}: it became an element");
    let asked = browser.run("return performance.getEntriesByType('resource').map(entry => entry.name)").await;
    for name in asked.as_array().expect("a list") {
        assert!(name.as_str().expect("an address").starts_with(&browser.url("/")), "{at} asks for {name}");
    }
    let broken = "const [done] = arguments; new ReportingObserver(found => done(found.length), \
                  { types: ['csp-violation'], buffered: true }).observe(); setTimeout(() => done(0), 200)";
    let broken = browser.client.execute_async(broken, Vec::new()).await.expect("runs");
    assert_eq!(broken, 0, "{at}: only the content policy stopped it");
}

#[tokio::test]
async fn sec_02_what_a_sender_wrote_to_do_harm_is_text_on_every_page_of_the_inbox() {
    let browser = practice::fresh(Kind::Usual).await;
    let visitor = visitor::begin(&browser).await;
    practice::set_up(&browser).await;
    let reference = visitor.send_with(&browser, "Name", HOSTILE.get(..99).expect("letters")).await;
    let inquiry = format!("/admin/inquiries/{reference}");
    for path in ["/admin", "/admin/inquiries?view=all", &inquiry, &format!("{inquiry}/answer"), "/admin/log"]
    {
        browser.open(path).await;
        is_only_text(&browser, path).await;
    }
    browser.open(&inquiry).await;
    browser.run("document.querySelectorAll('details').forEach(one => one.open = true)").await;
    browser.fill("Note", HOSTILE).await;
    browser.click("Keep the note").await;
    is_only_text(&browser, "the timeline").await;
    assert!(browser.words(".timeline li").await.contains("{{7*7}}"), "it shows as it was typed");
    browser.open("/admin").await;
    browser.fill("Name, reference or phone digits", HOSTILE).await;
    browser.click("Search").await;
    is_only_text(&browser, "the search").await;
    browser.close().await;
}

/// Ends every session behind the browser's back, as time does.
async fn let_sessions_run_out(browser: &Browser) {
    let path = browser.data.path().join("practice.db");
    let mut database = SqliteConnection::connect(path.to_str().expect("a path")).await.expect("opens");
    sqlx::query("DELETE FROM sessions").execute(&mut database).await.expect("ended");
    database.close().await.expect("closed");
}

#[tokio::test]
async fn prv_07_back_shows_nothing_once_the_session_has_run_out() {
    let browser = practice::fresh(Kind::Usual).await;
    let visitor = visitor::begin(&browser).await;
    practice::set_up(&browser).await;
    let reference = visitor.send(&browser).await;
    browser.open("/admin/inquiries").await;
    browser.open(&format!("/admin/inquiries/{reference}")).await;
    assert!(browser.source().await.contains(NAME));
    let_sessions_run_out(&browser).await;
    browser.open("/admin/log").await;
    assert_eq!(browser.words("h1").await, "Sign in");
    for nth in 1..=2 {
        browser.client.back().await.expect("goes back");
        assert_eq!(browser.words("h1").await, "Sign in", "{nth} back");
        assert!(!browser.source().await.contains(NAME), "{nth} back");
    }
    browser.close().await;
}
