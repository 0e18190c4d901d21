//! The inbox: a request from its arrival to its end, the views, the search, and answering.

use practice_site::audit::{Which, list};
use practice_site::inquiry::answers::{Answers, LookingFor, Voicemail, Way};
use practice_site::inquiry::phone::Phone;
use practice_site::inquiry::suspicion::Reason;
use practice_site::inquiry::{Promise, Reference, Submission, Suspicion};

use crate::office::{Founder, Office};
use crate::press::Form;
use crate::visit::{all, one, words};

/// Somebody plainly made up. May be called without a voicemail, and written to.
pub fn sam() -> Answers {
    Answers {
        name: "Sam Made-Up".into(),
        looking_for: LookingFor::Couple,
        location: "OR".into(),
        by: vec![Way::Call, Way::Email],
        phone: Phone::read("206 555 0142"),
        voicemail: Some(Voicemail::None),
        email: Some("sam@example.com".into()),
        times: vec!["weekends".into()],
        note: Some("A made-up note.".into()),
        insurance: None,
    }
}

/// Sends a request in, as the form does.
pub async fn sent(office: &Office, answers: &Answers, suspicion: &[Reason]) -> Reference {
    let snapshot = office.web.current.load_full();
    let practice = &snapshot.content().practice;
    let token = Reference::random().expect("randomness");
    let submission = Submission {
        answers: answers.clone(),
        submission_key: answers.submission_key(token.as_str().as_bytes()).expect("a key"),
        suspicion: Suspicion(suspicion.to_vec()),
        promise: Promise::made(office.web.now(), practice),
    };
    office.desk().intake.submit(submission, practice).await.expect("stores").reference
}

fn at(reference: &Reference, what: &str) -> String {
    format!("/admin/inquiries/{reference}/{what}")
}

pub async fn ledger(office: &Office, reference: &Reference) -> Vec<String> {
    let which = Which::Target(reference.as_str());
    let listing = list(&mut office.desk().db.read().await.expect("reads"), which, 1).await.expect("reads");
    listing.rows.into_iter().rev().map(|row| row.event).collect()
}

#[tokio::test]
async fn a_request_is_seen_called_noted_booked_and_ends_as_a_client() {
    let office = Office::fresh().await;
    let Founder { browser, .. } = office.founded().await;
    let empty = browser.page("/admin").await;
    assert_eq!(words(one(&empty, ".empty")), "All caught up. Nothing is waiting for you.");
    let reference = sent(&office, &sam(), &[]).await;

    let today = browser.page("/admin").await;
    assert_eq!(words(all(&today, "main h2")[0]), "Reply now");
    let row = words(one(&today, ".inbox tbody tr"));
    for part in
        ["Sam Made-Up", "Couples therapy", "Oregon", "Call, no voicemail", "Email", "Due Monday", "Received"]
    {
        assert!(row.contains(part), "{part} in {row}");
    }

    let link = one(&today, "tbody th a").attr("href").expect("a link").to_owned();
    assert_eq!(link, format!("/admin/inquiries/{reference}?view=new"));
    let page = browser.page(&link).await;
    let plan = words(one(&page, "#plan"));
    for part in ["Call 206 555 0142", "No voicemail", "No texts", "Email sam@example.com"] {
        assert!(plan.contains(part), "{part} in {plan}");
    }
    let contacts = Form::to(&page, &at(&reference, "contacts"));
    assert_eq!(contacts.offers(), ["reached", "no-answer", "email", "heard-from"]);

    let page = contacts.go(&browser, "no-answer").await;
    assert!(words(one(&page, ".notice")).contains("Noted that you were in touch."));
    assert!(!words(one(&page, "main > .tags")).contains("Due"), "the clock has stopped");
    assert!(words(one(&page, "main > .tags")).contains("Contacted"));

    let note = Form::to(&page, &at(&reference, "notes")).fill("note", "Prefers <b>mornings</b>");
    let page = note.go(&browser, "").await;
    assert!(
        words(one(&page, ".timeline li:first-child")).starts_with("Note Prefers <b>mornings</b> Jo Example,")
    );

    let page =
        Form::to(&page, &at(&reference, "next-step")).fill("next_step", "2026-12-01").go(&browser, "").await;
    assert!(words(one(&page, "main > .tags")).contains("Next step: Tuesday, December 1"));
    let form = at(&reference, "status");
    assert_eq!(
        Form::to(&page, &form).offers(),
        ["call-booked", "waitlist", "became-client", "referred-out", "closed"]
    );
    let page = Form::to(&page, &form).go(&browser, "call-booked").await;
    assert!(words(one(&page, ".notice")).contains("Marked as call booked."));
    let page = Form::to(&page, &form).go(&browser, "became-client").await;
    assert!(words(one(&page, "main > .tags")).starts_with("Became client"));
    assert_eq!(Form::to(&page, &form).offers(), ["new", "contacted"]);

    let timeline: Vec<_> = all(&page, ".timeline li > p:first-child").into_iter().map(words).collect();
    assert_eq!(
        timeline,
        [
            "Call booked to Became client",
            "Contacted to Call booked",
            "Next step: Tuesday, December 1",
            "Note",
            "Called, no answer",
            "Received"
        ]
    );
    let events = ledger(&office, &reference).await;
    for event in ["viewed", "contact logged", "note added", "next step set", "status changed"] {
        assert!(events.iter().any(|found| found == event), "{event} in {events:?}");
    }
}

#[tokio::test]
async fn the_notice_takes_back_what_it_tells_of_once() {
    let office = Office::fresh().await;
    let Founder { browser, .. } = office.founded().await;
    let reference = sent(&office, &sam(), &[]).await;
    let page = browser.page(&format!("/admin/inquiries/{reference}?view=new")).await;
    let form = at(&reference, "status");
    let page = Form::to(&page, &form).go(&browser, "spam").await;
    assert!(words(one(&page, ".notice")).contains("Marked as spam."));
    let undo = Form::to(&page, &at(&reference, "undo"));
    let page = undo.go(&browser, "").await;
    assert!(words(one(&page, "main > .tags")).starts_with("New Due Monday"));
    assert!(all(&page, ".notice button").is_empty(), "taking back is not taken back");
    assert_eq!(words(one(&page, ".timeline li:nth-child(2) > p:first-child")), "New to Spam (taken back)");
    assert_eq!(undo.press(&browser, "").await.status, 409);

    let page = Form::to(&page, &at(&reference, "notes")).fill("note", "Wrong person").go(&browser, "").await;
    let page = Form::to(&page, &at(&reference, "undo")).go(&browser, "").await;
    assert!(!words(one(&page, ".timeline")).contains("Wrong person"));
}

#[tokio::test]
async fn an_old_notice_does_not_offer_to_take_back_what_was_done_since() {
    let office = Office::fresh().await;
    let Founder { browser, .. } = office.founded().await;
    let reference = sent(&office, &sam(), &[]).await;
    let page = browser.page(&format!("/admin/inquiries/{reference}")).await;
    let note = Form::to(&page, &at(&reference, "notes")).fill("note", "Mine");
    let answer = note.press(&browser, "").await;
    let noted = answer.header("location");
    for _ in 0..2 {
        one(&browser.page(noted).await, ".notice button");
    }
    note.fill("note", "Theirs").go(&browser, "").await;
    assert!(all(&browser.page(noted).await, ".notice").is_empty());
    let bare = format!("/admin/inquiries/{reference}?done=note");
    assert!(all(&browser.page(&bare).await, ".notice").is_empty());
}

#[tokio::test]
async fn sec_33_who_changes_what_somebody_else_just_changed_is_shown_their_change() {
    let office = Office::fresh().await;
    let Founder { browser, .. } = office.founded().await;
    let reference = sent(&office, &sam(), &[]).await;
    let address = format!("/admin/inquiries/{reference}");
    let page = browser.page(&address).await;
    let form = at(&reference, "status");
    let (mine, theirs) = (Form::to(&page, &form), Form::to(&page, &form));
    theirs.go(&browser, "waitlist").await;
    let answer = mine.press(&browser, "spam").await;
    assert_eq!(answer.status, 409);
    let page = answer.html();
    let told = words(one(&page, ".error-summary"));
    assert!(told.contains("This was changed meanwhile"), "{told}");
    assert!(told.contains("Jo Example: New to Waitlist"), "{told}");
    assert!(words(one(&page, "main > .tags")).starts_with("Waitlist"));
    let page = browser.page(&address).await;
    assert!(words(one(&page, "main > .tags")).contains("Next step: Friday, December 11"), "three weeks on");
}

#[tokio::test]
async fn a_contact_that_is_sent_twice_counts_once() {
    let office = Office::fresh().await;
    let Founder { browser, .. } = office.founded().await;
    let reference = sent(&office, &sam(), &[]).await;
    for path in [format!("/admin/inquiries/{reference}"), format!("/admin/inquiries/{reference}/answer")] {
        let contacts = Form::to(&browser.page(&path).await, &at(&reference, "contacts"));
        contacts.go(&browser, "email").await;
        let answer = contacts.press(&browser, "email").await;
        assert_eq!(answer.status, 409, "{path}");
        let told = words(one(&answer.html(), ".error-summary"));
        assert!(told.contains("Jo Example: Sent an email"), "{told}");
    }
    let logged = ledger(&office, &reference).await.into_iter().filter(|event| event == "contact logged");
    assert_eq!(logged.count(), 2);
}

#[tokio::test]
async fn what_may_not_follow_is_refused_and_closing_needs_a_reason() {
    let office = Office::fresh().await;
    let Founder { browser, .. } = office.founded().await;
    let reference = sent(&office, &sam(), &[]).await;
    let address = format!("/admin/inquiries/{reference}");
    let page = browser.page(&address).await;
    let close = Form::on(&page, "form:has(#reason)");
    let answer = close.press(&browser, "closed").await;
    assert_eq!(answer.status, 422);
    assert!(words(one(&answer.html(), ".error-summary")).contains("Select why you close it."));
    for status in ["became-client", "new", "nonsense"] {
        let path = format!("{address}/status");
        let answer = browser.post(&path, &[("status", status), ("version", close.value("version"))]).await;
        assert_eq!(answer.status, 422, "{status}");
    }
    let answer = browser.post(&format!("{address}/contacts"), &[("kind", "voicemail")]).await;
    assert_eq!(answer.status, 422);
    assert!(answer.text().contains("They did not allow this way"));
    let answer = browser.post(&format!("{address}/notes"), &[("note", " ")]).await;
    assert_eq!(answer.status, 422);
    let date = [("next_step", "2020-01-01"), ("version", close.value("version"))];
    assert_eq!(browser.post(&format!("{address}/next-step"), &date).await.status, 422);
    for what in ["status", "notes", "contacts", "next-step", "undo", "not-spam"] {
        for reference in ["K7QF-2M", "nonsense"] {
            let path = format!("/admin/inquiries/{reference}/{what}");
            let fields = [("note", "a"), ("kind", "reached"), ("status", "spam"), ("version", "1")];
            assert_eq!(browser.post(&path, &fields).await.status, 404, "{path}");
        }
    }
    let page = close.fill("reason", "outside-states").go(&browser, "closed").await;
    assert!(words(one(&page, "main > .tags")).starts_with("Closed: Outside our states"));
}

#[tokio::test]
async fn to_whom_somebody_was_referred_is_sealed_and_shown() {
    let office = Office::fresh().await;
    let Founder { browser, .. } = office.founded().await;
    let reference = sent(&office, &sam(), &[]).await;
    let page = browser.page(&format!("/admin/inquiries/{reference}")).await;
    let refer = Form::on(&page, "form:has(#referred_to)").fill("referred_to", "Canary Colleague");
    let page = refer.go(&browser, "referred-out").await;
    assert!(words(one(&page, ".timeline li:first-child")).contains("Canary Colleague"));
    for file in ["practice.db", "practice.db-wal"] {
        let bytes = std::fs::read(office.data.path().join(file)).expect("readable");
        assert!(!bytes.windows(6).any(|window| window == b"Canary"), "{file}");
    }
}

#[tokio::test]
async fn spam_says_why_it_is_held() {
    let office = Office::fresh().await;
    let Founder { browser, .. } = office.founded().await;
    let reference = sent(&office, &sam(), &[Reason::Trap, Reason::TooFast]).await;
    let today = browser.page("/admin").await;
    assert!(words(one(&today, "main")).contains("1 request is held as possible spam"));
    assert_eq!(words(one(&browser.page("/admin/inquiries").await, ".empty")), "No new requests.");
    let page = browser.page(&format!("/admin/inquiries/{reference}?view=spam")).await;
    let text = words(one(&page, "main"));
    assert!(text.contains("It filled in a field that people do not see."));
    assert!(text.contains("It was sent within three seconds."));
}

#[tokio::test]
async fn not_spam_starts_the_clock() {
    let office = Office::fresh().await;
    let Founder { browser, .. } = office.founded().await;
    let reference = sent(&office, &sam(), &[Reason::Links]).await;
    office.wait_minutes(10);
    let list = browser.page("/admin/inquiries?view=spam").await;
    let page = Form::to(&list, &at(&reference, "not-spam")).go(&browser, "").await;
    assert!(words(one(&page, ".notice")).contains("Marked as not spam. Its clock starts now."));
    assert!(words(one(&page, "main > .tags")).starts_with("New Due Monday"));
    assert!(!words(one(&page, "main")).contains("It holds links."));
    let list = browser.page("/admin/inquiries?view=spam").await;
    assert_eq!(words(one(&list, ".empty")), "No spam. It is erased after 30 days.");
}

#[tokio::test]
async fn only_spam_can_be_marked_as_not_spam() {
    let office = Office::fresh().await;
    let Founder { browser, .. } = office.founded().await;
    let reference = sent(&office, &sam(), &[]).await;
    let address = format!("/admin/inquiries/{reference}");
    let page = browser.page(&address).await;
    let close = Form::on(&page, "form:has(#reason)").fill("reason", "asked-to-stop");
    let page = close.go(&browser, "closed").await;
    let version = Form::to(&page, &at(&reference, "contacts")).value("version").to_owned();
    let answer = browser.post(&format!("{address}/not-spam"), &[("version", &version)]).await;
    assert_eq!(answer.status, 422);
    assert!(
        words(one(&browser.page(&address).await, "main > .tags")).starts_with("Closed: Asked us to stop")
    );
    let answer = browser.post(&format!("{address}/not-spam"), &[("version", "1")]).await;
    assert_eq!(answer.status, 409, "an old page is told what happened");
}

#[tokio::test]
async fn the_views_count_page_and_lead_from_one_request_to_the_next() {
    let office = Office::fresh().await;
    let Founder { browser, .. } = office.founded().await;
    let mut references = Vec::new();
    for number in 0..27 {
        references.push(sent(&office, &Answers { name: format!("Person {number}"), ..sam() }, &[]).await);
    }
    let first = browser.page("/admin/inquiries?view=new").await;
    assert_eq!(all(&first, "tbody tr").len(), 25);
    assert!(words(one(&first, "nav[aria-label='Views']")).contains("New (27)"));
    let second = browser.page(one(&first, ".pager a[rel=next]").attr("href").expect("a link")).await;
    assert_eq!(all(&second, "tbody tr").len(), 2);
    for past in ["3", "1000000", "18446744073709551615"] {
        let page = browser.page(&format!("/admin/inquiries?view=new&page={past}")).await;
        assert_eq!(all(&page, "tbody tr").len(), 2, "page {past}");
        assert!(words(one(&page, ".pager")).contains("Page 2 of 2"));
    }
    let page = browser.page(&format!("/admin/inquiries/{}?view=new", references[1])).await;
    let next = format!("/admin/inquiries/{}?view=new", references[2]);
    assert_eq!(one(&page, ".pager a[rel=next]").attr("href"), Some(next.as_str()));
    let before = format!("/admin/inquiries/{}?view=new", references[0]);
    assert_eq!(one(&page, ".pager a[rel=prev]").attr("href"), Some(before.as_str()));
    for (view, said) in [
        ("contacted", "Nobody is waiting on an answer from you."),
        ("waitlist", "The waitlist is empty."),
        ("spam", "No spam. It is erased after 30 days."),
    ] {
        let page = browser.page(&format!("/admin/inquiries?view={view}")).await;
        assert_eq!(words(one(&page, ".empty")), said);
    }
}

#[tokio::test]
async fn a_search_finds_people_and_puts_no_name_into_an_address_or_the_ledger() {
    let office = Office::fresh().await;
    let Founder { browser, .. } = office.founded().await;
    let reference = sent(&office, &sam(), &[]).await;
    sent(&office, &Answers { name: "Kim Other".into(), phone: None, ..sam() }, &[]).await;
    let page = browser.page("/admin/inquiries").await;
    for typed in ["made-up", reference.as_str(), "(206) 555"] {
        let answer = Form::on(&page, "form[role=search]").fill("q", typed).press(&browser, "").await;
        assert_eq!(answer.status, 200);
        let found = answer.html();
        assert!(words(one(&found, "tbody tr")).contains("Sam Made-Up"), "{typed}");
        assert_eq!(Form::on(&found, "form[role=search]").value("q"), typed);
    }
    let answer = Form::on(&page, "form[role=search]").fill("q", "<b>nobody</b>").press(&browser, "").await;
    let said = words(one(&answer.html(), ".empty"));
    assert_eq!(said, "Nothing matches \"<b>nobody</b>\". Try part of a name or a reference.");
    let listing =
        list(&mut office.desk().db.read().await.expect("reads"), Which::All, 1).await.expect("reads");
    let searched: Vec<_> = listing.rows.iter().filter(|row| row.event == "searched").collect();
    assert_eq!(searched.len(), 4);
    assert!(
        searched.iter().all(|row| row.detail.as_deref().is_some_and(|detail| detail.ends_with(" found")))
    );
}

#[tokio::test]
async fn answering_offers_only_the_ways_that_were_allowed_and_one_press_logs_it() {
    let office = Office::fresh().await;
    let Founder { browser, .. } = office.founded().await;
    let reference = sent(&office, &sam(), &[]).await;
    let page = browser.page(&format!("/admin/inquiries/{reference}/answer")).await;
    assert_eq!(words(one(&page, "#preview mark")), "{times}");
    assert!(words(one(&page, "#ways")).contains("No text: they did not choose texts."));
    assert!(words(one(&page, "#ways")).contains("No voicemail."));
    let answer = Form::on(&page, "form[method=post]:has(#times)")
        .fill("times", "Tuesday & Wednesday")
        .press(&browser, "")
        .await;
    assert_eq!(answer.status, 200);
    let page = answer.html();
    assert!(all(&page, "#preview mark").is_empty());
    assert!(words(one(&page, "#preview")).starts_with("Hello Sam Made-Up, Thank you for your message."));
    let links: Vec<_> = all(&page, "#ways a").into_iter().filter_map(|link| link.attr("href")).collect();
    assert_eq!(links.len(), 2);
    assert_eq!(links[0], "tel:+12065550142");
    assert!(links[1].starts_with(&format!(
        "mailto:sam@example.com?subject=Your%20message%2C%20{reference}&body=Hello%20"
    )));
    assert!(links[1].contains("Tuesday%20%26%20Wednesday"));
    let page = Form::to(&page, &at(&reference, "contacts")).go(&browser, "email").await;
    assert!(words(one(&page, ".timeline li:first-child")).starts_with("Sent an email"));
    let page = Form::to(&page, &at(&reference, "contacts")).go(&browser, "no-answer").await;
    let page = Form::to(&page, &at(&reference, "contacts")).go(&browser, "no-answer").await;
    assert!(words(one(&page, "#plan")).contains("Three tries and no answer. Send the last note"));
    let page = browser.page(&format!("/admin/inquiries/{reference}/answer")).await;
    assert_eq!(Form::on(&page, "form[method=get]").value("template"), "last-note");
}

#[tokio::test]
async fn who_asked_to_stop_is_not_offered_to_be_reached() {
    let office = Office::fresh().await;
    let Founder { browser, .. } = office.founded().await;
    let reference = sent(&office, &sam(), &[]).await;
    let address = format!("/admin/inquiries/{reference}");
    let page = browser.page(&address).await;
    let stop = Form::on(&page, "form:has(#reason)").fill("reason", "asked-to-stop");
    let page = stop.go(&browser, "closed").await;
    assert_eq!(words(all(&page, ".inquiry h2")[0]), "They asked you to stop");
    assert!(all(&page, "#plan, a[href^='tel:'], a[href^='mailto:'], a[href$='/answer']").is_empty());
    let row = words(one(&browser.page("/admin/inquiries?view=closed").await, "tbody tr"));
    assert!(row.contains("They asked you to stop") && !row.contains("Call"), "{row}");
    for answer in [
        browser.open(&format!("{address}/answer")).await,
        browser.post(&format!("{address}/answer"), &[("template", "offer-times")]).await,
    ] {
        assert_eq!((answer.status.as_u16(), answer.header("location")), (303, address.as_str()));
    }
    let answer = browser.post(&format!("{address}/contacts"), &[("kind", "email")]).await;
    assert_eq!(answer.status, 422);
    assert!(words(one(&answer.html(), ".error-summary")).contains("They asked you to stop."));
    let contacts = Form::to(&page, &at(&reference, "contacts"));
    assert_eq!(contacts.offers(), ["heard-from"]);
    let page = contacts.go(&browser, "heard-from").await;
    assert!(words(one(&page, ".timeline li:first-child")).starts_with("They got in touch"));
    one(&page, "#stop");
}

#[tokio::test]
async fn seal_03_a_damaged_record_is_said_to_be_one_and_hides_no_other() {
    let office = Office::fresh().await;
    let Founder { browser, .. } = office.founded().await;
    let damaged = sent(&office, &sam(), &[]).await;
    let swapped = sent(&office, &Answers { name: "Kim Other".into(), ..sam() }, &[]).await;
    let whole = sent(&office, &Answers { name: "Lee Whole".into(), ..sam() }, &[]).await;
    let mut write = office.desk().db.begin().await.expect("begins");
    sqlx::query("UPDATE inquiries SET answers = zeroblob(3000) WHERE reference = ?")
        .bind(damaged.as_str())
        .execute(&mut *write)
        .await
        .expect("damages");
    sqlx::query("UPDATE inquiries SET answers = (SELECT answers FROM inquiries WHERE reference = ?) WHERE reference = ?")
        .bind(whole.as_str())
        .bind(swapped.as_str())
        .execute(&mut *write)
        .await
        .expect("swaps");
    write.commit().await.expect("commits");
    let list = browser.page("/admin/inquiries").await;
    let names: Vec<_> = all(&list, "tbody th a").into_iter().map(words).collect();
    assert_eq!(names, ["Damaged record", "Damaged record", "Lee Whole"]);
    for reference in [&damaged, &swapped] {
        let page = browser.page(&format!("/admin/inquiries/{reference}")).await;
        assert!(words(one(&page, ".note-warning")).starts_with("Damaged record"));
        assert!(all(&page, "a[href^='tel:'], a[href^='mailto:'], a[href^='sms:']").is_empty());
        assert!(ledger(&office, reference).await.contains(&"found damaged".to_owned()));
        browser.page(&format!("/admin/inquiries/{reference}/answer")).await;
    }
}

#[tokio::test]
async fn where_the_disk_is_full_reading_goes_on_and_a_typed_note_is_not_lost() {
    let office = Office::fresh().await;
    let Founder { browser, .. } = office.founded().await;
    let reference = sent(&office, &sam(), &[]).await;
    let page = browser.page(&format!("/admin/inquiries/{reference}")).await;
    // Every write of these tables fails, as on a full disk.
    office
        .execute("CREATE TRIGGER full_audit BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'full'); END")
        .await;
    office
        .execute("CREATE TRIGGER full_events BEFORE INSERT ON events BEGIN SELECT RAISE(ABORT, 'full'); END")
        .await;
    let note = Form::to(&page, &at(&reference, "notes")).fill("note", "Typed for ten minutes");
    let answer = note.press(&browser, "").await;
    assert_eq!(answer.status, 503);
    let page = answer.html();
    assert!(words(one(&page, ".error-summary")).contains("What you typed is still here"));
    assert_eq!(Form::to(&page, &at(&reference, "notes")).value("note"), "Typed for ten minutes");
    assert!(words(one(&browser.page("/admin").await, ".inbox tbody")).contains("Sam Made-Up"));
}
