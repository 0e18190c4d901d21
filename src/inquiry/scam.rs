//! Signs of the frauds that are aimed at therapists: a stranger books for a relative, pays too much and wants the rest back.
//!
//! A sign is a hint to the reader and nothing else: it never moves, hides or refuses an inquiry.

use super::answers::Answers;

/// One sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sign {
    /// Pays by check or in advance, or more than is asked for.
    Overpayment,
    /// Somebody else is said to write or to pay.
    Assistant,
    /// Asks for an account, a card or a code.
    BankDetails,
    /// Wants to go on somewhere else.
    OtherPlatform,
    /// Books many sessions for a relative ahead.
    BlockBooking,
}

const OVERPAYMENT: [&str; 9] = [
    "cashier's check",
    "cashiers check",
    "certified check",
    "cheque",
    "money order",
    "overpay",
    "excess funds",
    "send the balance",
    "mail you a check",
];
const ASSISTANT: [&str; 4] =
    ["my assistant", "my secretary", "my personal driver", "my caregiver will bring"];
const BANK_DETAILS: [&str; 8] = [
    "bank details",
    "bank account",
    "account number",
    "routing number",
    "wire transfer",
    "zelle",
    "gift card",
    "credit card machine",
];
const OTHER_PLATFORM: [&str; 5] =
    ["whatsapp", "telegram", "text me on this number", "hangouts", "contact me outside"];
const RELATIVES: [&str; 7] =
    ["my son", "my daughter", "my wife", "my nephew", "my niece", "my fiance", "my children"];
const IN_ADVANCE: [&str; 6] =
    ["upfront", "up front", "in advance", "weeks of therapy", "month of therapy", "total cost"];

/// The signs in what somebody wrote.
pub fn signs(answers: &Answers) -> Vec<Sign> {
    let typed = [Some(&answers.name), answers.note.as_ref(), answers.insurance.as_ref()];
    let typed: Vec<&str> = typed.into_iter().flatten().map(String::as_str).collect();
    let typed = typed.join("\n").to_lowercase().replace('’', "'");
    let holds = |words: &[&str]| words.iter().any(|word| typed.contains(word));
    let found = [
        (holds(&OVERPAYMENT), Sign::Overpayment),
        (holds(&ASSISTANT), Sign::Assistant),
        (holds(&BANK_DETAILS), Sign::BankDetails),
        (holds(&OTHER_PLATFORM), Sign::OtherPlatform),
        (holds(&RELATIVES) && holds(&IN_ADVANCE), Sign::BlockBooking),
    ];
    found.into_iter().filter(|(is_there, _)| *is_there).map(|(_, sign)| sign).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inquiry::fixture;

    fn signs_in(note: &str) -> Vec<Sign> {
        signs(&Answers { note: Some(note.into()), ..fixture::answers("Sam Made-Up") })
    }

    #[test]
    fn ordinary_requests_show_none() {
        for note in
            ["I am free on Tuesdays.", "My wife and I look for couples therapy.", "Do you see students?"]
        {
            assert!(signs_in(note).is_empty(), "{note}");
        }
    }

    #[test]
    fn each_sign_is_found_in_any_letters() {
        assert_eq!(signs_in("I will mail a CASHIER’S CHECK"), [Sign::Overpayment]);
        assert_eq!(signs_in("My assistant handles it"), [Sign::Assistant]);
        assert_eq!(signs_in("Send me your bank details"), [Sign::BankDetails]);
        assert_eq!(signs_in("Reach me on WhatsApp"), [Sign::OtherPlatform]);
        assert_eq!(signs_in("I pay upfront for eight weeks for my son"), [Sign::BlockBooking]);
    }
}
