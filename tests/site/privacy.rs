//! What the site asks for, keeps and shows (PRV-02, PRV-05, PRV-09, PRV-11, PRV-14, PRV-15, PRV-17; SEC-06).

use std::collections::BTreeSet;
use std::net::Ipv6Addr;

use axum::http::StatusCode;
use practice_site::audit::{Which, list};

use crate::form::Form;
use crate::inbox::{sam, sent};
use crate::log::Log;
use crate::office::{EMAIL, Office, PASSWORD};
use crate::reception::{self, SEND, reference};
use crate::visit::{all, changed, one, words};
use crate::watch::{bytes_below, holds};

#[tokio::test]
async fn sec_06_a_post_from_anywhere_is_no_dead_end_and_needs_no_cookie() {
    let reception = reception::open().await;
    let form = reception.filled().await;
    let body = form.press("Continue").body;
    let without: Vec<_> = body.split('&').filter(|pair| !pair.starts_with("token=")).collect();
    let elsewhere = [
        ("content-type", "application/x-www-form-urlencoded"),
        ("origin", "https://evil.example"),
        ("sec-fetch-site", "cross-site"),
    ];
    for step in ["check", "send"] {
        let path = format!("/request-consultation/{step}");
        let answer = reception.said("192.0.2.7:1", &path, &elsewhere, without.join("&").into_bytes()).await;
        assert!([200, 503].contains(&answer.status.as_u16()), "{step}: {}", answer.status);
        let again = Form::with_button(&answer.html(), SEND);
        assert_eq!(again.answers(), form.answers(), "{step}: every word is still there");
        assert!(reception.stored().await.is_empty(), "{step}: nothing is stored before somebody has looked");
    }
}

#[tokio::test]
async fn prv_02_no_step_of_the_form_sets_a_cookie() {
    let reception = reception::open().await;
    let form = reception.filled().await;
    let check = reception.press(&form, "Continue").await;
    let sent = reception.press(&Form::with_button(&check.html(), SEND), SEND).await;
    let received = reception.get(sent.header("location")).await;
    let refused = reception.press(form.clone().fill("Name", ""), "Continue").await;
    for answer in [reception.get("/request-consultation").await, check, sent, received, refused] {
        assert!(!answer.headers.contains_key("set-cookie"), "{}", answer.status);
    }
}

#[tokio::test]
async fn prv_05_nothing_that_was_typed_or_chosen_stands_in_an_address_or_a_title() {
    let reception = reception::open().await;
    let mut addresses = Vec::new();
    let mut references = BTreeSet::new();
    for (number, choice) in
        ["Couples therapy", "Trauma therapy", "Therapy for myself"].into_iter().enumerate()
    {
        let mut form = reception.filled().await;
        form.choose(choice).fill("Name", &format!("Quill {number}"));
        addresses.extend(form.buttons().iter().map(|button| button.action.clone()));
        let page = reception.press(&form, "Continue").await.html();
        let check = Form::with_button(&page, SEND);
        addresses.extend(check.buttons().iter().map(|button| button.action.clone()));
        let sent = reception.press(&check, SEND).await;
        let received = reception.get(sent.header("location")).await.html();
        for page in [&page, &received] {
            let title = words(one(page, "title"));
            assert!(
                !title.contains("Quill") && !title.contains("Couples") && !title.contains("Trauma"),
                "{title}"
            );
        }
        references.insert(reference(&sent));
        reception.wait(3_600);
    }
    assert!(addresses.iter().all(|address| !address.contains('?')), "{addresses:?}");
    let fixed: BTreeSet<_> = addresses.iter().filter_map(|address| address.split('#').next()).collect();
    assert!(fixed.len() <= 3, "the addresses are the same for everybody: {fixed:?}");
    assert_eq!(references.len(), 3);
    let starts: BTreeSet<_> = references.iter().map(|reference| &reference[..3]).collect();
    assert_eq!(starts.len(), 3, "references do not count up: {references:?}");
}

#[tokio::test]
async fn prv_17_the_form_asks_for_no_more_than_the_first_call_needs() {
    let reception = reception::open().await;
    let page = reception.get("/request-consultation").await.html();
    let named = all(&page, "form[action^='/request-consultation'] [name]");
    let names: BTreeSet<_> = named.iter().filter_map(|control| control.attr("name")).collect();
    let wanted = [
        "adult",
        "by",
        "contact_fax",
        "email",
        "location",
        "looking_for",
        "name",
        "note",
        "phone",
        "times",
        "token",
        "understood",
        "voicemail",
    ];
    assert_eq!(names, BTreeSet::from(wanted));
    for control in named {
        let complete = control.attr("autocomplete");
        let expected = match control.attr("name").expect("a name") {
            "name" => Some("name"),
            "phone" => Some("tel"),
            "email" => Some("email"),
            "location" => Some("address-level1"),
            "note" | "contact_fax" => Some("off"),
            _ => None,
        };
        assert_eq!(complete, expected, "{}", control.html());
    }
}

#[tokio::test]
async fn prv_14_no_way_to_reach_somebody_is_chosen_for_them_and_what_is_forbidden_stands_first() {
    let reception = reception::open().await;
    let page = reception.get("/request-consultation").await.html();
    assert!(
        all(&page, "main input[checked], main option[selected]").is_empty(),
        "nothing is chosen beforehand"
    );
    let mut form = reception.form().await;
    form.fill("Name", "Quill").choose("Phone call");
    let asked = reception.press(&form, "Continue").await.html();
    assert!(words(one(&asked, "#problems")).contains("Select whether we may leave a voicemail"));

    let office = Office::fresh().await;
    let founder = office.founded().await;
    let reference = sent(&office, &sam(), &[]).await;
    let answer = founder.browser.open(&format!("/admin/inquiries/{reference}")).await;
    let page = answer.html();
    let plan = words(one(&page, "#plan"));
    assert!(plan.contains("No voicemail") && plan.contains("No texts"), "{plan}");
    let text = answer.text();
    let place = |part: &str| text.find(part).unwrap_or_else(|| panic!("{part} is missing"));
    assert!(place("id=\"plan\"") < place("What they sent"), "how to reach them comes before what they wrote");
    assert!(place("How to reach them safely") < place("206 555 0142"), "and its heading before the number");
}

#[tokio::test]
async fn prv_09_the_privacy_page_says_the_days_that_the_clock_works_by() {
    let site = changed(|folder| {
        let file = folder.join("practice.toml");
        let text = std::fs::read_to_string(&file).expect("readable");
        let text = text
            .replace("closed_days = 180", "closed_days = 117")
            .replace("spam_days = 30", "spam_days = 23");
        std::fs::write(&file, text.replace("backup_days = 35", "backup_days = 29")).expect("written");
    });
    let said = words(one(&site.page("/privacy").await, "main"));
    for days in ["117 days", "23 days", "29 days"] {
        assert!(said.contains(days), "{days}: {said}");
    }
    assert!(!said.contains("180 days") && !said.contains("35 days"));
    let snapshot = site.web.current.load_full();
    let works_by = &snapshot.content().practice.retention;
    assert_eq!((works_by.closed_days, works_by.spam_days, works_by.backup_days), (117, 23, 29));
}

#[tokio::test]
async fn prv_15_no_address_of_a_sender_or_of_staff_is_kept_or_logged() {
    let (log, _listening) = Log::listen();
    let (six, four) =
        (Ipv6Addr::new(0x2001, 0xdb8, 0x51fe, 0x77ac, 0x9bd1, 0x33e7, 0x62c5, 0x18ab), "198.51.100.217");
    let reception = reception::open().await;
    for peer in [format!("[{six}]:1"), format!("{four}:1")] {
        let mut form = reception.filled().await;
        form.fill("Name", &peer.replace(':', " "));
        let check = reception.checked(&form).await;
        reference(&reception.post_from(&peer, check.press(SEND)).await);
    }
    let office = Office::fresh().await;
    let founder = office.founded().await;
    for number in 0..8 {
        office.wait_minutes(1);
        let code = founder.seed.code(office.now()).expect("a code");
        let password = if number == 7 { PASSWORD } else { "a wrong guess" };
        let fields = [("email", EMAIL), ("password", password), ("code", code.as_str())];
        let answer = office.browser_at(six).post("/admin/sign-in", &fields).await;
        assert_eq!(answer.status == 303, number == 7, "{number}: {}", answer.status);
    }
    let text = six.to_string();
    for (what, bytes) in [
        ("the reception", bytes_below(reception.data.path())),
        ("the office", bytes_below(office.data.path())),
        ("the log", log.text().into_bytes()),
        ("the emails", format!("{:?}", reception.emails().await).into_bytes()),
    ] {
        assert!(bytes.len() > 100, "{what} is empty");
        let lower = bytes.to_ascii_lowercase();
        for trace in
            [text.as_bytes(), four.as_bytes(), b"2001:db8:51fe", &six.octets()[..], &six.octets()[..8]]
        {
            assert!(
                !holds(&lower, trace) && !holds(&bytes, trace),
                "{} in {what}",
                String::from_utf8_lossy(trace)
            );
        }
    }
}

/// The events of the ledger, the oldest first.
async fn events(office: &Office) -> Vec<(String, String)> {
    let listing =
        list(&mut office.desk().db.read().await.expect("reads"), Which::All, 1).await.expect("reads");
    listing.rows.into_iter().rev().map(|row| (row.event, row.outcome.as_str().to_owned())).collect()
}

#[tokio::test]
async fn prv_11_whatever_is_seen_or_changed_has_a_row_that_names_who_and_says_nothing_of_what() {
    let office = Office::fresh().await;
    let founder = office.founded().await;
    let staff = &founder.browser;
    let reference = sent(&office, &sam(), &[]).await;
    let address = format!("/admin/inquiries/{reference}");
    let start = events(&office).await.len();
    let wrong = [("email", EMAIL), ("password", "a wrong guess"), ("code", "1")];
    office.browser().post("/admin/sign-in", &wrong).await;
    staff.page("/admin/inquiries").await;
    staff.page(&address).await;
    staff.post("/admin/inquiries", &[("q", "Sam Made-Up")]).await;
    staff.post(&format!("{address}/notes"), &[("note", "Zyxnoted"), ("version", "1")]).await;
    let fields = [("status", "waitlist"), ("version", "2")];
    staff.post(&format!("{address}/status"), &fields).await;
    let fields = [("reference", reference.as_str()), ("format", "csv"), ("password", PASSWORD)];
    staff.post("/admin/export", &fields).await;
    staff.post("/admin/recovery-code/new", &[("password", PASSWORD)]).await;
    let rows = events(&office).await;
    let happened: Vec<_> =
        rows[start..].iter().map(|(event, outcome)| format!("{event} {outcome}")).collect();
    for wanted in [
        "sign-in refused",
        "list viewed done",
        "viewed done",
        "searched done",
        "note added done",
        "status changed done",
        "exported done",
        "recovery code made done",
    ] {
        assert!(happened.iter().any(|row| row == wanted), "{wanted}: {happened:#?}");
    }
    let mut conn = office.desk().db.read().await.expect("reads");
    let ledger = list(&mut conn, Which::All, 1).await.expect("reads").rows;
    for row in ledger.iter().take(rows.len() - start) {
        assert!(row.request_id.is_some() || row.actor.to_string() == "system", "{row:?}");
        for told in ["Sam", "Zyxnoted", "example.com", "206"] {
            assert!(!format!("{row:?}").contains(told), "{told}: {row:?}");
        }
    }
    drop(conn);
    for statement in ["UPDATE audit SET event = 'x'", "DELETE FROM audit"] {
        let mut write = office.desk().db.begin().await.expect("begins");
        assert!(sqlx::query(statement).execute(&mut *write).await.is_err(), "{statement}");
    }
}

#[tokio::test]
async fn prv_16_with_a_key_that_is_none_the_form_says_to_phone() {
    let office = Office::fresh().await;
    office.execute("DELETE FROM practice_keys").await;
    let visitor = office.browser();
    let page = visitor.page("/request-consultation").await;
    let token = one(&page, "[name=token]").attr("value").expect("a token").to_owned();
    let fields = [
        ("token", token.as_str()),
        ("name", "Zyxplain"),
        ("looking_for", "couple"),
        ("location", "OR"),
        ("adult", "yes"),
        ("by", "text"),
        ("phone", "5035550142"),
        ("understood", "yes"),
    ];
    let answer = visitor.post("/request-consultation/send", &fields).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(answer.text().contains("Zyxplain"), "nothing typed is lost");
    assert!(!holds(&bytes_below(office.data.path()), b"Zyxplain"), "and nothing is kept in clear");
}
