//! Set-up, sign-in and sessions.

use super::*;
use crate::audit::Chain;
use crate::seal::{open, seal};
use crate::staff::own_account::{Again, prove_again};
use crate::staff::recovery;

#[tokio::test]
async fn setting_up_makes_a_new_key_and_leaves_nothing_of_the_old_one() {
    let practice = fresh().await;
    let old = keys::current(&mut practice.db.read().await.expect("reads")).await.expect("a key");
    let came_in = seal(&old, "AB-12", b"hello").expect("seals");

    let set_up = prepared(&practice).await;
    let again = open(&set_up.old_private, "AB-12", &came_in).expect("opens");
    let sealed_again = seal(&set_up.new_public, "AB-12", &again).expect("seals");
    let mut write = practice.db.begin().await.expect("begins");
    let id = set_up.store(&mut write, stranger().by, NOW).await.expect("stores").expect("first");
    let welcome = set_up.enter(&mut write, id, "Firefox on Linux", stranger().by, NOW).await.expect("enters");
    write.commit().await.expect("commits");
    setup_code::forget(practice.data.path()).expect("removes");

    let session = found(&practice.db, &welcome.cookie, NOW).await.expect("a session");
    assert_eq!(open(&session.private, "AB-12", &sealed_again).expect("opens").as_slice(), b"hello");
    assert!(
        open(&session.private, "AB-12", &came_in).is_err(),
        "the old key opens nothing new, nor the other way"
    );
    let mut conn = practice.db.read().await.expect("reads");
    assert_eq!(keys::current(&mut conn).await.expect("a key"), set_up.new_public);
    assert!(keys::copy_of(&mut conn, keys::SETUP).await.expect("reads").is_none());
    assert!(!practice.data.path().join("setup-code").exists());
    assert_eq!((session.person.email.as_str(), session.person.name.as_str()), (EMAIL, "Jo Example"));
    assert_eq!(events(&practice.db).await, ["set-up done", "sign-in done"]);
}

#[tokio::test]
async fn a_set_up_that_was_not_committed_has_changed_nothing() {
    let practice = fresh().await;
    let set_up = prepared(&practice).await;
    let mut write = practice.db.begin().await.expect("begins");
    set_up.store(&mut write, stranger().by, NOW).await.expect("stores").expect("first");
    drop(write);
    let started = keys::first_start(&practice.db, practice.data.path(), &practice.door.hashing, NOW).await;
    assert_eq!(started.expect("starts").setup_code, Some(practice.setup_code.clone()));
    prepared(&practice).await;
}

#[tokio::test]
async fn only_one_of_two_set_ups_wins_and_then_set_up_is_over() {
    let practice = fresh().await;
    let (one, two) = (prepared(&practice).await, prepared(&practice).await);
    let mut write = practice.db.begin().await.expect("begins");
    assert!(one.store(&mut write, stranger().by, NOW).await.expect("stores").is_some());
    write.commit().await.expect("commits");
    let mut write = practice.db.begin().await.expect("begins");
    assert!(two.store(&mut write, stranger().by, NOW).await.expect("stores").is_none());
    drop(write);
    let late = setup::prepare(&practice.db, &practice.door, &practice.setup_code, JO, stranger(), NOW).await;
    assert!(matches!(late.expect("prepares"), Prepared::Over));
}

#[tokio::test]
async fn a_wrong_code_a_typo_and_a_weak_password_are_told_apart_and_guessing_is_slowed_down() {
    let practice = fresh().await;
    let attempt = async |code: &str, new: NewPerson<'_>| {
        setup::prepare(&practice.db, &practice.door, code, new, stranger(), NOW).await.expect("prepares")
    };
    assert!(matches!(attempt("12345", JO).await, Prepared::NotACode));
    let weak = NewPerson { password: "passwordpassword", ..JO };
    assert!(matches!(attempt(&practice.setup_code, weak).await, Prepared::Problem(_)));
    let wrong = Code::generate().expect("randomness").to_string();
    for _ in 0..5 {
        assert!(matches!(attempt(&wrong, JO).await, Prepared::WrongCode));
    }
    assert!(matches!(attempt(&practice.setup_code, JO).await, Prepared::Wait { until } if until > NOW));
}

#[tokio::test]
async fn the_first_session_asks_for_the_app_and_for_the_end_of_the_recovery_code() {
    let (practice, welcome, recovery_code) = entered().await;
    let session = found(&practice.db, &welcome.cookie, NOW).await.expect("a session");
    assert!(session.enrolling.is_some() && session.recovery_to_confirm && !session.person.second_factor);

    let mut write = practice.db.begin().await.expect("begins");
    let who = by(welcome.staff_id);
    let wrong = own_account::confirm_second_factor(&mut write, &session, "000000x", who, NOW).await;
    assert!(!wrong.expect("an answer"));
    for typed in ["", "00000", &recovery_code.to_string()] {
        let kept = recovery::confirm(&mut write, who, &welcome.cookie, typed, NOW).await.expect("an answer");
        assert!(!kept, "{typed}");
    }
    assert!(!recovery::is_kept(&mut write).await.expect("reads"));
    let typed = recovery_code.last_group().to_lowercase();
    assert!(recovery::confirm(&mut write, who, &welcome.cookie, &typed, NOW).await.expect("an answer"));
    assert!(recovery::is_kept(&mut write).await.expect("reads"));
    let code = session.enrolling.expect("a seed").code(NOW).expect("a code");
    let session = found(&practice.db, &welcome.cookie, NOW).await.expect("a session");
    let right = own_account::confirm_second_factor(&mut write, &session, &code, who, NOW).await;
    assert!(right.expect("an answer"));
    write.commit().await.expect("commits");

    let session = found(&practice.db, &welcome.cookie, NOW).await.expect("a session");
    assert!(session.enrolling.is_none() && !session.recovery_to_confirm && session.person.second_factor);
}

#[tokio::test]
async fn signing_in_takes_address_password_and_code_together() {
    let founded = founded().await;
    let code = founded.seed.code(NOW).expect("a code");
    for wrong in [
        attempt("al@example.com", PASSWORD, &code),
        attempt(EMAIL, "mortar lily 9 kettlf", &code),
        attempt(EMAIL, PASSWORD, ""),
    ] {
        assert!(matches!(tries(&founded.practice, wrong, NOW).await, SignIn::Refused));
    }
    let welcome = welcomed(tries(&founded.practice, attempt(" JO@example.com", PASSWORD, &code), NOW).await);
    let session = found(&founded.practice.db, &welcome.cookie, NOW).await.expect("a session");
    assert_eq!(session.person.id, founded.id);
    assert!(session.enrolling.is_none() && welcome.new_device.is_some());
}

#[tokio::test]
async fn a_code_works_once_also_when_two_come_at_the_same_time() {
    let founded = founded().await;
    let code = founded.seed.code(NOW).expect("a code");
    let attempt = attempt(EMAIL, PASSWORD, &code);
    let (one, two) =
        tokio::join!(tries(&founded.practice, attempt, NOW), tries(&founded.practice, attempt, NOW));
    let welcomes = [one, two].iter().filter(|answer| matches!(answer, SignIn::Welcome(_))).count();
    assert_eq!(welcomes, 1);
    assert!(
        matches!(tries(&founded.practice, attempt, NOW + 30_000).await, SignIn::Refused),
        "the step before"
    );
    let next = founded.seed.code(NOW + 30_000).expect("a code");
    welcomed(tries(&founded.practice, super::attempt(EMAIL, PASSWORD, &next), NOW + 30_000).await);
    assert!(matches!(tries(&founded.practice, attempt, NOW + 30_000).await, SignIn::Refused), "an older one");
}

#[tokio::test]
async fn guessing_is_slowed_down_for_strangers_but_never_for_a_browser_that_is_known() {
    let founded = founded().await;
    let code = founded.seed.code(NOW).expect("a code");
    for _ in 0..5 {
        let wrong = attempt(EMAIL, "mortar lily 9 kettlf", &code);
        assert!(matches!(tries(&founded.practice, wrong, NOW).await, SignIn::Refused));
    }
    let right = Attempt { caller: from([198, 51, 100, 7].into()), ..attempt(EMAIL, PASSWORD, &code) };
    assert!(matches!(tries(&founded.practice, right, NOW).await, SignIn::Wait { until } if until > NOW));
    let stolen = Attempt {
        email: "al@example.com",
        device_cookie: Some(&founded.device),
        ..attempt(EMAIL, PASSWORD, &code)
    };
    assert!(
        matches!(tries(&founded.practice, stolen, NOW).await, SignIn::Wait { .. }),
        "a cookie of another account"
    );
    let known = Attempt { device_cookie: Some(&founded.device), ..right };
    let welcome = welcomed(tries(&founded.practice, known, NOW).await);
    assert!(welcome.new_device.is_none());
}

#[tokio::test]
async fn a_known_browser_is_slowed_down_by_its_own_tries_alone() {
    let founded = founded().await;
    let wrong =
        Attempt { device_cookie: Some(&founded.device), ..attempt(EMAIL, "mortar lily 9 kettlf", "") };
    for _ in 0..5 {
        assert!(matches!(tries(&founded.practice, wrong, NOW).await, SignIn::Refused));
    }
    assert!(matches!(tries(&founded.practice, wrong, NOW).await, SignIn::Wait { .. }));
    let code = founded.seed.code(NOW).expect("a code");
    welcomed(tries(&founded.practice, attempt(EMAIL, PASSWORD, &code), NOW).await);
}

#[tokio::test]
async fn a_session_ends_after_quiet_after_twelve_hours_and_with_a_sign_out() {
    let founded = founded().await;
    let (db, cookie) = (&founded.practice.db, &founded.cookie);
    let session = found(db, cookie, NOW + 14 * MINUTE).await.expect("still on");
    assert!(session.touch_is_due(NOW + 14 * MINUTE) && !session.touch_is_due(NOW + 10_000));
    assert!(found(db, cookie, NOW + 15 * MINUTE).await.is_none(), "quiet");
    for minute in (0..=12 * 60).step_by(10) {
        let mut write = db.begin().await.expect("begins");
        session::touch(&mut write, session.id, NOW + minute * MINUTE).await.expect("touches");
        write.commit().await.expect("commits");
    }
    assert!(found(db, cookie, NOW + 12 * HOUR - 1).await.is_some());
    assert!(found(db, cookie, NOW + 12 * HOUR).await.is_none(), "twelve hours");
    let mut write = db.begin().await.expect("begins");
    assert!(!session::end(&mut write, by(99), 99, session.id, NOW).await.expect("an answer"), "not theirs");
    assert!(session::end(&mut write, by(founded.id), founded.id, session.id, NOW).await.expect("ends"));
    write.commit().await.expect("commits");
    assert!(found(db, cookie, NOW).await.is_none(), "signed out");
}

#[tokio::test]
async fn ones_sessions_are_listed_ended_everywhere_and_swept() {
    let founded = founded().await;
    let code = founded.seed.code(NOW + MINUTE).expect("a code");
    let phone = Attempt { device: "Safari on iPhone", ..attempt(EMAIL, PASSWORD, &code) };
    let second = welcomed(tries(&founded.practice, phone, NOW + MINUTE).await);
    let mut write = founded.practice.db.begin().await.expect("begins");
    let listed = session::list(&mut write, founded.id, NOW + MINUTE).await.expect("reads");
    let devices: Vec<_> = listed.iter().map(|session| session.device.as_str()).collect();
    assert_eq!(devices, ["Safari on iPhone", "Firefox on Linux"]);
    assert_eq!(session::sweep(&mut write, NOW + 15 * MINUTE).await.expect("sweeps"), 1);
    let ended = session::end_everywhere(&mut write, by(founded.id), founded.id, NOW + MINUTE).await;
    assert_eq!(ended.expect("ends"), 1);
    write.commit().await.expect("commits");
    assert!(found(&founded.practice.db, &second.cookie, NOW + MINUTE).await.is_none());
    assert!(found(&founded.practice.db, &founded.cookie, NOW + MINUTE).await.is_none());
}

#[tokio::test]
async fn a_cookie_that_was_not_given_out_is_nobody() {
    let founded = founded().await;
    for cookie in ["", "nonsense", &founded.device, &"A".repeat(43)] {
        assert!(found(&founded.practice.db, cookie, NOW).await.is_none(), "{cookie}");
    }
}

#[tokio::test]
async fn seal_11_an_exchanged_key_refuses_sessions_and_sign_ins() {
    let founded = founded().await;
    let foreign = crate::seal::PrivateKey::generate().public();
    let mut write = founded.practice.db.begin().await.expect("begins");
    keys::replace(&mut write, &foreign, NOW).await.expect("replaces");
    write.commit().await.expect("commits");
    let mut conn = founded.practice.db.read().await.expect("reads");
    assert!(session::find(&mut conn, &founded.cookie, NOW).await.is_err());
    let code = founded.seed.code(NOW).expect("a code");
    let attempt = attempt(EMAIL, PASSWORD, &code);
    assert!(sign_in(&founded.practice.db, &founded.practice.door, attempt, NOW).await.is_err());
}

#[tokio::test]
async fn the_password_is_shown_again_before_what_cannot_be_undone() {
    let founded = founded().await;
    let Founded { practice, .. } = &founded;
    let person = found(&practice.db, &founded.cookie, NOW).await.expect("a session").person;
    let again = async |password: &str| {
        prove_again(&practice.db, &practice.door, &person, password, by(founded.id), NOW)
            .await
            .expect("answers")
    };
    assert_eq!(again(PASSWORD).await, Again::Right);
    for _ in 0..5 {
        assert_eq!(again("mortar lily 9 kettlf").await, Again::Wrong);
    }
    assert!(matches!(again(PASSWORD).await, Again::Wait { .. }));
}

#[tokio::test]
async fn seal_01_nothing_that_was_typed_stands_in_the_database_or_the_ledger() {
    let founded = founded().await;
    let code = founded.seed.code(NOW).expect("a code");
    tries(&founded.practice, attempt("canary@example.com", "canary password 123", "999999"), NOW).await;
    welcomed(tries(&founded.practice, attempt(EMAIL, PASSWORD, &code), NOW).await);
    let path = founded.practice.db.path();
    let mut bytes = std::fs::read(path).expect("reads");
    bytes.extend(std::fs::read(path.with_extension("db-wal")).expect("reads"));
    let secrets = [
        "canary",
        PASSWORD,
        "AGE-SECRET-KEY",
        founded.recovery_code.as_str(),
        &practice_code(&founded.practice),
        &founded.cookie,
        &founded.device,
        &founded.seed.text().replace(' ', ""),
    ];
    for secret in secrets {
        assert!(!bytes.windows(secret.len()).any(|window| window == secret.as_bytes()), "{secret}");
    }
    let chain = crate::audit::verify(&mut founded.practice.db.read().await.expect("reads")).await;
    assert!(
        matches!(chain.expect("reads"), Chain::Verified { rows: 5 }),
        "{:?}",
        events(&founded.practice.db).await
    );
}

fn practice_code(practice: &Practice) -> String {
    practice.setup_code.replace('-', "")
}

#[tokio::test]
async fn a_password_stored_at_a_lower_cost_is_stored_anew_at_the_next_sign_in() {
    let mut founded = founded().await;
    let dearer = Cost { passes: 2, ..CHEAP };
    founded.practice.door = Doorkeeper::new(dearer);
    let cost = async || {
        let mut conn = founded.practice.db.read().await.expect("reads");
        keys::copy_of(&mut conn, &keys::holder_of(founded.id))
            .await
            .expect("reads")
            .expect("a copy")
            .recipe
            .cost
    };
    let code = founded.seed.code(NOW).expect("a code");
    let wrong = attempt(EMAIL, PASSWORD, "");
    assert!(matches!(tries(&founded.practice, wrong, NOW).await, SignIn::Refused));
    assert_eq!(cost().await, CHEAP, "a refused sign-in changes nothing");
    welcomed(tries(&founded.practice, attempt(EMAIL, PASSWORD, &code), NOW).await);
    assert_eq!(cost().await, dearer);
    let next = founded.seed.code(NOW + MINUTE).expect("a code");
    welcomed(tries(&founded.practice, attempt(EMAIL, PASSWORD, &next), NOW + MINUTE).await);
    assert!(found(&founded.practice.db, &founded.cookie, NOW).await.is_some(), "nobody is signed out");
}

#[tokio::test]
async fn what_stands_in_for_a_stranger_is_as_much_work_as_an_account() {
    let founded = founded().await;
    let real: (u32, u32) = sqlx::query_as(
        "SELECT length(second_factor), length(wrapped) FROM staff, practice_key_copies WHERE holder = 'staff:1'",
    )
    .fetch_one(&mut *founded.practice.db.read().await.expect("reads"))
    .await
    .expect("reads");
    let real = (real.0 as usize, real.1 as usize);
    assert_eq!(real, (crate::staff::proof::SECOND_FACTOR, keys::WRAPPED));
}
