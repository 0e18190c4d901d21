//! Somebody of the practice at their browser: sets up the inbox, carries an app with codes, signs in and out.

use crate::app::App;
use crate::browser::{Browser, Kind};
use crate::program::Plan;

pub const PERSON: &str = "Jo Example";
pub const EMAIL: &str = "jo@example.com";
pub const PASSWORD: &str = "mortar lily 9 kettle";

/// A browser before a practice that nobody has an account at.
pub async fn fresh(kind: Kind) -> Browser {
    let data = tempfile::tempdir().expect("a folder");
    let program = Plan::over(data.path()).set("PRACTICE_SECOND_FACTOR", "required").start();
    Browser::looking_at(program, data, kind).await
}

/// From the code in the data folder to Today.
pub async fn set_up(browser: &Browser) -> App {
    browser.open("/admin/setup").await;
    let recovery_code = make_account(browser).await;
    browser.open("/admin").await;
    assert_eq!(browser.path().await, "/admin/recovery-code", "nothing opens before it is typed back");
    type_back(browser, &recovery_code).await;
    let app = add_app(browser).await;
    assert_eq!(browser.words("h1").await, "Today");
    app
}

/// Fills in the page of set-up; the recovery code.
pub async fn make_account(browser: &Browser) -> String {
    let file = browser.data.path().join("setup-code");
    let code = std::fs::read_to_string(&file).expect("a set-up code");
    browser.fill("Set-up code", code.trim()).await;
    browser.fill("Your name", PERSON).await;
    browser.fill("Email", EMAIL).await;
    browser.fill("Password", PASSWORD).await;
    browser.click("Set up").await;
    assert!(!file.exists(), "the set-up code is used up");
    assert_eq!(browser.words("h1").await, "Write down the recovery code");
    browser.words(".reference").await
}

pub async fn type_back(browser: &Browser, recovery_code: &str) {
    browser.fill("The last five characters of the code", &recovery_code[recovery_code.len() - 5..]).await;
    browser.click("I have written it down").await;
}

pub async fn add_app(browser: &Browser) -> App {
    assert_eq!(browser.words("h1").await, "Add an app that makes codes");
    let app = App::learn(&browser.words("main code").await);
    browser.fill("Six digits", &app.code(0)).await;
    browser.click("Turn on").await;
    app
}

/// Types in password and code; the code of set-up is used up, so it is the one after it.
pub async fn sign_in(browser: &Browser, app: &App) {
    browser.fill("Email", EMAIL).await;
    browser.fill("Password", PASSWORD).await;
    browser.fill("Code from your app", &app.code(1)).await;
    browser.click("Sign in").await;
}

pub async fn sign_out(browser: &Browser) {
    browser.click("Sign out").await;
    assert_eq!(browser.words("h1").await, "Sign in");
}
