//! From a draft to a request: what is missing, what does not read, and for whom this practice is not the place.

use unicode_segmentation::UnicodeSegmentation;

use super::answers::{Answers, LookingFor, Voicemail, Way};
use super::draft::Draft;
use super::email_address;
use super::phone::Phone;
use super::problem::Problem;
use crate::content::Practice;

const NAME_LETTERS: usize = 100;
const NOTE_LETTERS: usize = 1_000;
const INSURANCE_LETTERS: usize = 80;
/// A letter as people see it may be many bytes, a family of four 25; this many on average are allowed.
const BYTES_A_LETTER: usize = 32;

/// What became of a draft.
pub enum Checked {
    Fits(Box<Fitting>),
    NotAFit(NotAFit),
    /// At least one, in the order of the form.
    Problems(Vec<Problem>),
}

/// A draft that can be sent.
pub struct Fitting {
    pub answers: Answers,
    /// Questions for the check page that are no reason to refuse.
    pub doubts: Doubts,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Doubts {
    /// The address that was probably meant.
    pub email_meant: Option<String>,
    /// The email address doesn't look right, but there is a number to call.
    pub email_odd: bool,
}

/// Why the practice can't see this person. Not an error, and nothing is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotAFit {
    Place,
    Age,
}

/// Checks a draft against the rules of the form and the facts of the practice.
pub fn check(draft: &Draft, practice: &Practice) -> Checked {
    if let Some(reason) = not_a_fit(draft, practice) {
        return Checked::NotAFit(reason);
    }
    let mut problems = Problems(Vec::new());
    let fitting = read(draft, practice, &mut problems);
    match fitting {
        Some(fitting) if problems.0.is_empty() => Checked::Fits(Box::new(fitting)),
        _ => {
            let place =
                |problem: &Problem| super::Field::ALL.iter().position(|field| *field == problem.field());
            problems.0.sort_by_key(place);
            problems.0.dedup_by_key(|problem| problem.field());
            Checked::Problems(problems.0)
        }
    }
}

fn not_a_fit(draft: &Draft, practice: &Practice) -> Option<NotAFit> {
    let elsewhere = draft.location == "elsewhere"
        || (!practice.licensed_states.is_empty()
            && is_state(&draft.location)
            && !practice.licensed_states.contains(&draft.location));
    if elsewhere {
        Some(NotAFit::Place)
    } else if practice.adults_only && draft.adult == "no" {
        Some(NotAFit::Age)
    } else {
        None
    }
}

fn is_state(code: &str) -> bool {
    crate::content::states::name(code).is_some()
}

struct Problems(Vec<Problem>);

impl Problems {
    fn need<T>(&mut self, value: Option<T>, otherwise: Problem) -> Option<T> {
        if value.is_none() {
            self.0.push(otherwise);
        }
        value
    }

    fn refuse_if(&mut self, wrong: bool, problem: Problem) {
        if wrong {
            self.0.push(problem);
        }
    }
}

/// Every question is looked at, so that all problems show at once.
fn read(draft: &Draft, practice: &Practice, problems: &mut Problems) -> Option<Fitting> {
    problems.0.extend(draft.damaged.iter().map(|field| Problem::Damaged(*field)));
    problems.0.extend(draft.control.iter().map(|field| Problem::Control(*field)));
    let name = name(&draft.name, problems);
    let looking_for = problems.need(LookingFor::named(&draft.looking_for), Problem::LookingForMissing);
    let location = Some(draft.location.clone()).filter(|code| is_state(code));
    let location = problems.need(location, Problem::LocationMissing);
    problems.refuse_if(practice.adults_only && draft.adult != "yes", Problem::AdultMissing);

    let by: Vec<Way> = Way::ALL.into_iter().filter(|way| draft.wants(way.name())).collect();
    problems.refuse_if(by.is_empty(), Problem::ByMissing);
    let by_phone = by.contains(&Way::Call) || by.contains(&Way::Text);
    let phone = if by_phone { phone(&draft.phone, problems) } else { None };
    let voicemail = if by.contains(&Way::Call) {
        problems.need(Voicemail::named(&draft.voicemail), Problem::VoicemailMissing)
    } else {
        None
    };
    let mut doubts = Doubts::default();
    let email =
        if by.contains(&Way::Email) { email(draft, phone.is_some(), &mut doubts, problems) } else { None };

    let times = practice.form.times.iter().filter(|time| draft.is_free(time)).cloned().collect();
    let note = note(&draft.note, problems);
    let insurance = insurance(draft, practice, problems);
    problems.refuse_if(draft.understood != "yes", Problem::UnderstoodMissing);

    let answers = Answers {
        name: name?,
        looking_for: looking_for?,
        location: location?,
        by,
        phone,
        voicemail,
        email,
        times,
        note,
        insurance,
    };
    Some(Fitting { answers, doubts })
}

fn name(typed: &str, problems: &mut Problems) -> Option<String> {
    let name = on_one_line(typed);
    if name.is_empty() {
        problems.0.push(Problem::NameMissing);
        return None;
    }
    problems.refuse_if(is_longer(&name, NAME_LETTERS), Problem::NameTooLong);
    Some(name)
}

fn phone(typed: &str, problems: &mut Problems) -> Option<Phone> {
    if typed.trim().is_empty() {
        problems.0.push(Problem::PhoneMissing);
        return None;
    }
    problems.need(Phone::read(typed), Problem::PhoneUnreadable)
}

/// An address that looks wrong stops nobody who can be reached by phone; the check page asks about it.
fn email(draft: &Draft, has_phone: bool, doubts: &mut Doubts, problems: &mut Problems) -> Option<String> {
    let address = email_address::tidy(&draft.email);
    if address.is_empty() {
        problems.0.push(Problem::EmailMissing);
        return None;
    }
    if address.chars().count() > email_address::LONGEST {
        problems.0.push(Problem::EmailTooLong);
        return None;
    }
    doubts.email_odd = !email_address::looks_right(&address);
    problems.refuse_if(doubts.email_odd && !has_phone, Problem::EmailUnreadable);
    if draft.keep_email != "yes" {
        doubts.email_meant = email_address::likely_meant(&address);
    }
    Some(on_one_line(&address))
}

fn note(typed: &str, problems: &mut Problems) -> Option<String> {
    let note = typed.trim();
    let letters = note.graphemes(true).count();
    problems.refuse_if(letters > NOTE_LETTERS, Problem::NoteTooLong(letters));
    problems.refuse_if(letters <= NOTE_LETTERS && is_longer(note, NOTE_LETTERS), Problem::NoteTooHeavy);
    Some(note.to_owned()).filter(|note| !note.is_empty())
}

fn insurance(draft: &Draft, practice: &Practice, problems: &mut Problems) -> Option<String> {
    if practice.fees.accepts_insurance != Some(true) {
        return None;
    }
    let plan = on_one_line(&draft.insurance);
    problems.refuse_if(is_longer(&plan, INSURANCE_LETTERS), Problem::InsuranceTooLong);
    Some(plan).filter(|plan| !plan.is_empty())
}

fn on_one_line(typed: &str) -> String {
    typed.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Counted in letters as people see them (Unicode UAX #29), with a cap in bytes.
fn is_longer(text: &str, letters: usize) -> bool {
    text.len() > letters * BYTES_A_LETTER || text.graphemes(true).count() > letters
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inquiry::Field;

    fn practice(extra: &str) -> Practice {
        toml::from_str(&format!("name = \"A practice\"\ntime_zone = \"UTC\"\n{extra}")).expect("facts")
    }

    fn draft() -> Draft {
        Draft {
            name: "  Robin   Example ".into(),
            looking_for: "couple".into(),
            location: "WA".into(),
            adult: "yes".into(),
            by: vec!["call".into(), "email".into()],
            phone: "206 555 0142".into(),
            voicemail: "name-only".into(),
            email: "robin@example.com".into(),
            times: vec!["weekends".into(), "never".into()],
            note: " Hello\nthere ".into(),
            understood: "yes".into(),
            ..Draft::default()
        }
    }

    fn fits(draft: &Draft, practice: &Practice) -> Fitting {
        match check(draft, practice) {
            Checked::Fits(fitting) => *fitting,
            Checked::NotAFit(reason) => panic!("not a fit: {reason:?}"),
            Checked::Problems(problems) => panic!("problems: {problems:?}"),
        }
    }

    fn problems(draft: &Draft) -> Vec<Problem> {
        match check(draft, &practice("")) {
            Checked::Problems(problems) => problems,
            _ => panic!("no problems"),
        }
    }

    #[test]
    fn a_full_form_becomes_tidy_answers() {
        let answers = fits(&draft(), &practice("")).answers;
        assert_eq!(answers.name, "Robin Example");
        assert_eq!(answers.by, [Way::Call, Way::Email]);
        assert_eq!(answers.times, ["weekends"]);
        assert_eq!(answers.note.as_deref(), Some("Hello\nthere"));
    }

    #[test]
    fn an_empty_form_shows_every_problem_at_once_in_the_order_of_the_form() {
        use Problem::*;
        assert_eq!(
            problems(&Draft::default()),
            [NameMissing, LookingForMissing, LocationMissing, AdultMissing, ByMissing, UnderstoodMissing]
        );
    }

    #[test]
    fn only_what_the_chosen_ways_need_is_asked_for() {
        let text_only =
            Draft { by: vec!["text".into()], voicemail: String::new(), email: "typed".into(), ..draft() };
        let answers = fits(&text_only, &practice("")).answers;
        assert!(answers.phone.is_some() && answers.voicemail.is_none() && answers.email.is_none());
        let call = Draft { by: vec!["call".into()], phone: " ".into(), voicemail: String::new(), ..draft() };
        assert_eq!(problems(&call), [Problem::PhoneMissing, Problem::VoicemailMissing]);
    }

    #[test]
    fn a_wrong_looking_email_address_stops_only_who_has_no_phone() {
        let email_only = Draft { by: vec!["email".into()], email: "a@b".into(), ..draft() };
        assert_eq!(problems(&email_only), [Problem::EmailUnreadable]);
        let both = Draft { email: "a@b".into(), ..draft() };
        let fitting = fits(&both, &practice(""));
        assert!(fitting.doubts.email_odd);
        assert_eq!(fitting.answers.email.as_deref(), Some("a@b"));
    }

    #[test]
    fn a_likely_slip_is_asked_about_until_it_is_kept() {
        let slip = Draft { email: "robin@gmial.com".into(), ..draft() };
        assert_eq!(fits(&slip, &practice("")).doubts.email_meant.as_deref(), Some("robin@gmail.com"));
        let kept = Draft { keep_email: "yes".into(), ..slip };
        assert_eq!(fits(&kept, &practice("")).doubts, Doubts::default());
    }

    #[test]
    fn place_and_age_are_no_errors() {
        let here = practice("licensed_states = [\"OR\"]");
        for (draft, practice, reason) in [
            (Draft { location: "elsewhere".into(), ..Draft::default() }, practice(""), NotAFit::Place),
            (draft(), here, NotAFit::Place),
            (Draft { adult: "no".into(), ..draft() }, practice(""), NotAFit::Age),
        ] {
            assert!(matches!(check(&draft, &practice), Checked::NotAFit(found) if found == reason));
        }
        let minor = Draft { adult: "no".into(), ..draft() };
        fits(&minor, &practice("adults_only = false"));
    }

    #[test]
    fn lengths_are_counted_in_letters_as_people_see_them() {
        let family = "👩‍👩‍👧‍👦";
        fits(&Draft { name: "é".repeat(100), note: family.repeat(1_000), ..draft() }, &practice(""));
        assert_eq!(problems(&Draft { name: "e".repeat(101), ..draft() }), [Problem::NameTooLong]);
        assert_eq!(problems(&Draft { note: "x".repeat(1_004), ..draft() }), [Problem::NoteTooLong(1_004)]);
        let marks = format!("e{}", "\u{301}".repeat(20_000));
        assert_eq!(problems(&Draft { note: marks, ..draft() }), [Problem::NoteTooHeavy]);
    }

    #[test]
    fn damaged_letters_and_control_characters_are_said_once_for_each_field() {
        let draft = Draft { damaged: vec![Field::Note], control: vec![Field::Name], ..draft() };
        assert_eq!(problems(&draft), [Problem::Control(Field::Name), Problem::Damaged(Field::Note)]);
    }

    #[test]
    fn insurance_is_only_taken_where_the_practice_accepts_it() {
        let with_plan = Draft { insurance: "Some Plan".into(), ..draft() };
        assert!(fits(&with_plan, &practice("")).answers.insurance.is_none());
        let accepting = practice("[fees]\naccepts_insurance = true");
        assert_eq!(fits(&with_plan, &accepting).answers.insurance.as_deref(), Some("Some Plan"));
    }
}
