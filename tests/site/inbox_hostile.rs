//! What somebody may send to harm the reader: it shows as text, and fools nobody (SEC-02, SEC-22, SEC-23).

use practice_site::inquiry::answers::{Answers, Way};
use scraper::Html;

use crate::inbox::{sam, sent};
use crate::office::{Founder, Office};
use crate::press::Form;
use crate::visit::{all, one, words};

const VECTORS: [&str; 14] = [
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "' onmouseover='alert(1)",
    "</title><svg onload=alert(1)>",
    "</textarea><script>alert(1)</script>",
    "</bdi></a><a href=\"javascript:alert(1)\">x</a>",
    "javascript:alert(1)",
    "{{ 7*7 }}{% raw %}${7*7}",
    "<iframe srcdoc='<script>alert(1)</script>'>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "<math><mi xlink:href=\"data:x,<script>alert(1)</script>\">",
    "<style>*{background:url(//evil.example)}</style>",
    "a\u{2028}b\u{2029}<b>",
    "<form action=//evil.example><input name=note>",
];

/// Whether a page holds an element or attribute that none of our templates writes.
fn foreign(page: &Html) -> Vec<String> {
    let selector = "script, img, svg:not([aria-labelledby='weeks-title']), iframe, math, style, object, b, [onerror], \
                    [onload], [onmouseover], [href^='javascript'], [srcdoc], [action^='//']";
    all(page, selector).into_iter().map(|element| element.html()).collect()
}

#[tokio::test]
async fn sec_02_everything_that_was_sent_shows_as_text_on_every_page() {
    let office = Office::fresh().await;
    let Founder { browser, .. } = office.founded().await;
    for vector in VECTORS {
        let hostile = Answers {
            name: vector.into(),
            by: Way::ALL.to_vec(),
            email: Some(format!("{}@example.com", vector.replace([' ', '@', '\u{2028}', '\u{2029}'], ""))),
            note: Some(vector.into()),
            insurance: Some(vector.into()),
            ..sam()
        };
        let reference = sent(&office, &hostile, &[]).await;
        let address = format!("/admin/inquiries/{reference}");
        let page = browser.page(&address).await;
        assert!(foreign(&page).is_empty(), "{vector}: {:?}", foreign(&page));
        assert!(one(&page, "h1 bdi").text().collect::<String>() == vector, "{vector}");
        let note = Form::to(&page, &format!("{address}/notes")).fill("note", vector);
        assert!(foreign(&note.go(&browser, "").await).is_empty(), "{vector}");
        let answer = browser.page(&format!("{address}/answer")).await;
        assert!(foreign(&answer).is_empty(), "{vector}");
        for link in all(&answer, "#ways a") {
            let link = link.attr("href").expect("an address");
            assert!(["tel:+", "sms:+", "mailto:"].iter().any(|start| link.starts_with(start)), "{link}");
            assert!(
                link.bytes().all(|byte| byte.is_ascii_graphic() && !b"<>\"'\\`".contains(&byte)),
                "{link}"
            );
        }
        let filled = [("template", "offer-times"), ("times", vector)];
        assert!(
            foreign(&browser.post(&format!("{address}/answer"), &filled).await.html()).is_empty(),
            "{vector}"
        );
        let searched = browser.post("/admin/inquiries", &[("q", vector)]).await.html();
        assert!(foreign(&searched).is_empty(), "{vector}");
        let refused = browser
            .post(&format!("{address}/status"), &[("status", "referred-out"), ("referred_to", vector)])
            .await;
        assert!(foreign(&refused.html()).is_empty(), "{vector}");
    }
    for path in
        ["/admin", "/admin/inquiries", "/admin/inquiries?view=%3Cscript%3E&done=%3Cb%3E", "/admin/log"]
    {
        let page = browser.page(path).await;
        assert!(foreign(&page).is_empty(), "{path}: {:?}", foreign(&page));
    }
}

#[tokio::test]
async fn sec_22_marks_that_turn_the_direction_of_writing_are_pointed_out() {
    let office = Office::fresh().await;
    let Founder { browser, .. } = office.founded().await;
    let reference = sent(&office, &Answers { name: "Sam\u{202e}live".into(), ..sam() }, &[]).await;
    let page = browser.page(&format!("/admin/inquiries/{reference}")).await;
    assert!(words(one(&page, "main dl")).contains("Holds marks that turn the direction of writing"));
    let list = browser.page("/admin/inquiries").await;
    assert!(words(one(&list, "tbody tr")).contains("Holds marks that turn the direction of writing"));
    assert_eq!(one(&list, "tbody bdi").attr("dir"), Some("auto"));
}

#[tokio::test]
async fn sec_23_a_host_in_other_letters_is_spelled_out() {
    let office = Office::fresh().await;
    let Founder { browser, .. } = office.founded().await;
    let reference = sent(&office, &Answers { email: Some("ü@münchen.de".into()), ..sam() }, &[]).await;
    let page = browser.page(&format!("/admin/inquiries/{reference}")).await;
    assert!(words(one(&page, "#plan")).contains("spelled xn--mnchen-3ya.de"));
}

#[tokio::test]
async fn signs_of_a_fraud_are_shown_and_move_nothing() {
    let office = Office::fresh().await;
    let Founder { browser, .. } = office.founded().await;
    let note = "My assistant will mail you a cashier's check upfront for my daughter.";
    let reference = sent(&office, &Answers { note: Some(note.into()), ..sam() }, &[]).await;
    let page = browser.page(&format!("/admin/inquiries/{reference}")).await;
    let warning = words(one(&page, ".note-warning"));
    assert!(warning.starts_with("Signs of a known fraud"), "{warning}");
    assert_eq!(all(&page, ".note-warning li").len(), 3);
    assert!(words(one(&page, "main > .tags")).starts_with("New"));
}
