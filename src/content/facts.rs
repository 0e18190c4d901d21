//! What the practice's facts say when a text, a page or the form asks for one.

use jiff::civil::Time;
use jiff::tz::TimeZone;

use super::practice::{Hours, Practice, Weekday};
use super::states;

impl Practice {
    /// Nothing but a name and a time zone, as when nothing else is known.
    pub fn bare(name: &str, time_zone: &str) -> Self {
        let mut practice: Self = toml::from_str("name = \"\"\ntime_zone = \"\"")
            .expect("a name and a time zone are all that has to be there");
        practice.name = name.to_owned();
        practice.time_zone = time_zone.to_owned();
        practice
    }

    /// UTC where the name is unknown, which `load` does not let pass.
    pub fn time_zone(&self) -> TimeZone {
        TimeZone::get(&self.time_zone).unwrap_or(TimeZone::UTC)
    }

    /// `None`: open on no such day, or no hours are said.
    pub fn hours_of(&self, weekday: Weekday) -> Option<Hours> {
        self.hours.get(&weekday).copied()
    }

    /// When a business day ends; 17:00 where nothing else is said.
    pub fn close_of(&self, weekday: Weekday) -> Time {
        self.hours_of(weekday).map_or(Time::constant(17, 0, 0, 0), |hours| hours.close)
    }

    /// The full name of a state, such as `Washington` for `WA`.
    pub fn state_name(code: &str) -> Option<&'static str> {
        states::name(code)
    }

    /// Code and name of each state where the practice holds a licence, in the order it gives them.
    pub fn licensed(&self) -> Vec<(&'static str, &'static str)> {
        let state = |code: &String| states::STATES.iter().find(|(known, _)| known == code).copied();
        self.licensed_states.iter().filter_map(state).collect()
    }

    /// `1 business day`, `2 business days`.
    pub fn reply_within(&self) -> String {
        counted(self.reply_within_business_days, "business day")
    }

    /// What `{{name}}` in a text stands for. `None`: there is no fact of this name; `Some(None)`: it is not set.
    pub fn fact(&self, name: &str) -> Option<Option<String>> {
        Some(match name {
            "name" => Some(self.name.clone()),
            "phone" => self.phone.clone(),
            "email" => self.email.clone(),
            "reply_within" => Some(self.reply_within()),
            "licensed_states" => in_words(&self.licensed().iter().map(|(_, name)| *name).collect::<Vec<_>>()),
            "session_format" => self.policies.session_format.clone(),
            "partner_secrets" => self.policies.partner_secrets.clone(),
            "first_call_minutes" => self.first_call.minutes.map(|minutes| minutes.to_string()),
            "sliding_scale" => self.fees.sliding_scale.clone(),
            "cancellation" => self.fees.cancellation.clone(),
            "closed_days" => Some(self.retention.closed_days.to_string()),
            "spam_days" => Some(self.retention.spam_days.to_string()),
            "backup_days" => Some(self.retention.backup_days.to_string()),
            "log_days" => Some(self.retention.log_days.to_string()),
            "emergency" => Some(self.crisis.emergency.clone()),
            "lifeline" => Some(self.crisis.lifeline.clone()),
            "hipaa_notice_url" => self.hipaa_notice_url.clone(),
            "directions" => self.directions.clone(),
            "step_free_access" => self.step_free_access.clone(),
            _ => return None,
        })
    }
}

fn counted(number: u8, thing: &str) -> String {
    if number == 1 { format!("1 {thing}") } else { format!("{number} {thing}s") }
}

/// `Oregon`, `Oregon and Washington`, `Idaho, Oregon, and Washington`.
fn in_words(names: &[&str]) -> Option<String> {
    match names {
        [] => None,
        [one] => Some((*one).to_owned()),
        [one, other] => Some(format!("{one} and {other}")),
        [most @ .., last] => Some(format!("{}, and {last}", most.join(", "))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_are_told_by_their_full_names() {
        let mut practice = Practice::bare("Elm Street Practice", "America/New_York");
        assert_eq!(practice.fact("licensed_states"), Some(None));
        for (codes, words) in [
            (vec!["OR"], "Oregon"),
            (vec!["OR", "WA"], "Oregon and Washington"),
            (vec!["ID", "OR", "WA"], "Idaho, Oregon, and Washington"),
        ] {
            practice.licensed_states = codes.into_iter().map(String::from).collect();
            assert_eq!(practice.fact("licensed_states"), Some(Some(words.to_owned())));
        }
    }

    #[test]
    fn a_fact_is_set_or_not_set_or_unknown() {
        let practice = Practice::bare("Elm Street Practice", "America/New_York");
        assert_eq!(practice.fact("name"), Some(Some("Elm Street Practice".into())));
        assert_eq!(practice.fact("reply_within"), Some(Some("1 business day".into())));
        assert_eq!(practice.fact("phone"), Some(None));
        assert_eq!(practice.fact("fone"), None);
    }

    #[test]
    fn a_business_day_ends_at_five_unless_hours_say_otherwise() {
        let mut practice = Practice::bare("Elm Street Practice", "America/New_York");
        assert_eq!(practice.close_of(Weekday::Monday), "17:00".parse().expect("a time"));
        let hours = Hours { open: "09:00".parse().expect("a time"), close: "19:30".parse().expect("a time") };
        practice.hours.insert(Weekday::Monday, hours);
        assert_eq!(practice.close_of(Weekday::Monday), hours.close);
    }
}
