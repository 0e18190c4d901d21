//! Changes on a migrated database.

use super::*;
use crate::inquiry::fixture::{BY, Inbox, answers, at};
use crate::inquiry::record::{self, Record};
use crate::inquiry::retention;

async fn now_of(inbox: &Inbox, reference: &Reference) -> Record {
    let found = record::find(&mut inbox.db.read().await.expect("reads"), reference).await;
    found.expect("reads").expect("there")
}

async fn set(inbox: &Inbox, reference: &Reference, status: Status, hours: i64) -> Changed {
    let version = now_of(inbox, reference).await.version;
    let reason = Some(CloseReason::NoReply);
    let new = NewStatus { status, version, reason, referred_to: None };
    let mut write = inbox.db.begin().await.expect("begins");
    let changed = set_status(&mut write, BY, reference, &new, &inbox.practice, at(hours)).await;
    write.commit().await.expect("commits");
    changed.expect("writes")
}

async fn take_back(inbox: &Inbox, reference: &Reference, version: i64) -> Changed {
    let mut write = inbox.db.begin().await.expect("begins");
    let changed = undo(&mut write, BY, reference, version, at(99)).await.expect("writes");
    write.commit().await.expect("commits");
    changed
}

#[tokio::test]
async fn what_is_no_spam_gets_a_new_promise_and_taking_that_back_brings_the_suspicion_back() {
    let inbox = Inbox::new().await;
    let reference = inbox.add(&answers("Sam"), 0, "trap links").await;
    let before = now_of(&inbox, &reference).await;
    let changed = set(&inbox, &reference, Status::New, 48).await;
    let after = now_of(&inbox, &reference).await;
    assert_eq!(changed, Changed::Done(after.version));
    assert!(after.suspicion.is_empty());
    assert_eq!(after.reply_by, calendar_promise(&inbox, 48));
    let changed = take_back(&inbox, &reference, after.version).await;
    assert_eq!(changed, Changed::Done(after.version + 1));
    let again = now_of(&inbox, &reference).await;
    assert_eq!((again.status, again.reply_by), (Status::Spam, before.reply_by));
    assert_eq!(again.suspicion, before.suspicion);
    assert_eq!(again.version, after.version + 1);
    assert_eq!(take_back(&inbox, &reference, again.version).await, Changed::NotAllowed);
}

fn calendar_promise(inbox: &Inbox, hours: i64) -> Timestamp {
    crate::content::calendar::reply_by(at(hours), &inbox.practice)
}

#[tokio::test]
async fn an_end_has_its_time_and_opening_again_takes_it_away() {
    let inbox = Inbox::new().await;
    let reference = inbox.add(&answers("Sam"), 0, "").await;
    set(&inbox, &reference, Status::Waitlist, 1).await;
    assert!(now_of(&inbox, &reference).await.next_step.is_some());
    set(&inbox, &reference, Status::Closed, 2).await;
    let closed = now_of(&inbox, &reference).await;
    assert_eq!((closed.closed, closed.close_reason), (Some(at(2)), Some(CloseReason::NoReply)));
    assert_eq!((closed.next_step, closed.first_contact), (None, None));
    set(&inbox, &reference, Status::Contacted, 3).await;
    let open = now_of(&inbox, &reference).await;
    assert_eq!((open.closed, open.close_reason, open.first_contact), (None, None, Some(at(3))));
    assert_eq!(set(&inbox, &reference, Status::Spam, 4).await, Changed::NotAllowed);
}

#[tokio::test]
async fn the_first_contact_stops_the_clock_and_later_ones_leave_its_time() {
    let inbox = Inbox::new().await;
    let reference = inbox.add(&answers("Sam"), 0, "").await;
    for hours in [1, 2] {
        let version = now_of(&inbox, &reference).await.version;
        let mut write = inbox.db.begin().await.expect("begins");
        let logged = log_contact(&mut write, BY, &reference, Kind::NoAnswer, version, at(hours)).await;
        assert!(matches!(logged.expect("writes"), Changed::Done(_)));
        write.commit().await.expect("commits");
    }
    let record = now_of(&inbox, &reference).await;
    assert_eq!((record.status, record.first_contact), (Status::Contacted, Some(at(1))));
    assert_eq!((record.last_activity, record.version), (at(2), 3));
    assert_eq!(record.last_step, Step::Contact(Kind::NoAnswer));
}

#[tokio::test]
async fn an_older_version_changes_nothing() {
    let inbox = Inbox::new().await;
    let reference = inbox.add(&answers("Sam"), 0, "").await;
    let old = now_of(&inbox, &reference).await.version;
    set(&inbox, &reference, Status::Contacted, 1).await;
    let mut write = inbox.db.begin().await.expect("begins");
    let new = NewStatus { status: Status::Closed, version: old, reason: None, referred_to: None };
    let changed = set_status(&mut write, BY, &reference, &new, &inbox.practice, at(2)).await;
    assert_eq!(changed.expect("reads"), Changed::Conflict);
    let changed = set_next_step(&mut write, BY, &reference, None, old, &inbox.practice, at(2)).await;
    assert_eq!(changed.expect("reads"), Changed::Conflict);
    let changed = log_contact(&mut write, BY, &reference, Kind::Email, old, at(2)).await;
    assert_eq!(changed.expect("reads"), Changed::Conflict);
    assert_eq!(undo(&mut write, BY, &reference, old, at(2)).await.expect("reads"), Changed::Conflict);
    drop(write);
    assert_eq!(now_of(&inbox, &reference).await.status, Status::Contacted);
}

#[tokio::test]
async fn a_note_that_is_taken_back_is_gone() {
    let inbox = Inbox::new().await;
    let reference = inbox.add(&answers("Sam"), 0, "").await;
    let mut write = inbox.db.begin().await.expect("begins");
    let added = keep_note(&mut write, BY, &reference, Some(b"sealed"), 1, at(1)).await.expect("writes");
    assert!(matches!(added, Changed::Done(_)));
    write.commit().await.expect("commits");
    let record = now_of(&inbox, &reference).await;
    assert_eq!(record.last_step, Step::Note);
    assert!(matches!(take_back(&inbox, &reference, record.version).await, Changed::Done(_)));
    let left: i64 = sqlx::query_scalar("SELECT count(*) FROM events WHERE sealed IS NOT NULL")
        .fetch_one(&mut *inbox.db.read().await.expect("reads"))
        .await
        .expect("counts");
    assert_eq!(left, 0);
    assert_eq!(now_of(&inbox, &reference).await.last_step, Step::Received);
}

#[tokio::test]
async fn what_was_kept_since_is_not_taken_back_with_the_change_before() {
    let inbox = Inbox::new().await;
    let reference = inbox.add(&answers("Sam"), 0, "").await;
    set(&inbox, &reference, Status::Closed, 1).await;
    let closed = now_of(&inbox, &reference).await;
    let mut write = inbox.db.begin().await.expect("begins");
    let periods = &inbox.practice.retention;
    assert!(retention::keep(&mut write, BY, 1, &reference, periods, at(2)).await.expect("keeps"));
    write.commit().await.expect("commits");

    assert_eq!(take_back(&inbox, &reference, closed.version).await, Changed::Conflict);
    let kept = now_of(&inbox, &reference).await;
    assert_eq!((kept.version, kept.last_step), (closed.version + 1, Step::Kept));
    assert_eq!(take_back(&inbox, &reference, kept.version).await, Changed::NotAllowed);
    let (keep_until, told): (Option<i64>, Option<i64>) =
        sqlx::query_as("SELECT keep_until, (SELECT version FROM events WHERE kind = 'kept') FROM inquiries")
            .fetch_one(&mut *inbox.db.read().await.expect("reads"))
            .await
            .expect("reads");
    assert_eq!((keep_until.is_some(), told), (true, Some(kept.version)));
}
