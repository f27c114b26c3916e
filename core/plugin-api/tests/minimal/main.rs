//! The whole of the smallest source, with its imports.

#![allow(missing_docs, reason = "an attribute of the crate would be a line of the source")]

include!("camera.rs");

#[test]
fn a_minimal_source_has_at_most_25_lines_and_keeps_what_it_must() {
    let lines = include_str!("camera.rs").lines().count();
    assert!(lines <= 25, "{lines} lines");
    mutoscope_plugin::testing::Conformance::of(plugin()).check();
}
