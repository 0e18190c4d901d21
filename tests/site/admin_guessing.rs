//! Whoever guesses waits, whoever owns the account gets in, and no answer tells more than "no" (SEC-10 to SEC-13).
//!
//! Work is counted, not timed: `Office::hashed` tells how often the slow hash ran.

use std::net::Ipv4Addr;

use axum::http::StatusCode;

use crate::admin_people::{invite, joined};
use crate::consultation::futures_of;
use crate::office::{Browser, EMAIL, Founder, Office, PASSWORD};
use crate::visit::{Answer, all, one, words};

const WRONG: &str = "another mortar lily 9";
const NEW: &str = "seven quiet harbors 4";

async fn guess(browser: &Browser<'_>, email: &str, password: &str, code: &str) -> Answer {
    browser.post("/admin/sign-in", &[("email", email), ("password", password), ("code", code)]).await
}

fn code(office: &Office, founder: &Founder<'_>) -> String {
    founder.seed.code(office.now()).expect("a code")
}

/// A thousand guesses within a moment; how many were so much as looked at.
async fn thousand(office: &Office, from: impl Fn(u32) -> Ipv4Addr, email: impl Fn(u32) -> String) -> u64 {
    let before = office.hashed();
    for number in 0..1_000 {
        let answer = guess(&office.browser_at(from(number)), &email(number), WRONG, "000000").await;
        let waits = answer.status == StatusCode::TOO_MANY_REQUESTS;
        assert!(waits || answer.status == StatusCode::UNPROCESSABLE_ENTITY, "{}", answer.status);
        assert_eq!(waits, !answer.header("retry-after").is_empty());
    }
    office.hashed() - before
}

fn one_address(_: u32) -> Ipv4Addr {
    Ipv4Addr::new(203, 0, 113, 9)
}

#[tokio::test]
async fn sec_10_a_thousand_guesses_are_five_whether_the_account_or_the_address_stays() {
    let office = Office::fresh().await;
    let founder = office.founded().await;
    let same = |_| EMAIL.to_owned();
    assert_eq!(thousand(&office, one_address, same).await, 5, "one account, one address");
    // What was counted against both is over; the account alone is held up longer.
    office.wait_minutes(61);
    let each = |number: u32| Ipv4Addr::from_bits(0xC633_6400 + number);
    assert_eq!(thousand(&office, each, same).await, 5, "one account, a thousand addresses");
    office.wait_minutes(61);
    let other = |number: u32| format!("nobody{number}@example.com");
    assert_eq!(thousand(&office, one_address, other).await, 5, "a thousand accounts, one address");
    let owner = guess(&office.browser_at([198, 51, 100, 7]), EMAIL, PASSWORD, &code(&office, &founder)).await;
    assert_eq!(owner.status, StatusCode::SEE_OTHER, "the owner, elsewhere, does not wait for strangers");
}

#[tokio::test]
async fn sec_10_a_hundred_at_once_are_five_too() {
    let office = Office::fresh().await;
    office.founded().await;
    let browsers: Vec<_> = (0..100).map(|_| office.browser_at(one_address(0))).collect();
    let before = office.hashed();
    let answers = futures_of(browsers.iter().map(|browser| guess(browser, EMAIL, WRONG, "000000"))).await;
    let tried = answers.iter().filter(|answer| answer.status == StatusCode::UNPROCESSABLE_ENTITY).count();
    assert_eq!((tried, office.hashed() - before), (5, 5));
}

#[tokio::test]
async fn sec_10_waits_grow_to_a_quarter_of_an_hour_and_then_the_owner_is_let_in() {
    let office = Office::fresh().await;
    let founder = office.founded().await;
    let guesser = office.browser_at([203, 0, 113, 9]);
    let mut waits = Vec::new();
    for _ in 0..30 {
        let answer = guess(&guesser, EMAIL, WRONG, "000000").await;
        if answer.status == StatusCode::TOO_MANY_REQUESTS {
            let seconds: i64 = answer.header("retry-after").parse().expect("seconds");
            waits.push(seconds);
            office.wait_minutes(seconds / 60 + 1);
        }
    }
    assert!(waits.is_sorted(), "{waits:?}");
    assert_eq!((waits[0], *waits.last().expect("some")), (2, 901));
    let known = guess(&founder.browser, EMAIL, PASSWORD, &code(&office, &founder)).await;
    assert_eq!(known.status, StatusCode::SEE_OTHER, "from a browser of their own at once");
    office.wait_minutes(16);
    let elsewhere = guess(&office.browser(), EMAIL, PASSWORD, &code(&office, &founder)).await;
    assert_eq!(elsewhere.status, StatusCode::SEE_OTHER, "from any other a quarter of an hour later");
}

#[tokio::test]
async fn sec_11_whoever_is_asked_for_and_whatever_is_wrong_the_work_and_the_answer_are_the_same() {
    let office = Office::fresh().await;
    let founder = office.founded().await;
    let al = joined(&office, &founder).await;
    let own = founder.browser.page("/admin/people").await;
    let link =
        all(&own, "a[href^='/admin/people/disable']").last().expect("a link").attr("href").map(str::to_owned);
    drop(al);
    let link = link.expect("an address");
    let (_, id) = link.split_once("id=").expect("an id");
    let disabled = founder.browser.post("/admin/people/disable", &[("id", id), ("password", PASSWORD)]).await;
    assert_eq!(disabled.status, StatusCode::SEE_OTHER);
    let right = code(&office, &founder);
    let long = "x".repeat(2_000);
    let mut answers = Vec::new();
    for (who, email, password, code) in [
        ("a wrong password", EMAIL, WRONG, right.as_str()),
        ("a wrong code", EMAIL, PASSWORD, "000000"),
        ("no code", EMAIL, PASSWORD, ""),
        ("nobody", "nobody@example.com", PASSWORD, &right),
        ("a disabled account", "al@example.com", NEW, &right),
        ("no address", "", PASSWORD, &right),
        ("a password that can't be one", EMAIL, &long, &right),
    ] {
        office.wait_minutes(61);
        let before = office.hashed();
        let rows = rows(&office).await;
        let answer = guess(&office.browser(), email, password, code).await;
        assert_eq!(office.hashed() - before, 1, "{who}: the hash runs once");
        assert_eq!(self::rows(&office).await - rows, 1, "{who}: the ledger has one row");
        let text = answer.text().replace(&format!("value=\"{email}\""), "value=\"\"");
        let mut headers: Vec<_> = answer.headers.keys().map(ToString::to_string).collect();
        headers.sort();
        answers.push((who, answer.status, headers, text));
    }
    for (who, status, headers, text) in &answers {
        let (_, first, usual, said) = &answers[0];
        assert_eq!((status, headers), (first, usual), "{who}");
        assert_eq!(text, said, "{who}");
    }
}

async fn rows(office: &Office) -> i64 {
    let mut conn = office.desk().db.read().await.expect("reads");
    sqlx::query_scalar("SELECT count(*) FROM audit").fetch_one(&mut *conn).await.expect("counts")
}

/// What is wrong with a new password, in the words of the page; blank where it was taken.
fn complaint(answer: &Answer) -> String {
    let page = answer.html();
    all(&page, ".error-message").into_iter().map(words).collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn sec_12_every_door_refuses_weak_passwords_with_the_reason_and_before_the_slow_hash() {
    let office = Office::fresh().await;
    let founder = office.founded().await;
    let invitation = words(one(&invite(&founder).await.html(), ".reference"));
    let megabyte = "x".repeat(1_000_000);
    let over = "mortar lily kettle 9 ".repeat(49);
    for (weak, says) in [
        ("only 14 chars!", "15 characters"),
        ("passwordpassword", "tried first"),
        ("JosephineRuizPsychotherapy", "tried first|others know"),
        (over.as_str(), "more than 1,024 bytes"),
        (megabyte.as_str(), "more than we can take in"),
    ] {
        for (path, fields) in [
            (
                "/admin/recover",
                vec![("email", EMAIL), ("recovery_code", &founder.recovery_code), ("new_password", weak)],
            ),
            ("/admin/join", vec![("invitation_code", invitation.as_str()), ("password", weak)]),
        ] {
            let before = office.hashed();
            let answer = office.browser().post(path, &fields).await;
            assert!(answer.status.is_client_error(), "{path}");
            let told = if weak.len() > 100_000 { answer.text() } else { complaint(&answer) };
            assert!(says.split('|').any(|says| told.contains(says)), "{path}: {told}");
            assert!(!answer.text().contains(&format!("value=\"{weak}\"")), "{path}");
            assert_eq!(office.hashed(), before, "{path}: {says}");
        }
        let fields = [("old_password", PASSWORD), ("new_password", weak)];
        let answer = founder.browser.post("/admin/account/password", &fields).await;
        assert!(answer.status.is_client_error(), "{says}");
    }
}

#[tokio::test]
async fn sec_12_long_passwords_of_every_kind_are_taken_whole() {
    for (number, password) in [
        "mortar lily 9 k".to_owned(),
        " leading blanks and trailing ones ".into(),
        "mortar lily kettle 9 ".repeat(6),
        "🦄 žluťoučký кот 名前 🧭 🐝 🌻".into(),
    ]
    .into_iter()
    .enumerate()
    {
        let office = Office::fresh().await;
        let founder = office.founded().await;
        let fields = [("old_password", PASSWORD), ("new_password", password.as_str())];
        let answer = founder.browser.post("/admin/account/password", &fields).await;
        assert_eq!(answer.header("location"), "/admin/account?done=password", "{number}");
        let cut: String = password.chars().take(password.chars().count() - 1).collect();
        for (typed, is_right) in [(cut.as_str(), false), (password.as_str(), true)] {
            office.wait_minutes(1);
            let answer = guess(&office.browser(), EMAIL, typed, &code(&office, &founder)).await;
            assert_eq!(answer.status == StatusCode::SEE_OTHER, is_right, "{number}: nothing is cut off");
        }
    }
}

#[tokio::test]
async fn sec_12_passwords_can_be_pasted_and_kept_by_a_manager() {
    let office = Office::fresh().await;
    let setup = office.browser().page("/admin/setup").await;
    let founder = office.founded().await;
    let pages = [
        (setup, "#password", "new-password"),
        (office.browser().page("/admin/sign-in").await, "#password", "current-password"),
        (office.browser().page("/admin/recover").await, "[name=new_password]", "new-password"),
        (office.browser().page("/admin/join").await, "[name=password]", "new-password"),
        (founder.browser.page("/admin/account").await, "[name=new_password]", "new-password"),
    ];
    for (page, field, complete) in &pages {
        let field = one(page, field);
        assert_eq!((field.attr("type"), field.attr("autocomplete")), (Some("password"), Some(*complete)));
        for hindrance in ["maxlength", "pattern", "onpaste", "readonly"] {
            assert!(field.attr(hindrance).is_none(), "{hindrance}");
        }
    }
}

#[tokio::test]
async fn sec_13_of_codes_each_works_once_also_the_one_before_and_guesses_are_slowed_down() {
    let office = Office::fresh().await;
    let founder = office.founded().await;
    let before = founder.seed.code(office.now() - 30_000).expect("a code");
    let now = code(&office, &founder);
    for (typed, taken) in [(&before, true), (&before, false), (&now, true), (&now, false), (&before, false)] {
        let answer = guess(&founder.browser, EMAIL, PASSWORD, typed).await;
        assert_eq!(answer.status == StatusCode::SEE_OTHER, taken, "{typed}");
    }
    office.wait_minutes(61);
    let thief = office.browser_at([203, 0, 113, 9]);
    let already = office.hashed();
    for number in 0..1_000 {
        let answer = guess(&thief, EMAIL, PASSWORD, &format!("{number:06}")).await;
        assert_ne!(answer.status, StatusCode::SEE_OTHER, "somebody with the password guessed the code");
    }
    assert_eq!(office.hashed() - already, 5);
}
