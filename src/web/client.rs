//! Where a request comes from: the address of the peer, or the one that a trusted proxy names.

use std::net::{IpAddr, SocketAddr};
use std::sync::Once;

use axum::extract::Request;
use ipnet::IpNet;

/// The other end of a connection. `serve` puts it into each request.
#[derive(Debug, Clone, Copy)]
pub struct Peer(pub SocketAddr);

/// The address to count by, or `None` where people can't be told apart by it.
///
/// Proxies write from left to right, so the rightmost address that is no trusted proxy is the sender. What stands left
/// of it is only somebody's claim.
pub fn address(request: &Request, trusted: &[IpNet]) -> Option<IpAddr> {
    let peer = request.extensions().get::<Peer>()?.0.ip().to_canonical();
    let is_trusted = |address: &IpAddr| trusted.iter().any(|network| network.contains(address));
    let forwarded: Vec<&str> = request
        .headers()
        .get_all("x-forwarded-for")
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .collect();
    if is_trusted(&peer) {
        let addresses = forwarded.iter().rev().map_while(|text| text.parse::<IpAddr>().ok());
        return addresses.map(|address| address.to_canonical()).find(|address| !is_trusted(address));
    }
    if !forwarded.is_empty() && is_private(peer) {
        warn_once();
        return None;
    }
    Some(peer)
}

/// A peer like this with `X-Forwarded-For` is a proxy that nobody configured: everybody would share its address.
fn is_private(peer: IpAddr) -> bool {
    match peer {
        IpAddr::V4(address) => address.is_private() || address.is_loopback() || address.is_link_local(),
        IpAddr::V6(address) => {
            address.is_loopback() || address.is_unique_local() || address.is_unicast_link_local()
        }
    }
}

fn warn_once() {
    static WARNED: Once = Once::new();
    WARNED.call_once(|| {
        tracing::warn!(
            "requests come through a proxy that PRACTICE_TRUSTED_PROXIES does not name, so senders can't be counted by address"
        );
    });
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    fn from(peer: &str, forwarded: &[&str], trusted: &[&str]) -> Option<String> {
        let mut builder = Request::builder();
        for value in forwarded {
            builder = builder.header("X-Forwarded-For", *value);
        }
        let mut request = builder.body(Body::empty()).expect("a request");
        request.extensions_mut().insert(Peer(peer.parse().expect("an address")));
        let trusted: Vec<IpNet> = trusted.iter().map(|network| network.parse().expect("a network")).collect();
        address(&request, &trusted).map(|address| address.to_string())
    }

    #[test]
    fn without_a_proxy_the_peer_counts() {
        assert_eq!(from("192.0.2.7:1", &[], &[]).as_deref(), Some("192.0.2.7"));
        assert_eq!(from("[::ffff:192.0.2.7]:1", &[], &[]).as_deref(), Some("192.0.2.7"));
    }

    #[test]
    fn a_stranger_cannot_claim_another_address() {
        assert_eq!(from("192.0.2.7:1", &["198.51.100.1"], &["10.0.0.0/8"]).as_deref(), Some("192.0.2.7"));
    }

    #[test]
    fn behind_trusted_proxies_the_rightmost_other_address_counts() {
        let trusted = ["10.0.0.0/8", "127.0.0.1/32"];
        let forwarded = ["203.0.113.5, 198.51.100.1", "10.0.0.3"];
        assert_eq!(from("127.0.0.1:1", &forwarded, &trusted).as_deref(), Some("198.51.100.1"));
        assert_eq!(from("127.0.0.1:1", &["198.51.100.1, nonsense"], &trusted), None);
        assert_eq!(from("127.0.0.1:1", &[], &trusted), None);
    }

    #[test]
    fn behind_a_proxy_that_nobody_configured_nobody_is_counted() {
        assert_eq!(from("127.0.0.1:1", &["198.51.100.1"], &[]), None);
        assert_eq!(from("10.1.2.3:1", &["198.51.100.1"], &[]), None);
    }
}
