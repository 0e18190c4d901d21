//! The doors together, on a migrated database and with a cheap hash.

mod access;
mod clicks;
mod people;
mod theft;

use std::net::IpAddr;

use zeroize::Zeroizing;

use super::code::Code;
use super::hashing::Cost;
use super::people::NewPerson;
use super::second_factor::Seed;
use super::session::{self, Session};
use super::setup::{self, Prepared, SetUp};
use super::sign_in::{Attempt, SignIn, Welcome, sign_in};
use super::{Caller, Doorkeeper, keys, own_account, setup_code};
use crate::audit::{Actor, By, Which, list};
use crate::db::Db;

const CHEAP: Cost = Cost { memory_kib: 8, passes: 1, lanes: 1 };
const NOW: i64 = 1_800_000_000_000;
const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;

const EMAIL: &str = "jo@example.com";
const PASSWORD: &str = "mortar lily 9 kettle";
const PRACTICE: &str = "Example Practice";

const JO: NewPerson<'static> =
    NewPerson { email: " Jo@Example.com ", name: "Jo Example", password: PASSWORD, practice: PRACTICE };

/// A practice whose first account is set up and whose app with the codes is confirmed.
struct Founded {
    practice: Practice,
    id: i64,
    cookie: Zeroizing<String>,
    device: Zeroizing<String>,
    recovery_code: Code,
    seed: Seed,
}

struct Practice {
    data: tempfile::TempDir,
    db: Db,
    door: Doorkeeper,
    setup_code: String,
}

fn stranger() -> Caller<'static> {
    from([203, 0, 113, 9].into())
}

fn from(address: IpAddr) -> Caller<'static> {
    Caller { by: By { actor: Actor::Stranger, request_id: Some("r-1") }, address: Some(address) }
}

fn by(staff_id: i64) -> By<'static> {
    By { actor: Actor::Staff(staff_id), request_id: Some("r-1") }
}

/// A practice that nobody has an account in yet.
async fn fresh() -> Practice {
    let data = tempfile::tempdir().expect("a folder");
    let db = Db::open(&data.path().join("practice.db")).await.expect("opens");
    let door = Doorkeeper::new(CHEAP);
    let first = keys::first_start(&db, data.path(), &door.hashing, NOW).await.expect("starts");
    Practice { data, db, door, setup_code: first.setup_code.expect("a code") }
}

async fn prepared(practice: &Practice) -> Box<SetUp> {
    let prepared =
        setup::prepare(&practice.db, &practice.door, &practice.setup_code, JO, stranger(), NOW).await;
    match prepared.expect("prepares") {
        Prepared::Ready(set_up) => set_up,
        _ => panic!("the set-up code was not taken"),
    }
}

/// Set up, and the second factor not yet confirmed.
async fn entered() -> (Practice, Welcome, Code) {
    let practice = fresh().await;
    let set_up = prepared(&practice).await;
    let mut write = practice.db.begin().await.expect("begins");
    let id = set_up.store(&mut write, stranger().by, NOW).await.expect("stores").expect("first");
    let welcome = set_up.enter(&mut write, id, "Firefox on Linux", stranger().by, NOW).await.expect("enters");
    write.commit().await.expect("commits");
    setup_code::forget(practice.data.path()).expect("removes");
    (practice, welcome, set_up.recovery_code.clone())
}

async fn founded() -> Founded {
    let (practice, welcome, recovery_code) = entered().await;
    let session = found(&practice.db, &welcome.cookie, NOW).await.expect("a session");
    let seed = session.enrolling.clone().expect("a seed");
    let code = seed.code(NOW - HOUR).expect("a code");
    let mut write = practice.db.begin().await.expect("begins");
    let on =
        own_account::confirm_second_factor(&mut write, &session, &code, by(welcome.staff_id), NOW - HOUR)
            .await;
    assert!(on.expect("confirms"));
    write.commit().await.expect("commits");
    let device = welcome.new_device.expect("a new browser");
    Founded { practice, id: welcome.staff_id, cookie: welcome.cookie, device, recovery_code, seed }
}

async fn found(db: &Db, cookie: &str, now: i64) -> Option<Session> {
    session::find(&mut db.read().await.expect("reads"), cookie, now).await.expect("reads a session")
}

fn attempt<'a>(email: &'a str, password: &'a str, code: &'a str) -> Attempt<'a> {
    Attempt { email, password, code, device_cookie: None, device: "Firefox on Linux", caller: stranger() }
}

async fn tries(practice: &Practice, attempt: Attempt<'_>, now: i64) -> SignIn {
    sign_in(&practice.db, &practice.door, attempt, now).await.expect("an answer")
}

fn welcomed(answer: SignIn) -> Welcome {
    match answer {
        SignIn::Welcome(welcome) => welcome,
        other => panic!("{other:?}"),
    }
}

/// The ledger's events, the oldest first.
async fn events(db: &Db) -> Vec<String> {
    let listing = list(&mut db.read().await.expect("reads"), Which::All, 1).await.expect("reads");
    listing.rows.into_iter().rev().map(|row| format!("{} {}", row.event, row.outcome.as_str())).collect()
}
