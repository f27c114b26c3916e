//! The end of the program.

use mutoscope_tests::{Program, Running, Signal, until};
use std::time::Duration;

/// A stream that works, and one whose plugin does not return from `at`.
fn with_a_plugin_that(how: &str, at: &str) -> Running {
    let (source, transforms, sink) = match at {
        "next_frame" => (format!("plugin: panics, at: {at}, how: {how}"), String::new(), String::new()),
        "process" => {
            ("plugin: good".into(), format!("{{ plugin: panics, at: {at}, how: {how} }}"), String::new())
        }
        _ => ("plugin: good".into(), String::new(), format!("- {{ plugin: panics, at: {at}, how: {how} }}")),
    };
    let file = format!(
        "
streams:
  fine: {{ source: {{ plugin: simulated, width: 64, height: 48, fps: 50 }} }}
  troubled: {{ source: {{ {source} }}, transforms: [ {transforms} ] }}
sinks:
  - {{ plugin: mjpeg, listen: 127.0.0.1:0 }}
  {sink}
"
    );
    Program::new(["run", "-"]).with_fixtures().given(file).start()
}

#[test]
fn plugins_that_do_not_return_do_not_hold_up_the_end() {
    for (how, at) in
        [("block", "next_frame"), ("block", "process"), ("block", "receive"), ("spin", "next_frame")]
    {
        let running = with_a_plugin_that(how, at);
        // The other stream goes on beside it.
        assert_eq!(running.stream().take(10).count(), 10);
        running.signal(Signal::INT);
        let ended = running.end_within(Duration::from_secs(9)).expect(0);
        if at != "process" {
            assert!(ended.stderr.contains("left behind"), "{how} in {at}: {}", ended.stderr);
        }
    }
}

#[test]
fn a_second_signal_ends_it_at_once() {
    let mut running = with_a_plugin_that("block", "next_frame");
    running.stream().next();
    // Two that come at the same moment are one: so again and again, until one has been the second.
    until("its end", || {
        if running.has_ended() {
            return Some(());
        }
        running.signal(Signal::INT);
        std::thread::sleep(Duration::from_millis(50));
        None
    });
    // 128 + 2, as shells tell an end by SIGINT.
    running.end_within(Duration::ZERO).expect(130);
}

#[test]
fn both_signals_end_it_well() {
    for signal in [Signal::INT, Signal::TERM] {
        let file = "
source: { plugin: simulated, width: 64, height: 48 }
sink: { plugin: mjpeg, listen: 127.0.0.1:0 }
";
        let running = Program::new(["run", "-"]).given(file).start();
        running.stream().next();
        running.signal(signal);
        running.end_within(Duration::from_secs(60)).expect(0);
    }
}
