//! People of the practice: invitations, taking somebody out, one's own account, recovery.

use axum::http::StatusCode;
use practice_site::staff::session;

use crate::office::{Browser, EMAIL, Founder, Office, PASSWORD};
use crate::visit::{Answer, all, one, words};

const AL: &str = "al@example.com";
const NEW: &str = "seven quiet harbors 4";

pub async fn invite(founder: &Founder<'_>) -> Answer {
    let fields = [("name", "Al Example"), ("email", AL), ("password", PASSWORD)];
    founder.browser.post("/admin/people/invite", &fields).await
}

async fn join(browser: &Browser<'_>, code: &str) -> Answer {
    browser.post("/admin/join", &[("invitation_code", code), ("password", NEW)]).await
}

/// Somebody invited who has set up everything.
pub async fn joined<'a>(office: &'a Office, founder: &Founder<'_>) -> Browser<'a> {
    let browser = half_joined(office, founder).await;
    confirm_factor(office, &browser).await;
    browser
}

/// Somebody invited who has a password, and no second factor yet.
pub async fn half_joined<'a>(office: &'a Office, founder: &Founder<'_>) -> Browser<'a> {
    let code = words(one(&invite(founder).await.html(), ".reference"));
    let browser = office.browser();
    assert_eq!(join(&browser, &code).await.header("location"), "/admin/second-factor");
    browser
}

/// What the app shows that has just learned the seed.
pub async fn first_code(office: &Office, browser: &Browser<'_>) -> String {
    let cookie = browser.cookie("__Host-session").expect("a session");
    let mut conn = office.desk().db.read().await.expect("reads");
    let found = session::find(&mut conn, &cookie, office.now()).await.expect("reads").expect("there");
    found.enrolling.expect("a seed").code(office.now()).expect("a code")
}

async fn confirm_factor(office: &Office, browser: &Browser<'_>) {
    let code = first_code(office, browser).await;
    let answer = browser.post("/admin/second-factor", &[("code", &code)]).await;
    assert_eq!(answer.header("location"), "/admin?done=second-factor");
}

#[tokio::test]
async fn an_invitation_lets_one_person_in_once() {
    let office = Office::fresh().await;
    let founder = office.founded().await;
    let answer = invite(&founder).await;
    let code = words(one(&answer.html(), ".reference"));
    let list = founder.browser.page("/admin/people").await;
    assert!(words(one(&list, "main")).contains("Al Example, al@example.com Invited by Jo Example."));
    assert!(!founder.browser.open("/admin/people").await.text().contains(&code), "shown once");
    let browser = office.browser();
    join(&browser, &code).await;
    confirm_factor(&office, &browser).await;
    assert_eq!(browser.open("/admin/log").await.status, StatusCode::OK);
    let late = join(&office.browser(), &code).await;
    assert_eq!(late.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(late.text().contains("This code lets nobody in"));
}

#[tokio::test]
async fn an_invitation_can_be_withdrawn_and_runs_out() {
    let office = Office::fresh().await;
    let founder = office.founded().await;
    let code = words(one(&invite(&founder).await.html(), ".reference"));
    let list = founder.browser.page("/admin/people").await;
    let id =
        one(&list, "form[action='/admin/people/withdraw'] [name=id]").value().attr("value").expect("an id");
    let answer = founder.browser.post("/admin/people/withdraw", &[("id", id)]).await;
    assert_eq!(answer.header("location"), "/admin/people?done=withdrawn");
    assert_eq!(join(&office.browser(), &code).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    let code = words(one(&invite(&founder).await.html(), ".reference"));
    office.wait_minutes(72 * 60);
    assert_eq!(join(&office.browser(), &code).await.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn inviting_asks_for_the_password_again() {
    let office = Office::fresh().await;
    let founder = office.founded().await;
    let fields = [("name", "Al Example"), ("email", AL), ("password", "a wrong guess")];
    let answer = founder.browser.post("/admin/people/invite", &fields).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(one(&answer.html(), "#name").value().attr("value"), Some("Al Example"));
    let taken = founder
        .browser
        .post("/admin/people/invite", &[("name", "B"), ("email", EMAIL), ("password", PASSWORD)]);
    assert!(taken.await.text().contains("an account with this address already"));
}

#[tokio::test]
async fn a_disabled_account_is_out_at_once_and_the_last_one_stays() {
    let office = Office::fresh().await;
    let founder = office.founded().await;
    let al = joined(&office, &founder).await;
    let page = founder.browser.page("/admin/people").await;
    let link = all(&page, "a[href^='/admin/people/disable']").last().expect("a link").value().attr("href");
    let (_, id) = link.expect("an address").split_once("id=").expect("an id");
    assert!(words(one(&founder.browser.page(link.expect("there")).await, "h1")).contains("Example"));
    let ids = [id.to_owned(), "1".to_owned()];
    let id = ids.iter().find(|id| **id != founder.id.to_string()).map_or("2", |id| id.as_str());
    let fields = [("id", id), ("password", PASSWORD)];
    let wrong =
        founder.browser.post("/admin/people/disable", &[("id", id), ("password", "a wrong guess")]).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    let answer = founder.browser.post("/admin/people/disable", &fields).await;
    assert_eq!(answer.header("location"), "/admin/people?done=disabled");
    assert_eq!(al.open("/admin/log").await.status, StatusCode::SEE_OTHER);
    let own = founder.id.to_string();
    let answer = founder.browser.post("/admin/people/disable", &[("id", &own), ("password", PASSWORD)]).await;
    assert_eq!(answer.header("location"), "/admin/people?done=last");
}

#[tokio::test]
async fn a_new_password_ends_the_other_sessions_and_works() {
    let office = Office::fresh().await;
    let founder = office.founded().await;
    let other = office.browser();
    let code = founder.seed.code(office.now()).expect("a code");
    other.post("/admin/sign-in", &[("email", EMAIL), ("password", PASSWORD), ("code", &code)]).await;
    assert_eq!(
        all(&founder.browser.page("/admin/account").await, "form[action='/admin/account/sessions']").len(),
        2
    );
    let weak = [("old_password", PASSWORD), ("new_password", "short")];
    assert_eq!(
        founder.browser.post("/admin/account/password", &weak).await.status,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    let wrong = [("old_password", NEW), ("new_password", NEW)];
    assert_eq!(
        founder.browser.post("/admin/account/password", &wrong).await.status,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    let fields = [("old_password", PASSWORD), ("new_password", NEW)];
    let answer = founder.browser.post("/admin/account/password", &fields).await;
    assert_eq!(answer.header("location"), "/admin/account?done=password");
    assert_eq!(founder.browser.open("/admin/account").await.status, StatusCode::OK);
    assert_eq!(other.open("/admin/account").await.status, StatusCode::SEE_OTHER);
    office.wait_minutes(1);
    let code = founder.seed.code(office.now()).expect("a code");
    let fields = [("email", EMAIL), ("password", NEW), ("code", code.as_str())];
    assert_eq!(other.post("/admin/sign-in", &fields).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn sessions_end_one_by_one_and_all_at_once() {
    let office = Office::fresh().await;
    let founder = office.founded().await;
    let other = office.browser();
    let code = founder.seed.code(office.now()).expect("a code");
    other.post("/admin/sign-in", &[("email", EMAIL), ("password", PASSWORD), ("code", &code)]).await;
    let page = other.page("/admin/account").await;
    let ids = all(&page, "form[action='/admin/account/sessions'] [name=id]");
    let ids: Vec<_> = ids.iter().filter_map(|id| id.value().attr("value")).collect();
    let oldest = ids.iter().min().expect("two");
    let answer = other.post("/admin/account/sessions", &[("id", oldest)]).await;
    assert_eq!(answer.header("location"), "/admin/account?done=session-ended");
    assert_eq!(founder.browser.open("/admin/account").await.status, StatusCode::SEE_OTHER);
    let answer = other.post("/admin/account/sessions/all", &[]).await;
    assert!(answer.header("clear-site-data").contains("cookies"));
    assert_eq!(other.open("/admin/account").await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn a_new_app_is_set_up_at_the_next_sign_in() {
    let office = Office::fresh().await;
    let founder = office.founded().await;
    let answer = founder.browser.post("/admin/account/second-factor", &[("factor_password", PASSWORD)]).await;
    assert_eq!(answer.header("location"), "/admin/sign-in?done=factor-renewed");
    let fields = [("email", EMAIL), ("password", PASSWORD), ("code", "")];
    founder.browser.post("/admin/sign-in", &fields).await;
    assert_eq!(founder.browser.open("/admin").await.header("location"), "/admin/second-factor");
    confirm_factor(&office, &founder.browser).await;
    assert_eq!(founder.browser.open("/admin/account").await.status, StatusCode::OK);
}

#[tokio::test]
async fn the_recovery_code_gives_a_new_password_and_the_page_says_why_email_does_not() {
    let office = Office::fresh().await;
    let founder = office.founded().await;
    let browser = office.browser();
    let page = browser.page("/admin/recover").await;
    assert!(words(one(&page, "main")).contains("Why there is no reset by email"));
    let wrong = [("email", EMAIL), ("recovery_code", "ABCDE-FGH12-JKMNP-QRSTV-WXYZ0"), ("new_password", NEW)];
    let answer = browser.post("/admin/recover", &wrong).await;
    assert!(answer.text().contains("Email or recovery code does not match."));
    let fields = [("email", EMAIL), ("recovery_code", founder.recovery_code.as_str()), ("new_password", NEW)];
    let answer = browser.post("/admin/recover", &fields).await;
    assert_eq!(answer.header("location"), "/admin/sign-in?done=renewed");
    assert_eq!(founder.browser.open("/admin/account").await.status, StatusCode::SEE_OTHER);
    browser.post("/admin/sign-in", &[("email", EMAIL), ("password", NEW), ("code", "")]).await;
    assert_eq!(browser.open("/admin").await.header("location"), "/admin/second-factor");
}

#[tokio::test]
async fn a_new_recovery_code_replaces_the_old_one() {
    let office = Office::fresh().await;
    let founder = office.founded().await;
    let answer = founder.browser.post("/admin/recovery-code/new", &[("password", PASSWORD)]).await;
    let code = words(one(&answer.html(), ".reference"));
    assert_ne!(code, founder.recovery_code);
    assert_eq!(founder.browser.open("/admin").await.header("location"), "/admin/recovery-code");
    founder.browser.post("/admin/recovery-code", &[("end_of_code", &code[code.len() - 5..])]).await;
    assert_eq!(founder.browser.open("/admin/account").await.status, StatusCode::OK);
    let fields = [("email", EMAIL), ("recovery_code", founder.recovery_code.as_str()), ("new_password", NEW)];
    assert_eq!(
        office.browser().post("/admin/recover", &fields).await.status,
        StatusCode::UNPROCESSABLE_ENTITY
    );
}
