//! How many requests came from one address within the hour. Only in memory, and under a key that a restart forgets.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};

const WINDOW: SignedDuration = SignedDuration::from_hours(1);
/// From this many on, further requests have to wait.
pub const MOST_AN_HOUR: usize = 60;
/// So many addresses are told apart; a flood from more must not fill the memory.
const ADDRESSES: usize = 10_000;

/// Counts by address.
#[derive(Debug, Default)]
pub struct Senders {
    key: RandomState,
    seen: Mutex<HashMap<u64, Vec<Timestamp>>>,
}

/// The address has to wait.
#[derive(Debug, PartialEq, Eq)]
pub struct TooMany;

impl Senders {
    /// Counts one more from here, and tells how many came before it within the hour.
    ///
    /// # Errors
    /// `TooMany`, uncounted, where the hour is full.
    pub fn take(&self, address: IpAddr, now: Timestamp) -> Result<usize, TooMany> {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.len() >= ADDRESSES {
            seen.retain(|_, times| times.iter().any(|time| is_recent(*time, now)));
        }
        if seen.len() >= ADDRESSES {
            seen.clear();
        }
        let times = seen.entry(self.key_of(address)).or_default();
        times.retain(|time| is_recent(*time, now));
        if times.len() >= MOST_AN_HOUR {
            return Err(TooMany);
        }
        times.push(now);
        Ok(times.len() - 1)
    }

    /// Takes back what `take` counted at this moment.
    pub fn give_back(&self, address: IpAddr, taken: Timestamp) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(times) = seen.get_mut(&self.key_of(address))
            && let Some(at) = times.iter().position(|time| *time == taken)
        {
            times.swap_remove(at);
        }
    }

    fn key_of(&self, address: IpAddr) -> u64 {
        self.key.hash_one(household(address))
    }
}

/// An IPv6 line has a whole /64 to itself, so its addresses count as one.
fn household(address: IpAddr) -> [u8; 8] {
    let bytes = match address.to_canonical() {
        IpAddr::V4(address) => address.to_ipv6_mapped().octets()[8..].to_vec(),
        IpAddr::V6(address) => address.octets()[..8].to_vec(),
    };
    bytes.try_into().unwrap_or_default()
}

fn is_recent(time: Timestamp, now: Timestamp) -> bool {
    now.duration_since(time).abs() < WINDOW
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + seconds).expect("a time")
    }

    fn address(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn requests_count_for_an_hour() {
        let senders = Senders::default();
        assert_eq!(senders.take(address("192.0.2.1"), at(0)), Ok(0));
        assert_eq!(senders.take(address("192.0.2.1"), at(1_800)), Ok(1));
        assert_eq!(senders.take(address("192.0.2.2"), at(1_800)), Ok(0));
        assert_eq!(senders.take(address("192.0.2.1"), at(3_599)), Ok(2));
        assert_eq!(senders.take(address("192.0.2.1"), at(3_600)), Ok(2));
    }

    #[test]
    fn a_full_hour_has_to_pass_after_sixty() {
        let senders = Senders::default();
        for before in 0..MOST_AN_HOUR {
            assert_eq!(senders.take(address("192.0.2.1"), at(0)), Ok(before));
        }
        assert_eq!(senders.take(address("192.0.2.1"), at(3_599)), Err(TooMany));
        assert_eq!(senders.take(address("192.0.2.1"), at(3_600)), Ok(0));
    }

    #[test]
    fn what_is_given_back_was_never_counted() {
        let senders = Senders::default();
        assert_eq!(senders.take(address("192.0.2.1"), at(0)), Ok(0));
        senders.give_back(address("192.0.2.1"), at(0));
        assert_eq!(senders.take(address("192.0.2.1"), at(1)), Ok(0));
    }

    #[test]
    fn one_ipv6_line_is_one_address() {
        let senders = Senders::default();
        assert_eq!(senders.take(address("2001:db8:1:2::1"), at(0)), Ok(0));
        assert_eq!(senders.take(address("2001:db8:1:2:ffff::9"), at(1)), Ok(1));
        assert_eq!(senders.take(address("2001:db8:1:3::1"), at(1)), Ok(0));
        assert_eq!(senders.take(address("::ffff:192.0.2.1"), at(0)), Ok(0));
        assert_eq!(senders.take(address("192.0.2.1"), at(1)), Ok(1));
    }

    #[test]
    fn a_flood_of_addresses_does_not_fill_the_memory() {
        let senders = Senders::default();
        for number in 0..ADDRESSES as u32 + 5 {
            assert_eq!(senders.take(IpAddr::from(number.to_be_bytes()), at(0)), Ok(0));
        }
        assert!(senders.seen.lock().expect("free").len() <= ADDRESSES);
    }
}
