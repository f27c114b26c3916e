//! Debounce and hold, on a clock of the test's own.

use crate::latch::Latch;
use std::time::{Duration, Instant};

const fn ms(count: u64) -> Duration {
    Duration::from_millis(count)
}

/// Shows `levels` to a latch, one after another for so many milliseconds, and gives when it opened and closed.
fn changes(debounce: u64, hold: u64, levels: &[(bool, u64)]) -> Vec<(u64, bool)> {
    let mut latch = Latch::new(ms(debounce), ms(hold));
    let start = Instant::now();
    let (mut at, mut open, mut changes) = (0, false, Vec::new());
    for (level, lasts) in levels {
        for _ in 0..*lasts {
            let now = latch.see(*level, start + ms(at));
            if now != open {
                changes.push((at, now));
                open = now;
            }
            at += 1;
        }
    }
    changes
}

#[test]
fn it_opens_after_the_debounce_and_closes_after_the_hold() {
    let levels = [(false, 100), (true, 300), (false, 1000)];
    // The hold counts from where the pin fell.
    assert_eq!(changes(50, 500, &levels), [(150, true), (900, false)]);
    assert_eq!(changes(0, 0, &levels), [(100, true), (400, false)]);
    assert_eq!(changes(50, 0, &levels), [(150, true), (450, false)]);
    // A hold that is shorter than the debounce ends with it.
    assert_eq!(changes(50, 20, &levels), [(150, true), (450, false)]);
}

#[test]
fn short_levels_do_not_count() {
    let bouncing = [(false, 100), (true, 10), (false, 10), (true, 49), (false, 500)];
    assert_eq!(changes(50, 500, &bouncing), []);
    // Nor do gaps in a long one, and time before a gap is not added to that after it.
    let gaps = [(false, 100), (true, 30), (false, 5), (true, 200), (false, 49), (true, 100), (false, 200)];
    assert_eq!(changes(50, 0, &gaps), [(185, true), (534, false)]);
}

#[test]
fn a_new_report_within_the_hold_lengthens_it() {
    let levels = [(false, 10), (true, 100), (false, 300), (true, 100), (false, 1000)];
    assert_eq!(changes(5, 500, &levels), [(15, true), (1010, false)]);
}

#[test]
fn what_is_active_from_the_start_is_open_at_once() {
    assert_eq!(changes(50, 100, &[(true, 10), (false, 300)]), [(0, true), (110, false)]);
}

#[test]
fn what_was_never_active_is_not_held_open() {
    assert_eq!(changes(50, 10_000, &[(false, 500)]), []);
}
