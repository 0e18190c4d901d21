//! `practice.toml`, read and checked: what it says can be true.

use std::collections::BTreeSet;

use jiff::tz::TimeZone;

use super::fault::Findings;
use super::folder::File;
use super::keys::Keys;
use super::practice::{FormChoices, Practice};
use super::states;

/// A practice of which nothing is known where the file can't be used; the faults say why.
pub fn read(file: Option<&File>, services: &BTreeSet<&str>, out: &mut Findings) -> Practice {
    let Some(file) = file else {
        out.add(1, "This file is missing. It says at least name and time_zone.");
        return Practice::bare("", "UTC");
    };
    let keys = Keys::parse(&file.text, out);
    for line in keys.blank_values() {
        out.add(line, "This is empty. Write something, or put a # before the line.");
    }
    let Some(practice) = keys.read::<Practice>(out) else { return Practice::bare("", "UTC") };
    let mut check = Check { keys: &keys, out };
    check.ways_to_reach(&practice);
    check.place_and_time(&practice);
    check.addresses(&practice);
    check.people(&practice);
    check.choices(&practice, services);
    check.numbers(&practice);
    practice
}

struct Check<'f> {
    keys: &'f Keys<'f>,
    out: &'f mut Findings,
}

impl Check<'_> {
    fn add(&mut self, path: &[&str], message: impl Into<String>) {
        self.out.add(self.keys.line(path), message);
    }

    fn ways_to_reach(&mut self, practice: &Practice) {
        if practice.phone.as_deref().is_some_and(|phone| !is_phone(phone)) {
            self.add(&["phone"], "phone is not a US number with its area code, such as (555) 010-0100.");
        }
        if practice.email.as_deref().is_some_and(|email| !is_email(email)) {
            self.add(&["email"], "email is not an address such as hello@example.org.");
        }
        if let Some(address) = &practice.address {
            self.state(&["address", "state"], &address.state);
            if !is_postal_code(&address.postal_code) {
                self.add(&["address", "postal_code"], "postal_code is not five digits, such as 04101.");
            }
        }
    }

    fn place_and_time(&mut self, practice: &Practice) {
        if TimeZone::get(&practice.time_zone).is_err() {
            self.add(&["time_zone"], "There is no time zone of this name. One is called America/New_York.");
        }
        for (index, code) in practice.licensed_states.iter().enumerate() {
            let path = ["licensed_states", &index.to_string()];
            self.state(&path, code);
            if practice.licensed_states[..index].contains(code) {
                self.add(&path, format!("{code} is listed twice."));
            }
        }
        for (day, hours) in &practice.hours {
            if hours.open >= hours.close {
                self.add(
                    &["hours", &day.name().to_lowercase()],
                    format!("On {} close is not later than open.", day.name()),
                );
            }
        }
    }

    fn state(&mut self, path: &[&str], code: &str) {
        if states::name(code).is_none() {
            self.add(path, format!("\"{code}\" is not a state's two capital letters, such as WA."));
        }
    }

    fn addresses(&mut self, practice: &Practice) {
        let crisis = &practice.crisis;
        self.url(&["leave_url"], Some(&practice.leave_url));
        self.url(&["hipaa_notice_url"], practice.hipaa_notice_url.as_deref());
        self.url(&["crisis", "lifeline_chat"], Some(&crisis.lifeline_chat));
        self.url(&["crisis", "violence_site"], Some(&crisis.violence_site));
        let contact = practice.security_contact.as_deref();
        if contact
            .is_some_and(|contact| !is_url(contact) && !contact.strip_prefix("mailto:").is_some_and(is_email))
        {
            self.add(&["security_contact"], "security_contact begins with mailto: or https://");
        }
    }

    fn url(&mut self, path: &[&str], url: Option<&str>) {
        if url.is_some_and(|url| !is_url(url)) {
            self.add(path, "This is not an address that begins with https://");
        }
    }

    fn people(&mut self, practice: &Practice) {
        for (index, person) in practice.people.iter().enumerate() {
            let index_text = index.to_string();
            if practice.people[..index].iter().any(|other| other.name == person.name) {
                self.add(&["people", &index_text, "name"], format!("{} is listed twice.", person.name));
            }
            if person.photo.is_some() && person.photo_alt.is_none() {
                let message = "photo_alt is missing: what the photo shows, for people who can't see it.";
                self.add(&["people", &index_text, "photo"], message);
            }
            for (at, url) in person.same_as.iter().enumerate() {
                self.url(&["people", &index_text, "same_as", &at.to_string()], Some(url));
            }
            for (at, license) in person.licenses.iter().enumerate() {
                let at = at.to_string();
                self.state(&["people", &index_text, "licenses", &at, "state"], &license.state);
                let path = ["people", &index_text, "licenses", &at, "verify_url"];
                self.url(&path, license.verify_url.as_deref());
            }
        }
    }

    fn choices(&mut self, practice: &Practice, services: &BTreeSet<&str>) {
        for (index, fee) in practice.fees.services.iter().enumerate() {
            if !services.contains(fee.service.as_str()) {
                let message = format!("There is no service {}.", fee.service);
                self.add(&["fees", "services", &index.to_string(), "service"], message);
            }
        }
        let known = FormChoices::default().times;
        for (index, time) in practice.form.times.iter().enumerate() {
            let path = ["form", "times", &index.to_string()];
            if !known.contains(time) {
                self.add(&path, format!("\"{time}\" is none of {}.", known.join(", ")));
            } else if practice.form.times[..index].contains(time) {
                self.add(&path, format!("{time} is listed twice."));
            }
        }
    }

    fn numbers(&mut self, practice: &Practice) {
        if !(1..=10).contains(&practice.reply_within_business_days) {
            self.add(&["reply_within_business_days"], "reply_within_business_days is a number from 1 to 10.");
        }
        if practice.first_call.minutes == Some(0) {
            self.add(&["first_call", "minutes"], "A call of 0 minutes is none.");
        }
        let kept = &practice.retention;
        let days = [
            ("closed_days", kept.closed_days),
            ("spam_days", kept.spam_days),
            ("backup_days", kept.backup_days),
            ("log_days", kept.log_days),
        ];
        for (key, _) in days.into_iter().filter(|(_, days)| *days == 0) {
            self.add(
                &["retention", key],
                format!("{key} is at least 1; with 0 everything would be erased at once."),
            );
        }
        let crisis = &practice.crisis;
        for (key, number) in
            [("emergency", &crisis.emergency), ("lifeline", &crisis.lifeline), ("violence", &crisis.violence)]
        {
            if !is_number(number) {
                self.add(&["crisis", key], format!("{key} is not a number that a phone can dial."));
            }
        }
    }
}

fn is_number(text: &str) -> bool {
    let digits = text.chars().filter(char::is_ascii_digit).count();
    digits >= 3 && text.chars().all(|letter| letter.is_ascii_digit() || " ()+-.".contains(letter))
}

fn is_phone(text: &str) -> bool {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    is_number(text) && (digits.len() == 10 || digits.len() == 11 && digits.starts_with('1'))
}

/// A mailbox that goes into a header as it stands: one `@`, no blanks, nothing that would have to be quoted.
fn is_email(text: &str) -> bool {
    let is_plain = |part: &str| {
        let letters =
            part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~.".contains(&byte));
        letters && part.split('.').all(|label| !label.is_empty())
    };
    match text.split_once('@') {
        Some((name, host)) => text.len() <= 254 && is_plain(name) && is_plain(host) && host.contains('.'),
        None => false,
    }
}

fn is_url(text: &str) -> bool {
    let Some(rest) = text.strip_prefix("https://") else { return false };
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let is_host = |host: &str| host.contains('.') && host.split('.').all(|label| !label.is_empty());
    is_host(host) && text.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"'<>\\`".contains(&byte))
}

fn is_postal_code(text: &str) -> bool {
    let shape: String =
        text.chars().map(|letter| if letter.is_ascii_digit() { '9' } else { letter }).collect();
    matches!(shape.as_str(), "99999" | "99999-9999")
}
