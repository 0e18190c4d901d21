//! Why a form of the door is shown again: which field it is about, in words, with the status that fits.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::super::Web;
use super::layout::spoken;
use crate::staff::password::Weak;
use crate::staff::people::Problem;

#[derive(Default)]
pub struct Refusal {
    /// The name of a field; blank where it is about the whole form.
    pub field: &'static str,
    /// Blank where nothing is wrong.
    pub words: String,
    because: Because,
}

/// Decides the status of the answer.
#[derive(Default)]
enum Because {
    #[default]
    Typed,
    /// Too many tries; seconds until the next one is taken.
    Wait(i64),
    Damaged,
}

const DAMAGED: &str = "Nobody can sign in now: the database is damaged. Whoever looks after the server has to stop the \
                       site, restore the newest good copy, and start it again.";

impl Refusal {
    pub fn new(field: &'static str, words: &str) -> Self {
        Self { field, words: words.to_owned(), because: Because::Typed }
    }

    /// About a person who is to be added; `password` is the name of the field for the password.
    pub fn of(problem: Problem, password: &'static str) -> Self {
        let field = match problem {
            Problem::Name => "name",
            Problem::Email | Problem::EmailTaken => "email",
            Problem::Password(_) => password,
        };
        Self::new(field, words(problem))
    }

    /// Too many tries.
    pub fn wait(web: &Web, until: i64) -> Self {
        let zone = web.current.load().content().practice.time_zone();
        // Rounded up to the minute, so that the time that is shown is never too early.
        let words =
            format!("Too many tries just now. The next one is taken on {}.", spoken(until + 59_999, &zone));
        let seconds = (until - web.now().as_millisecond()).max(0) / 1000 + 1;
        Self { field: "", words, because: Because::Wait(seconds) }
    }

    /// The database is known to be damaged: nothing could be stored, so nobody waits for the slow hash.
    pub fn damaged() -> Self {
        Self { because: Because::Damaged, ..Self::new("", DAMAGED) }
    }

    /// What is wrong with a field; blank where it is another one.
    pub fn at(&self, field: &str) -> &str {
        if self.field == field { &self.words } else { "" }
    }

    pub fn is_some(&self) -> bool {
        !self.words.is_empty()
    }

    /// The page that says it, as an answer.
    pub fn answer(&self, page: Response) -> Response {
        match self.because {
            Because::Damaged => (StatusCode::SERVICE_UNAVAILABLE, page).into_response(),
            Because::Wait(seconds) => {
                let wait = [(header::RETRY_AFTER, HeaderValue::from(seconds))];
                (StatusCode::TOO_MANY_REQUESTS, wait, page).into_response()
            }
            Because::Typed if self.is_some() => (StatusCode::UNPROCESSABLE_ENTITY, page).into_response(),
            Because::Typed => page,
        }
    }
}

/// What has to be put right about a new account or password.
pub fn words(problem: Problem) -> &'static str {
    match problem {
        Problem::Name => "Enter a name.",
        Problem::Email => "Enter an email address, such as name@example.org.",
        Problem::EmailTaken => "There is an account with this address already, perhaps a disabled one.",
        Problem::Password(Weak::TooShort) => "Use 15 characters or more. A few unrelated words work well.",
        Problem::Password(Weak::TooLong) => "That is more than 1,024 bytes. Use a shorter password.",
        Problem::Password(Weak::Common) => {
            "This is among the passwords that are tried first. Use a few unrelated words."
        }
        Problem::Password(Weak::Personal) => {
            "This is made of a name or address that others know. Use a few unrelated words."
        }
    }
}
