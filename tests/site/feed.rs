//! The feed and the site map.

use crate::visit::{ARTICLE, PAGES, all, shipped};
use scraper::Html;

const FORM: &str = "/request-consultation";

#[tokio::test]
async fn the_feed_holds_the_whole_texts() {
    let site = shipped();
    let answer = site.open("/articles/feed.xml").await;
    assert_eq!(answer.header("content-type"), "application/atom+xml; charset=utf-8");
    let feed = Html::parse_document(&answer.text());
    let entries = all(&feed, "entry");
    assert_eq!(entries.len(), 3);
    let ids: Vec<String> = all(&feed, "entry > id").into_iter().map(crate::visit::words).collect();
    assert!(ids.contains(&format!("https://practice.example{ARTICLE}")));
    let contents: Vec<String> = all(&feed, "entry content").into_iter().map(crate::visit::words).collect();
    let whole =
        contents.iter().find(|text| text.contains("Five kinds of intimacy")).expect("the article's text");
    assert!(whole.contains("<caption") && whole.contains("Can someone get past a fear of intimacy?"));
}

#[tokio::test]
async fn the_feed_has_dates_with_an_offset() {
    let text = shipped().open("/articles/feed.xml").await.text();
    assert!(text.contains("<published>2026-11-16T00:00:00-05:00</published>"));
}

#[tokio::test]
async fn the_site_map_lists_every_page_once_and_only_pages_that_answer() {
    let site = shipped();
    let map = Html::parse_document(&site.open("/sitemap.xml").await.text());
    let listed: Vec<String> = all(&map, "url > loc").into_iter().map(crate::visit::words).collect();
    let mut once = listed.clone();
    once.sort();
    once.dedup();
    assert_eq!(once.len(), listed.len());
    for path in PAGES {
        assert!(listed.contains(&format!("https://practice.example{path}")), "{path}");
    }
    for address in &listed {
        let path = address.strip_prefix("https://practice.example").expect("our own address");
        // The form is closed here, since nothing can be stored.
        if path != FORM {
            site.page(path).await;
        }
    }
    assert!(listed.iter().any(|address| address.ends_with(FORM)));
    assert!(all(&map, "url > lastmod").len() >= 4);
}
