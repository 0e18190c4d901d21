//! Each setting from text to value. An error is one line that names the setting and what it should look like.

use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

use ipnet::IpNet;

/// An address and a port.
pub fn listen(typed: &str) -> Result<SocketAddr, String> {
    SocketAddr::from_str(typed).map_err(|_| {
        format!("PRACTICE_LISTEN: \"{typed}\" is not an address and port, such as 127.0.0.1:3000")
    })
}

/// Scheme and host, without a slash at the end; from the address to listen on, where that is loopback.
pub fn base_url(typed: Option<&str>, listen: Option<SocketAddr>) -> Result<String, String> {
    match (typed, listen) {
        (None, Some(listen)) if listen.ip().is_loopback() => Ok(format!("http://{listen}")),
        (None, Some(listen)) => Err(format!(
            "PRACTICE_BASE_URL is missing: {listen} is not loopback, so the site must know its public address"
        )),
        // The fault in the address to listen on is reported already.
        (None, None) => Ok(String::new()),
        (Some(typed), _) => {
            let url = typed.strip_suffix('/').unwrap_or(typed);
            let host = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
            let plain = |c: char| c.is_ascii_alphanumeric() || "-.:[]".contains(c);
            match host {
                Some(host)
                    if host.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '[')
                        && host.chars().all(plain) =>
                {
                    Ok(url.to_owned())
                }
                _ => Err(format!(
                    "PRACTICE_BASE_URL: \"{typed}\" is not an address such as https://example.org (scheme and host, no path)"
                )),
            }
        }
    }
}

/// Addresses and networks, with commas or spaces between.
pub fn networks(typed: &str) -> Result<Vec<IpNet>, String> {
    typed
        .split([',', ' '])
        .filter(|part| !part.is_empty())
        .map(|part| {
            IpNet::from_str(part).or_else(|_| IpAddr::from_str(part).map(IpNet::from)).map_err(|_| {
                format!(
                    "PRACTICE_TRUSTED_PROXIES: \"{part}\" is not an address or a network such as 10.0.0.0/8"
                )
            })
        })
        .collect()
}

/// Whether the first of two choices was made.
pub fn choice(name: &str, typed: &str, choices: [&str; 2]) -> Result<bool, String> {
    match choices.iter().position(|choice| *choice == typed) {
        Some(position) => Ok(position == 0),
        None => Err(format!("{name}: \"{typed}\" is neither {} nor {}", choices[0], choices[1])),
    }
}

/// `None` where it is blank. Mail has its own, stricter rules.
pub fn email(name: &str, typed: Option<String>) -> Result<Option<String>, String> {
    let Some(typed) = typed.filter(|typed| !typed.is_empty()) else { return Ok(None) };
    match typed.split_once('@') {
        Some((local, host))
            if !local.is_empty()
                && !host.is_empty()
                && !typed.contains(|c: char| c.is_whitespace() || c.is_control()) =>
        {
            Ok(Some(typed))
        }
        _ => Err(format!("{name}: \"{typed}\" is not an email address")),
    }
}
