//! `practice.toml`, read and checked: what it says can be true.

use std::collections::BTreeSet;

use jiff::tz::TimeZone;

use super::fault::Findings;
use super::folder::File;
use super::keys::Keys;
use super::photos::Photos;
use super::practice::{FormChoices, Practice};
use super::states;

/// A practice of which nothing is known where the file is missing or can't be used.
pub fn read(file: Option<&File>, services: &BTreeSet<&str>, photos: &Photos, out: &mut Findings) -> Practice {
    let Some(file) = file else { return Practice::bare("", "UTC") };
    let keys = Keys::parse(&file.text, out);
    for line in keys.blank_values() {
        out.add(line, "This is empty. Write something, or put a # before the line.");
    }
    let Some(mut practice) = keys.read::<Practice>(out) else { return Practice::bare("", "UTC") };
    let mut check = Check { keys: &keys, out };
    check.ways_to_reach(&practice);
    check.place_and_time(&practice);
    check.addresses(&practice);
    check.people(&practice);
    check.photos(&mut practice, photos);
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

    /// Puts each person's picture beside its name.
    fn photos(&mut self, practice: &mut Practice, photos: &Photos) {
        for (index, person) in practice.people.iter_mut().enumerate() {
            let Some(name) = &person.photo else { continue };
            person.picture = photos.find(name).cloned();
            if person.picture.is_none() {
                let message = format!("There is no picture {name}.");
                self.add(&["people", &index.to_string(), "photo"], message);
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

#[cfg(test)]
mod tests {
    use super::*;

    const BEGINNING: &str = "name = \"Elm Street Practice\"\ntime_zone = \"America/New_York\"\n";

    const EVERYTHING: &str = r#"
phone = "(555) 010-0199"
email = "hello@example.org"
directions = "Ring twice."
step_free_access = "There is a ramp."
licensed_states = ["ME", "NH"]
adults_only = true
reply_within_business_days = 2
holidays = ["2026-12-25"]
hipaa_notice_url = "https://example.org/notice"
leave_url = "https://example.org/"
security_contact = "mailto:security@example.org"
address = { street = "1 Elm Street", city = "Exampleton", state = "ME", postal_code = "04101" }
hours.monday = { open = "09:00", close = "17:00" }
first_call = { minutes = 15, free = true }
policies = { partner_secrets = "None.", session_format = "online" }
crisis.confirmed = true
retention.closed_days = 90
form.times = ["weekends"]

[[people]]
name = "Ada Example"
job_title = "Therapist"
same_as = ["https://example.org/ada"]

[[people.licenses]]
title = "Made up"
number = "1"
state = "ME"
verify_url = "https://example.org/verify"

[fees]
accepts_insurance = false
services = [{ service = "therapy", minutes = 50, fee = "$1" }]
"#;

    /// What is wrong with a whole file, without its name.
    fn faults_in(text: &str) -> Vec<String> {
        let file = File { path: "practice.toml".into(), name: "practice".into(), text: text.to_owned() };
        let mut out = Findings::of(&file.path);
        read(Some(&file), &BTreeSet::from(["therapy"]), &Photos::default(), &mut out);
        out.into_faults().iter().map(|fault| fault.to_string().replace("practice.toml:", "")).collect()
    }

    /// What is wrong with these lines, which stand from line 3 on.
    fn faults(lines: &str) -> Vec<String> {
        faults_in(&format!("{BEGINNING}{lines}"))
    }

    fn assert_fault(lines: &str, expected: &str) {
        assert_eq!(faults(lines), [expected], "{lines}");
    }

    #[test]
    fn a_file_that_says_everything_passes() {
        assert_eq!(faults(EVERYTHING), Vec::<String>::new());
    }

    #[test]
    fn ways_to_reach_the_practice_have_to_be_plausible() {
        assert_fault(
            "phone = \"12345\"",
            "3: phone is not a US number with its area code, such as (555) 010-0100.",
        );
        assert_fault("email = \"a b@example.org\"", "3: email is not an address such as hello@example.org.");
        assert_fault("security_contact = \"a@b.org\"", "3: security_contact begins with mailto: or https://");
        assert_fault("crisis.lifeline = \"none\"", "3: lifeline is not a number that a phone can dial.");
    }

    #[test]
    fn states_and_postal_codes_have_to_exist() {
        let state = "is not a state's two capital letters, such as WA.";
        assert_fault("licensed_states = [\n\"ME\",\n\"XX\"]", &format!("5: \"XX\" {state}"));
        assert_fault("licensed_states = [\"ME\", \"ME\"]", "3: ME is listed twice.");
        let address = "[address]\nstreet = \"a\"\ncity = \"b\"\n";
        let small = format!("{address}state = \"me\"\npostal_code = \"04101\"");
        assert_fault(&small, &format!("6: \"me\" {state}"));
        let short = format!("{address}state = \"ME\"\npostal_code = \"4101\"");
        assert_fault(&short, "7: postal_code is not five digits, such as 04101.");
        let license = "[[people.licenses]]\ntitle = \"a\"\nnumber = \"1\"\nstate = \"Maine\"";
        assert_fault(&format!("[[people]]\nname = \"A\"\n{license}"), &format!("8: \"Maine\" {state}"));
    }

    #[test]
    fn addresses_begin_with_https() {
        let expected = "This is not an address that begins with https://";
        assert_fault("hipaa_notice_url = \"http://example.org\"", &format!("3: {expected}"));
        assert_fault("leave_url = \"https://nowhere\"", &format!("3: {expected}"));
        assert_fault("[[people]]\nname = \"A\"\nsame_as = [\"x\"]", &format!("5: {expected}"));
        assert_fault("[crisis]\nviolence_site = \"thehotline.org\"", &format!("4: {expected}"));
    }

    #[test]
    fn times_and_numbers_have_to_make_sense() {
        assert_fault(
            "[hours]\nfriday = { open = \"12:00\", close = \"12:00\" }",
            "4: On Friday close is not later than open.",
        );
        assert_fault(
            "reply_within_business_days = 0",
            "3: reply_within_business_days is a number from 1 to 10.",
        );
        assert_fault("[first_call]\nminutes = 0", "4: A call of 0 minutes is none.");
        let found = faults("[hours]\nmonday = { open = \"9am\", close = \"17:00\" }");
        assert_eq!(found[0], "4: \"9am\" is no time of day such as \"09:00\"");
        let found = faults("[hours]\nmonday = { open = 09:00, close = \"17:00\" }");
        let kind = "invalid type: map, expected a time of day in quotes, such as \"09:00\"";
        assert_eq!(found[0], format!("4: {kind}"));
        let at_once = "spam_days is at least 1; with 0 everything would be erased at once.";
        assert_fault("[retention]\nspam_days = 0", &format!("4: {at_once}"));
        let zone = "There is no time zone of this name. One is called America/New_York.";
        assert_eq!(faults_in("name = \"A\"\ntime_zone = \"Elm/Street\""), [format!("2: {zone}")]);
    }

    #[test]
    fn what_is_named_has_to_be_there_and_only_once() {
        assert_fault("[[fees.services]]\nservice = \"theraphy\"", "4: There is no service theraphy.");
        let times = "weekday-mornings, weekday-afternoons, weekday-evenings, weekends";
        assert_fault("[form]\ntimes = [\"nights\"]", &format!("4: \"nights\" is none of {times}."));
        assert_fault("[form]\ntimes = [\"weekends\", \"weekends\"]", "4: weekends is listed twice.");
        assert_fault("[[people]]\nname = \"A\"\n[[people]]\nname = \"A\"", "6: A is listed twice.");
        let photo = "photo_alt is missing: what the photo shows, for people who can't see it.";
        let missing = "5: There is no picture photos/a.jpg.";
        let lines = "[[people]]\nname = \"A\"\nphoto = \"photos/a.jpg\"";
        assert_eq!(faults(lines), [&format!("5: {photo}"), missing]);
        let blank = "This is empty. Write something, or put a # before the line.";
        assert_fault("directions = \" \"", &format!("3: {blank}"));
    }

    #[test]
    fn unknown_keys_and_wrong_kinds_are_all_told_with_their_lines() {
        let lines =
            "fone = \"1\"\nholidays = [2026-12-25]\n[hours]\nmonady = 1\n[crisis]\nconfirmed = \"yes\"\n";
        let mut found = faults(lines);
        found.sort();
        let expected = [
            "3: unknown field `fone`, expected one of `name`",
            "4: invalid type: map, expected a date in quotes, such as \"2026-11-20\"",
            "6: unknown variant `monady`, expected one of `monday`",
            "8: invalid type: string \"yes\", expected a boolean",
        ];
        assert_eq!(found.len(), expected.len(), "{found:#?}");
        for (found, expected) in found.iter().zip(expected) {
            assert!(found.starts_with(expected), "{found}");
        }
    }

    #[test]
    fn a_slip_in_toml_is_told_in_one_line() {
        let found = faults("phone = \"555\nemail = \"a@example.org\"\n");
        assert!(found.iter().any(|fault| fault.starts_with("3: ")), "{found:#?}");
        assert!(found.iter().all(|fault| fault.lines().count() == 1), "{found:#?}");
    }

    #[test]
    fn a_practice_without_a_name_is_a_fault() {
        assert_eq!(faults_in("time_zone = \"UTC\"")[0], "1: missing field `name`");
    }
}
