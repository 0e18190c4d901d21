//! Slows down guessing, by account and by address, without locking the owner out (SEC-10).
//!
//! In memory only, and under a key that a restart forgets (PRV-15): neither an address nor what strangers type is kept. A
//! browser that somebody has signed in from before has a count of its own, which nobody else can fill.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::net::{IpAddr, Ipv6Addr};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use sha2::{Digest, Sha256};

/// Tries that cost no waiting.
const FREE: u32 = 5;
/// So many tries that failed are no slip any more: the practice is told. With the waits between them they take at least
/// half a minute.
const MANY: u32 = 10;
/// The longest wait.
const LONGEST: i64 = 15 * 60_000;
/// After this long without a try all is forgotten.
const FORGET: i64 = 60 * 60_000;
/// How many accounts, addresses and browsers are counted at once, so that strangers can't fill the memory.
const MOST: usize = 10_000;

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Key {
    /// A digest of the email address.
    Account([u8; 32]),
    /// An IPv4 address, or the /64 that an IPv6 address is in.
    Address(IpAddr),
    /// The digest of the cookie of a browser that is known.
    Device([u8; 32]),
    /// Somebody signed in who shows the password again: strangers can't count against it.
    Again(i64),
    /// A thing of ours that has no account, by a fixed word.
    Named(&'static str),
}

impl Key {
    /// The count of an account, by its email address as typed.
    pub fn account(name: &str) -> Self {
        Self::Account(Sha256::digest(name.trim().to_lowercase()).into())
    }

    /// The count of an address.
    pub fn address(address: IpAddr) -> Self {
        Self::Address(match address.to_canonical() {
            IpAddr::V6(six) => IpAddr::V6(Ipv6Addr::from_bits(six.to_bits() & (!0 << 64))),
            four => four,
        })
    }

    fn is_of_a_sign_in(&self) -> bool {
        matches!(self, Self::Account(_) | Self::Address(_) | Self::Device(_))
    }
}

#[derive(Debug, Clone, Copy)]
struct Tally {
    tries: u32,
    last: i64,
    until: i64,
}

/// Counts tries. One for the whole program.
#[derive(Debug, Default)]
pub struct Throttle {
    secret: RandomState,
    /// By the keyed hash of what is counted.
    tallies: Mutex<HashMap<u64, Tally>>,
    /// Somebody failed many times, and nobody has asked yet.
    alarm: AtomicBool,
}

impl Throttle {
    /// Counts a try against every key before it is made, so that a hundred at once are no way around it.
    ///
    /// # Errors
    /// The time from which on a try is taken again, in milliseconds; then nothing was counted.
    pub fn begin(&self, keys: &[Key], now: i64) -> Result<(), i64> {
        let mut tallies = self.lock();
        let until = keys.iter().filter_map(|key| tallies.get(&self.mark(key))).map(|tally| tally.until).max();
        // A wait longer than the longest one means that the clock was put back; then nobody is held up.
        if let Some(until) = until.filter(|until| *until > now && *until - now <= LONGEST) {
            return Err(until);
        }
        for key in keys {
            let mark = self.mark(key);
            make_room(&mut tallies, mark, now);
            let tally = tallies.entry(mark).or_insert(Tally { tries: 0, last: now, until: now });
            if now - tally.last > FORGET {
                tally.tries = 0;
            }
            tally.tries = tally.tries.saturating_add(1);
            tally.last = now;
            tally.until = now + wait_after(tally.tries);
            if tally.tries == MANY + 1 && key.is_of_a_sign_in() {
                self.alarm.store(true, Ordering::Relaxed);
            }
        }
        Ok(())
    }

    /// Forgets the tries that led to a success.
    pub fn succeeded(&self, keys: &[Key]) {
        let mut tallies = self.lock();
        for key in keys {
            tallies.remove(&self.mark(key));
        }
    }

    /// Whether tries at one account, or from one address or browser, have become many since this was last asked.
    pub fn take_alarm(&self) -> bool {
        self.alarm.swap(false, Ordering::Relaxed)
    }

    fn mark(&self, key: &Key) -> u64 {
        self.secret.hash_one(key)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<u64, Tally>> {
        // Every change is whole on its own, so a panic elsewhere leaves nothing half done.
        self.tallies.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Milliseconds to wait after so many tries: nothing for the first few, then doubling from 1 second.
fn wait_after(tries: u32) -> i64 {
    match tries.checked_sub(FREE) {
        None => 0,
        Some(doublings) => LONGEST.min(1000 << doublings.min(20)),
    }
}

/// Keeps the map small: drops what is forgotten, then whoever tried least, so that a flood can't wash out a real count.
fn make_room(tallies: &mut HashMap<u64, Tally>, mark: u64, now: i64) {
    if tallies.len() < MOST || tallies.contains_key(&mark) {
        return;
    }
    tallies.retain(|_, tally| now - tally.last <= FORGET);
    while tallies.len() >= MOST {
        let least = tallies.iter().min_by_key(|(_, tally)| (tally.tries, tally.last)).map(|(mark, _)| *mark);
        let Some(least) = least else { return };
        tallies.remove(&least);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_800_000_000_000;

    #[test]
    fn five_tries_are_free_and_then_the_wait_doubles_up_to_a_quarter_of_an_hour() {
        let (throttle, keys) = (Throttle::default(), [Key::account("jo@example.com")]);
        for _ in 0..5 {
            assert_eq!(throttle.begin(&keys, NOW), Ok(()));
        }
        let mut now = NOW;
        for wait in
            [1000, 2000, 4000, 8000, 16_000, 32_000, 64_000, 128_000, 256_000, 512_000, 900_000, 900_000]
        {
            assert_eq!(throttle.begin(&keys, now), Err(now + wait));
            now += wait;
            assert_eq!(throttle.begin(&keys, now), Ok(()));
        }
    }

    #[test]
    fn sec_10_ten_tries_that_failed_are_told_once_and_a_success_at_the_tenth_is_not() {
        let throttle = Throttle::default();
        let tries = |keys: &[Key], many: i64| {
            // Long enough after each other for every wait, short enough not to be forgotten.
            (0..many).for_each(|number| throttle.begin(keys, NOW + number * LONGEST).expect("taken"));
        };
        let address = Key::address([203, 0, 113, 9].into());
        tries(&[Key::account("jo@example.com"), address], 10);
        throttle.succeeded(&[Key::account("jo@example.com"), address]);
        tries(&[Key::account("jo@example.com")], 9);
        tries(&[Key::Named("a cross-site post")], 30);
        assert!(!throttle.take_alarm());
        tries(&[address], 12);
        assert!(throttle.take_alarm());
        assert!(!throttle.take_alarm());
    }

    #[test]
    fn a_success_or_an_hour_of_quiet_starts_anew() {
        let (throttle, keys) = (Throttle::default(), [Key::account("jo@example.com")]);
        (0..5).for_each(|_| throttle.begin(&keys, NOW).expect("free"));
        throttle.succeeded(&keys);
        (0..5).for_each(|_| throttle.begin(&keys, NOW).expect("free"));
        assert!(throttle.begin(&keys, NOW).is_err());
        let later = NOW + FORGET + 1;
        (0..5).for_each(|_| throttle.begin(&keys, later).expect("free"));
    }

    #[test]
    fn a_clock_that_was_put_back_holds_nobody_up() {
        let (throttle, keys) = (Throttle::default(), [Key::account("jo@example.com")]);
        (0..5).for_each(|_| throttle.begin(&keys, NOW).expect("free"));
        assert_eq!(throttle.begin(&keys, NOW - 2 * FORGET), Ok(()));
    }

    #[test]
    fn a_full_account_holds_up_no_other_account_and_no_known_browser() {
        let throttle = Throttle::default();
        let (jo, address) = (Key::account("jo@example.com"), Key::address([203, 0, 113, 9].into()));
        (0..5).for_each(|_| throttle.begin(&[jo, address], NOW).expect("free"));
        assert!(throttle.begin(&[jo, Key::address([203, 0, 113, 10].into())], NOW).is_err());
        assert!(throttle.begin(&[Key::account("al@example.com"), address], NOW).is_err());
        assert_eq!(throttle.begin(&[Key::Device([7; 32])], NOW), Ok(()));
        assert_eq!(throttle.begin(&[Key::account("al@example.com")], NOW), Ok(()));
    }

    #[test]
    fn an_ipv6_network_and_a_mapped_ipv4_address_count_as_one() {
        let key = |address: &str| Key::address(address.parse().expect("an address"));
        assert_eq!(key("2001:db8:1:2::1"), key("2001:db8:1:2:ffff::9"));
        assert_ne!(key("2001:db8:1:2::1"), key("2001:db8:1:3::1"));
        assert_eq!(key("::ffff:203.0.113.9"), key("203.0.113.9"));
        assert_eq!(Key::account(" Jo@Example.com "), Key::account("jo@example.com"));
    }

    #[test]
    fn a_flood_of_names_neither_grows_the_map_nor_washes_out_a_real_count() {
        let throttle = Throttle::default();
        let jo = [Key::account("jo@example.com")];
        (0..5).for_each(|_| throttle.begin(&jo, NOW).expect("free"));
        for number in 0..MOST + 50 {
            let _ = throttle.begin(&[Key::account(&number.to_string())], NOW);
        }
        assert_eq!(throttle.lock().len(), MOST);
        assert!(throttle.begin(&jo, NOW).is_err());
    }
}
