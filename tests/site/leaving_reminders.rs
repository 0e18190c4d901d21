//! The daily email: counts only, once each business morning, only if something waits.

use jiff::Timestamp;
use practice_site::audit::{Actor, By, Entry, Outcome, record};

use crate::leaving::{Inbox, at, days, sam};

/// Tuesday in New York.
const EIGHT: &str = "2026-05-05T12:00:00Z";

async fn turn(inbox: &Inbox, now: Timestamp) {
    // A new one each time, as after a restart.
    inbox.housekeeping().turn(&inbox.practice, now).await;
}

#[tokio::test]
async fn the_morning_email_counts_what_is_due_late_and_held() {
    let inbox = Inbox::empty().await;
    let now = at(EIGHT);
    for received in ["2026-05-04T13:00:00Z", "2026-05-04T21:00:00Z", "2026-05-04T11:59:00Z"] {
        inbox.add(&sam(), "", at(received)).await;
    }
    inbox.add(&sam(), "links", now - days(3)).await;
    inbox.add(&sam(), "", now).await; // due tomorrow
    let answered = inbox.add(&sam(), "", now - days(2)).await;
    inbox.execute("UPDATE inquiries SET first_contact_at = 1 WHERE reference = ?", &answered).await;
    inbox.add_as("closed", now - days(2)).await;
    turn(&inbox, at("2026-05-05T11:59:00Z")).await;
    assert!(inbox.emails().await.is_empty(), "before 8 AM");

    turn(&inbox, now).await;
    let emails = inbox.emails().await;
    assert_eq!(emails.len(), 1);
    assert_eq!(emails[0].0, "Your requests today");
    let counts = "2 requests need a reply today.\n1 is late.\n1 is held as possible spam.\n\nOpen the inbox:";
    assert!(emails[0].1.starts_with(counts), "{}", emails[0].1);
}

#[tokio::test]
async fn it_comes_once_a_day_whatever_the_clock_and_the_program_do() {
    let inbox = Inbox::empty().await;
    inbox.add(&sam(), "", at("2026-05-04T13:00:00Z")).await;
    let mornings = [
        (EIGHT, 1),
        ("2026-05-05T12:01:00Z", 1),
        ("2026-05-05T23:00:00Z", 1),
        ("2026-05-06T12:00:00Z", 2),
        // Put back by a day, and on again.
        ("2026-05-05T12:00:00Z", 2),
        ("2026-05-06T12:30:00Z", 2),
        // Ten years ahead for a moment, and back.
        ("2036-05-06T12:30:00Z", 3),
        ("2026-05-06T12:31:00Z", 3),
        ("2026-05-07T12:00:00Z", 4),
    ];
    for (now, emails) in mornings {
        turn(&inbox, at(now)).await;
        assert_eq!(inbox.emails().await.len(), emails, "{now}");
    }
}

#[tokio::test]
async fn there_is_none_on_a_free_day_or_where_nothing_waits() {
    let mut inbox = Inbox::empty().await;
    inbox.practice.holidays = vec!["2026-05-05".parse().expect("a date")];
    turn(&inbox, at("2026-05-04T12:00:00Z")).await;
    assert!(inbox.emails().await.is_empty(), "nothing waits");
    inbox.add(&sam(), "", at("2026-05-04T13:00:00Z")).await;
    for free in [EIGHT, "2026-05-09T12:00:00Z", "2026-05-10T12:00:00Z"] {
        turn(&inbox, at(free)).await;
        assert!(inbox.emails().await.is_empty(), "{free}");
    }
    turn(&inbox, at("2026-05-11T12:00:00Z")).await;
    assert_eq!(inbox.emails().await.len(), 1);
}

#[tokio::test]
async fn held_spam_is_told_of_until_somebody_has_looked_at_it() {
    let inbox = Inbox::empty().await;
    let held = inbox.add(&sam(), "trap", at("2026-05-04T13:00:00Z")).await;
    turn(&inbox, at(EIGHT)).await;
    assert_eq!(inbox.emails().await.len(), 1);

    let by = By { actor: Actor::Staff(1), request_id: None };
    let target = Some(held.as_str());
    let entry = Entry { by, event: "viewed", target, outcome: Outcome::Done, detail: None };
    let mut write = inbox.db.begin().await.expect("begins");
    record(&mut write, entry, at(EIGHT).as_millisecond()).await.expect("records");
    write.commit().await.expect("commits");
    turn(&inbox, at("2026-05-06T12:00:00Z")).await;
    assert_eq!(inbox.emails().await.len(), 1);
}
