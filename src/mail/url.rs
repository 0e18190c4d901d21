//! The address of a mail server as an operator writes it.
//!
//! It holds a password, so no fault ever repeats any part of it and `Debug` shows none.

use std::{fmt, net::IpAddr, path::PathBuf, str::FromStr};

use percent_encoding::percent_decode_str;

/// `smtp://user:password@host:587`, `smtps://user:password@host:465` or `smtp://127.0.0.1:2525?tls=none`.
///
/// `ca=/path/to.pem` in the query trusts the certificates in that file, and only those.
#[derive(Clone, PartialEq, Eq)]
pub struct SmtpUrl {
    pub security: Security,
    /// A name or an address, without brackets.
    pub host: String,
    pub port: u16,
    pub login: Option<Login>,
    pub ca: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Security {
    /// The connection starts in clear; without STARTTLS nothing is sent.
    StartTls,
    /// TLS from the first byte.
    Tls,
    /// No TLS at all, which only loopback addresses may have.
    None,
}

#[derive(Clone, PartialEq, Eq)]
pub struct Login {
    pub user: String,
    pub password: String,
}

/// What is wrong with the address, in one sentence that holds no part of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SmtpUrlFault(&'static str);

const SCHEME: SmtpUrlFault = SmtpUrlFault("the mail server's address must start with smtp:// or smtps://");
const SHAPE: SmtpUrlFault = SmtpUrlFault(
    "the mail server's address must look like smtp://user:password@host:587; write / ? # @ : and % in the user or password as %2F %3F %23 %40 %3A and %25",
);
const LOGIN: SmtpUrlFault =
    SmtpUrlFault("the mail server's address must name both user and password, or neither");
const PERCENT: SmtpUrlFault = SmtpUrlFault(
    "every % in the mail server's address must be followed by two hexadecimal digits; write % itself as %25",
);
const HOST: SmtpUrlFault =
    SmtpUrlFault("the mail server's address must name a host, such as smtp.example.org");
const PORT: SmtpUrlFault = SmtpUrlFault("the port of the mail server must be a number from 1 to 65535");
const QUERY: SmtpUrlFault = SmtpUrlFault(
    "after the ? of the mail server's address only tls=none and ca=/path/to/certificates.pem are known",
);
const PLAIN: SmtpUrlFault = SmtpUrlFault(
    "tls=none is only for smtp:// and a loopback address, such as smtp://127.0.0.1:2525?tls=none; elsewhere emails would travel in clear",
);

impl FromStr for SmtpUrl {
    type Err = SmtpUrlFault;

    fn from_str(written: &str) -> Result<Self, SmtpUrlFault> {
        let (scheme, rest) = written.trim().split_once("://").ok_or(SCHEME)?;
        let (mut security, usual_port) = match scheme {
            "smtp" => (Security::StartTls, 587),
            "smtps" => (Security::Tls, 465),
            _ => return Err(SCHEME),
        };
        let (place, query) = rest.split_once('?').unwrap_or((rest, ""));
        let place = place.strip_suffix('/').unwrap_or(place);
        if place.contains(['/', '#']) || query.contains(['@', '#']) {
            return Err(SHAPE);
        }
        let (login, server) = match place.rsplit_once('@') {
            Some((login, server)) => (Some(read_login(login)?), server),
            None => (None, place),
        };
        let (host, port) = read_server(server)?;
        let options = read_query(query)?;
        if options.plain {
            let loopback = host.parse().is_ok_and(|address: IpAddr| address.is_loopback());
            if !loopback || security != Security::StartTls {
                return Err(PLAIN);
            }
            security = Security::None;
        }
        Ok(Self { security, host, port: port.unwrap_or(usual_port), login, ca: options.ca })
    }
}

fn read_login(written: &str) -> Result<Login, SmtpUrlFault> {
    let (user, password) = written.split_once(':').ok_or(LOGIN)?;
    let login = Login { user: decoded(user)?, password: decoded(password)? };
    if login.user.is_empty() || login.password.is_empty() { Err(LOGIN) } else { Ok(login) }
}

fn read_server(written: &str) -> Result<(String, Option<u16>), SmtpUrlFault> {
    let (host, port) = match written.strip_prefix('[') {
        Some(rest) => {
            let (address, port) = rest.split_once(']').ok_or(HOST)?;
            address.parse::<std::net::Ipv6Addr>().map_err(|_| HOST)?;
            let port = if port.is_empty() { None } else { Some(port.strip_prefix(':').ok_or(PORT)?) };
            (address, port)
        }
        None => match written.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (written, None),
        },
    };
    let is_name = |host: &str| host.chars().all(|c| c.is_ascii_alphanumeric() || "-._".contains(c));
    if host.is_empty() || host.len() > 253 || !(is_name(host) || written.starts_with('[')) {
        return Err(HOST);
    }
    let port = port.map(|digits| digits.parse().ok().filter(|port| *port > 0).ok_or(PORT)).transpose()?;
    Ok((host.to_owned(), port))
}

#[derive(Default)]
struct Options {
    plain: bool,
    ca: Option<PathBuf>,
}

fn read_query(written: &str) -> Result<Options, SmtpUrlFault> {
    let mut options = Options::default();
    for pair in written.split('&').filter(|pair| !pair.is_empty()) {
        match pair.split_once('=') {
            Some(("tls", "none")) => options.plain = true,
            Some(("ca", path)) if !path.is_empty() => options.ca = Some(decoded(path)?.into()),
            _ => return Err(QUERY),
        }
    }
    Ok(options)
}

/// Strict, because a password that is silently read as another one is hard to find.
fn decoded(written: &str) -> Result<String, SmtpUrlFault> {
    let mut escapes = written.split('%').skip(1);
    let hexadecimal =
        |text: &str| text.get(..2).is_some_and(|digits| digits.chars().all(|c| c.is_ascii_hexdigit()));
    if !escapes.all(hexadecimal) {
        return Err(PERCENT);
    }
    let text = percent_decode_str(written).decode_utf8().map_err(|_| SHAPE)?;
    if text.contains(char::is_control) { Err(SHAPE) } else { Ok(text.into_owned()) }
}

impl fmt::Display for SmtpUrl {
    /// Server and port, as a person at a terminal needs to see them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

impl fmt::Debug for SmtpUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SmtpUrl")
            .field("security", &self.security)
            .field("host", &self.host)
            .field("port", &self.port)
            .field("login", &self.login)
            .field("ca", &self.ca)
            .finish()
    }
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Login").finish_non_exhaustive()
    }
}

impl fmt::Display for SmtpUrlFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for SmtpUrlFault {}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(written: &str) -> SmtpUrl {
        written.parse().expect("an address that can be read")
    }

    fn fault(written: &str) -> SmtpUrlFault {
        written.parse::<SmtpUrl>().expect_err("an address that cannot be read")
    }

    #[test]
    fn the_three_ways_are_read_with_their_usual_ports() {
        let url = read("smtp://jo:secret@smtp.example.org");
        assert_eq!(
            (url.security, url.host.as_str(), url.port),
            (Security::StartTls, "smtp.example.org", 587)
        );
        let url = read("smtps://jo:secret@smtp.example.org/\n");
        assert_eq!((url.security, url.port), (Security::Tls, 465));
        let url = read("smtp://127.0.0.1:2525?tls=none");
        assert_eq!((url.security, url.port, url.login), (Security::None, 2525, None));
        assert_eq!(read("smtp://[::1]:2525?tls=none").host, "::1");
        assert_eq!(read("smtps://h.example:4650?ca=/etc/our%20ca.pem").ca, Some("/etc/our ca.pem".into()));
    }

    #[test]
    fn a_login_may_hold_any_character_in_its_encoded_form() {
        let login = read("smtp://jo@example.org:p%40%2Fw%25:d@smtp.example.org:587").login.expect("a login");
        assert_eq!((login.user.as_str(), login.password.as_str()), ("jo@example.org", "p@/w%:d"));
    }

    #[test]
    fn clear_text_is_only_for_loopback_addresses() {
        for written in [
            "smtp://mail.example.org?tls=none",
            "smtp://10.0.0.5:25?tls=none",
            "smtp://localhost:25?tls=none",
            "smtps://127.0.0.1?tls=none",
        ] {
            assert_eq!(fault(written), PLAIN, "{written}");
        }
        assert_eq!(fault("smtp://mail.example.org?tls=opportunistic"), QUERY);
    }

    #[test]
    fn a_fault_says_what_to_write_instead() {
        assert_eq!(fault("mail.example.org:587"), SCHEME);
        assert_eq!(fault("http://mail.example.org"), SCHEME);
        assert_eq!(fault("smtp://"), HOST);
        assert_eq!(fault("smtp://mail.example.org:0"), PORT);
        assert_eq!(fault("smtp://mail.example.org:submission"), PORT);
        assert_eq!(fault("smtp://jo@mail.example.org"), LOGIN);
        assert_eq!(fault("smtp://jo:100%@mail.example.org"), PERCENT);
        assert_eq!(fault("smtp://jo:a/b@mail.example.org"), SHAPE);
        assert_eq!(fault("smtp://jo:a?b@mail.example.org"), SHAPE);
        assert_eq!(fault("smtp://jo:a%00b@mail.example.org"), SHAPE);
    }

    #[test]
    fn neither_a_fault_nor_a_debug_line_shows_the_password() {
        let wrong = [
            "smtp://jo:hunter2",
            "smtp://jo:hunter2@",
            "smtp://jo:hunter2@h:x",
            "smtp://jo:hunter2@h?x=hunter2",
            "smtp://jo:hunter2%@h",
            "x://jo:hunter2@h",
        ];
        for written in wrong {
            let fault = fault(written);
            assert!(!format!("{fault} {fault:?}").contains("hunter2"), "{written}");
        }
        let url = read("smtp://jo:hunter2@mail.example.org");
        assert!(!format!("{url} {url:?}").contains("hunter2"));
    }
}
