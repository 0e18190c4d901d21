//! The copy of each night: made once, looked over, and gone when it was kept long enough.

use std::fs;
use std::os::unix::fs::{FileExt, PermissionsExt};

use jiff::{SignedDuration, Timestamp};
use practice_site::db::{self, Db, copy};
use practice_site::inquiry::{Reference, erased};

use crate::leaving::{Inbox, at, days};

/// Tuesday, 3 AM in New York.
fn night() -> Timestamp {
    at("2026-05-05T07:00:00Z")
}

fn copies(inbox: &Inbox) -> Vec<String> {
    let Ok(entries) = fs::read_dir(inbox.backup()) else { return Vec::new() };
    let mut names: Vec<_> =
        entries.map(|entry| entry.expect("readable").file_name().into_string().expect("text")).collect();
    names.sort();
    names
}

async fn made(inbox: &Inbox) -> i64 {
    inbox.count("SELECT count(*) FROM audit WHERE event = 'backup made'").await
}

#[tokio::test]
async fn rel_20_a_copy_is_made_each_night_and_deleted_35_nights_later() {
    let inbox = Inbox::empty().await;
    let reference: Reference = inbox.add_as("new", night() - days(1)).await;
    let mut house = inbox.housekeeping();
    house.turn(&inbox.practice, night() - SignedDuration::from_mins(1)).await;
    assert!(copies(&inbox).is_empty(), "it is not night yet");
    for minutes in [0, 1, 60 * 12] {
        house.turn(&inbox.practice, night() + SignedDuration::from_mins(minutes)).await;
    }
    assert_eq!(copies(&inbox), ["practice-2026-05-05.db"]);
    assert_eq!(made(&inbox).await, 1);
    let first = inbox.backup().join("practice-2026-05-05.db");
    assert_eq!(first.metadata().expect("there").permissions().mode() & 0o777, 0o600);
    assert_eq!(inbox.backup().metadata().expect("there").permissions().mode() & 0o777, 0o700);
    copy::prove(&first).await.expect("good");
    let elsewhere = inbox.backup().join("elsewhere.db");
    fs::copy(&first, &elsewhere).expect("copied");
    let opened = Db::open(&elsewhere).await.expect("opens");
    let found: String = sqlx::query_scalar("SELECT reference FROM inquiries")
        .fetch_one(&mut *opened.read().await.expect("reads"))
        .await
        .expect("a row");
    assert_eq!(found, reference.as_str());
    opened.close().await;

    for day in 1..=36 {
        house.turn(&inbox.practice, night() + days(day)).await;
    }
    let kept = copies(&inbox).into_iter().filter(|name| name.starts_with("practice-")).collect::<Vec<_>>();
    assert_eq!(kept.len(), 36, "35 nights and the last one");
    assert_eq!(kept[0], "practice-2026-05-06.db");
    assert!(elsewhere.exists(), "what somebody else has put there stays");
}

#[tokio::test]
async fn a_copy_that_fails_stops_nothing_and_is_tried_again_an_hour_later() {
    let inbox = Inbox::empty().await;
    fs::write(inbox.backup(), "in the way").expect("written");
    let mut house = inbox.housekeeping();
    house.turn(&inbox.practice, night()).await;
    assert_eq!(inbox.count("SELECT count(*) FROM housekeeping WHERE name = 'retention'").await, 1);
    fs::remove_file(inbox.backup()).expect("removed");
    house.turn(&inbox.practice, night() + SignedDuration::from_mins(59)).await;
    assert!(copies(&inbox).is_empty());
    house.turn(&inbox.practice, night() + SignedDuration::from_mins(60)).await;
    assert_eq!(copies(&inbox), ["practice-2026-05-05.db"]);
}

#[tokio::test]
async fn old_copies_make_room_before_the_new_one_is_tried() {
    let inbox = Inbox::empty().await;
    let tomorrow = inbox.backup().join("practice-2026-05-06.db");
    let mut house = inbox.housekeeping();
    house.turn(&inbox.practice, night()).await;
    fs::write(inbox.backup().join("practice-2026-03-31.db"), "old").expect("written");
    // As a disk without room refuses it.
    fs::create_dir(db::beside(&tomorrow, ".part")).expect("in the way");
    house.turn(&inbox.practice, night() + days(1)).await;
    assert!(!tomorrow.exists());
    assert_eq!(copies(&inbox), ["practice-2026-05-05.db", "practice-2026-05-06.db.part"]);
}

#[tokio::test]
async fn rel_20_the_newest_good_copy_stays_while_no_new_one_can_be_made_and_so_does_what_was_erased_since() {
    let inbox = Inbox::empty().await;
    let mut house = inbox.housekeeping();
    for day in [0, 1, 2] {
        house.turn(&inbox.practice, night() + days(day)).await;
    }
    let good = inbox.backup().join("practice-2026-05-06.db");
    let newest = inbox.backup().join("practice-2026-05-07.db");
    fs::File::options().write(true).open(&newest).expect("opens").set_len(4096).expect("cut");
    let erased = format!("{:.3} K7QF-2M\n", night() + days(3));
    fs::write(inbox.backup().join(erased::FILE), &erased).expect("written");

    let mut in_the_way = Vec::new();
    for day in 3..=55 {
        let night = night() + days(day);
        let file = inbox.backup().join(copy::name_of(night.to_zoned(inbox.practice.time_zone()).date()));
        let part = fs::File::create(db::beside(&file, ".part")).expect("made");
        part.lock().expect("locks: as if another copy were being made");
        in_the_way.push(part);
        house.turn(&inbox.practice, night).await;
    }
    let whole = |names: Vec<String>| names.into_iter().filter(|name| !name.ends_with(".part"));
    assert_eq!(whole(copies(&inbox)).collect::<Vec<_>>(), ["erased", "practice-2026-05-06.db"]);
    copy::prove(&good).await.expect("good");
    assert_eq!(erased::list(&inbox.backup()).expect("readable").len(), 1, "a restore has to erase it again");

    for day in [56, 57] {
        house.turn(&inbox.practice, night() + days(day)).await;
    }
    assert!(!good.exists(), "there are newer ones");
    assert!(erased::list(&inbox.backup()).expect("readable").is_empty());
}

#[tokio::test]
async fn a_good_copy_of_the_same_night_stays_and_a_damaged_one_is_made_anew() {
    let inbox = Inbox::empty().await;
    let mut house = inbox.housekeeping();
    house.turn(&inbox.practice, night()).await;
    let file = inbox.backup().join("practice-2026-05-05.db");
    let again = async |inbox: &Inbox| {
        let mut write = inbox.db.begin().await.expect("begins");
        let sql = "DELETE FROM housekeeping WHERE name = 'backup'";
        sqlx::query(sql).execute(&mut *write).await.expect(sql);
        write.commit().await.expect("commits");
        inbox.housekeeping().turn(&inbox.practice, night() + SignedDuration::from_hours(9)).await;
    };
    let good = fs::read(&file).expect("readable");
    again(&inbox).await;
    assert_eq!(fs::read(&file).expect("readable"), good, "perhaps the very one that was restored");
    fs::write(&file, &good[..4096]).expect("written");
    again(&inbox).await;
    copy::prove(&file).await.expect("good");
    assert_eq!(made(&inbox).await, 2);
}

#[tokio::test]
async fn rel_06_the_whole_database_is_read_once_a_day_with_the_copy() {
    let inbox = Inbox::empty().await;
    let mut house = inbox.housekeeping();
    for minutes in [-30, 0] {
        house.turn(&inbox.practice, night() + SignedDuration::from_mins(minutes)).await;
    }
    // A table that no turn looks into.
    let root = inbox.count("SELECT rootpage FROM sqlite_schema WHERE name = 'events'").await;
    let file = fs::File::options().write(true).open(inbox.db.path()).expect("opens");
    file.write_all_at(&[0xA5; 4096], u64::try_from(root - 1).expect("a page") * 4096).expect("written");
    house.turn(&inbox.practice, night() + days(1) - SignedDuration::from_mins(20)).await;
    assert!(!inbox.db.is_damaged(), "it was read with the copy, less than a day ago");
    house.turn(&inbox.practice, night() + days(1)).await;
    assert!(inbox.db.is_damaged());
}

#[tokio::test]
async fn a_clock_that_runs_ahead_takes_no_copy_for_an_old_one() {
    let inbox = Inbox::empty().await;
    let mut house = inbox.housekeeping();
    house.turn(&inbox.practice, night()).await;
    house.turn(&inbox.practice, night() + days(400)).await;
    assert_eq!(copies(&inbox), ["practice-2026-05-05.db", "practice-2027-06-09.db"]);
}
