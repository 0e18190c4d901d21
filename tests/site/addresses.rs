//! Which addresses answer, and where old ones lead.

use axum::http::{Method, StatusCode};

use crate::visit::{ARTICLE, PAGES, changed, set_facts, shipped, take_an_article_back};

#[tokio::test]
async fn every_public_address_answers() {
    let site = shipped();
    let others =
        ["/sitemap.xml", "/robots.txt", "/articles/feed.xml", "/search", "/articles/topics/relationships"];
    for path in PAGES.iter().chain(&others) {
        assert_eq!(site.open(path).await.status, StatusCode::OK, "{path}");
    }
}

#[tokio::test]
async fn every_path_of_the_snapshot_answers_in_each_coding() {
    let site = shipped();
    let snapshot = site.web.current.load_full();
    for path in snapshot.paths() {
        for coding in ["br", "gzip", "identity"] {
            let answer = site.send(Method::GET, path, &[("accept-encoding", coding)]).await;
            assert_eq!(answer.status, StatusCode::OK, "{path}");
            assert_eq!(answer.header("content-length"), answer.body.len().to_string(), "{path} {coding}");
        }
    }
}

#[tokio::test]
async fn a_slash_too_many_leads_to_the_page() {
    let site = shipped();
    for (path, target) in [("/about/", "/about"), ("/search/?q=trust", "/search?q=trust")] {
        let answer = site.open(path).await;
        assert_eq!(answer.status, StatusCode::PERMANENT_REDIRECT, "{path}");
        assert_eq!(answer.header("location"), target);
    }
}

#[tokio::test]
async fn sec_17_no_slash_leads_to_another_site() {
    let site = shipped();
    for path in ["//elsewhere.example/", "/\\elsewhere.example/"] {
        let answer = site.open(path).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test]
async fn a_renamed_article_is_found_under_its_old_address() {
    let site = changed(|folder| {
        let file = folder.join("articles/what-is-intimacy-in-a-relationship.md");
        let text = std::fs::read_to_string(&file).expect("readable");
        let text = text.replacen("topic =", "moved_from = [\"about-intimacy\"]\ntopic =", 1);
        std::fs::write(&file, text).expect("written");
    });
    let answer = site.open("/articles/about-intimacy").await;
    assert_eq!(answer.status, StatusCode::MOVED_PERMANENTLY);
    assert_eq!(answer.header("location"), ARTICLE);
}

#[tokio::test]
async fn a_withdrawn_article_is_gone() {
    let site = changed(take_an_article_back);
    let answer = site.open("/articles/taken-back").await;
    assert_eq!(answer.status, StatusCode::GONE);
    assert!(answer.text().contains("This page has been taken down"));
    let map = site.open("/sitemap.xml").await.text();
    assert!(!map.contains("taken-back"));
}

#[tokio::test]
async fn sec_15_paths_that_try_to_climb_find_nothing() {
    let site = shipped();
    let climbing = [
        "/static/../Cargo.toml",
        "/static/%2e%2e%2fCargo.toml",
        "/static/..%5cCargo.toml",
        "/static/site.css%00",
        "/static//etc/passwd",
        "/.git/config",
        "/data/practice.db",
        "/backup",
    ];
    for path in climbing {
        assert_eq!(site.open(path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test]
async fn prv_13_robots_are_told_of_the_site_map_and_of_nothing_private() {
    let text = shipped().open("/robots.txt").await.text();
    assert!(text.contains("Sitemap: https://practice.example/sitemap.xml"));
    assert!(!text.contains("admin"));
}

#[tokio::test]
async fn security_txt_is_there_once_the_practice_names_a_contact() {
    let path = "/.well-known/security.txt";
    assert_eq!(shipped().open(path).await.status, StatusCode::NOT_FOUND);
    let site = changed(|folder| set_facts(folder, "security_contact = \"mailto:security@practice.example\""));
    let text = site.open(path).await.text();
    assert!(text.contains("Contact: mailto:security@practice.example\n"));
    assert!(text.contains("Expires: 2027-05-20T00:00:00Z\n"));
}

#[tokio::test]
async fn leaving_leads_away_without_saying_from_where() {
    let answer = shipped().open("/leave").await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    assert_eq!(answer.header("location"), "https://www.weather.gov/");
    assert_eq!(answer.header("referrer-policy"), "no-referrer");
    assert_eq!(answer.header("clear-site-data"), "\"cache\"");
    assert_eq!(answer.header("cache-control"), "no-store");
}
