//! Whatever a file holds: an answer, and places that are in it.

use mutoscope_engine::config::{Origin, Report, Set, load};
use proptest::prelude::*;

use crate::fake::{Fakes, environment};

const GOOD: &str = "# one camera
streams:
  porch: { source: { plugin: v4l2, device: /dev/vidéo0, fps: 30 }, max_fps: 5, timeout_ms: 5000, idle_timeout_s: 0.5, warm_up_ms: 100 }
  small:
    from: porch
    on_failure: { restarts: 3 }
    transforms: &t
      - { plugin: resize, width: 320, fit: cover }
      - plugin: timestamp
        format: \"%H:%M ☃\"
        position: { x: 1, y: 2 }
        zones: [{ name: a, shape: { kind: box, width: 1, height: 2 } }]
  other: { from: small, transforms: *t, on_failure: stop }
  lab: { source: { plugin: simulated }, always_on: true }
sinks:
  - { plugin: mjpeg, listen: 127.0.0.1:8080, password: '${W}', streams: [porch, small, other, lab] }
";

fn answer(text: &str, sets: &[String]) -> Option<Report> {
    let origin = Origin::BuiltIn { name: "any.yaml".into(), text: text.into() };
    let sets: Vec<Set> = sets.iter().map(Set::new).collect();
    load(&origin, &sets, &environment, &Fakes).err()
}

/// Every place lies in its text, and every message can be shown.
fn check(text: &str, sets: &[String]) -> Result<(), TestCaseError> {
    let Some(report) = answer(text, sets) else { return Ok(()) };
    prop_assert!(!report.diagnostics().is_empty());
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    for diagnostic in report.diagnostics() {
        prop_assert!(!diagnostic.message().is_empty());
        let (Some(span), Some("any.yaml")) = (diagnostic.span(), diagnostic.file()) else { continue };
        prop_assert!(span.start <= span.end && text.get(span.clone()).is_some(), "{span:?} in {text:?}");
        let (line, column) = diagnostic.position().unwrap();
        let written = text.split('\n').nth(line - 1);
        prop_assert!(
            written.is_some_and(|line| column <= line.chars().count() + 1),
            "{line}:{column} in {text:?}"
        );
    }
    let shown = report.render(true);
    let colours_only = !shown.replace("\u{1b}[", "").contains('\u{1b}');
    prop_assert!(colours_only, "{shown:?}");
    Ok(())
}

/// Pieces that mean something to YAML or to a pipeline.
fn piece() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => prop::sample::select(vec![
            "source", "transforms", "sink", "sinks", "streams", "plugin", "simulated", "resize", "timestamp", "mjpeg", "width",
            "from", "porch", "zones", "name", "password", "file", "listen", "position", "format", "max_fps", "threads",
            "timeout_ms", "idle_timeout_s", "idle_timeout", "warm_up_ms", "always_on", "on_failure", "restart", "stop", "restarts", "3s",
        ]).prop_map(str::to_owned),
        4 => prop::sample::select(vec![
            ": ", ":", "\n", "\n  ", "\n    ", "- ", "{ ", " }", "[", "]", ", ", " #", "#fff", "\"", "'", "&a ", "*a", "!t ", "%", "@", "|", ">",
            "---\n", "...\n", "\t", "\r\n", "? ", "${W}", "${", "$${", "~", "null", "true", "5", "-1", "0.5", ".inf", "[::]:80", "<<: ",
            "\u{85}", "\u{2028}", "é", "☃", "\\", "\u{feff}",
        ]).prop_map(str::to_owned),
        1 => any::<char>().prop_map(String::from),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_characters(text in any::<String>()) {
        check(&text, &[])?;
    }

    #[test]
    fn any_pieces(pieces in prop::collection::vec(piece(), 0..40)) {
        check(&pieces.concat(), &[])?;
    }

    #[test]
    fn a_good_file_with_a_piece_changed(at in 0..GOOD.len(), length in 0..12_usize, new in prop::collection::vec(piece(), 0..3)) {
        let start = (0..=at).rev().find(|at| GOOD.is_char_boundary(*at)).unwrap();
        let end = ((at + length).min(GOOD.len())..=GOOD.len()).find(|at| GOOD.is_char_boundary(*at)).unwrap();
        let text = [&GOOD[..start], &new.concat(), &GOOD[end..]].concat();
        check(&text, &[])?;
    }

    #[test]
    fn any_set(set in prop::collection::vec(piece(), 0..8), path in prop::sample::select(vec!["", "sinks[0].listen=", "streams.porch.source=", "streams=", "streams.porch.idle_timeout_s=", "streams.small.on_failure=", "streams.lab.timeout_"])) {
        check(GOOD, &[format!("{path}{}", set.concat())])?;
    }
}

#[test]
fn the_good_file_is_good() {
    assert!(answer(GOOD, &[]).is_none_or(|report| panic!("{report}")));
}
