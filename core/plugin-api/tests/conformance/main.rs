//! The conformance kit finds what is broken: for each of its rules a type that breaks it, and one of each kind that breaks
//! none.

mod good;
mod options;
mod sinks;
mod sources;
mod transforms;

use mutoscope_plugin::testing::{Conformance, Rule};
use std::collections::BTreeSet;

/// What breaks a rule: its name, the plugin, and words that the kit finds.
type Broken = (&'static str, fn() -> Conformance, &'static str);

/// The kit tells of exactly this rule, with what is expected and why.
fn show(broken: &[Broken]) {
    for (rule, plugin, found) in broken {
        let report = plugin().report();
        let names: BTreeSet<_> = report.broken.iter().map(|breach| breach.rule.name).collect();
        assert_eq!(names.into_iter().collect::<Vec<_>>(), [*rule], "{report}");
        assert!(report.broken[0].found.contains(found), "`{found}` is not found: {report}");
        let text = report.to_string();
        for part in [report.broken[0].rule.expected, report.broken[0].rule.why, &report.broken[0].options] {
            assert!(text.contains(part), "{text}");
        }
        assert!(!report.kept.contains(rule), "{report}");
    }
}

#[test]
fn each_rule_has_something_that_breaks_it() {
    let shown: BTreeSet<_> = [options::BROKEN, sources::BROKEN, transforms::BROKEN, sinks::BROKEN]
        .into_iter()
        .flatten()
        .map(|(rule, ..)| *rule)
        .collect();
    let rules: BTreeSet<_> = Rule::ALL.iter().map(|rule| rule.name).collect();
    assert_eq!(shown, rules);
}

#[test]
#[should_panic(expected = "every option is described")]
fn a_broken_rule_ends_the_test() {
    let (_, plugin, _) =
        options::BROKEN.iter().find(|(rule, ..)| *rule == "every option is described").unwrap();
    plugin().check();
}
