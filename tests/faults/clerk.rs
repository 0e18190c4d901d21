//! Somebody of the practice at a browser: has an account, signs in to the running program, reads and posts.

use std::io::Write;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;

use crate::program::Plan;
use crate::wire::{FORM, Heard, request};

pub const EMAIL: &str = "jo@example.com";
pub const PASSWORD: &str = "mortar lily 9 kettle";

pub struct Clerk {
    pub address: SocketAddr,
    /// What the session's cookie holds.
    pub session: String,
}

impl Clerk {
    /// Nothing where the password is another one. The program must do without a second factor.
    pub fn sign_in(address: SocketAddr, password: &str) -> Option<Self> {
        let nobody = Self { address, session: String::new() };
        let heard =
            nobody.post("/admin/sign-in", &format!("email={EMAIL}&password={}&code=", spaced(password)));
        let cookie = heard.text.lines().find_map(|line| line.strip_prefix("set-cookie: session="))?;
        let session = cookie.split(';').next().unwrap_or_default().to_owned();
        (heard.status() == 303).then_some(Self { session, ..nobody })
    }

    pub fn get(&self, path: &str) -> Heard {
        request(self.address, "GET", path, &self.cookie(), b"")
    }

    pub fn post(&self, path: &str, body: &str) -> Heard {
        request(self.address, "POST", path, &format!("{FORM}{}", self.cookie()), body.as_bytes())
    }

    fn cookie(&self) -> String {
        format!("Cookie: session={}\r\n", self.session)
    }
}

/// As a form writes it.
pub fn spaced(text: &str) -> String {
    text.replace(' ', "+")
}

/// Makes the first account of a data folder at the command line.
pub fn add_account(data: &Path) {
    let add = ["staff", "add", "--email", EMAIL, "--name", "Jo Example"];
    let plan = add.iter().fold(Plan::over(data), |plan, argument| plan.argument(argument));
    let mut child = plan.command().stdin(Stdio::piped()).spawn().expect("starts");
    child.stdin.take().expect("piped").write_all(PASSWORD.as_bytes()).expect("written");
    let output = child.wait_with_output().expect("ends");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
