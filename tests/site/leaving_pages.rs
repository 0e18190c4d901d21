//! Export, erasing and keeping as somebody of the practice does them in a browser.

use axum::http::StatusCode;
use jiff::Timestamp;
use practice_site::audit::{self, Which};
use practice_site::inquiry::Reference;
use practice_site::inquiry::answers::Answers;
use practice_site::inquiry::store::{self, NewRow, Promise, Stored};
use practice_site::outbox;
use practice_site::seal;
use practice_site::staff::keys;

use crate::admin_people::joined;
use crate::leaving::{key_of, sam};
use crate::office::{Browser, Founder, Office, PASSWORD};
use crate::visit::{Answer, all, one, words};

async fn add(office: &Office, answers: &Answers) -> Reference {
    let reference = Reference::random().expect("randomness");
    let received = Timestamp::from_millisecond(office.now()).expect("a time");
    let mut write = office.desk().db.begin().await.expect("begins");
    let public = keys::current(&mut write).await.expect("a key");
    let json = answers.to_json().expect("JSON");
    let sealed = seal::seal(&public, reference.as_str(), &json).expect("seals");
    let submission_key = key_of(&reference);
    let row = NewRow {
        reference: &reference,
        submission_key: &submission_key,
        promise: Promise { received, reply_by: received },
        suspicion: "",
        sealed: &sealed,
    };
    assert_eq!(store::insert(&mut write, &[row]).await.expect("stores"), [Stored::New]);
    write.commit().await.expect("commits");
    reference
}

async fn holds(office: &Office, reference: &Reference) -> bool {
    let mut conn = office.desk().db.read().await.expect("reads");
    store::promise(&mut conn, reference).await.expect("an answer").is_some()
}

/// Events of the ledger about a request, the oldest first.
async fn ledger(office: &Office, reference: &Reference) -> Vec<String> {
    let mut conn = office.desk().db.read().await.expect("reads");
    let rows = audit::list(&mut conn, Which::Target(reference.as_str()), 1).await.expect("a ledger").rows;
    rows.into_iter().rev().map(|row| row.event).collect()
}

async fn exported(founder: &Founder<'_>, reference: &str, format: &str, password: &str) -> Answer {
    let fields = [("reference", reference), ("format", format), ("password", password)];
    founder.browser.post("/admin/export", &fields).await
}

#[tokio::test]
async fn an_export_is_a_file_that_no_browser_opens_or_keeps_and_it_stands_in_the_ledger() {
    let office = Office::fresh().await;
    let founder = office.founded().await;
    let mut answers = sam();
    answers.name = "=1+1".into();
    let reference = add(&office, &answers).await;
    let small = reference.as_str().to_lowercase();
    for (format, kind, holds) in
        [("csv", "text/csv; charset=utf-8", "\"'=1+1\""), ("json", "application/json", "\"=1+1\"")]
    {
        let answer = exported(&founder, &small, format, PASSWORD).await;
        assert_eq!(answer.status, StatusCode::OK);
        assert_eq!(answer.header("content-type"), kind);
        let file = format!("attachment; filename=\"request-{reference}.{format}\"");
        assert_eq!(answer.header("content-disposition"), file);
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert_eq!(answer.header("cache-control"), "no-store");
        assert!(answer.text().contains(holds), "{}", answer.text());
    }
    assert_eq!(ledger(&office, &reference).await, ["exported", "exported"]);
}

#[tokio::test]
async fn an_export_needs_the_password_again_and_keeps_what_was_typed() {
    let office = Office::fresh().await;
    let founder = office.founded().await;
    let reference = add(&office, &sam()).await;
    let answer = exported(&founder, reference.as_str(), "json", "another password").await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    let page = answer.html();
    assert_eq!(words(one(&page, "#password-error")), "Error: This is not your password.");
    assert_eq!(one(&page, "#reference").attr("value"), Some(reference.as_str()));
    assert!(one(&page, "input[value=json]").attr("checked").is_some());
    assert!(ledger(&office, &reference).await.is_empty());
    for _ in 0..4 {
        exported(&founder, reference.as_str(), "csv", "another password").await;
    }
    let answer = exported(&founder, reference.as_str(), "csv", PASSWORD).await;
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
    assert_ne!(answer.header("retry-after"), "");
}

#[tokio::test]
async fn an_export_of_days_says_what_is_missing_and_names_each_request_in_the_ledger() {
    let office = Office::fresh().await;
    let founder = office.founded().await;
    let references = [add(&office, &sam()).await, add(&office, &sam()).await];
    for (from, to, field) in [
        ("", "", "from"),
        ("2026-11-20", "", "to"),
        ("2026-11-21", "2026-11-20", "to"),
        ("2026-11-21", "2026-11-22", "from"),
    ] {
        let fields = [("from", from), ("to", to), ("password", PASSWORD)];
        let answer = founder.browser.post("/admin/export", &fields).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{from} {to}");
        one(&answer.html(), &format!("#{field}-error"));
    }
    let fields = [("from", "2026-11-20"), ("to", "2026-11-20"), ("password", PASSWORD)];
    let answer = founder.browser.post("/admin/export", &fields).await;
    assert_eq!(answer.status, StatusCode::OK);
    for reference in &references {
        assert!(answer.text().contains(reference.as_str()));
        assert_eq!(ledger(&office, reference).await, ["exported"]);
    }
}

#[tokio::test]
async fn erasing_shows_whom_it_is_about_asks_for_the_password_and_leaves_only_the_ledger() {
    let office = Office::fresh().await;
    let founder = office.founded().await;
    let reference = add(&office, &sam()).await;
    let page = founder.browser.page(&format!("/admin/inquiries/{reference}")).await;
    let way = format!("/admin/export?reference={reference}");
    one(&page, &format!("a[href='{way}']"));
    let page = founder.browser.page(&way).await;
    assert_eq!(one(&page, "#erase").attr("value"), Some(reference.as_str()));

    let erase = [("erase", reference.as_str())];
    let answer = founder.browser.post("/admin/export/erase", &erase).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert!(words(one(&answer.html(), ".summary-list")).contains("Sam Example"));
    let wrong = [("erase", reference.as_str()), ("password", "another password")];
    let answer = founder.browser.post("/admin/export/erase/now", &wrong).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    one(&answer.html(), "#password-error");
    assert!(holds(&office, &reference).await);

    let right = [("erase", reference.as_str()), ("password", PASSWORD)];
    let answer = founder.browser.post("/admin/export/erase/now", &right).await;
    assert_eq!(
        (answer.status, answer.header("location")),
        (StatusCode::SEE_OTHER, "/admin/export?done=erased")
    );
    assert!(!holds(&office, &reference).await);
    assert_eq!(ledger(&office, &reference).await, ["viewed", "viewed", "viewed", "erased"]);
    let log = std::fs::metadata(office.data.path().join("practice.db-wal")).expect("a log");
    assert_eq!(log.len(), 0, "the log is emptied at once");
    let again = founder.browser.post("/admin/export/erase/now", &right).await;
    assert_eq!(again.header("location"), "/admin/export?done=gone");
    let unknown = founder.browser.post("/admin/export/erase", &[("erase", "nonsense")]).await;
    assert_eq!(unknown.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn sec_33_what_somebody_else_just_erased_is_gone_for_everybody_without_a_fault() {
    let office = Office::fresh().await;
    let founder = office.founded().await;
    let other = joined(&office, &founder).await;
    let reference = add(&office, &sam()).await;
    let address = format!("/admin/inquiries/{reference}");
    assert_eq!(other.open(&address).await.status, StatusCode::OK);
    let erase = |password| [("erase", reference.to_string()), ("password", String::from(password))];
    let erased = async |browser: &Browser<'_>, password| {
        let fields = erase(password);
        let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        browser.post("/admin/export/erase/now", &fields).await
    };
    let first = erased(&founder.browser, PASSWORD).await;
    assert_eq!(first.header("location"), "/admin/export?done=erased");
    let second = erased(&other, "seven quiet harbors 4").await;
    assert_eq!(second.header("location"), "/admin/export?done=gone");
    for (what, fields) in [
        ("notes", vec![("note", "too late"), ("version", "1")]),
        ("status", vec![("status", "contacted"), ("version", "1")]),
        ("contacts", vec![("kind", "email"), ("version", "1")]),
        ("next-step", vec![("next_step", "2026-12-01"), ("version", "1")]),
        ("undo", vec![("version", "1")]),
        ("answer", vec![("template", "offer-times")]),
    ] {
        let late = other.post(&format!("{address}/{what}"), &fields).await;
        assert!(late.status.is_client_error(), "{what}: {}", late.status);
        assert!(!late.text().contains("Sam Example"), "{what}");
    }
    assert_eq!(other.open(&address).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn what_is_about_to_be_erased_is_listed_and_kept_with_one_button() {
    let office = Office::fresh().await;
    let founder = office.founded().await;
    one(&founder.browser.page("/admin/export").await, ".empty");
    let reference = add(&office, &sam()).await;
    office.execute("UPDATE inquiries SET status = 'closed', closed_at = received_at - 175 * 86400000").await;
    let page = founder.browser.page("/admin/export").await;
    let row = words(one(&page, "tbody tr"));
    assert_eq!(row, format!("{reference} Closed Wednesday, November 25 Keep {reference}"));

    let answer = founder.browser.post("/admin/export/keep", &[("erase", reference.as_str())]).await;
    assert_eq!(answer.header("location"), "/admin/export?done=saved");
    let page = founder.browser.page("/admin/export?done=saved").await;
    assert!(all(&page, "tbody tr").is_empty());
    assert_eq!(ledger(&office, &reference).await, ["kept"]);
}

#[tokio::test]
async fn a_held_back_erasing_is_explained_and_goes_on_after_a_password() {
    let office = Office::fresh().await;
    let founder = office.founded().await;
    for _ in 0..11 {
        add(&office, &sam()).await;
    }
    office.execute("UPDATE inquiries SET status = 'closed', closed_at = received_at - 180 * 86400000").await;
    let today = founder.browser.page("/admin").await;
    assert_eq!(words(one(&today, "main li:first-child a[href='/admin/export']")), "Erasing waits for you");
    assert!(all(&today, ".empty").is_empty(), "something is waiting");
    let page = founder.browser.page("/admin/export").await;
    assert!(words(one(&page, ".note-warning")).contains("11 of 11 requests are due at once"));
    let answer = founder.browser.post("/admin/export/erase-due", &[("password", "another")]).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    one(&answer.html(), "#due-password-error");
    let answer = founder.browser.post("/admin/export/erase-due", &[("password", PASSWORD)]).await;
    assert_eq!(answer.header("location"), "/admin/export?done=erased");
    assert!(!words(one(&founder.browser.page("/admin").await, "main")).contains("Erasing waits"));
    one(&founder.browser.page("/admin/export").await, ".empty");
}

#[tokio::test]
async fn rel_10_the_banner_says_since_when_with_the_code_and_sends_again_at_once() {
    let office = Office::fresh().await;
    let founder = office.founded().await;
    let now = Timestamp::from_millisecond(office.now()).expect("a time");
    let mut write = office.desk().db.begin().await.expect("begins");
    outbox::enqueue(&mut write, "New sign-in", "Text.", now).await.expect("enqueues");
    write.commit().await.expect("commits");
    office.execute("UPDATE outbox SET attempts = 3, due_at = due_at + 3600000").await;
    office.execute("UPDATE outbox SET last_reply = '535 wrong <password>', refused = 1").await;
    let page = founder.browser.page("/admin/export").await;
    let banner = words(one(&page, ".note-warning"));
    assert!(
        banner.starts_with("An email to you does not get through, since Friday, November 20"),
        "{banner}"
    );
    assert!(banner.contains("535 wrong <password>"), "{banner}");
    one(&page, ".note-warning form[action='/admin/mail/retry']");
    let answer = founder.browser.post("/admin/mail/retry", &[]).await;
    assert_eq!((answer.status, answer.header("location")), (StatusCode::SEE_OTHER, "/admin?done=resent"));
    let page = founder.browser.page("/admin?done=resent").await;
    assert_eq!(words(one(&page, ".notice")), "The emails are being sent again.");
    let due = outbox::due(&mut office.desk().db.read().await.expect("reads"), now).await;
    assert!(due.expect("an answer").is_some());
}
