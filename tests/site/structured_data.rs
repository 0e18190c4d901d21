//! What search engines read: true, complete where something is known, silent where nothing is.

use scraper::Html;
use serde_json::Value;

use crate::visit::{ARTICLE, PAGES, add_tables, all, changed, one, set_facts, shipped};

fn graph(page: &Html) -> Vec<Value> {
    let text = one(page, "script[type='application/ld+json']").text().collect::<String>();
    let data: Value = serde_json::from_str(&text).expect("JSON");
    data["@graph"].as_array().expect("a graph").clone()
}

fn node(page: &Html, kind: &str) -> Value {
    graph(page).into_iter().find(|node| node["@type"] == kind).unwrap_or_else(|| panic!("no {kind}"))
}

#[tokio::test]
async fn the_practice_is_described_on_every_page_with_nothing_that_is_not_set() {
    let site = shipped();
    for path in PAGES {
        let practice = node(&site.page(path).await, "MedicalOrganization");
        assert_eq!(practice["@id"], "https://practice.example/#practice");
        for name in ["telephone", "address", "areaServed", "openingHoursSpecification", "priceRange", "email"]
        {
            assert!(practice.get(name).is_none(), "{path}: {name}");
        }
    }
}

#[tokio::test]
async fn what_is_set_is_told() {
    let site = changed(|folder| {
        set_facts(folder, "phone = \"(555) 555-0100\"\nlicensed_states = [\"OR\", \"WA\"]");
    });
    let practice = node(&site.page("/contact").await, "MedicalOrganization");
    assert_eq!(practice["telephone"], "(555) 555-0100");
    assert_eq!(practice["areaServed"][1]["name"], "Washington");
}

#[tokio::test]
async fn a_practice_with_an_address_is_a_place_with_hours() {
    let site = changed(|folder| {
        add_tables(
            folder,
            "[hours]\nmonday = { open = \"09:00\", close = \"17:00\" }\n\
             [address]\nstreet = \"1 Example Street\"\ncity = \"Sampletown\"\nstate = \"OR\"\npostal_code = \"00000\"",
        );
    });
    let practice = node(&site.page("/contact").await, "MedicalBusiness");
    assert_eq!(practice["address"]["addressLocality"], "Sampletown");
    assert_eq!(practice["openingHoursSpecification"][0]["opens"], "09:00");
}

#[tokio::test]
async fn an_article_names_its_author_described_on_the_same_page() {
    let page = shipped().page(ARTICLE).await;
    let article = node(&page, "Article");
    assert_eq!(article["headline"], "What is intimacy in a relationship?");
    assert_eq!(article["datePublished"], "2026-11-16T00:00:00-05:00");
    let person = node(&page, "Person");
    assert_eq!(article["author"]["@id"], person["@id"]);
    assert_eq!(person["name"], "Josephine Ruiz");
    assert!(person.get("hasCredential").is_none());
    assert_eq!(article["mainEntityOfPage"]["@id"], node(&page, "WebPage")["@id"]);
    assert_eq!(node(&page, "FAQPage")["mainEntity"].as_array().expect("questions").len(), 3);
    assert_eq!(node(&page, "BreadcrumbList")["itemListElement"][0]["name"], "Articles");
}

#[tokio::test]
async fn pages_have_the_type_of_what_they_are() {
    let site = shipped();
    for (path, kind) in [
        ("/", "WebSite"),
        ("/about", "ProfilePage"),
        ("/contact", "ContactPage"),
        ("/faq", "FAQPage"),
        ("/services/couples-therapy", "Service"),
    ] {
        node(&site.page(path).await, kind);
    }
}

#[tokio::test]
async fn no_question_is_marked_up_on_two_pages() {
    let site = shipped();
    let mut names = Vec::new();
    for path in PAGES.into_iter().chain(["/services/individual-therapy", "/services/couples-therapy"]) {
        for node in graph(&site.page(path).await).iter().filter(|node| node["@type"] == "FAQPage") {
            let questions = node["mainEntity"].as_array().expect("questions");
            names.extend(questions.iter().map(|question| question["name"].to_string()));
        }
    }
    let total = names.len();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), total);
}

#[tokio::test]
async fn links_to_previews_name_the_page_and_the_card() {
    let page = shipped().page(ARTICLE).await;
    let property = |name: &str| {
        one(&page, &format!("meta[property='{name}']")).attr("content").unwrap_or_default().to_owned()
    };
    assert_eq!(property("og:type"), "article");
    assert_eq!(property("og:url"), format!("https://practice.example{ARTICLE}"));
    assert!(property("og:image").starts_with("https://practice.example/static/card."));
    assert_eq!(property("article:published_time"), "2026-11-16T00:00:00-05:00");
    assert_eq!(all(&page, "link[rel=canonical]").len(), 1);
}
