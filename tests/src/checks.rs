//! A harness for machines that are made for a test (`tests/guest`, `tests/pi`) and have no `cargo test`.

use std::panic::catch_unwind;
use std::process::ExitCode;
use std::time::Instant;

/// One thing to be tried: its name, and what panics if it is not so.
pub type Check = (&'static str, fn());

/// Tries those whose names have one of the words on the command line, or all if there are none; one after another, and on
/// after one that failed. Prints a line for each.
pub fn run(checks: &[Check]) -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    if are_so(&words, checks) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn are_so(words: &[String], checks: &[Check]) -> bool {
    let wanted = |name: &str| words.is_empty() || words.iter().any(|word| name.contains(word));
    let (mut tried, mut failed) = (0, 0);
    for (name, check) in checks.iter().filter(|(name, _)| wanted(name)) {
        let start = Instant::now();
        let passed = catch_unwind(check).is_ok();
        tried += 1;
        failed += u32::from(!passed);
        println!(
            "{} {name} ({:.1} s)",
            if passed { "ok    " } else { "FAILED" },
            start.elapsed().as_secs_f64()
        );
    }
    println!("{tried} tried, {failed} failed");
    // A word that no name has is a mistake, and no success.
    tried > 0 && failed == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_that_fails_or_none_at_all_is_no_success() {
        let checks: [Check; 2] = [("this is so", || {}), ("that is not", || panic!("as it should"))];
        for (words, good) in [("", false), ("this", true), ("this not", false), ("else", false)] {
            let words: Vec<_> = words.split_whitespace().map(str::to_owned).collect();
            assert_eq!(are_so(&words, &checks), good, "{words:?}");
        }
    }
}
