//! What the public pages hold.

use scraper::Html;

use crate::visit::{PAGES, add_tables, all, changed, one, set_facts, shipped, words};

const WITH_FACTS: &str = "phone = \"(555) 555-0100\"\nemail = \"hello@practice.example\"";

#[tokio::test]
async fn every_page_has_the_same_frame() {
    let site = shipped();
    for path in PAGES.into_iter().chain(["/search"]) {
        let page = site.page(path).await;
        one(&page, "h1");
        assert_eq!(one(&page, "body > a.skip-link").attr("href"), Some("#main"));
        one(&page, "main#main");
        let nav: Vec<String> = all(&page, ".site-nav a").into_iter().map(words).collect();
        assert_eq!(
            nav,
            ["About", "Services", "Fees", "Articles", "Questions", "Request a consultation"],
            "{path}"
        );
        let footer: Vec<String> = all(&page, ".site-footer nav a").into_iter().map(words).collect();
        assert_eq!(footer[..2], ["Contact", "Help right now"], "{path}");
        assert!(words(one(&page, ".crisis-line")).contains("911"));
        assert!(words(one(&page, ".site-footer")).contains("© 2026 Josephine Ruiz Psychotherapy"));
    }
}

#[tokio::test]
async fn titles_and_descriptions_are_unique_and_of_a_good_length() {
    let site = shipped();
    let mut seen = Vec::new();
    for path in PAGES {
        let page = site.page(path).await;
        let title = words(one(&page, "title"));
        let description = one(&page, "meta[name=description]").attr("content").unwrap_or_default().to_owned();
        assert!((50..=160).contains(&description.chars().count()), "{path}: {description}");
        assert!(
            title.ends_with(" | Josephine Ruiz Psychotherapy") == (title.chars().count() > 35),
            "{path}: {title}"
        );
        assert!(!seen.contains(&title) && !seen.contains(&description), "{path}");
        seen.extend([title, description]);
    }
}

#[tokio::test]
async fn ids_are_unique_and_headings_skip_no_level() {
    let site = shipped();
    for path in PAGES.into_iter().chain(["/search?q=trust"]) {
        let page = site.page(path).await;
        let mut ids: Vec<&str> = all(&page, "[id]").iter().filter_map(|element| element.attr("id")).collect();
        let total = ids.len();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), total, "{path}");
        let mut last = 0;
        for heading in all(&page, "h1, h2, h3, h4, h5, h6") {
            let level: u8 = heading.value().name()[1..].parse().expect("a level");
            assert!(level <= last + 1, "{path}: {}", words(heading));
            last = level;
        }
    }
}

#[tokio::test]
async fn the_navigation_says_where_the_reader_is() {
    let site = shipped();
    let marked = |page: &Html| {
        let links = all(page, ".site-nav a[aria-current]");
        links
            .iter()
            .map(|link| (words(*link), link.attr("aria-current").unwrap_or("").to_owned()))
            .collect::<Vec<_>>()
    };
    assert_eq!(marked(&site.page("/about").await), [("About".to_owned(), "page".to_owned())]);
    assert_eq!(
        marked(&site.page("/services/trauma-therapy").await),
        [("Services".to_owned(), "true".to_owned())]
    );
    assert!(marked(&site.page("/contact").await).is_empty());
}

#[tokio::test]
async fn the_home_page_leads_to_the_form_the_services_and_the_articles() {
    let page = shipped().page("/").await;
    assert_eq!(words(one(&page, "h1")), "A steady place to talk things through");
    one(&page, "main a.button[href='/request-consultation']");
    one(&page, "main > p a[href='#what-happens-first']");
    one(&page, "h2#what-happens-first");
    assert_eq!(all(&page, ".cards .card h3 a").len(), 3);
    assert_eq!(all(&page, ".article-list li").len(), 3);
    assert!(words(one(&page, "main")).contains("Ask about fees on the call"));
}

#[tokio::test]
async fn quick_exit_stands_only_where_it_is_meant_to() {
    let site = shipped();
    for (path, wanted) in [
        ("/services/trauma-therapy", true),
        ("/help-now", true),
        ("/browsing-safely", true),
        ("/", false),
        ("/about", false),
        ("/services/couples-therapy", false),
    ] {
        let page = site.page(path).await;
        assert_eq!(!all(&page, ".site-header a.leave[href='/leave']").is_empty(), wanted, "{path}");
    }
}

#[tokio::test]
async fn help_now_has_three_cards_with_numbers_that_dial() {
    let page = shipped().page("/help-now").await;
    let cards: Vec<String> = all(&page, ".cards .card h2").into_iter().map(words).collect();
    assert_eq!(cards.len(), 3);
    assert!(cards[0].contains("911") && cards[1].contains("988") && cards[2].contains("1-800-799-7233"));
    for address in ["tel:911", "tel:988", "sms:988", "tel:+18007997233", "https://988lifeline.org"] {
        one(&page, &format!("main a[href='{address}']"));
    }
    assert!(all(&page, "main a[href='/request-consultation']").is_empty());
}

#[tokio::test]
async fn a_fact_that_is_not_set_leaves_no_trace() {
    let site = shipped();
    let contact = site.page("/contact").await;
    assert!(all(&contact, "main dl, main a[href^='tel:']").is_empty());
    let fees = site.page("/fees").await;
    assert!(all(&fees, "main table").is_empty());
    assert!(words(one(&fees, "main")).contains("Ask about fees on the call"));
    let about = site.page("/about").await;
    assert!(all(&about, "main table").is_empty());
}

#[tokio::test]
async fn facts_that_are_set_are_shown() {
    let site = changed(|folder| {
        set_facts(folder, WITH_FACTS);
        let file = folder.join("practice.toml");
        let text = std::fs::read_to_string(&file).expect("readable");
        let license = "[[people.licenses]]\ntitle = \"Example license\"\nnumber = \"EX-00000\"\nstate = \"OR\"\n\
                       verify_url = \"https://board.example/check\"\n\n[first_call]";
        let fee = "[fees]\naccepts_insurance = false\n\n[[fees.services]]\nservice = \"couples-therapy\"\nminutes = 80\n\
                   fee = \"$1\"\n";
        let text = text.replacen("\n[first_call]", &format!("\n{license}"), 1).replacen(
            "\n[fees]",
            &format!("\n{fee}"),
            1,
        );
        std::fs::write(&file, text).expect("written");
        add_tables(folder, "[hours]\nmonday = { open = \"09:00\", close = \"17:00\" }");
    });
    let contact = site.page("/contact").await;
    one(&contact, "dl a[href='tel:+15555550100']");
    one(&contact, "dl a[href='mailto:hello@practice.example']");
    assert!(words(one(&contact, "dl")).contains("Monday: 9:00 AM to 5:00 PM"));
    let fees = site.page("/fees").await;
    assert_eq!(words(one(&fees, "tbody tr")), "Couples therapy 80 minutes $1");
    assert!(words(one(&fees, "main")).contains("do not bill insurance"));
    assert!(words(one(&site.page("/services/couples-therapy").await, "dl")).contains("80 minutes"));
    let about = site.page("/about").await;
    one(&about, "table a[href='https://board.example/check']");
    let home = site.page("/").await;
    assert!(words(one(&home, "main")).contains("Couples therapy, 80 minutes: $1"));
    one(&home, ".site-footer a[href='tel:+15555550100']");
}

#[tokio::test]
async fn every_answer_of_the_questions_page_can_be_linked_to() {
    let page = shipped().page("/faq").await;
    assert_eq!(all(&page, "main h2").len(), 6);
    let questions = all(&page, "details").len();
    assert!(questions >= 24);
    assert_eq!(all(&page, "details > div[id]").len(), questions);
    one(&page, "details > #cost");
}

#[tokio::test]
async fn the_trauma_page_opens_with_its_note() {
    let page = shipped().page("/services/trauma-therapy").await;
    let main = words(one(&page, "main"));
    let note = main.find("describes no events").expect("the content note");
    assert!(note < main.find("You might come because").expect("the first part"));
    assert_eq!(words(one(&page, ".breadcrumb [aria-current=page]")), "Trauma therapy");
    assert_eq!(all(&page, ".related a").len(), 2);
}
