//! Whether emails get through, as the practice and a monitor see it (REL-22, REL-26), and one id for one request.

use axum::http::StatusCode;

use crate::log::Log;
use crate::office::{EMAIL, Office, PASSWORD};
use crate::reception;
use crate::visit::{all, one, words};

#[tokio::test]
async fn rel_22_ready_means_that_the_worker_took_a_turn_in_the_last_three_minutes() {
    let reception = reception::open().await;
    let mut seen = Vec::new();
    for (takes_a_turn, later) in [(false, 0), (true, 0), (false, 180), (false, 1), (true, 0)] {
        reception.wait(later);
        if takes_a_turn {
            reception.emails().await;
        }
        let ready = reception.get("/readyz").await;
        seen.push((ready.status.as_u16(), ready.text()));
        assert_eq!(reception.get("/healthz").await.status, StatusCode::OK, "nobody restarts the site for it");
    }
    let (ok, stuck) = ("storage: ok\nmail worker: ok\n", "storage: ok\nmail worker: stuck\n");
    let expected = [(503, stuck), (200, ok), (200, ok), (503, stuck), (200, ok)];
    assert_eq!(seen, expected.map(|(status, text)| (status, text.to_owned())));
}

#[tokio::test]
async fn rel_26_a_closed_way_shows_on_every_page_before_any_email_waits() {
    let office = Office::fresh().await;
    let founder = office.founded().await;
    let settings = words(one(&founder.browser.page("/admin/settings").await, "main"));
    assert!(!settings.contains("Last known to work"), "{settings}");
    office.execute("UPDATE mail_way SET open_at = 1763500000000, closed_since = 1763600000000").await;
    office.execute("UPDATE mail_way SET stage = 'signing in', reply = '535 <b>wrong', refused = 1").await;
    for path in ["/admin", "/admin/settings", "/admin/inquiries"] {
        let page = founder.browser.page(path).await;
        let banner = words(one(&page, ".note-warning:has(form[action='/admin/mail/retry'])"));
        assert!(
            banner.starts_with("Emails to you would not get through, since Wednesday, November 19, 2025 at"),
            "{banner}"
        );
        assert!(banner.contains("The trouble came while signing in."), "{banner}");
        assert!(banner.contains("The mail server said: 535 <b>wrong"), "{banner}");
    }
    let settings = words(one(&founder.browser.page("/admin/settings").await, "main"));
    assert!(settings.contains("Not getting through"), "{settings}");
    assert!(settings.contains("Last known to work on Tuesday, November 18, 2025 at"), "{settings}");

    let answer = founder.browser.post("/admin/mail/retry", &[]).await;
    assert_eq!(answer.header("location"), "/admin?done=tried");
    office.execute("UPDATE mail_way SET closed_since = NULL").await;
    let page = founder.browser.page("/admin?done=tried").await;
    assert!(all(&page, "form[action='/admin/mail/retry']").is_empty());
    assert_eq!(words(one(&page, ".notice")), "The way of emails is being tried. Look again in a minute.");
}

#[tokio::test]
async fn the_page_the_log_and_the_ledger_name_a_request_by_one_id() {
    let (log, _listening) = Log::listen();
    let office = Office::fresh().await;
    let founder = office.founded().await;
    office.execute("DROP TABLE mail_way").await;
    // Signing in leaves a row in the ledger; what is then posted again in the same request fails.
    let code = founder.seed.code(office.now()).expect("a code");
    let fields = [
        ("email", EMAIL),
        ("password", PASSWORD),
        ("code", code.as_str()),
        ("again", "/admin/mail/retry"),
        ("kept.x", "1"),
    ];
    let answer = office.browser().post("/admin/sign-in", &fields).await;
    assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR);
    let id = words(one(&answer.html(), "main code"));
    let log = log.text();
    let told: Vec<_> = log.lines().filter(|line| line.contains(&format!("request={id}"))).collect();
    assert!(told.len() == 1 && told[0].contains("ERROR"), "{log}");
    let in_ledger: String = sqlx::query_scalar(
        "SELECT request_id FROM audit WHERE event = 'sign-in' AND outcome = 'done' ORDER BY seq DESC LIMIT 1",
    )
    .fetch_one(&mut *office.desk().db.read().await.expect("reads"))
    .await
    .expect("a row");
    assert_eq!(in_ledger, id);
}
