//! The middle of several figures, and how far they lie apart.

use serde::{Deserialize, Serialize};

/// The middle of several rounds, and how far they lie apart.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct Spread {
    /// Half of the rounds gave less, half of them more.
    pub median: f64,
    /// Half of the rounds lie within this part of the median above and below it: half of the distance between the quartiles,
    /// by the median. `None` for fewer than three rounds, which show nothing.
    pub spread: Option<f64>,
}

/// A spread from which on a figure is worth little.
pub const WORTHLESS: f64 = 0.1;

impl Spread {
    /// Of these; `None` if there are none.
    pub fn of(values: &[f64]) -> Option<Spread> {
        let sorted = sorted(values);
        let median = quantile(&sorted, 0.5)?;
        let quartiles = quantile(&sorted, 0.75)? - quantile(&sorted, 0.25)?;
        let spread = (sorted.len() >= 3 && median != 0.0).then(|| quartiles / 2.0 / median.abs());
        Some(Spread { median, spread })
    }

    /// Returns whether the rounds lie so far apart that the figure is worth little.
    pub fn is_worthless(&self) -> bool {
        self.spread.is_some_and(|spread| spread > WORTHLESS)
    }

    /// From below to above, for a comparison: the quartiles as far as the spread tells them.
    pub fn bounds(&self) -> (f64, f64) {
        let by = self.median.abs() * self.spread.unwrap_or(0.0);
        (self.median - by, self.median + by)
    }
}

/// Round by round, how much more `b` is than `a`: the rounds were interleaved, so that what disturbs one disturbs both.
/// `None` if one of them has nothing to compare.
pub fn ratio(a: &[f64], b: &[f64]) -> Option<Spread> {
    let ratios: Vec<f64> = a.iter().zip(b).filter(|(a, _)| **a > 0.0).map(|(a, b)| b / a).collect();
    Spread::of(&ratios)
}

/// The middle; `None` of nothing.
pub fn median(values: &[f64]) -> Option<f64> {
    quantile(&sorted(values), 0.5)
}

pub(crate) fn sorted(values: &[f64]) -> Vec<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted
}

/// Returns what so much of the sorted values is not above, between two of them in proportion (R's type 7).
pub(crate) fn quantile(sorted: &[f64], stats: f64) -> Option<f64> {
    let last = sorted.len().checked_sub(1)?;
    let at = stats * last as f64;
    let (below, above) = (sorted[at.floor() as usize], sorted[at.ceil() as usize]);
    Some(below + (above - below) * at.fract())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_and_half_of_the_distance_between_the_quartiles() {
        let spread = Spread::of(&[12.0, 8.0, 10.0, 9.0, 11.0]).unwrap();
        assert_eq!(spread, Spread { median: 10.0, spread: Some(0.1) });
        assert_eq!(spread.bounds(), (9.0, 11.0));
        // One that lies far out moves neither.
        assert_eq!(Spread::of(&[12.0, 8.0, 10.0, 9.0, 1e9]).unwrap().median, 10.0);
        assert!(!spread.is_worthless());
        assert!(Spread::of(&[1.0, 2.0, 3.0]).unwrap().is_worthless());
    }

    #[test]
    fn too_few_rounds_show_no_spread_and_none_show_nothing() {
        assert_eq!(Spread::of(&[3.0, 4.0]), Some(Spread { median: 3.5, spread: None }));
        assert_eq!(Spread::of(&[]), None);
        assert!(!Spread::of(&[0.0, 0.0, 0.0]).unwrap().is_worthless());
    }

    #[test]
    fn ratios_are_taken_round_by_round() {
        // The machine was twice as slow in the second round, for both.
        let ratio = ratio(&[1.0, 2.0, 1.0], &[3.0, 6.0, 3.0]).unwrap();
        assert_eq!(ratio, Spread { median: 3.0, spread: Some(0.0) });
        assert_eq!(super::ratio(&[0.0], &[1.0]), None);
    }

    #[test]
    fn quantiles_lie_between_two_values_in_proportion() {
        let sorted: Vec<f64> = (0..=100).map(f64::from).collect();
        assert_eq!(quantile(&sorted, 0.99), Some(99.0));
        assert_eq!(quantile(&[1.0, 2.0], 0.25), Some(1.25));
        assert_eq!(quantile(&[7.0], 0.99), Some(7.0));
    }
}
