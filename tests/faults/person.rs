//! Somebody of the practice before the real program: keeps cookies as a browser does, and posts as its pages do.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use scraper::{Html, Selector};

use crate::app::App;
use crate::wire::{FORM, Heard, request};

pub const EMAIL: &str = "jo@example.com";
pub const PASSWORD: &str = "mortar lily 9 kettle";

pub struct Person {
    address: SocketAddr,
    cookies: BTreeMap<String, String>,
}

impl Person {
    /// Nobody knows this browser yet.
    pub fn at(address: SocketAddr) -> Self {
        Self { address, cookies: BTreeMap::new() }
    }

    /// Makes the first account, from the code in the data folder to Today.
    pub fn set_up(address: SocketAddr, data: &Path) -> Self {
        let mut person = Self::at(address);
        let code = std::fs::read_to_string(data.join("setup-code")).expect("a set-up code");
        let fields =
            [("setup_code", code.trim()), ("name", "Jo Example"), ("email", EMAIL), ("password", PASSWORD)];
        let made = person.post("/admin/setup", &fields);
        let code = words(&made.text, ".reference");
        person.post("/admin/recovery-code", &[("end_of_code", &code[code.len() - 5..])]);
        let app = App::learn(&words(&person.get("/admin/second-factor").text, "main code"));
        person.post("/admin/second-factor", &[("code", &app.code(0))]);
        assert_eq!(person.get("/admin").status(), 200, "signed in");
        person
    }

    /// The same browser, looking at a program that was started again.
    pub fn moved_to(self, address: SocketAddr) -> Self {
        Self { address, ..self }
    }

    pub fn get(&mut self, path: &str) -> Heard {
        self.say("GET", path, "", "")
    }

    /// Posts a form of the site itself.
    pub fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Heard {
        self.say("POST", path, &format!("{FORM}Sec-Fetch-Site: same-origin\r\n"), &encoded(fields))
    }

    fn say(&mut self, method: &str, path: &str, headers: &str, body: &str) -> Heard {
        let jar: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let headers = match jar.is_empty() {
            true => headers.to_owned(),
            false => format!("{headers}Cookie: {}\r\n", jar.join("; ")),
        };
        let heard = request(self.address, method, path, &headers, body.as_bytes());
        let head = heard.text.split("\r\n\r\n").next().unwrap_or_default();
        for cookie in head.lines().filter_map(|line| line.strip_prefix("set-cookie: ")) {
            let pair = cookie.split(';').next().unwrap_or_default();
            let (name, value) = pair.split_once('=').expect("a value");
            if value.is_empty() {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        heard
    }
}

/// A form as browsers write it.
pub fn encoded(fields: &[(&str, &str)]) -> String {
    let one = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    fields.iter().map(|(name, value)| format!("{}={}", one(name), one(value))).collect::<Vec<_>>().join("&")
}

/// The words of the first element that a CSS selector finds in an answer.
pub fn words(answer: &str, selector: &str) -> String {
    let page = Html::parse_document(answer);
    let selector = Selector::parse(selector).expect("a selector");
    let found = page.select(&selector).next();
    let found = found.unwrap_or_else(|| panic!("no element in {answer}"));
    found.text().collect::<String>().split_whitespace().collect::<Vec<_>>().join(" ")
}
