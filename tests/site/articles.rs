//! `/articles`: the index, an article with all its parts, topics.

use std::path::Path;

use scraper::Html;

use crate::visit::{ARTICLE, all, changed, one, shipped, words};

/// Where each of these stands in the page; they have to come in this order.
fn in_order(page: &str, parts: &[&str]) {
    let mut last = 0;
    for part in parts {
        let found = page[last..].find(part).unwrap_or_else(|| panic!("{part} is not there, or too early"));
        last += found;
    }
}

#[tokio::test]
async fn an_article_has_all_its_parts_in_order() {
    let text = shipped().open(ARTICLE).await.text();
    in_order(
        &text,
        &[
            "class=\"breadcrumb\"",
            "href=\"/articles/topics/relationships\"",
            "<h1>",
            "class=\"lead\"",
            "class=\"byline\"",
            "class=\"contents\"",
            "<h2 id=\"what-intimacy-is\"",
            "<h3 id=\"emotional-intimacy\">1. Emotional intimacy",
            "role=\"region\"",
            "<h2 id=\"conclusion\"",
            "<details>",
            "class=\"button\" href=\"/request-consultation\"",
            "note-help",
            "class=\"author-box\"",
            "Last reviewed",
            "mailto:?subject=",
            "class=\"related ",
        ],
    );
}

#[tokio::test]
async fn the_byline_tells_who_when_and_how_long() {
    let page = shipped().page(ARTICLE).await;
    let byline = words(one(&page, ".byline"));
    assert!(byline.starts_with("By Josephine Ruiz"), "{byline}");
    assert!(byline.contains("Reviewed November 16, 2026"));
    assert!(byline.contains("minute read"));
    assert_eq!(one(&page, ".byline a").attr("href"), Some("/about"));
}

#[tokio::test]
async fn the_list_of_contents_leads_to_each_part() {
    let page = shipped().page(ARTICLE).await;
    let links = all(&page, ".contents a");
    assert!(links.len() >= 4);
    for link in links {
        let id = link.attr("href").expect("an address").trim_start_matches('#').to_owned();
        let heading = one(&page, &format!("h2[id='{id}']"));
        assert!(words(heading).starts_with(&words(link)));
    }
}

#[tokio::test]
async fn a_short_article_has_no_list_of_contents() {
    let site = changed(|folder| {
        let text = "+++\ntitle = \"A short made-up article\"\n\
                    summary = \"A sentence that is long enough to describe what this made-up article says.\"\n\
                    topic = \"Relationships\"\nauthor = \"Josephine Ruiz\"\npublished = \"2026-01-05\"\n\
                    +++\n\nA beginning.\n\n## One\n\nText.\n\n## Two\n\nText.\n";
        std::fs::write(folder.join("articles/short.md"), text).expect("written");
    });
    let page = site.page("/articles/short").await;
    assert!(all(&page, ".contents").is_empty());
    assert!(words(one(&page, ".byline")).contains("Published January 5, 2026"));
    assert!(!words(one(&page, "main")).contains("Last reviewed"));
}

#[tokio::test]
async fn the_table_has_a_name_and_can_be_scrolled_with_the_keyboard() {
    let page = shipped().page(ARTICLE).await;
    let region = one(&page, ".table-region[role=region][tabindex='0']");
    let id = region.attr("aria-labelledby").expect("a name");
    one(&page, &format!("caption[id='{id}']"));
    assert_eq!(all(&page, "thead th[scope=col]").len(), 3);
    assert_eq!(all(&page, "tbody th[scope=row]").len(), 4);
}

#[tokio::test]
async fn a_question_carries_its_id_on_the_answer_inside() {
    let page = shipped().page(ARTICLE).await;
    assert_eq!(all(&page, "details > div[id]").len(), 3);
    assert!(all(&page, "details[id], details[name], details[open], summary *").is_empty());
}

#[tokio::test]
async fn a_review_that_is_late_is_not_shown_to_readers() {
    let site = changed(|folder| {
        let file = folder.join("articles/what-is-intimacy-in-a-relationship.md");
        let text = std::fs::read_to_string(&file).expect("readable");
        let text = text.replace("2026-11-16", "2025-11-16");
        std::fs::write(&file, text).expect("written");
    });
    let text = words(one(&site.page(ARTICLE).await, "main"));
    assert!(text.contains("Last reviewed November 16, 2025."));
    assert!(!text.contains("Next review"));
}

#[tokio::test]
async fn the_index_lists_articles_newest_first() {
    let page = shipped().page("/articles").await;
    let dates: Vec<&str> =
        all(&page, ".article-list time").iter().filter_map(|time| time.attr("datetime")).collect();
    assert_eq!(dates.len(), 3);
    assert!(dates.is_sorted_by(|a, b| a >= b), "{dates:?}");
}

#[tokio::test]
async fn a_topic_lists_only_its_own_articles() {
    let page = shipped().page("/articles/topics/relationships").await;
    let topics = all(&page, ".article-list a[href^='/articles/topics/']");
    assert!(!topics.is_empty());
    assert!(topics.iter().all(|link| link.attr("href") == Some("/articles/topics/relationships")));
}

#[tokio::test]
async fn before_the_first_article_the_index_says_so() {
    let site = changed(without_articles);
    let page: Html = site.page("/articles").await;
    assert_eq!(words(one(&page, ".empty")), "The first articles are being written.");
    site.page("/articles/feed.xml").await;
}

/// Removes every article, and what leads to one.
fn without_articles(folder: &Path) {
    std::fs::remove_dir_all(folder.join("articles")).expect("removed");
    std::fs::create_dir(folder.join("articles")).expect("a folder");
    for part in ["", "pages", "services"] {
        for entry in std::fs::read_dir(folder.join(part)).expect("a folder") {
            let file = entry.expect("readable").path();
            if file.extension().is_none_or(|ending| ending != "md") {
                continue;
            }
            let text = std::fs::read_to_string(&file).expect("readable");
            let text =
                text.replace("](/articles/", "](/articles?was=").replace("related = [", "related = []#");
            std::fs::write(&file, text).expect("written");
        }
    }
}
