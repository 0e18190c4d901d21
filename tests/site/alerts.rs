//! Emails to the practice about the site itself: what sets them off, how often they come, and what they never say
//! (SEC-10, REL-06, CONTROLS 4).

use jiff::Timestamp;
use practice_site::app::alerts::Alerts;
use practice_site::audit::{self, Actor, By, Entry, Outcome};
use practice_site::inquiry::regular::{self, Task};
use practice_site::mail::{Affects, Mailer, Memory, SendError};

use crate::office::{EMAIL, NAME, Office};

fn time(office: &Office) -> Timestamp {
    Timestamp::from_millisecond(office.now()).expect("a time")
}

fn alerts(office: &Office, memory: &Memory) -> Alerts {
    Alerts::new(Mailer::Memory(memory.clone()), time(office))
}

/// Subjects and texts of what waits for the mail server, the oldest first.
async fn waiting(office: &Office) -> Vec<(String, String)> {
    let mut conn = office.desk().db.read().await.expect("reads");
    sqlx::query_as("SELECT subject, body FROM outbox ORDER BY id").fetch_all(&mut *conn).await.expect("rows")
}

async fn subjects(office: &Office) -> Vec<String> {
    waiting(office).await.into_iter().map(|(subject, _)| subject).collect()
}

fn assert_is_constant(text: &str) {
    assert!(text.ends_with("\n\nThis message holds no details, because email is not private."), "{text}");
    for private in [EMAIL, NAME, "guess", "127.0.0.1", "K7QF", "staff:"] {
        assert!(!text.contains(private), "{private}: {text}");
    }
    assert!(!text.contains("\n\n\n") && !text.contains("please"), "{text}");
}

async fn guess(office: &Office, many: usize) {
    for _ in 0..many {
        // After each of the waits.
        office.wait_minutes(15);
        let fields = [("email", EMAIL), ("password", "a wrong guess"), ("code", ""), ("next", "")];
        office.browser().post("/admin/sign-in", &fields).await;
    }
}

#[tokio::test]
async fn sec_10_many_failed_sign_ins_are_told_once_a_day_and_without_details() {
    let office = Office::fresh().await;
    let _founder = office.founded().await;
    let mut alerts = alerts(&office, &Memory::default());
    guess(&office, 10).await;
    alerts.turn(&office.web).await;
    assert_eq!(subjects(&office).await, [""; 0]);
    guess(&office, 1).await;
    alerts.turn(&office.web).await;
    alerts.turn(&office.web).await;
    assert_eq!(subjects(&office).await, ["Many failed sign-ins"]);
    let text = waiting(&office).await.remove(0).1;
    assert!(text.contains("https://practice.example/admin/log\n"), "{text}");
    assert_is_constant(&text);

    office.wait_minutes(61);
    guess(&office, 11).await;
    alerts.turn(&office.web).await;
    assert_eq!(subjects(&office).await.len(), 1, "not twice on one day");
    office.wait_minutes(24 * 60);
    guess(&office, 11).await;
    alerts.turn(&office.web).await;
    let told = subjects(&office).await.into_iter().filter(|subject| subject == "Many failed sign-ins");
    assert_eq!(told.count(), 2);
}

/// Somebody opens so many inquiries, with so many seconds between them.
async fn open(office: &Office, staff: i64, many: i64, seconds: i64) {
    let mut write = office.desk().db.begin().await.expect("begins");
    for number in 0..many {
        let target = format!("K7QF-{number}");
        let by = By { actor: Actor::Staff(staff), request_id: None };
        let entry =
            Entry { by, event: "viewed", target: Some(&target), outcome: Outcome::Done, detail: None };
        let at = office.now() - (many - 1 - number) * seconds * 1000;
        audit::record(&mut write, entry, at).await.expect("writes");
    }
    write.commit().await.expect("commits");
}

#[tokio::test]
async fn whoever_opens_more_than_twenty_inquiries_in_ten_minutes_is_told_of_without_a_name() {
    for (staff, many, seconds, expected) in [
        (vec![1], 20, 1, 0),
        (vec![1], 21, 29, 1),
        (vec![1], 21, 31, 0),
        (vec![1, 1], 15, 1, 0),
        (vec![1, 2], 15, 1, 0),
    ] {
        let office = Office::fresh().await;
        let mut alerts = alerts(&office, &Memory::default());
        for person in staff {
            open(&office, person, many, seconds).await;
        }
        alerts.turn(&office.web).await;
        alerts.turn(&office.web).await;
        assert_eq!(
            subjects(&office).await,
            vec!["Many requests opened"; expected],
            "{many} every {seconds} s"
        );
        if let Some((_, text)) = waiting(&office).await.first() {
            assert_is_constant(text);
        }
    }
}

#[tokio::test]
async fn when_no_copy_was_made_for_26_hours_the_practice_is_told_once_a_day() {
    let office = Office::fresh().await;
    let mut alerts = alerts(&office, &Memory::default());
    let mut write = office.desk().db.begin().await.expect("begins");
    regular::note(&mut write, Task::Backup, time(&office)).await.expect("notes");
    write.commit().await.expect("commits");
    let mut told = Vec::new();
    for _ in 0..26 {
        office.wait_minutes(120);
        alerts.turn(&office.web).await;
        told.push(subjects(&office).await.len());
    }
    let first = told.iter().position(|count| *count == 1).expect("told");
    assert_eq!((first, told.last()), (13, Some(&2)), "after 28 hours, and a day later: {told:?}");
    let (subject, text) = waiting(&office).await.remove(0);
    assert_eq!(subject, "No copy for 26 hours");
    assert!(
        text.contains("Copies older than 35 days are deleted meanwhile as well, but the newest good one")
    );
    assert_is_constant(&text);
}

#[tokio::test]
async fn a_new_site_that_never_made_a_copy_is_told_of_too_and_one_that_just_started_is_not() {
    let office = Office::fresh().await;
    let _founder = office.founded().await;
    let memory = Memory::default();
    let mut first = alerts(&office, &memory);
    office.wait_minutes(27 * 60);
    alerts(&office, &memory).turn(&office.web).await;
    assert_eq!(subjects(&office).await, [""; 0], "the copy of tonight is still to be made");
    first.turn(&office.web).await;
    assert_eq!(subjects(&office).await, ["No copy for 26 hours"]);
}

#[tokio::test]
async fn rel_06_when_nothing_can_be_stored_the_practice_is_told_past_the_database() {
    let office = Office::fresh().await;
    let memory = Memory::default();
    let mut alerts = alerts(&office, &memory);
    office.desk().db.close().await;
    alerts.turn(&office.web).await;
    office.wait_minutes(4);
    alerts.turn(&office.web).await;
    assert!(memory.accepted().is_empty(), "a busy minute is no reason to write");

    memory.answer_with(|_| Err(SendError::transient("451 later", Affects::EveryEmail)));
    office.wait_minutes(1);
    alerts.turn(&office.web).await;
    memory.answer_with(|_| Ok(()));
    office.wait_minutes(9);
    alerts.turn(&office.web).await;
    assert!(memory.accepted().is_empty(), "a server in trouble is not asked every minute");
    office.wait_minutes(1);
    alerts.turn(&office.web).await;
    office.wait_minutes(23 * 60);
    alerts.turn(&office.web).await;
    let told = memory.accepted();
    assert_eq!((told.len(), told[0].subject.as_str()), (1, "The site needs a look"));
    assert!(told[0].text.starts_with("The site cannot store requests at the moment."), "{}", told[0].text);
    assert_is_constant(&told[0].text);
    office.wait_minutes(60);
    alerts.turn(&office.web).await;
    let ids: Vec<_> = memory.accepted().into_iter().map(|email| email.message_id).collect();
    assert!(ids.len() == 2 && ids[0] != ids[1], "once more a day later: {ids:?}");
}

#[tokio::test]
async fn rel_26_a_worker_that_has_stopped_is_told_of_past_the_outbox() {
    // Nobody runs the worker of this office.
    let office = Office::fresh().await;
    let memory = Memory::default();
    let mut alerts = alerts(&office, &memory);
    alerts.turn(&office.web).await;
    office.wait_minutes(5);
    alerts.turn(&office.web).await;
    let told = memory.accepted();
    assert_eq!(told.len(), 1);
    let first = "The part of the site that sends emails has stopped. Requests still come in: look for them in the inbox.\n\n";
    assert!(told[0].text.starts_with(first), "{}", told[0].text);
    assert_is_constant(&told[0].text);
}
