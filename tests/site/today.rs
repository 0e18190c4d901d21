//! The chart on the page of the day.

use crate::inbox::{sam, sent};
use crate::office::{Founder, Office};
use crate::visit::{all, one, words};

#[tokio::test]
async fn the_last_weeks_are_drawn_and_told_in_a_table_as_well() {
    let office = Office::fresh().await;
    let Founder { browser, .. } = office.founded().await;
    let page = browser.page("/admin").await;
    assert!(words(one(&page, "main")).contains("No request has come in within this time."));
    assert!(all(&page, "svg").is_empty());

    let reference = sent(&office, &sam(), &[]).await;
    sent(&office, &sam(), &[]).await;
    office.wait_minutes(10);
    let path = format!("/admin/inquiries/{reference}/contacts");
    let answer = browser.post(&path, &[("kind", "email"), ("version", "1")]).await;
    assert!(answer.status.is_redirection(), "{}", answer.text());

    let page = browser.page("/admin").await;
    let drawing = one(&page, "svg[role=img]");
    assert_eq!(drawing.attr("aria-labelledby"), Some("weeks-title"));
    let summary = "2 requests in 12 weeks. 1 of them has an answer, after 10 min.";
    assert!(words(one(&page, "#weeks-summary")).starts_with(summary));
    assert_eq!(all(&page, "svg rect").len(), 13, "a bar a week, and one for the answer");
    assert!(all(&page, "main [style]").is_empty(), "the policy would drop it");
    assert_eq!(all(&page, "details tbody tr").len(), 12);
    let cells = |row: usize| {
        let cells = all(&page, &format!("details tbody tr:nth-child({row}) > *"));
        cells.into_iter().map(words).collect::<Vec<_>>()
    };
    assert_eq!(cells(12), ["Nov 16", "2", "1", "10 min"]);
    assert_eq!(cells(11), ["Nov 9", "0", "0", "None answered"]);
}
