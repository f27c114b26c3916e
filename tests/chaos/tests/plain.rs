//! Without any fault nothing is found: who looks closely sees no faults of its own making.

use mutoscope_chaos::run;
use std::time::Duration;

#[test]
fn nothing_is_wrong_where_nothing_goes_wrong() {
    let report = run::plain(Duration::from_secs(5));
    assert!(report.wrong.is_empty(), "{}", report.text());
}
