//! A visitor with a window of their own, beside somebody of the practice.

use fantoccini::wd::WindowHandle;

use crate::browser::Browser;
use crate::visit::{NAME, fill_in};

/// Somebody who has the form before them in a window of their own, and takes their time.
pub struct Visitor(WindowHandle);

/// Opens the form, and another window for everybody else.
pub async fn begin(browser: &Browser) -> Visitor {
    browser.open("/request-consultation").await;
    let visitor = browser.client.window().await.expect("a window");
    let other = browser.client.new_window(true).await.expect("a window");
    browser.client.switch_to_window(other.handle).await.expect("switches");
    Visitor(visitor)
}

impl Visitor {
    /// Fills the form in and sends it; the reference. The other window is in front again afterwards.
    pub async fn send(self, browser: &Browser) -> String {
        self.send_with(browser, "Name", NAME).await
    }

    /// The same with another answer to one question.
    pub async fn send_with(self, browser: &Browser, label: &str, answer: &str) -> String {
        let other = browser.client.window().await.expect("a window");
        browser.client.switch_to_window(self.0).await.expect("switches");
        fill_in(browser).await;
        browser.fill(label, answer).await;
        browser.click("Continue").await;
        browser.click("Send my request").await;
        let reference = browser.words(".reference").await;
        browser.client.switch_to_window(other).await.expect("switches");
        reference
    }
}
