//! The schedule of faults, drawn from a seed before anything starts.

use crate::fault::{CHANGES, Deed, FILTER, Fault, GARBAGE, OBSERVER, SOURCE, SWAPS, WHOLE};
use fastrand::Rng;
use mutoscope_plugin_faulty::What;
use std::fmt;
use std::time::Duration;

/// One fault at one time.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Strike {
    /// Time since the start of the faults; later if the fault before takes longer.
    pub at: Duration,
    /// For how long.
    pub lasts: Duration,
    /// Stage (`front.source`) or stream.
    pub place: &'static str,
    /// Fault to cause.
    pub fault: Fault,
    /// A call that blocks does so for good.
    pub for_good: bool,
    /// Seed for choices that are made on the spot.
    pub seed: u64,
}

/// Faults that follow one another: one is over, and survived, before the next.
#[derive(Clone, PartialEq, Debug)]
pub struct Lane {
    /// Stage or stream that the lane is about.
    pub name: &'static str,
    /// The faults, in order.
    pub strikes: Vec<Strike>,
}

/// Blocks for good in one run, each of which costs the server a thread.
const FOR_GOOD: u32 = 2;

/// The lanes of a run: what a seed and a time come to.
pub fn lanes(seed: u64, time: Duration) -> [Lane; 3] {
    let mut rng = Rng::with_seed(seed);
    let front = [
        places("front.source", &[SOURCE]),
        places("front.filter", &[FILTER]),
        places("copy.filter", &[FILTER]),
        places("front", &[SWAPS, CHANGES]),
    ];
    let yard = [places("yard.source", &[SOURCE, GARBAGE]), places("yard", &[SWAPS])];
    let whole = [places("observer", &[OBSERVER]), places("", &[WHOLE])];
    let mut for_good = FOR_GOOD;
    [("front", front.concat()), ("yard", yard.concat()), ("whole", whole.concat())]
        .map(|(name, deck)| Lane { name, strikes: strikes(&deck, &mut rng, time, &mut for_good) })
}

fn places(place: &'static str, lists: &[&[Fault]]) -> Vec<(&'static str, Fault)> {
    lists.concat().into_iter().map(|fault| (place, fault)).collect()
}

fn strikes(deck: &[(&'static str, Fault)], rng: &mut Rng, time: Duration, for_good: &mut u32) -> Vec<Strike> {
    let mut strikes = Vec::new();
    let mut drawn = Vec::new();
    let mut at = Duration::from_millis(rng.u64(0..1000));
    while at < time {
        // As cards are dealt: each comes once before any comes again.
        if drawn.is_empty() {
            drawn = deck.to_vec();
            rng.shuffle(&mut drawn);
        }
        let Some((place, fault)) = drawn.pop() else { break };
        // Who spins takes a core from everybody, also from those who look.
        let longest = if has(&fault, What::Spin) { 1500 } else { 3500 };
        let lasts = Duration::from_millis(rng.u64(300..longest));
        // `yard`'s device is held by whoever blocks: for good would be for ever.
        let blocks = has(&fault, What::Block) && place.starts_with("front");
        let lost = blocks && *for_good > 0 && rng.u32(0..8) == 0;
        *for_good -= u32::from(lost);
        strikes.push(Strike { at, lasts, place, fault, for_good: lost, seed: rng.u64(..) });
        at += lasts + Duration::from_millis(rng.u64(500..3000));
    }
    strikes
}

fn has(fault: &Fault, what: What) -> bool {
    matches!(fault.deed, Deed::Orders(orders) if orders.iter().any(|order| order.1 == what))
}

impl fmt::Display for Strike {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (at, lasts) = (self.at.as_secs_f64(), self.lasts.as_secs_f64());
        let for_good = if self.for_good { ", for good" } else { "" };
        write!(f, "{at:7.2} s  {} ({}) for {lasts:.2} s{for_good}", self.fault.name, self.place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn a_seed_is_a_schedule() {
        let time = Duration::from_secs(60);
        assert_eq!(lanes(7, time), lanes(7, time));
        assert_ne!(lanes(7, time), lanes(8, time));
        for lane in lanes(7, time) {
            assert!(lane.strikes.len() > 10 && lane.strikes.iter().all(|strike| strike.at < time));
            assert!(lane.strikes.windows(2).all(|pair| pair[0].at + pair[0].lasts < pair[1].at));
        }
    }

    #[test]
    fn a_long_run_has_every_fault() {
        let all: BTreeSet<_> = [SOURCE, GARBAGE, FILTER, OBSERVER, SWAPS, CHANGES, WHOLE]
            .concat()
            .iter()
            .map(|fault| fault.name)
            .collect();
        let lanes = lanes(1, Duration::from_secs(600));
        let drawn: BTreeSet<_> =
            lanes.iter().flat_map(|lane| &lane.strikes).map(|strike| strike.fault.name).collect();
        assert_eq!(drawn, all);
        let for_good = lanes.iter().flat_map(|lane| &lane.strikes).filter(|strike| strike.for_good).count();
        assert!(for_good as u32 <= FOR_GOOD);
    }
}
