//! How browsers keep pages, and what a page asks for. What every answer carries is in `every_answer`.

use axum::http::{Method, StatusCode};
use scraper::Html;

use crate::visit::{ARTICLE, PAGES, all, shipped};

#[tokio::test]
async fn a_browser_that_has_the_page_is_told_so_for_each_coding_alone() {
    let site = shipped();
    let mut tags = Vec::new();
    for coding in ["br", "gzip", "identity"] {
        let answer = site.send(Method::GET, ARTICLE, &[("accept-encoding", coding)]).await;
        let named = if coding == "identity" { "" } else { coding };
        assert_eq!(answer.header("content-encoding"), named);
        assert_eq!(answer.header("vary"), "accept-encoding");
        assert_eq!(answer.header("cache-control"), "no-cache");
        let tag = answer.header("etag").to_owned();
        let again =
            site.send(Method::GET, ARTICLE, &[("accept-encoding", coding), ("if-none-match", &tag)]).await;
        assert_eq!(again.status, StatusCode::NOT_MODIFIED);
        assert!(again.body.is_empty());
        assert_eq!(again.header("etag"), tag);
        assert_eq!(again.header("vary"), "accept-encoding");
        tags.push(tag);
    }
    tags.sort();
    tags.dedup();
    assert_eq!(tags.len(), 3);
    let other = site.send(Method::GET, ARTICLE, &[("if-none-match", "\"other\", W/\"another\"")]).await;
    assert_eq!(other.status, StatusCode::OK);
}

#[tokio::test]
async fn a_head_request_tells_the_length_and_sends_nothing() {
    let site = shipped();
    let answer = site.send(Method::HEAD, ARTICLE, &[]).await;
    let length: usize = answer.header("content-length").parse().expect("a number");
    assert_eq!(length, site.open(ARTICLE).await.body.len());
    assert!(answer.body.is_empty());
}

#[tokio::test]
async fn a_page_compressed_again_has_the_same_words_and_fewer_bytes() {
    let site = shipped();
    let wanted: &[(&str, &str)] = &[("accept-encoding", "br")];
    let before = site.send(Method::GET, ARTICLE, wanted).await;
    let cache = tempfile::tempdir().expect("a folder");
    std::fs::write(cache.path().join("of-an-older-page.br"), "x").expect("written");
    let better = site.web.current.load().recompress(cache.path()).expect("compressed");
    site.web.current.store(std::sync::Arc::new(better));
    let after = site.send(Method::GET, ARTICLE, wanted).await;
    assert!(after.body.len() < before.body.len());
    assert!(after.body.len() <= 14 * 1024, "{} bytes", after.body.len());
    assert_ne!(after.header("etag"), before.header("etag"));
    let plain = site.open(ARTICLE).await.body;
    let mut opened = Vec::new();
    brotli::BrotliDecompress(&mut after.body.as_slice(), &mut opened).expect("brotli");
    assert!(opened == plain);
    assert!(!cache.path().join("of-an-older-page.br").exists());
    assert!(std::fs::read_dir(cache.path()).expect("a folder").count() > 20);
}

#[tokio::test]
async fn files_under_hashed_names_are_kept_for_a_year() {
    let site = shipped();
    let page = site.page("/").await;
    for link in
        all(&page, "link[rel=stylesheet], link[rel=preload], link[rel=icon], link[rel=apple-touch-icon]")
    {
        let path = link.attr("href").expect("an address");
        let answer = site.open(path).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
        assert_eq!(answer.header("cache-control"), "public, max-age=31536000, immutable");
    }
    let style = site.open(&style_address(&page)).await.text();
    assert!(style.contains("url(/static/source-serif."));
    assert!(!style.contains("url(source-serif"));
}

#[tokio::test]
async fn prv_01_pages_ask_no_other_host_for_anything_and_run_no_script() {
    let site = shipped();
    for path in PAGES {
        let page = site.page(path).await;
        let loaded = "script[src], img[src], iframe, object, embed, link[rel=stylesheet], link[rel=preload], link[rel=icon]";
        for element in all(&page, loaded) {
            let address = element.attr("src").or(element.attr("href")).expect("an address");
            assert!(address.starts_with("/static/"), "{path}: {address}");
        }
        for script in all(&page, "script") {
            assert_eq!(script.attr("type"), Some("application/ld+json"), "{path}");
        }
        assert!(
            all(&page, "link[rel=preconnect], link[rel=dns-prefetch], [style], style, [onclick]").is_empty()
        );
    }
}

fn style_address(page: &Html) -> String {
    all(page, "link[rel=stylesheet]")[0].attr("href").expect("an address").to_owned()
}

#[test]
fn the_style_sheet_stays_under_20_kb() {
    let size = std::fs::metadata("static/site.css").expect("it is there").len();
    assert!(size <= 20 * 1024, "{size} bytes");
}

/// A server may send ten segments of 1,460 bytes before the first answer of the other side (RFC 6928), and the letters
/// come on a connection of their own.
#[tokio::test]
async fn the_letters_of_every_page_come_in_the_first_round_trip() {
    let site = shipped();
    let page = site.page("/").await;
    let fonts = all(&page, "link[rel=preload][as=font]");
    assert_eq!(fonts.len(), 1);
    let answer = site.open(fonts[0].attr("href").expect("an address")).await;
    let head: usize = answer.headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 4).sum();
    let line_and_date = "HTTP/1.1 200 OK\r\n\r\n".len() + "date: Sun, 22 Nov 2026 12:00:00 GMT\r\n".len();
    assert!(answer.body.len() + head + line_and_date <= 14_600, "{}", answer.body.len());
}
