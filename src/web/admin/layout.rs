//! The frame around a page of the admin area. A page's struct holds one as `layout`, and its template extends
//! `admin/layout.html`.

use std::borrow::Borrow;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::super::render::Site;
use super::super::snapshot::Snapshot;
use super::super::{form, render};
use super::gate::Staff;
use super::mail::MailTrouble;
use crate::content::{Practice, calendar};
use crate::db::Trouble;

pub struct AdminLayout<'a> {
    pub site: Site<'a>,
    pub path: String,
    pub title: String,
    /// Who is signed in; without them there is no navigation.
    pub person: Option<&'a str>,
    /// What has just been done, in one sentence.
    pub notice: Option<&'static str>,
    /// Emails that do not get through.
    pub trouble: Option<&'a MailTrouble>,
    /// What keeps new requests out.
    pub storage: Option<Trouble>,
    pub error: bool,
}

/// What a page says after a post has led to it: `?done=word`, so that no typed text stands in an address.
const NOTICES: [(&str, &str); 18] = [
    ("signed-out", "You are signed out."),
    ("second-factor", "Codes from your app are asked for from now on."),
    ("renewed", "Sign in with your new password."),
    ("password", "Your password is changed. Your other sessions have ended."),
    ("factor-renewed", "Sign in to set up your new app. Leave the code blank this once."),
    ("session-ended", "That session has ended."),
    ("gone", "That was gone already."),
    ("withdrawn", "The invitation is withdrawn."),
    ("disabled", "The account is disabled and its sessions have ended."),
    ("last", "Nobody could sign in any more, so the account stays."),
    ("kept", "The recovery code is confirmed."),
    ("saved", "Saved."),
    ("noted", "Noted."),
    ("undone", "Undone."),
    ("erased", "Erased."),
    ("resent", "The emails are being sent again."),
    ("tried", "The way of emails is being tried. Look again in a minute."),
    ("changed-meanwhile", "Somebody changed this meanwhile. Look at it once more; nothing was overwritten."),
];

/// The sentence for the word in a query, where it is one of ours.
pub fn notice(query: Option<&str>) -> Option<&'static str> {
    let word = form::in_query(query, "done")?;
    NOTICES.iter().find(|(known, _)| *known == word).map(|(_, sentence)| *sentence)
}

impl<'a> AdminLayout<'a> {
    /// A page for somebody who is signed in. `path` is its address without a query.
    pub fn new(snapshot: &'a Snapshot, staff: &'a Staff, path: &str, title: &str) -> Self {
        let (person, trouble) = (Some(staff.person.name.as_str()), staff.mail_trouble());
        let storage = staff.storage_trouble();
        Self { person, trouble, storage, ..Self::outside(snapshot, path, title) }
    }

    /// A page at the door.
    pub fn outside(snapshot: &'a Snapshot, path: &str, title: &str) -> Self {
        let (path, title) = (path.to_owned(), title.to_owned());
        Self {
            site: snapshot.site(),
            path,
            title,
            person: None,
            notice: None,
            trouble: None,
            storage: None,
            error: false,
        }
    }

    /// Says what was done, see [`notice`].
    pub fn with_notice(mut self, notice: Option<&'static str>) -> Self {
        self.notice = notice;
        self
    }

    /// Puts "Error: " before the title in the window, as a page with problems needs it.
    pub fn with_error(mut self, error: bool) -> Self {
        self.error = error;
        self
    }

    pub fn practice(&self) -> &'a Practice {
        &self.site.content.practice
    }

    pub fn asset(&self, name: &str) -> Option<&str> {
        self.site.assets.url(name)
    }

    pub fn window_title(&self) -> String {
        format!("{}{} | {}", if self.error { "Error: " } else { "" }, self.title, self.practice().name)
    }

    /// Says in the navigation where the reader is: on the page itself or somewhere below it.
    pub fn current(&self, path: &str) -> &'static str {
        match self.path.strip_prefix(path) {
            Some("") => " aria-current=\"page\"",
            Some(rest) if path != "/admin" && rest.starts_with('/') => " aria-current=\"true\"",
            _ => "",
        }
    }

    pub fn is_damaged(&self) -> bool {
        self.storage == Some(Trouble::Damaged)
    }

    /// The day of a moment: `May 5, 2025`.
    pub fn day(&self, at: &i64) -> String {
        let Ok(at) = Timestamp::from_millisecond(*at) else { return String::new() };
        render::spoken(&at.to_zoned(self.practice().time_zone()).date())
    }

    /// A moment as the practice reads it: `Monday, May 5, 2025 at 9:14 AM`.
    pub fn spoken(&self, at: impl Borrow<i64>) -> String {
        spoken(*at.borrow(), &self.practice().time_zone())
    }

    /// A moment where there is little room: `May 5, 2025, 9:14 AM`.
    pub fn short(&self, at: &i64) -> String {
        let Ok(at) = Timestamp::from_millisecond(*at) else { return String::new() };
        at.to_zoned(self.practice().time_zone()).strftime("%b %-d, %Y, %-I:%M %p").to_string()
    }
}

/// A moment in a time zone, in words. `at` in milliseconds.
pub fn spoken(at: i64, zone: &TimeZone) -> String {
    let Ok(at) = Timestamp::from_millisecond(at) else { return String::new() };
    let at = at.to_zoned(zone.clone());
    format!("{} at {}", at.strftime("%A, %B %-d, %Y"), calendar::time_in_words(at.time()))
}
