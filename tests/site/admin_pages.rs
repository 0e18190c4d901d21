//! The log and the settings.

use std::sync::Arc;

use jiff::SignedDuration;
use practice_site::audit::{Actor, By, Entry, Outcome, record};
use practice_site::mail::{Affects, SendError};
use practice_site::outbox;

use crate::office::{NAME, Office};
use crate::visit::{all, one, words};

#[tokio::test]
async fn the_log_reads_in_words_and_narrows_to_a_person() {
    let office = Office::fresh().await;
    let founder = office.founded().await;
    let page = founder.browser.page("/admin/log").await;
    let rows: Vec<_> = all(&page, "tbody tr").into_iter().map(words).collect();
    assert!(rows.iter().any(|row| row.contains("Somebody not signed in Set-up Jo Example")), "{rows:?}");
    assert!(rows.iter().any(|row| row.contains(&format!("{NAME} Sign-in {NAME}"))), "{rows:?}");
    let page = founder.browser.page(&format!("/admin/log?person={}", founder.id)).await;
    let narrowed: Vec<_> = all(&page, "tbody tr td:nth-child(2)").into_iter().map(words).collect();
    assert!(!narrowed.is_empty() && narrowed.iter().all(|who| who == NAME), "{narrowed:?}");
    let page = founder.browser.page("/admin/log?inquiry=k7qf-2m").await;
    assert_eq!(words(one(&page, ".empty")), "Nothing is written down here.");
    let page = founder.browser.page("/admin/log?inquiry=Jo").await;
    assert_eq!(words(one(&page, ".empty")), "That is not a reference. One looks like K7QF-2M.");
}

#[tokio::test]
async fn a_long_log_has_pages() {
    let office = Office::fresh().await;
    let founder = office.founded().await;
    let by = By { actor: Actor::System, request_id: None };
    let entry = Entry { by, event: "erased", target: Some("K7QF-2M"), outcome: Outcome::Done, detail: None };
    let mut write = office.desk().db.begin().await.expect("begins");
    for _ in 0..60 {
        record(&mut write, entry.clone(), office.now()).await.expect("writes");
    }
    write.commit().await.expect("commits");
    let page = founder.browser.page("/admin/log?inquiry=K7QF-2M").await;
    assert_eq!(all(&page, "tbody tr").len(), 50);
    assert_eq!(words(all(&page, "tbody td")[0]), "The site itself");
    let next = one(&page, ".pager [rel=next]").value().attr("href").expect("an address").to_owned();
    one(&founder.browser.page(&next).await, ".pager [rel=prev]");
}

#[tokio::test]
async fn settings_list_what_visitors_look_for_and_do_not_find() {
    let office = Office::fresh().await;
    let founder = office.founded().await;
    let page = founder.browser.page("/admin/settings").await;
    let text = words(one(&page, "main"));
    assert!(text.contains("Details visitors look for"));
    assert!(text.contains("PhoneNo page names a number to call. Written as phone"), "{text}");
    assert!(text.contains("Last backupNone"), "{text}");
    assert!(text.contains("No mail server is set"), "{text}");
    assert!(!text.contains("is not shown, because of a fault"));
}

#[tokio::test]
async fn settings_tell_of_faulty_texts_of_mail_that_does_not_get_through_and_of_backups() {
    let office = Office::fresh().await;
    let founder = office.founded().await;
    office.web.faults.store(Arc::new(vec!["content/faq.md:7: an unknown fact".to_owned()]));
    let now = office.web.now();
    let mut write = office.desk().db.begin().await.expect("begins");
    let id = outbox::enqueue(&mut write, "New sign-in", "text", now).await.expect("enqueues");
    let error = SendError::permanent("535 wrong login", Affects::EveryEmail);
    let later = now + SignedDuration::from_secs(1);
    outbox::failed(&mut write, &[id], &error, later).await.expect("notes");
    write.commit().await.expect("commits");
    std::fs::create_dir_all(office.data.path().join("backup")).expect("a folder");
    std::fs::write(office.data.path().join("backup/practice-2026-11-20.db"), b"x").expect("written");
    let page = founder.browser.page("/admin/settings").await;
    let text = words(one(&page, "main"));
    assert!(text.contains("content/faq.md:7: an unknown fact"), "{text}");
    assert!(text.contains("The mail server said: 535 wrong login"), "{text}");
    assert!(!text.contains("Last backupNone"), "{text}");
}
