//! Somebody of the practice whose password may be another one, and whose session may outlive the program.

use std::net::SocketAddr;

use crate::practice::EMAIL;
use crate::wire::{FORM, Heard, request};

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
