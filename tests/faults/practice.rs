//! Somebody of the practice, signed in to the running program.

use std::net::SocketAddr;
use std::path::Path;

use crate::operator::run;
use crate::program::{Plan, Program};
use crate::wire::{FORM, Heard, request};

pub const PASSWORD: &str = "mortar lily 9 kettle";
pub const EMAIL: &str = "jo@example.com";

/// Makes the first account of a data folder.
pub fn with_account(data: &Path) {
    let add = ["staff", "add", "--email", EMAIL, "--name", "Jo Example"];
    let (went_well, said) = run(data, &add, &[PASSWORD]);
    assert!(went_well, "{said}");
}

/// The second factor has tests of its own.
pub fn without_second_factor(plan: Plan) -> Plan {
    plan.set("PRACTICE_SECOND_FACTOR", "optional")
}

/// A browser with a session, which may outlive the program.
pub struct Clerk {
    pub address: SocketAddr,
    /// What the session's cookie holds.
    pub session: String,
}

impl Clerk {
    pub fn sign_in(program: &Program) -> Self {
        Self::with(PASSWORD, program).expect("the password is right")
    }

    /// Nothing where the password is another one. The program must do without a second factor.
    pub fn with(password: &str, program: &Program) -> Option<Self> {
        let nobody = Self { address: program.address, session: String::new() };
        let fields = format!("email={EMAIL}&password={}&code=", spaced(password));
        let heard = nobody.post("/admin/sign-in", &fields);
        let cookie = heard.text.lines().find_map(|line| line.strip_prefix("set-cookie: session="))?;
        let session = cookie.split(';').next().unwrap_or_default().to_owned();
        (heard.status() == 303).then_some(Self { session, ..nobody })
    }

    pub fn get(&self, path: &str) -> Heard {
        request(self.address, "GET", path, &self.cookie(), b"")
    }

    pub fn post(&self, path: &str, body: &str) -> Heard {
        let headers = format!("{FORM}Sec-Fetch-Site: same-origin\r\n{}", self.cookie());
        request(self.address, "POST", path, &headers, body.as_bytes())
    }

    /// Erases a request for good.
    pub fn erase(&self, reference: &str) -> Heard {
        let body = format!("erase={reference}&password={}", spaced(PASSWORD));
        self.post("/admin/export/erase/now", &body)
    }

    fn cookie(&self) -> String {
        format!("Cookie: session={}\r\n", self.session)
    }
}

/// As a form writes it.
pub fn spaced(text: &str) -> String {
    text.replace(' ', "+")
}
