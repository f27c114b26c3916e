//! The end of the program.

use mutoscope_tests::{Program, Recorder, Running, Signal, until};
use std::fs;
use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

/// A stop takes three seconds at most; a busy machine may take three times that.
const STOP: Duration = Duration::from_secs(9);

/// A stream that works, and one whose plugin does not return from `at`.
fn with_a_plugin_that(how: &str, at: &str) -> Running {
    let troubled = format!("plugin: panics, at: {at}, how: {how}");
    let (source, transforms, sink) = match at {
        "open" | "next_frame" | "drop" => (troubled, String::new(), String::new()),
        "process" => ("plugin: good".into(), format!("{{ {troubled} }}"), String::new()),
        _ => ("plugin: good".into(), String::new(), format!("- {{ {troubled} }}")),
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

/// Sends a signal, and checks that the end comes in time, with status 0, and leaves nothing: no port in use, no process.
#[track_caller]
fn stops(running: Running, signal: Signal) -> String {
    let address = running.address().trim_start_matches("http://").to_owned();
    let (process, children) = (running.about(""), children(&running));
    running.signal(signal);
    let ended = running.end_within(STOP).expect(0);
    assert!(!process.exists());
    assert!(children.iter().all(|child| !child.exists()), "{children:?}");
    TcpListener::bind(address).expect("the port is free");
    ended.stderr
}

/// The processes that the program has started, as folders of `/proc`.
fn children(running: &Running) -> Vec<PathBuf> {
    let tasks = running.about("task").read_dir().expect("it runs");
    // A thread may end just now.
    let children = tasks.filter_map(|task| fs::read_to_string(task.ok()?.path().join("children")).ok());
    let children: Vec<String> = children.collect();
    children.iter().flat_map(|ids| ids.split_whitespace()).map(|id| Path::new("/proc").join(id)).collect()
}

#[test]
fn plugins_that_do_not_return_do_not_hold_up_the_end() {
    let cases = [
        ("block", "open"),
        ("block", "next_frame"),
        ("block", "drop"),
        ("block", "process"),
        ("block", "receive"),
        ("block", "remove_stream"),
        ("spin", "next_frame"),
    ];
    // What they wait for is time and not the machine.
    thread::scope(|scope| {
        for (how, at) in cases {
            scope.spawn(move || {
                let running = with_a_plugin_that(how, at);
                // The other stream goes on beside it.
                assert_eq!(running.stream().take(10).count(), 10);
                // A transform is called only while there is a viewer.
                let viewer = running.recorder("troubled");
                if at == "process" {
                    until("a transform at work", || is_at_work(&running).then_some(()));
                } else if at == "drop" {
                    viewer.waits_for("live", std::time::Instant::now());
                }
                let log = stops(running, Signal::INT);
                // What is asked to drop its streams may be left before it comes to that.
                assert!(at == "remove_stream" || log.contains("left behind"), "{how} in {at}: {log}");
            });
        }
    });
}

fn is_at_work(running: &Running) -> bool {
    let state = running.state("troubled");
    state["stages"].as_array().is_some_and(|stages| !stages.is_empty())
}

#[test]
fn a_child_that_ignores_signals_ends_with_its_plugin() {
    for (signal, trouble) in [(Signal::INT, ""), (Signal::TERM, ", at: drop, how: block")] {
        let source = format!("plugin: panics, child: true{trouble}");
        let file = format!("source: {{ {source} }}\nsink: {{ plugin: mjpeg, listen: 127.0.0.1:0 }}\n");
        let running = Program::new(["run", "-"]).with_fixtures().given(file).start();
        running.stream().next();
        let child = children(&running);
        let [child] = &child[..] else { panic!("one child: {child:?}") };
        let name = fs::read_to_string(child.join("comm")).expect("it runs");
        assert_eq!(name.trim(), "sleep");
        stops(running, signal);
    }
}

#[test]
fn two_hundred_viewers_see_the_end_and_do_not_hold_it_up() {
    let file = "
source: { plugin: simulated, width: 640, height: 360, fps: 10 }
sink: { plugin: mjpeg, listen: 127.0.0.1:0, send_timeout_ms: 60000 }
";
    let running = Program::new(["run", "-"]).given(file).start();
    let viewers: Vec<Recorder> = (0..180).map(|_| running.recorder("camera")).collect();
    // These ask, and then take nothing of what comes.
    let address = running.address();
    let stalled: Vec<TcpStream> = (0..20)
        .map(|_| {
            let mut socket = TcpStream::connect(address.trim_start_matches("http://")).expect("a server");
            socket.write_all(b"GET /stream HTTP/1.1\r\nHost: localhost\r\n\r\n").expect("it takes requests");
            socket
        })
        .collect();
    until("all to look on", || (running.state("camera")["viewers"] == 200).then_some(()));
    until("some to have stalled", || {
        let clients = running.whole_state()["server"]["clients"].take();
        let late =
            clients.as_array()?.iter().filter(|client| client["last_frame_age_ms"].as_u64() > Some(2000));
        (late.count() >= stalled.len()).then_some(())
    });
    let log = stops(running, Signal::TERM);
    assert!(!log.contains("left behind"), "{log}");
    for viewer in viewers {
        assert!(!viewer.end().is_empty());
    }
}

#[test]
fn a_second_signal_ends_it_at_once() {
    // 128 + N, as shells tell an end by signal N.
    for (first, second, status) in [(Signal::INT, Signal::INT, 130), (Signal::INT, Signal::TERM, 143)] {
        let mut running = with_a_plugin_that("block", "next_frame");
        running.stream().next();
        running.signal(first);
        // Two of the same that come at the same moment are one: so again and again, until one has been the second.
        until("its end", || {
            if running.has_ended() {
                return Some(());
            }
            thread::sleep(Duration::from_millis(50));
            running.signal(second);
            None
        });
        running.end_within(Duration::ZERO).expect(status);
    }
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
        stops(running, signal);
    }
}
