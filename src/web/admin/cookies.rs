//! The two cookies of the admin area: the session's, and the one by which a browser is known again.
//!
//! Both are secrets of 256 bits that only `staff` makes and reads. Visitors of the public site never get one.

use axum::http::{HeaderMap, HeaderValue, header};

use crate::config::Settings;

/// As long as `staff::device` remembers a browser: 180 days, in seconds.
const DEVICE_SECONDS: u32 = 180 * 24 * 60 * 60;

/// Which of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cookie {
    Session,
    Device,
}

impl Cookie {
    /// With https the name makes browsers refuse the cookie unless it is Secure and for this host alone.
    fn name(self, https: bool) -> &'static str {
        match (self, https) {
            (Self::Session, true) => "__Host-session",
            (Self::Session, false) => "session",
            (Self::Device, true) => "__Host-device",
            (Self::Device, false) => "device",
        }
    }

    /// What the browser brought, not yet looked at.
    pub fn read(self, headers: &HeaderMap, settings: &Settings) -> Option<String> {
        let name = self.name(settings.https());
        let values = headers.get_all(header::COOKIE).into_iter().filter_map(|value| value.to_str().ok());
        let mut pairs = values.flat_map(|value| value.split(';')).filter_map(|pair| pair.split_once('='));
        pairs.find(|(found, _)| found.trim() == name).map(|(_, value)| value.trim().to_owned())
    }

    /// The `Set-Cookie` that gives it to the browser.
    pub fn given(self, value: &str, settings: &Settings) -> anyhow::Result<HeaderValue> {
        let age = match self {
            // Until the browser closes; the server ends it much earlier.
            Self::Session => String::new(),
            Self::Device => format!("; Max-Age={DEVICE_SECONDS}"),
        };
        self.header(value, &age, settings)
    }

    /// The `Set-Cookie` that takes it away.
    pub fn taken(self, settings: &Settings) -> anyhow::Result<HeaderValue> {
        self.header("", "; Max-Age=0", settings)
    }

    /// As a request would carry it.
    pub fn sent(self, value: &str, settings: &Settings) -> anyhow::Result<HeaderValue> {
        secret(&format!("{}={value}", self.name(settings.https())))
    }

    fn header(self, value: &str, age: &str, settings: &Settings) -> anyhow::Result<HeaderValue> {
        let name = self.name(settings.https());
        let secure = if settings.https() { "; Secure" } else { "" };
        secret(&format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax{secure}{age}"))
    }
}

fn secret(text: &str) -> anyhow::Result<HeaderValue> {
    let mut value = HeaderValue::try_from(text)?;
    // Shown as "Sensitive" wherever headers are printed.
    value.set_sensitive(true);
    Ok(value)
}
