//! The search over articles, services, pages and answers.

use scraper::Html;

use crate::visit::{ARTICLE, all, one, shipped, words};

fn found(page: &Html) -> Vec<&str> {
    all(page, "main .article-list h3 a").into_iter().filter_map(|link| link.attr("href")).collect()
}

#[tokio::test]
async fn a_word_finds_its_article_first_with_the_word_marked() {
    let page = shipped().page("/search?q=intimacy").await;
    assert_eq!(found(&page)[0], ARTICLE);
    assert!(all(&page, "main mark").into_iter().any(|mark| words(mark).to_lowercase() == "intimacy"));
}

#[tokio::test]
async fn endings_and_unfinished_words_are_forgiven() {
    let site = shipped();
    for query in ["fears+of+intimacy", "fear+intim", "FEAR+INTIMACY"] {
        let page = site.page(&format!("/search?q={query}")).await;
        assert!(found(&page).contains(&ARTICLE), "{query}");
    }
}

#[tokio::test]
async fn an_answer_is_found_where_it_opens() {
    let site = shipped();
    let page = site.page("/search?q=medication").await;
    let paths = found(&page);
    let path = paths.iter().find(|path| path.starts_with("/faq#")).expect("an answer");
    let id = path.strip_prefix("/faq#").expect("an id");
    let faq = site.page("/faq").await;
    one(&faq, &format!("details > #{id}"));
}

#[tokio::test]
async fn where_no_text_has_all_words_those_with_some_are_shown() {
    let page = shipped().page("/search?q=intimacy+zyxwv").await;
    assert!(found(&page).contains(&ARTICLE));
}

#[tokio::test]
async fn a_search_without_a_hit_stays_helpful_and_keeps_the_words() {
    let page = shipped().page("/search?q=zyxwv").await;
    assert!(words(one(&page, ".empty")).contains("Nothing here matches “zyxwv”."));
    assert_eq!(one(&page, "input[name=q]").attr("value"), Some("zyxwv"));
    assert!(!all(&page, "main a[href='/articles']").is_empty());
}

#[tokio::test]
async fn an_empty_search_shows_places_to_start() {
    let page = shipped().page("/search?q=+").await;
    assert!(found(&page).is_empty());
    assert!(!all(&page, "main a[href='/services']").is_empty());
}

#[tokio::test]
async fn nothing_typed_can_break_the_search() {
    let site = shipped();
    let long = format!("/search?q={}", "trust+".repeat(2_000));
    let typed = [
        "%22",
        "%22a%22+OR",
        "NEAR(a",
        "a*",
        "-x",
        "a:b",
        "^",
        "%00",
        "%FF%FE",
        "%F0%9F%8C%BF",
        "'",
        "%3Cscript%3E",
    ];
    for query in typed {
        site.page(&format!("/search?q={query}")).await;
    }
    let page = site.page(&long).await;
    let kept = one(&page, "input[name=q]").attr("value").unwrap_or_default();
    assert!(kept.chars().count() <= 200);
    let page = site.open("/search?q=%3Cscript%3E").await.text();
    assert!(!page.contains("<script>"));
}
