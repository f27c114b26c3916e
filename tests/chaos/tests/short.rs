//! The short run, on every change: one seed, half a minute of faults, and the end.

use mutoscope_chaos::run;
use std::time::Duration;

#[test]
#[ignore = "takes its time: script/test-all"]
fn it_lives_through_half_a_minute_of_faults() {
    let report = run::run(3, Duration::from_secs(30));
    println!("{}", report.text());
    assert!(report.wrong.is_empty(), "{}", report.text());
    let (struck, kinds) = report.table.struck();
    // Faults that do not strike show nothing.
    assert!(struck >= 10 && kinds >= 8, "{}", report.text());
}
