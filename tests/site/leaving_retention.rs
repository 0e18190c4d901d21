//! What is erased by the clock, what is not, and what stops the clock (PRV-09, PRV-10, REL-17).

use jiff::{SignedDuration, Timestamp};
use practice_site::inquiry::erase::{self, Reason};
use practice_site::inquiry::retention::{self, Hold, Leaving, Night};
use practice_site::inquiry::{Reference, regular};

use crate::leaving::{Inbox, SYSTEM, at, days, key_of};

/// Tuesday, 3 AM in New York.
fn night() -> Timestamp {
    at("2026-05-05T07:00:00Z")
}

/// The clock has been seen an hour ago, so that nothing looks like a jump.
async fn with_a_steady_clock(inbox: &Inbox, now: Timestamp) {
    let mut write = inbox.db.begin().await.expect("begins");
    let before = now - SignedDuration::from_hours(1);
    regular::note(&mut write, regular::Task::Clock, before).await.expect("notes");
    write.commit().await.expect("commits");
}

async fn run(inbox: &Inbox, now: Timestamp) -> Night {
    retention::run(&inbox.db, &inbox.practice.retention, SYSTEM, now).await.expect("runs")
}

async fn leaving(inbox: &Inbox, now: Timestamp) -> Vec<Leaving> {
    let mut conn = inbox.db.read().await.expect("reads");
    retention::leaving(&mut conn, &inbox.practice.retention, now).await.expect("a list")
}

#[tokio::test]
async fn prv_09_what_was_closed_180_days_ago_goes_and_a_day_less_stays() {
    let inbox = Inbox::empty().await;
    let now = night();
    let (mut gone, mut kept) = (Vec::new(), Vec::new());
    for (status, limit) in [("closed", 180), ("referred-out", 180), ("became-client", 180), ("spam", 30)] {
        gone.push(inbox.add_as(status, now - days(limit + 1)).await);
        gone.push(inbox.add_as(status, now - days(limit)).await);
        kept.push(inbox.add_as(status, now - days(limit - 1)).await);
    }
    for status in ["new", "contacted", "call-booked", "waitlist"] {
        kept.push(inbox.add_as(status, now - days(4000)).await);
    }
    assert_eq!(run(&inbox, now).await, Night::Erased(8));
    for reference in &gone {
        assert!(!inbox.holds(reference).await);
    }
    for reference in &kept {
        assert!(inbox.holds(reference).await);
    }
    let events = inbox.count("SELECT count(*) FROM events").await;
    let emails = inbox.count("SELECT count(*) FROM outbox").await;
    assert_eq!((events, emails), (kept.len() as i64, kept.len() as i64));
    let mut erased: Vec<_> = inbox.ledger().await.into_iter().filter_map(|row| row.target).collect();
    erased.sort_unstable();
    let mut expected: Vec<_> = gone.iter().map(|reference| reference.to_string()).collect();
    expected.sort_unstable();
    assert_eq!(erased, expected, "the ledger names each once, and nothing else");
}

#[tokio::test]
async fn what_is_erased_within_a_week_is_listed_and_can_be_kept() {
    let inbox = Inbox::empty().await;
    let now = night();
    let soon = inbox.add_as("closed", now - days(174)).await;
    inbox.add_as("closed", now - days(172)).await;
    let sooner = inbox.add_as("spam", now - days(29)).await;
    let listed = leaving(&inbox, now).await;
    let names: Vec<_> = listed.iter().map(|row| (&row.reference, row.status.name())).collect();
    assert_eq!(names, [(&sooner, "spam"), (&soon, "closed")]);
    assert_eq!(listed[1].erased_at, now + days(6));

    let mut write = inbox.db.begin().await.expect("begins");
    let kept = &inbox.practice.retention;
    assert!(retention::keep(&mut write, SYSTEM, 1, &soon, kept, now).await.expect("keeps"));
    write.commit().await.expect("commits");
    assert_eq!(leaving(&inbox, now).await.len(), 1);
    assert_eq!(run(&inbox, now + days(179)).await, Night::Erased(2));
    assert!(inbox.holds(&soon).await);
    assert_eq!(run(&inbox, now + days(180)).await, Night::Erased(1));
}

#[tokio::test]
async fn what_is_open_needs_no_keeping() {
    let inbox = Inbox::empty().await;
    let open = inbox.add_as("contacted", night()).await;
    let mut write = inbox.db.begin().await.expect("begins");
    for reference in [open, "K7QF-2M".parse::<Reference>().expect("a reference")] {
        let kept = &inbox.practice.retention;
        assert!(!retention::keep(&mut write, SYSTEM, 1, &reference, kept, night()).await.expect("no"));
    }
}

#[tokio::test]
async fn rel_17_nothing_is_erased_after_the_clock_jumped_until_it_ran_on_for_two_days() {
    let inbox = Inbox::empty().await;
    let today = night();
    with_a_steady_clock(&inbox, today).await;
    let closed = inbox.add_as("closed", today - days(10)).await;
    let mut house = inbox.housekeeping();
    house.turn(&inbox.practice, today).await;
    let ahead = today + days(3650);
    for hours in [0, 24, 47] {
        house.turn(&inbox.practice, ahead + SignedDuration::from_hours(hours)).await;
        assert!(inbox.holds(&closed).await, "{hours} hours after the jump");
    }
    let due = leaving(&inbox, ahead).await;
    let mut conn = inbox.db.read().await.expect("reads");
    let hold = retention::hold(&mut conn, &due, ahead).await.expect("an answer");
    assert_eq!(hold, Some(Hold::ClockMoved { until: ahead + days(2) }));
    drop(conn);

    house.turn(&inbox.practice, today + SignedDuration::from_hours(1)).await;
    assert!(inbox.holds(&closed).await);
    for day in 1..=171 {
        house.turn(&inbox.practice, today + days(day)).await;
        assert_eq!(inbox.holds(&closed).await, day < 170, "day {day}");
    }
}

#[tokio::test]
async fn rel_17_more_than_a_fifth_at_once_goes_only_when_somebody_confirms() {
    let inbox = Inbox::empty().await;
    let now = night();
    for _ in 0..11 {
        inbox.add_as("closed", now - days(200)).await;
    }
    for _ in 0..43 {
        inbox.add_as("new", now - days(1)).await;
    }
    assert_eq!(run(&inbox, now).await, Night::Held(Hold::TooMany { due: 11, of: 54 }));
    let row = &inbox.ledger().await[0];
    assert_eq!((row.event.as_str(), row.detail.as_deref()), ("retention", Some("11 of 54 at once")));
    assert_eq!(inbox.count("SELECT count(*) FROM inquiries").await, 54);

    inbox.add_as("new", now).await;
    assert_eq!(run(&inbox, now).await, Night::Erased(11), "11 of 55 is a fifth and no more");
}

#[tokio::test]
async fn a_confirmed_erasing_takes_all_that_is_due_however_much_it_is() {
    let inbox = Inbox::empty().await;
    for _ in 0..201 {
        inbox.add_as("spam", night() - days(31)).await;
    }
    assert!(matches!(run(&inbox, night()).await, Night::Held(_)));
    let kept = &inbox.practice.retention;
    let erased = retention::erase_due(&inbox.db, kept, SYSTEM, night()).await.expect("erases");
    assert_eq!((erased, inbox.count("SELECT count(*) FROM inquiries").await), (201, 0));
}

#[tokio::test]
async fn erasing_happens_once_a_night_and_survives_a_restart() {
    let inbox = Inbox::empty().await;
    let evening = at("2026-05-05T02:00:00Z");
    with_a_steady_clock(&inbox, evening).await;
    let closed = inbox.add_as("closed", evening - days(180)).await;
    let minutes = |count: i64| SignedDuration::from_mins(count);
    inbox.housekeeping().turn(&inbox.practice, evening).await;
    assert!(!inbox.holds(&closed).await, "the night of May 4 was missed, so it is made up for");

    let closed = inbox.add_as("closed", evening - days(180)).await;
    for (after, held) in [(minutes(1), true), (minutes(299), true), (minutes(300), false)] {
        inbox.housekeeping().turn(&inbox.practice, evening + after).await;
        assert_eq!(inbox.holds(&closed).await, held, "{after:?}");
    }
}

/// Whether something of the inquiry itself, and of the email about it, lies in a file of the database.
fn traces(inbox: &Inbox, reference: &Reference) -> [bool; 2] {
    let path = inbox.folder.path().join("practice.db");
    let files = ["", "-wal", "-shm"].map(|end| std::fs::read(format!("{}{end}", path.display())));
    let bytes: Vec<u8> = files.into_iter().flat_map(|file| file.expect("a file")).collect();
    let line = format!("{reference}: a line");
    let finds = |part: &[u8]| bytes.windows(part.len()).any(|window| window == part);
    [finds(&key_of(reference)), finds(line.as_bytes())]
}

#[tokio::test]
async fn prv_10_nothing_of_an_erased_inquiry_is_left_on_the_disk() {
    let inbox = Inbox::empty().await;
    let now = night();
    with_a_steady_clock(&inbox, now).await;
    let (gone, stays) = (inbox.add_as("new", now).await, inbox.add_as("new", now).await);
    assert_eq!(traces(&inbox, &gone), [true; 2]);
    let mut write = inbox.db.begin().await.expect("begins");
    assert!(erase::erase(&mut write, SYSTEM, &gone, Reason::AtOnce, now).await.expect("erases"));
    assert!(!erase::erase(&mut write, SYSTEM, &gone, Reason::AtOnce, now).await.expect("gone already"));
    write.commit().await.expect("commits");
    // The next look of the housekeeping empties the log, also where nobody asks for it.
    inbox.housekeeping().turn(&inbox.practice, now).await;
    assert_eq!(traces(&inbox, &gone), [false; 2]);
    assert_eq!(traces(&inbox, &stays), [true; 2]);
}

#[tokio::test]
async fn prv_10_what_somebody_who_was_reading_held_up_is_gone_once_they_are_done() {
    let inbox = Inbox::empty().await;
    let now = night();
    with_a_steady_clock(&inbox, now).await;
    let gone = inbox.add_as("new", now).await;
    let mut reader = inbox.db.read().await.expect("reads");
    for statement in ["BEGIN", "SELECT count(*) FROM inquiries"] {
        sqlx::query(statement).execute(&mut *reader).await.expect(statement);
    }
    let mut write = inbox.db.begin().await.expect("begins");
    assert!(erase::erase(&mut write, SYSTEM, &gone, Reason::AtOnce, now).await.expect("erases"));
    write.commit().await.expect("commits");
    inbox.housekeeping().turn(&inbox.practice, now).await;
    assert_ne!(traces(&inbox, &gone), [false; 2], "the reader still sees it");
    sqlx::query("COMMIT").execute(&mut *reader).await.expect("is done");
    drop(reader);
    inbox.housekeeping().turn(&inbox.practice, now + SignedDuration::from_mins(1)).await;
    assert_eq!(traces(&inbox, &gone), [false; 2]);
}
