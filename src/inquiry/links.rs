//! Links that open the practice's own phone or mail program, for the ways a person allowed and no other.
//!
//! Built from checked values only, with everything else percent-encoded (RFC 3966, RFC 5724, RFC 6068), so that nothing
//! typed can add a header, a recipient or a command.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::answers::{Answers, Way};
use super::email_address::looks_right;
use super::phone::Phone;

/// Everything but what RFC 3986 calls unreserved.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A link, or why there is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Link {
    To(String),
    /// The person did not choose this way.
    NotChosen,
    /// The number or address can't be dialled or written to by a link.
    Unusable,
}

/// `tel:`
pub fn call(answers: &Answers) -> Link {
    link(answers, Way::Call, || {
        let phone = answers.phone.as_ref()?;
        let extension = match phone.extension.as_deref() {
            Some(digits) if is_digits(digits) => format!(";ext={digits}"),
            Some(_) => return None,
            None => String::new(),
        };
        Some(format!("tel:{}{extension}", number(phone)?))
    })
}

/// `sms:`, with the text filled in.
pub fn text(answers: &Answers, body: &str) -> Link {
    link(answers, Way::Text, || {
        let number = number(answers.phone.as_ref()?)?;
        Some(format!("sms:{number}?body={}", encoded(body)))
    })
}

/// `mailto:`, with subject and text filled in.
pub fn email(answers: &Answers, subject: &str, body: &str) -> Link {
    link(answers, Way::Email, || {
        let address = answers.email.as_deref().filter(|address| looks_right(address))?;
        let (local, host) = address.rsplit_once('@')?;
        let host = idna::domain_to_ascii(host).unwrap_or_else(|_| host.to_owned());
        let to = format!("{}@{}", encoded(local), encoded(&host));
        Some(format!("mailto:{to}?subject={}&body={}", encoded(subject), encoded(body)))
    })
}

fn link(answers: &Answers, way: Way, make: impl FnOnce() -> Option<String>) -> Link {
    match answers.allows(way) {
        true => make().map_or(Link::Unusable, Link::To),
        false => Link::NotChosen,
    }
}

/// The number, if it is one: a `+` and 8 to 15 digits.
fn number(phone: &Phone) -> Option<&str> {
    let digits = phone.number.strip_prefix('+')?;
    (is_digits(digits) && (8..=15).contains(&digits.len())).then_some(phone.number.as_str())
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Lines end with CR LF in these links (RFC 6068, section 5).
fn encoded(text: &str) -> String {
    utf8_percent_encode(&text.replace("\r\n", "\n").replace('\n', "\r\n"), ENCODED).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inquiry::fixture;

    fn all_ways() -> Answers {
        Answers { by: Way::ALL.to_vec(), ..fixture::answers("Sam") }
    }

    fn to(link: &str) -> Link {
        Link::To(link.into())
    }

    #[test]
    fn links_carry_the_text_encoded() {
        let answers = all_ways();
        assert_eq!(call(&answers), to("tel:+12065550142"));
        assert_eq!(text(&answers, "a&b\nc?"), to("sms:+12065550142?body=a%26b%0D%0Ac%3F"));
        assert_eq!(
            email(&answers, "Hi é", "1 + 1 = 2"),
            to("mailto:sam@example.com?subject=Hi%20%C3%A9&body=1%20%2B%201%20%3D%202")
        );
    }

    #[test]
    fn an_extension_is_dialled_too() {
        let phone = Phone::read("206 555 0142 x9");
        assert_eq!(call(&Answers { phone, ..all_ways() }), to("tel:+12065550142;ext=9"));
    }

    #[test]
    fn a_way_that_was_not_chosen_has_no_link() {
        let answers = Answers { by: vec![Way::Email], ..all_ways() };
        assert_eq!((call(&answers), text(&answers, "")), (Link::NotChosen, Link::NotChosen));
        let answers = Answers { by: vec![Way::Call], ..all_ways() };
        assert_eq!(email(&answers, "", ""), Link::NotChosen);
    }

    #[test]
    fn nothing_in_an_address_can_add_a_recipient_or_a_header() {
        let mail = |address: &str| email(&Answers { email: Some(address.into()), ..all_ways() }, "s", "b");
        for (address, start) in [
            ("a?bcc=x%40y.example@example.com", "mailto:a%3Fbcc%3Dx%2540y.example@example.com?subject"),
            ("a,b&cc=c@example.com", "mailto:a%2Cb%26cc%3Dc@example.com?subject"),
            ("o'brien+x@example.com", "mailto:o%27brien%2Bx@example.com?subject"),
            ("ü@münchen.de", "mailto:%C3%BC@xn--mnchen-3ya.de?subject"),
        ] {
            let Link::To(link) = mail(address) else { panic!("no link for {address}") };
            assert!(link.starts_with(start), "{link}");
            assert_eq!(link.matches('?').count(), 1, "{link}");
        }
        assert_eq!(mail("x@y,z@w"), Link::Unusable);
        assert_eq!(mail("a\r\nbcc:b@example.com"), Link::Unusable);
    }

    #[test]
    fn a_number_that_is_none_is_not_dialled() {
        let phone = |number: &str| Some(Phone { number: number.into(), extension: None });
        for number in ["javascript:alert(1)", "+1;phone-context=evil", "2065550142", "+12", ""] {
            let answers = Answers { phone: phone(number), ..all_ways() };
            assert_eq!(call(&answers), Link::Unusable, "{number}");
            assert_eq!(text(&answers, ""), Link::Unusable, "{number}");
        }
    }
}
