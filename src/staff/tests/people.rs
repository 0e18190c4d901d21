//! Recovery, invitations, leaving, and changes of password and second factor.

use super::*;
use crate::staff::invitation::{self, Join, Joined};
use crate::staff::own_account::{Changed, NewPassword, change_password, renew_second_factor};
use crate::staff::people::{self, Disabled, Problem};
use crate::staff::recovery::{self, Recover, Recovery};

const NEW_PASSWORD: &str = "velvet anchor 4 prune";

async fn invited(founded: &Founded, email: &str) -> Code {
    let session = found(&founded.practice.db, &founded.cookie, NOW).await.expect("a session");
    let mut write = founded.practice.db.begin().await.expect("begins");
    let code = invitation::invite(&mut write, by(founded.id), &session, email, "Al Example", NOW).await;
    write.commit().await.expect("commits");
    code.expect("invites").expect("no problem")
}

async fn joins(founded: &Founded, code: &str, now: i64) -> Joined {
    let join = Join { code, password: NEW_PASSWORD, practice: PRACTICE, device: "Firefox on Linux" };
    invitation::join(&founded.practice.db, &founded.practice.door, join, stranger(), now)
        .await
        .expect("answers")
}

async fn run(db: &Db, statement: &'static str) {
    let mut write = db.begin().await.expect("begins");
    sqlx::query(statement).execute(&mut *write).await.expect("runs");
    write.commit().await.expect("commits");
}

async fn recovers(founded: &Founded, code: &str, email: &str) -> Recovery {
    let typed = Recover { code, email, password: NEW_PASSWORD, practice: PRACTICE };
    recovery::recover(&founded.practice.db, &founded.practice.door, typed, stranger(), NOW)
        .await
        .expect("answers")
}

async fn disables(founded: &Founded, id: i64) -> Disabled {
    let mut write = founded.practice.db.begin().await.expect("begins");
    let disabled = people::disable(&mut write, by(founded.id), id, NOW).await.expect("answers");
    write.commit().await.expect("commits");
    disabled
}

#[tokio::test]
async fn seal_07_an_invited_person_joins_once_and_reads_what_came_before() {
    let founded = founded().await;
    let code = invited(&founded, "Al@example.com").await;
    let Joined::Welcome(welcome) = joins(&founded, &code.to_string(), NOW).await else {
        panic!("not joined")
    };
    let session = found(&founded.practice.db, &welcome.cookie, NOW).await.expect("a session");
    let first = found(&founded.practice.db, &founded.cookie, NOW).await.expect("a session");
    assert_eq!(session.private.public(), first.private.public());
    assert_eq!(session.person.email, "al@example.com");
    assert!(session.enrolling.is_some());
    assert!(matches!(joins(&founded, &code.to_string(), NOW).await, Joined::Gone));
    welcomed(tries(&founded.practice, attempt("al@example.com", NEW_PASSWORD, ""), NOW).await);
}

#[tokio::test]
async fn seal_07_an_invitation_runs_out_is_withdrawn_and_is_replaced_by_the_next_one() {
    let founded = founded().await;
    let first = invited(&founded, "al@example.com").await;
    let second = invited(&founded, "al@example.com").await;
    assert!(matches!(joins(&founded, &first.to_string(), NOW).await, Joined::Gone), "replaced");
    assert!(matches!(joins(&founded, &second.to_string(), NOW + 72 * HOUR).await, Joined::Gone), "run out");
    assert!(matches!(joins(&founded, "nonsense", NOW).await, Joined::NotACode));
    let mut write = founded.practice.db.begin().await.expect("begins");
    let standing = invitation::list(&mut write, NOW).await.expect("reads");
    assert_eq!(standing.len(), 1);
    assert!(invitation::withdraw(&mut write, by(founded.id), standing[0].id, NOW).await.expect("withdraws"));
    assert!(!invitation::withdraw(&mut write, by(founded.id), standing[0].id, NOW).await.expect("answers"));
    write.commit().await.expect("commits");
    assert!(matches!(joins(&founded, &second.to_string(), NOW).await, Joined::Gone), "withdrawn");
    let third = invited(&founded, "al@example.com").await;
    let mut write = founded.practice.db.begin().await.expect("begins");
    assert_eq!(invitation::sweep(&mut write, NOW + 72 * HOUR).await.expect("sweeps"), 1);
    write.commit().await.expect("commits");
    assert!(matches!(joins(&founded, &third.to_string(), NOW).await, Joined::Gone), "swept");
}

#[tokio::test]
async fn nobody_is_invited_twice_or_without_a_name_and_an_address() {
    let founded = founded().await;
    let session = found(&founded.practice.db, &founded.cookie, NOW).await.expect("a session");
    let mut write = founded.practice.db.begin().await.expect("begins");
    for (email, name, problem) in [
        (EMAIL, "Jo", Problem::EmailTaken),
        ("al@example.com", "  ", Problem::Name),
        ("al@example.com", "Al\r\nBcc", Problem::Name),
        ("al", "Al", Problem::Email),
        ("a l@example.com", "Al", Problem::Email),
    ] {
        let answer = invitation::invite(&mut write, by(founded.id), &session, email, name, NOW).await;
        assert_eq!(answer.expect("answers").err(), Some(problem), "{email} {name}");
    }
}

#[tokio::test]
async fn a_disabled_person_is_out_at_once_and_the_last_one_stays() {
    let founded = founded().await;
    assert_eq!(disables(&founded, founded.id).await, Disabled::LastActive);
    let code = invited(&founded, "al@example.com").await;
    let Joined::Welcome(al) = joins(&founded, &code.to_string(), NOW).await else { panic!("not joined") };
    assert_eq!(disables(&founded, al.staff_id).await, Disabled::Done);
    assert_eq!(disables(&founded, al.staff_id).await, Disabled::NotThere);
    assert_eq!(disables(&founded, 99).await, Disabled::NotThere);
    assert!(found(&founded.practice.db, &al.cookie, NOW).await.is_none());
    let back = attempt("al@example.com", NEW_PASSWORD, "");
    assert!(matches!(tries(&founded.practice, back, NOW).await, SignIn::Refused));
    let mut conn = founded.practice.db.read().await.expect("reads");
    assert!(keys::copy_of(&mut conn, &keys::holder_of(al.staff_id)).await.expect("reads").is_none());
    let everybody = people::list(&mut conn).await.expect("reads");
    assert_eq!(
        everybody.iter().map(|person| person.disabled_at.is_some()).collect::<Vec<_>>(),
        [false, true]
    );
    drop(conn);
    assert_eq!(disables(&founded, founded.id).await, Disabled::LastActive);
}

#[tokio::test]
async fn the_invitations_of_a_disabled_person_go_too() {
    let founded = founded().await;
    let code = invited(&founded, "al@example.com").await;
    let Joined::Welcome(_) = joins(&founded, &code.to_string(), NOW).await else { panic!("not joined") };
    let left_open = invited(&founded, "kim@example.com").await;
    assert_eq!(disables(&founded, founded.id).await, Disabled::Done);
    assert!(matches!(joins(&founded, &left_open.to_string(), NOW).await, Joined::Gone));
}

#[tokio::test]
async fn seal_05_the_recovery_code_restores_access_and_ends_what_was_open() {
    let founded = founded().await;
    let code = founded.recovery_code.to_string();
    assert_eq!(recovers(&founded, "typo", EMAIL).await, Recovery::NotACode);
    assert_eq!(recovers(&founded, &code, "al@example.com").await, Recovery::Refused);
    assert_eq!(recovers(&founded, &code, EMAIL).await, Recovery::Done { staff_id: founded.id });
    assert!(found(&founded.practice.db, &founded.cookie, NOW).await.is_none());
    let old = founded.seed.code(NOW).expect("a code");
    assert!(matches!(tries(&founded.practice, attempt(EMAIL, PASSWORD, &old), NOW).await, SignIn::Refused));
    let welcome = welcomed(tries(&founded.practice, attempt(EMAIL, NEW_PASSWORD, ""), NOW).await);
    let session = found(&founded.practice.db, &welcome.cookie, NOW).await.expect("a session");
    assert!(session.enrolling.is_some(), "a new seed waits for its first code");
}

#[tokio::test]
async fn what_a_session_began_is_not_finished_once_a_recovery_has_ended_it() {
    let (practice, welcome, recovery_code) = entered().await;
    let stale = found(&practice.db, &welcome.cookie, NOW).await.expect("a session");
    let code = recovery_code.to_string();
    let typed = Recover { code: &code, email: EMAIL, password: NEW_PASSWORD, practice: PRACTICE };
    let done =
        recovery::recover(&practice.db, &practice.door, typed, stranger(), NOW).await.expect("answers");
    assert_eq!(done, Recovery::Done { staff_id: welcome.staff_id });

    let who = by(welcome.staff_id);
    let first_code = stale.enrolling.as_ref().expect("a seed").code(NOW).expect("a code");
    let mut write = practice.db.begin().await.expect("begins");
    let on = own_account::confirm_second_factor(&mut write, &stale, &first_code, who, NOW).await;
    assert!(!on.expect("answers"), "the seed is not the one in place any more");
    assert!(invitation::invite(&mut write, who, &stale, "al@example.com", "Al", NOW).await.is_err());
    drop(write);
    welcomed(tries(&practice, attempt(EMAIL, NEW_PASSWORD, ""), NOW).await);
}

#[tokio::test]
async fn seal_06_wrong_recovery_codes_are_refused_and_slowed_down() {
    let founded = founded().await;
    for _ in 0..5 {
        let wrong = Code::generate().expect("randomness").to_string();
        assert_eq!(recovers(&founded, &wrong, EMAIL).await, Recovery::Refused);
    }
    let right = founded.recovery_code.to_string();
    assert!(matches!(recovers(&founded, &right, EMAIL).await, Recovery::Wait { .. }));
    let (db, door) = (&founded.practice.db, &founded.practice.door);
    let typed = Recover { code: &right, email: EMAIL, password: NEW_PASSWORD, practice: PRACTICE };
    let elsewhere = from([198, 51, 100, 7].into());
    let done = recovery::recover(db, door, typed, elsewhere, NOW).await.expect("answers");
    assert_eq!(done, Recovery::Done { staff_id: founded.id }, "the owner is not shut out by others");
}

#[tokio::test]
async fn seal_06_a_new_recovery_code_takes_the_place_of_the_old_one() {
    let founded = founded().await;
    let db = &founded.practice.db;
    let session = found(db, &founded.cookie, NOW).await.expect("a session");
    let hashing = &founded.practice.door.hashing;
    let new =
        recovery::renew(db, hashing, &session, &founded.cookie, by(founded.id), NOW).await.expect("renews");
    assert!(found(db, &founded.cookie, NOW).await.expect("a session").recovery_to_confirm);
    assert_eq!(recovers(&founded, &founded.recovery_code.to_string(), EMAIL).await, Recovery::Refused);
    let code = founded.seed.code(NOW).expect("a code");
    let other = welcomed(tries(&founded.practice, attempt(EMAIL, PASSWORD, &code), NOW).await).cookie;
    let mut write = db.begin().await.expect("begins");
    let kept = recovery::confirm(&mut write, by(founded.id), &other, new.last_group(), NOW).await;
    assert!(!kept.expect("answers"), "it was shown to another session");
    let kept = recovery::confirm(&mut write, by(founded.id), &founded.cookie, new.last_group(), NOW).await;
    assert!(kept.expect("answers"));
    write.commit().await.expect("commits");
    assert_eq!(recovers(&founded, &new.to_string(), EMAIL).await, Recovery::Done { staff_id: founded.id });
}

#[tokio::test]
async fn the_command_line_adds_people_with_the_recovery_code() {
    let founded = founded().await;
    let (db, door) = (&founded.practice.db, &founded.practice.door);
    let code = founded.recovery_code.to_string();
    let al =
        NewPerson { email: "al@example.com", name: "Al Example", password: NEW_PASSWORD, practice: PRACTICE };
    let added = recovery::add(db, door, &code, al, stranger(), NOW).await.expect("answers");
    assert!(matches!(added, Recovery::Done { .. }));
    let again = recovery::add(db, door, &code, al, stranger(), NOW).await.expect("answers");
    assert_eq!(again, Recovery::Problem(Problem::EmailTaken));
    let welcome = welcomed(tries(&founded.practice, attempt("al@example.com", NEW_PASSWORD, ""), NOW).await);
    assert!(found(db, &welcome.cookie, NOW).await.is_some());
}

#[tokio::test]
async fn seal_09_a_changed_password_keeps_the_key_the_app_and_this_session_and_ends_the_others() {
    let founded = founded().await;
    let (db, door) = (&founded.practice.db, &founded.practice.door);
    let code = founded.seed.code(NOW).expect("a code");
    let other = welcomed(tries(&founded.practice, attempt(EMAIL, PASSWORD, &code), NOW).await);
    let session = found(db, &founded.cookie, NOW).await.expect("a session");
    let change = async |old, new| {
        let typed = NewPassword { old, new, practice: PRACTICE };
        change_password(db, door, &session, typed, by(founded.id), NOW).await.expect("answers")
    };
    assert_eq!(change("mortar lily 9 kettlf", NEW_PASSWORD).await, Changed::WrongPassword);
    assert!(matches!(change(PASSWORD, "jo example jo example").await, Changed::Problem(_)));
    assert!(found(db, &other.cookie, NOW).await.is_some());
    assert_eq!(change(PASSWORD, NEW_PASSWORD).await, Changed::Done);

    assert!(found(db, &other.cookie, NOW).await.is_none());
    assert!(found(db, &founded.cookie, NOW).await.is_some());
    let later = NOW + MINUTE;
    let code = founded.seed.code(later).expect("a code");
    assert!(matches!(
        tries(&founded.practice, attempt(EMAIL, PASSWORD, &code), later).await,
        SignIn::Refused
    ));
    let welcome = welcomed(tries(&founded.practice, attempt(EMAIL, NEW_PASSWORD, &code), later).await);
    let signed_in = found(db, &welcome.cookie, later).await.expect("a session");
    assert_eq!(signed_in.private.public(), session.private.public());
}

#[tokio::test]
async fn seal_09_a_change_that_fails_at_its_very_last_step_leaves_everything_as_it_was() {
    let founded = founded().await;
    let (db, door) = (&founded.practice.db, &founded.practice.door);
    let session = found(db, &founded.cookie, NOW).await.expect("a session");
    run(db, "CREATE TRIGGER fails BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'no room'); END").await;
    let typed = NewPassword { old: PASSWORD, new: NEW_PASSWORD, practice: PRACTICE };
    assert!(change_password(db, door, &session, typed, by(founded.id), NOW).await.is_err());
    let code = founded.recovery_code.to_string();
    let typed = Recover { code: &code, email: EMAIL, password: NEW_PASSWORD, practice: PRACTICE };
    assert!(recovery::recover(db, door, typed, stranger(), NOW).await.is_err());
    assert!(renew_second_factor(db, door, &session, PASSWORD, by(founded.id), NOW).await.is_err());
    run(db, "DROP TRIGGER fails").await;

    assert!(found(db, &founded.cookie, NOW).await.is_some());
    let code = founded.seed.code(NOW).expect("a code");
    assert!(matches!(tries(&founded.practice, attempt(EMAIL, NEW_PASSWORD, ""), NOW).await, SignIn::Refused));
    welcomed(tries(&founded.practice, attempt(EMAIL, PASSWORD, &code), NOW).await);
}

#[tokio::test]
async fn of_two_changes_at_once_the_later_one_is_refused() {
    let founded = founded().await;
    let (db, door) = (&founded.practice.db, &founded.practice.door);
    let session = found(db, &founded.cookie, NOW).await.expect("a session");
    let change = async |new| {
        let typed = NewPassword { old: PASSWORD, new, practice: PRACTICE };
        change_password(db, door, &session, typed, by(founded.id), NOW).await.expect("answers")
    };
    let (one, two) = tokio::join!(change(NEW_PASSWORD), change("cobalt thimble 7 dune"));
    let done = [one, two].iter().filter(|changed| **changed == Changed::Done).count();
    assert_eq!(done, 1, "{one:?} {two:?}");
}

#[tokio::test]
async fn a_new_phone_gets_a_new_seed_at_the_next_sign_in() {
    let founded = founded().await;
    let (db, door) = (&founded.practice.db, &founded.practice.door);
    let session = found(db, &founded.cookie, NOW).await.expect("a session");
    let renewed =
        renew_second_factor(db, door, &session, PASSWORD, by(founded.id), NOW).await.expect("answers");
    assert_eq!(renewed, Changed::Done);
    assert!(found(db, &founded.cookie, NOW).await.is_none());
    let welcome = welcomed(tries(&founded.practice, attempt(EMAIL, PASSWORD, ""), NOW).await);
    let session = found(db, &welcome.cookie, NOW).await.expect("a session");
    let seed = session.enrolling.expect("a new seed");
    assert_ne!(seed.text(), founded.seed.text());
}
