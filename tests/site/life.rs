//! PRV-03 over the whole life of an inquiry: what was typed, by the sender or by the practice, is read by them and by nobody else.

use axum::http::{Method, StatusCode};

use crate::form::{self, Post};
use crate::log::Log;
use crate::office::{Browser, Founder, Office, PASSWORD};
use crate::press::Form;
use crate::reception::{EMAIL, NOTE, PHONE, SEND, STATE, UNDERSTOOD, reference};
use crate::visit::{Answer, all, one, words};
use crate::watch::{Watch, bytes_below, holds, holds_none};

const NAME: &str = "Zyxlifename";
const MAIL: &str = "zyxlifemail@mail.example";
const WROTE: &str = "Zyxlifewrote";
/// Of the practice itself.
const NOTED: &str = "Zyxlifenoted";
const TIMES: &str = "Zyxlifetimes";
const COLLEAGUE: &str = "Zyxlifecolleague";

fn shows(answer: &Answer, markers: &[&str]) {
    for marker in markers {
        assert!(answer.text().contains(marker), "{marker} is missing in {}", answer.text());
    }
}

async fn press(browser: &Browser<'_>, post: Post) -> Answer {
    let path = post.action.split('#').next().expect("a path");
    browser.send(Method::POST, path, &[], post.body).await
}

/// The form as it was filled in, a minute after it was opened.
async fn filled(office: &Office, visitor: &Browser<'_>) -> form::Form {
    let page = visitor.page("/request-consultation").await;
    office.wait_minutes(1);
    let mut form = form::Form::with_button(&page, "Continue");
    form.fill("Name", NAME).choose("Couples therapy").pick(STATE, "Oregon").choose("Yes");
    form.choose("Phone call").choose("Email").fill(PHONE, "(971) 555-0173").choose("No voicemail");
    form.fill(EMAIL, MAIL).fill(NOTE, WROTE).choose(UNDERSTOOD);
    form
}

/// Refused first, then checked and sent.
async fn sent(watch: &mut Watch<'_>) {
    let visitor = watch.office.browser();
    let form = filled(watch.office, &visitor).await;
    let refused = press(&visitor, form.clone().fill(PHONE, "971555017").press("Continue")).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    shows(&refused, &[NAME, MAIL, WROTE]);
    watch.after("refused", &refused).await;
    let check = press(&visitor, form.press("Continue")).await;
    shows(&check, &[NAME, MAIL, WROTE, "555 0173"]);
    watch.after("checked", &check).await;
    let answer = press(&visitor, form::Form::with_button(&check.html(), SEND).press(SEND)).await;
    watch.reference = reference(&answer);
    watch.after("sent", &answer).await;
    assert_eq!(watch.mail.accepted().len(), 1, "the practice is told");
}

/// Today, the list, and the search by every field that can be searched.
async fn found(watch: &mut Watch<'_>, staff: &Browser<'_>) {
    for path in ["/admin", "/admin/inquiries", "/admin/inquiries?view=all"] {
        let listed = staff.open(path).await;
        shows(&listed, &[NAME]);
        watch.after(path, &listed).await;
    }
    for typed in [NAME, "971 555 0173", "nobody called Zyxlifenoted"] {
        let page = staff.page("/admin/inquiries").await;
        let answer = Form::on(&page, "form[role=search]").fill("q", typed).press(staff, "").await;
        assert_eq!(answer.status, StatusCode::OK);
        watch.after("searched", &answer).await;
    }
}

/// The page of the request, and a form on it filled in and pressed.
async fn changed(watch: &mut Watch<'_>, staff: &Browser<'_>, what: &str, typed: (&str, &str), button: &str) {
    let address = format!("/admin/inquiries/{}", watch.reference);
    let viewed = staff.open(&address).await;
    shows(&viewed, &[NAME, MAIL, WROTE, "555 0173"]);
    watch.after("viewed", &viewed).await;
    let mut form = Form::to(&viewed.html(), &format!("{address}/{what}"));
    if !typed.0.is_empty() {
        form = form.fill(typed.0, typed.1);
    }
    let answer = form.press(staff, button).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text());
    watch.after(typed.0, &answer).await;
}

async fn replied(watch: &mut Watch<'_>, staff: &Browser<'_>) {
    let page = staff.page(&format!("/admin/inquiries/{}/answer", watch.reference)).await;
    let answer = Form::on(&page, "form:has(#times)").fill("times", TIMES).press(staff, "").await;
    shows(&answer, &[NAME, TIMES]);
    watch.after("answer filled in", &answer).await;
    let logged = Form::on(&answer.html(), "form[action$='/contacts']").press(staff, "email").await;
    assert_eq!(logged.status, StatusCode::SEE_OTHER);
    watch.after("replied", &logged).await;
}

async fn exported(watch: &mut Watch<'_>, staff: &Browser<'_>) {
    for (format, password) in [("csv", "a wrong one, made up"), ("csv", PASSWORD), ("json", PASSWORD)] {
        let fields = [("reference", watch.reference.as_str()), ("format", format), ("password", password)];
        let file = staff.post("/admin/export", &fields).await;
        if password == PASSWORD {
            assert_eq!(file.status, StatusCode::OK);
            shows(&file, &[NAME, MAIL, WROTE, NOTED, COLLEAGUE]);
        }
        watch.after("exported", &file).await;
    }
}

/// Parts of everything that lies sealed about the request. The letters are chosen for each sealing anew, so that they are
/// nowhere else.
async fn sealed(office: &Office) -> Vec<Vec<u8>> {
    let mut conn = office.desk().db.read().await.expect("reads");
    let rows = "SELECT answers FROM inquiries UNION ALL SELECT sealed FROM events WHERE sealed IS NOT NULL";
    let found: Vec<Vec<u8>> = sqlx::query_scalar(rows).fetch_all(&mut *conn).await.expect("rows");
    found.into_iter().map(|sealed| sealed[32..75].to_vec()).collect()
}

async fn erased(watch: &mut Watch<'_>, staff: &Browser<'_>) {
    let sealed = sealed(watch.office).await;
    assert_eq!(sealed.len(), 3, "the answers, the note, the colleague");
    let disk = bytes_below(watch.office.data.path());
    assert!(sealed.iter().all(|part| holds(&disk, part)), "what is sealed is found before");
    let reference = watch.reference.clone();
    let asked = staff.post("/admin/export/erase", &[("erase", &reference)]).await;
    shows(&asked, &[NAME]);
    watch.after("asked", &asked).await;
    let gone = staff.post("/admin/export/erase/now", &[("erase", &reference), ("password", PASSWORD)]).await;
    assert_eq!(gone.status, StatusCode::SEE_OTHER, "{}", gone.text());
    watch.after("erased", &gone).await;
    let disk = bytes_below(watch.office.data.path());
    assert!(!sealed.iter().any(|part| holds(&disk, part)), "something sealed is still on the disk");
}

/// Nobody reads it any more, and the log tells of it all the same.
async fn nobody_finds(reference: &str, staff: &Browser<'_>) {
    assert_eq!(staff.open(&format!("/admin/inquiries/{reference}")).await.status, StatusCode::NOT_FOUND);
    for path in ["/admin", "/admin/inquiries?view=all", "/admin/export", "/admin/log", "/admin/settings"] {
        holds_none(path, staff.open(path).await.text().as_bytes());
    }
    let page = staff.page("/admin/inquiries").await;
    let answer = Form::on(&page, "form[role=search]").fill("q", "zyx").press(staff, "").await.html();
    assert!(all(&answer, "tbody tr").is_empty());
    let log = words(one(&staff.page(&format!("/admin/log?inquiry={reference}")).await, "tbody"));
    assert!(log.contains(reference), "{log}");
}

#[tokio::test]
async fn prv_03_over_its_whole_life_a_request_is_read_by_its_sender_and_the_practice_alone() {
    let (log, _listening) = Log::listen();
    let office = Office::fresh().await;
    let Founder { browser: staff, .. } = office.founded().await;
    let mut watch = Watch::over(&office, log);
    sent(&mut watch).await;
    found(&mut watch, &staff).await;
    changed(&mut watch, &staff, "notes", ("note", NOTED), "").await;
    changed(&mut watch, &staff, "contacts", ("", ""), "no-answer").await;
    replied(&mut watch, &staff).await;
    changed(&mut watch, &staff, "status", ("referred_to", COLLEAGUE), "referred-out").await;
    exported(&mut watch, &staff).await;
    erased(&mut watch, &staff).await;
    nobody_finds(&watch.reference, &staff).await;
    assert!(watch.log.text().contains("TRACE"), "the log was listened to");
    assert!(
        holds(&bytes_below(office.data.path()), watch.reference.as_bytes()),
        "the ledger keeps that it was"
    );
}
