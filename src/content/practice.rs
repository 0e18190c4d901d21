//! The facts about the practice, as `content/practice.toml` states them.
//!
//! Only the name and the time zone must be there. Everything else may be unknown: then the line, card or property
//! that it would feed is left out, and nothing is invented in its place.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::civil::{Date, Time};
use serde::{Deserialize, Deserializer};

use super::keys::{Clock, Day};
use super::photos::Photo;

/// What the practice says about itself.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Practice {
    pub name: String,
    /// The IANA name, such as `America/New_York`. All dates people see are in it.
    pub time_zone: String,
    pub phone: Option<String>,
    /// The address shown to visitors, and where notifications go unless the settings say otherwise.
    pub email: Option<String>,
    pub address: Option<Address>,
    /// How to find the rooms, in a sentence.
    pub directions: Option<String>,
    /// What somebody who cannot take stairs needs to know.
    pub step_free_access: Option<String>,
    /// Postal codes of the states where the practice holds a licence. Empty: not said.
    #[serde(default)]
    pub licensed_states: Vec<String>,
    #[serde(default = "yes")]
    pub adults_only: bool,
    /// Within how many business days a request is answered.
    #[serde(default = "one")]
    pub reply_within_business_days: u8,
    #[serde(default, deserialize_with = "dates")]
    pub holidays: Vec<Date>,
    pub hipaa_notice_url: Option<String>,
    #[serde(default)]
    pub hours: BTreeMap<Weekday, Hours>,
    #[serde(default)]
    pub people: Vec<Person>,
    #[serde(default)]
    pub first_call: FirstCall,
    #[serde(default)]
    pub fees: Fees,
    #[serde(default)]
    pub policies: Policies,
    #[serde(default)]
    pub crisis: Crisis,
    #[serde(default)]
    pub retention: Retention,
    #[serde(default)]
    pub form: FormChoices,
    /// Where "Leave this site" goes: a page that says nothing about the visit.
    #[serde(default = "neutral_site")]
    pub leave_url: String,
    /// Where a security researcher may write. Without it there is no `security.txt`.
    pub security_contact: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Address {
    pub street: String,
    pub city: String,
    /// The state's two letters.
    pub state: String,
    pub postal_code: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Weekday {
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
    Sunday,
}

/// When the practice is open on a day, in its own time zone.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hours {
    #[serde(deserialize_with = "time")]
    pub open: Time,
    #[serde(deserialize_with = "time")]
    pub close: Time,
}

/// Somebody who works at the practice and signs articles.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Person {
    pub name: String,
    pub job_title: Option<String>,
    /// Letters after the name, such as a licence title.
    pub credential: Option<String>,
    /// Two sentences for the box under an article.
    pub about: Option<String>,
    pub photo: Option<String>,
    pub photo_alt: Option<String>,
    /// What `photo` names.
    #[serde(skip)]
    pub picture: Option<Arc<Photo>>,
    #[serde(default)]
    pub licenses: Vec<License>,
    #[serde(default)]
    pub training: Vec<String>,
    /// Other pages that are about the same person.
    #[serde(default)]
    pub same_as: Vec<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct License {
    pub title: String,
    pub number: String,
    pub state: String,
    /// Where the board shows this licence.
    pub verify_url: Option<String>,
}

/// The first call: what is known about its length and price.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FirstCall {
    pub minutes: Option<u16>,
    pub free: Option<bool>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fees {
    #[serde(default)]
    pub services: Vec<Fee>,
    /// Absent: not said. False: the page says that sessions are paid for privately.
    pub accepts_insurance: Option<bool>,
    pub sliding_scale: Option<String>,
    pub cancellation: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fee {
    /// The slug of a service.
    pub service: String,
    pub minutes: Option<u16>,
    /// As people read it, such as `$150`.
    pub fee: Option<String>,
}

/// Rules that differ from practice to practice, each in a sentence or two.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policies {
    /// What happens with something one partner tells alone, in couples therapy.
    pub partner_secrets: Option<String>,
    /// Such as "online", "in person", "online and in person".
    pub session_format: Option<String>,
}

/// Numbers for an emergency. A person checks them before the site goes public and then sets `confirmed`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Crisis {
    pub emergency: String,
    pub lifeline: String,
    pub lifeline_chat: String,
    pub violence: String,
    pub violence_site: String,
    pub confirmed: bool,
}

/// After how many days a request is erased. Open requests are never erased by the clock.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Retention {
    pub closed_days: u16,
    pub spam_days: u16,
    pub backup_days: u16,
    pub log_days: u16,
}

/// Which choices the request form offers where practices differ.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FormChoices {
    /// A subset of `weekday-mornings`, `weekday-afternoons`, `weekday-evenings`, `weekends`.
    pub times: Vec<String>,
}

impl Default for Crisis {
    fn default() -> Self {
        Self {
            emergency: "911".into(),
            lifeline: "988".into(),
            lifeline_chat: "https://988lifeline.org".into(),
            violence: "1-800-799-7233".into(),
            violence_site: "https://www.thehotline.org".into(),
            confirmed: false,
        }
    }
}

impl Default for Retention {
    fn default() -> Self {
        Self { closed_days: 180, spam_days: 30, backup_days: 35, log_days: 14 }
    }
}

impl Default for FormChoices {
    fn default() -> Self {
        let times = ["weekday-mornings", "weekday-afternoons", "weekday-evenings", "weekends"];
        Self { times: times.map(String::from).to_vec() }
    }
}

impl Weekday {
    /// As people write it: `Monday`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Monday => "Monday",
            Self::Tuesday => "Tuesday",
            Self::Wednesday => "Wednesday",
            Self::Thursday => "Thursday",
            Self::Friday => "Friday",
            Self::Saturday => "Saturday",
            Self::Sunday => "Sunday",
        }
    }
}

impl From<jiff::civil::Weekday> for Weekday {
    fn from(weekday: jiff::civil::Weekday) -> Self {
        use jiff::civil::Weekday as Civil;
        match weekday {
            Civil::Monday => Self::Monday,
            Civil::Tuesday => Self::Tuesday,
            Civil::Wednesday => Self::Wednesday,
            Civil::Thursday => Self::Thursday,
            Civil::Friday => Self::Friday,
            Civil::Saturday => Self::Saturday,
            Civil::Sunday => Self::Sunday,
        }
    }
}

fn dates<'de, D: Deserializer<'de>>(input: D) -> Result<Vec<Date>, D::Error> {
    Ok(Vec::<Day>::deserialize(input)?.into_iter().map(|day| day.0).collect())
}

fn time<'de, D: Deserializer<'de>>(input: D) -> Result<Time, D::Error> {
    Ok(Clock::deserialize(input)?.0)
}

fn yes() -> bool {
    true
}

fn one() -> u8 {
    1
}

fn neutral_site() -> String {
    "https://www.weather.gov/".into()
}
