//! Chance that can be had again: the same seed gives the same choices.

/// SplitMix64, by Sebastiano Vigna (public domain).
pub struct Chance(u64);

impl Chance {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// From 0 to `end`, without it.
    pub fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    pub fn one_of<'t, T>(&mut self, things: &'t [T]) -> &'t T {
        &things[self.below(things.len())]
    }

    pub fn weighted<'t, T>(&mut self, things: &'t [T], weight: impl Fn(&T) -> u32) -> &'t T {
        let all: u32 = things.iter().map(&weight).sum();
        let mut at = self.below(all as usize) as u32;
        let chosen = things.iter().find(|thing| {
            let here = at < weight(thing);
            at = at.saturating_sub(weight(thing));
            here
        });
        chosen.expect("the weights add up to all")
    }
}
