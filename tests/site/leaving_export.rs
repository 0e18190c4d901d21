//! Exports: complete, readable, harmless to spreadsheet programs, and honest about what is damaged (SEC-24).

use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use practice_site::audit::{Actor, By};
use practice_site::inquiry::export::{self, Chosen, Exported};
use practice_site::seal;

use crate::leaving::{Inbox, at, sam};

fn zone() -> TimeZone {
    TimeZone::get("America/New_York").expect("a time zone")
}

fn now() -> Timestamp {
    at("2026-05-05T12:00:00Z")
}

fn local_now() -> Zoned {
    now().to_zoned(zone())
}

async fn exported(inbox: &Inbox, chosen: &Chosen) -> Vec<Exported> {
    let mut conn = inbox.db.read().await.expect("reads");
    let sealed = export::load(&mut conn, chosen, &zone()).await.expect("loads");
    sealed.into_iter().map(|record| record.open(&inbox.key, &zone()).expect("opens")).collect()
}

/// Lines of cells, read back by another reader than a split at commas.
fn lines(csv: &[u8]) -> Vec<Vec<String>> {
    let text = std::str::from_utf8(csv).expect("UTF-8").strip_prefix('\u{feff}').expect("a byte order mark");
    assert!(text.ends_with("\"\r\n"));
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
    reader.records().map(|line| line.expect("a line").iter().map(str::to_owned).collect()).collect()
}

#[tokio::test]
async fn sec_24_every_cell_comes_back_whole_and_none_is_a_formula() {
    let inbox = Inbox::empty().await;
    let mut answers = sam();
    answers.name = "=HYPERLINK(\"https://evil.example\",\"x\")".into();
    answers.note = Some("first, \"quoted\"\r\n=second\nthird".into());
    answers.insurance = Some("\n@SUM(A1)".into());
    answers.email = Some("+sam@example.com".into());
    let reference = inbox.add(&answers, "", now()).await;
    let csv = export::to_csv(&exported(&inbox, &Chosen::One(reference.clone())).await).expect("CSV");
    let lines = lines(&csv);
    assert_eq!((lines.len(), lines[0].len(), lines[1].len()), (2, 20, 20));
    let cell = |name: &str| {
        let column = lines[0].iter().position(|column| column == name).expect(name);
        lines[1][column].as_str()
    };
    assert_eq!(cell("reference"), reference.as_str());
    assert_eq!(cell("received"), "2026-05-05 08:00");
    assert_eq!(cell("name"), "'=HYPERLINK(\"https://evil.example\",\"x\")");
    assert_eq!(cell("note"), "first, \"quoted\"\r\n=second\nthird");
    assert_eq!(cell("insurance"), "'\n@SUM(A1)");
    assert_eq!(cell("email"), "'+sam@example.com");
    assert_eq!(cell("timeline"), "2026-05-05 08:00, the site: received");
}

#[tokio::test]
async fn json_holds_everything_with_times_that_people_read() {
    let inbox = Inbox::empty().await;
    let reference = inbox.add(&sam(), "links", now()).await;
    let note =
        seal::seal(&inbox.key.public(), reference.as_str(), b"A made-up word of ours.").expect("seals");
    let mut write = inbox.db.begin().await.expect("begins");
    sqlx::query(
        "INSERT INTO events (inquiry_id, at, kind, sealed) SELECT id, received_at, 'note', ? FROM inquiries",
    )
    .bind(note)
    .execute(&mut *write)
    .await
    .expect("a note");
    write.commit().await.expect("commits");
    let exported = exported(&inbox, &Chosen::One(reference.clone())).await;
    let json = export::to_json(&exported, "Elm Street Practice", &local_now()).expect("JSON");
    let read: serde_json::Value = serde_json::from_slice(&json).expect("JSON");
    let inquiry = &read["inquiries"][0];
    assert_eq!(read["exported_at"], "2026-05-05T08:00:00-04:00");
    assert_eq!(inquiry["reference"], reference.as_str());
    assert_eq!(inquiry["damaged"], false);
    assert_eq!(inquiry["status"], "spam");
    assert_eq!(inquiry["answers"]["name"], "Sam Example");
    assert_eq!(inquiry["answers"]["looking_for"], "couple");
    assert_eq!(inquiry["timeline"][1]["note"], "A made-up word of ours.");
}

#[tokio::test]
async fn a_damaged_record_is_named_and_the_others_are_there() {
    let inbox = Inbox::empty().await;
    let fine = inbox.add(&sam(), "", now()).await;
    let damaged = inbox.add(&sam(), "", now()).await;
    inbox.execute("UPDATE inquiries SET answers = zeroblob(300) WHERE reference = ?", &damaged).await;
    let today = local_now().date();
    let chosen = Chosen::Received { from: today, to: today };
    let exported = exported(&inbox, &chosen).await;
    let marks: Vec<_> = exported.iter().map(|one| (one.reference.as_str(), one.is_damaged())).collect();
    assert_eq!(marks, [(fine.as_str(), false), (damaged.as_str(), true)]);
    let lines = lines(&export::to_csv(&exported).expect("CSV"));
    assert!(lines[2][9].contains("damaged"), "{:?}", lines[2]);
    let json = export::to_json(&exported, "Elm Street Practice", &local_now()).expect("JSON");
    let read: serde_json::Value = serde_json::from_slice(&json).expect("JSON");
    assert_eq!(read["inquiries"][1]["damaged"], true);

    let by = By { actor: Actor::Staff(1), request_id: Some("R-1") };
    let mut write = inbox.db.begin().await.expect("begins");
    export::write_down(&mut write, by, &chosen, &exported, now()).await.expect("writes down");
    write.commit().await.expect("commits");
    let ledger: Vec<_> = inbox.ledger().await.into_iter().rev().map(|row| (row.target, row.detail)).collect();
    let words = |text: &str| Some(text.to_owned());
    assert_eq!(
        ledger,
        [
            (words(fine.as_str()), None),
            (words(damaged.as_str()), words("damaged")),
            (None, words("2 received from 2026-05-05 to 2026-05-05")),
        ]
    );
}

#[tokio::test]
async fn the_days_of_a_range_are_the_practices_own_and_both_ends_count() {
    let inbox = Inbox::empty().await;
    let day = |text: &str| text.parse().expect("a date");
    for (received, inside) in [
        ("2026-05-01T03:59:59Z", false),
        ("2026-05-01T04:00:00Z", true),
        ("2026-05-03T03:59:59Z", true),
        ("2026-05-03T04:00:00Z", false),
    ] {
        let reference = inbox.add(&sam(), "", at(received)).await;
        let chosen = Chosen::Received { from: day("2026-05-01"), to: day("2026-05-02") };
        let found = exported(&inbox, &chosen).await.iter().any(|one| one.reference == reference.as_str());
        assert_eq!(found, inside, "{received}");
    }
}
