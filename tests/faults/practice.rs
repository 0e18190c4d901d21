//! Somebody of the practice, signed in to the running program.

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

/// A browser with a session.
pub struct Practice<'a> {
    program: &'a Program,
    cookie: String,
}

impl<'a> Practice<'a> {
    pub fn sign_in(program: &'a Program) -> Self {
        let nobody = Self { program, cookie: String::new() };
        let password = PASSWORD.replace(' ', "+");
        let heard = nobody.post("/admin/sign-in", &format!("email={EMAIL}&password={password}&code="));
        assert_eq!((heard.status(), heard.header("location")), (303, "/admin"), "{}", heard.text);
        let cookies = heard.text.lines().filter_map(|line| line.strip_prefix("set-cookie: "));
        let pairs: Vec<_> = cookies.filter_map(|cookie| cookie.split(';').next()).collect();
        Self { program, cookie: pairs.join("; ") }
    }

    pub fn get(&self, path: &str) -> Heard {
        request(self.program.address, "GET", path, &self.headers(), b"")
    }

    pub fn post(&self, path: &str, body: &str) -> Heard {
        let headers = format!("{FORM}Sec-Fetch-Site: same-origin\r\n{}", self.headers());
        request(self.program.address, "POST", path, &headers, body.as_bytes())
    }

    /// Erases a request for good.
    pub fn erase(&self, reference: &str) -> Heard {
        let password = PASSWORD.replace(' ', "+");
        self.post("/admin/export/erase/now", &format!("erase={reference}&password={password}"))
    }

    fn headers(&self) -> String {
        if self.cookie.is_empty() { String::new() } else { format!("Cookie: {}\r\n", self.cookie) }
    }
}
