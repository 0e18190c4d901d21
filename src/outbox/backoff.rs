//! How long an email waits after an attempt that failed.

use jiff::SignedDuration;

const FIRST: SignedDuration = SignedDuration::from_mins(1);
const LONGEST: SignedDuration = SignedDuration::from_mins(30);
/// After a refusal for good. Somebody has to change something first, and may never tell this program.
const REFUSED: SignedDuration = SignedDuration::from_hours(6);

/// `attempts` counts the failed ones, this one included. `chance` is from 0 to 1 and moves the wait by up to a tenth
/// either way, so that sites on one machine do not knock together.
pub(super) fn pause(attempts: i64, refused: bool, chance: f64) -> SignedDuration {
    let doublings = u32::try_from(attempts.saturating_sub(1)).map_or(0, |count| count.min(10));
    let plain = if refused { REFUSED } else { (FIRST * 2_i32.pow(doublings)).min(LONGEST) };
    plain.mul_f64(0.9 + 0.2 * chance)
}

/// From 0 to 1.
pub(super) fn chance() -> f64 {
    // Without randomness every wait is the plain one, which is fine.
    getrandom::u32().map_or(0.5, |number| f64::from(number) / f64::from(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_from_one_minute_and_stop_at_thirty() {
        let minutes: Vec<_> = (1..=8).map(|attempts| pause(attempts, false, 0.5).as_mins()).collect();
        assert_eq!(minutes, [1, 2, 4, 8, 16, 30, 30, 30]);
        assert_eq!(pause(i64::from(u32::MAX), false, 0.5), LONGEST);
        assert_eq!(pause(0, false, 0.5), FIRST);
    }

    #[test]
    fn a_refusal_for_good_waits_six_hours() {
        assert_eq!(pause(1, true, 0.5), REFUSED);
        assert_eq!(pause(40, true, 0.5), REFUSED);
    }

    #[test]
    fn chance_moves_a_wait_by_at_most_a_tenth() {
        assert_eq!(pause(1, false, 0.0).as_secs(), 54);
        assert_eq!(pause(1, false, 1.0).as_secs(), 66);
        assert!((0.0..=1.0).contains(&chance()));
    }
}
