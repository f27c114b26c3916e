//! The running engine with real dylibs: what goes in, what comes out, in which order.

use mutoscope_engine::config::{self, Origin};
use mutoscope_engine::plugins::Plugins;
use mutoscope_engine::prepare::prepare;
use mutoscope_engine::run::{Event, Running};
use serde_json::Value;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

/// Nothing here takes a second; on a machine that is busy with other things it may.
const PATIENCE: Duration = Duration::from_secs(60);

struct Pipeline {
    running: Running,
    events: Receiver<Event>,
    list: PathBuf,
    _folder: tempfile::TempDir,
}

/// What the sink wrote down of a frame.
#[derive(Debug)]
struct Line {
    stream: String,
    sequence: u64,
    format: String,
    /// The mean of luma, or the length of a JPEG.
    number: u64,
}

impl Pipeline {
    /// Starts a pipeline; `LIST` in its text is the file that its sink writes.
    fn start(yaml: &str) -> Pipeline {
        let folder = tempfile::tempdir().unwrap();
        let list = folder.path().join("list.txt");
        let plugins = Plugins::from_env().unwrap();
        let text = yaml.replace("LIST", list.to_str().unwrap());
        let origin = Origin::BuiltIn { name: "test".into(), text };
        let checked = config::load(&origin, &[], &|_| None, &plugins);
        let prepared = checked.and_then(|checked| prepare(checked, &plugins));
        let prepared = prepared.unwrap_or_else(|report| panic!("{}", report.render(false)));
        let (tell, events) = channel();
        let running = Running::start(&Arc::new(prepared), move |event| drop(tell.send(event))).unwrap();
        Pipeline { running, events, list, _folder: folder }
    }

    /// Waits for the end of the sources and gives what the sink wrote.
    fn until_the_end(self) -> Vec<Line> {
        let end = Instant::now() + PATIENCE;
        loop {
            match self.events.recv_timeout(end.saturating_duration_since(Instant::now())) {
                Ok(Event::Finished { .. }) => return self.lines(),
                Ok(Event::Announced { .. } | Event::Ready) => {}
                other => panic!("{other:?}; {}", self.running.state()),
            }
        }
    }

    fn lines(&self) -> Vec<Line> {
        let text = std::fs::read_to_string(&self.list).unwrap_or_default();
        let line = |line: &str| {
            let words: Vec<_> = line.split(' ').collect();
            let [stream, sequence, format @ .., number] = &words[..] else { panic!("{line}") };
            let (sequence, number) = (sequence.parse().unwrap(), number.parse().unwrap());
            Line { stream: (*stream).into(), sequence, format: format.join(" "), number }
        };
        text.lines().map(line).collect()
    }

    fn stream(&self, name: &str) -> Value {
        serde_json::from_str::<Value>(&self.running.state()).unwrap()["streams"][name].clone()
    }

    fn wait_until(&self, what: &str, holds: impl Fn() -> bool) {
        let end = Instant::now() + PATIENCE;
        while !holds() {
            assert!(Instant::now() < end, "never {what}: {}", self.running.state());
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

fn assert_in_order(lines: &[Line]) {
    assert!(lines.windows(2).all(|pair| pair[0].sequence < pair[1].sequence), "{lines:?}");
}

#[test]
fn a_source_that_ends_is_drained_to_its_last_frame() {
    let pipeline = Pipeline::start(
        "{ source: { plugin: good, fps: 200, frames: 30 }, sink: { plugin: good, path: LIST } }",
    );
    let lines = pipeline.until_the_end();
    assert_in_order(&lines);
    let last = lines.last().unwrap();
    assert_eq!((last.sequence, last.number, last.stream.as_str()), (29, 29, "camera"));
}

#[test]
fn a_frame_that_is_given_back_goes_the_next_cheapest_way() {
    let pipeline = Pipeline::start(
        "source: { plugin: good, fps: 100, frames: 30 }\n\
         transforms: [ { plugin: odd, refuse_every: 3 } ]\n\
         sink: { plugin: good, path: LIST }",
    );
    let lines = pipeline.until_the_end();
    assert_in_order(&lines);
    for line in &lines {
        assert_eq!(line.number, if line.sequence % 3 == 0 { 20 } else { 10 }, "{line:?}");
    }
    assert!(lines.iter().any(|line| line.number == 20));
}

#[test]
fn a_frame_that_nobody_else_holds_is_written_on_without_a_copy() {
    let pipeline = Pipeline::start(
        "source: { plugin: good, fps: 100 }\n\
         transforms: [ { plugin: odd } ]\n\
         sink: { plugin: good, path: LIST }",
    );
    pipeline.wait_until("frames", || pipeline.stream("camera")["frames"].as_u64() >= Some(10));
    let counters = &pipeline.stream("camera")["stages"][0]["counters"];
    assert_eq!(counters["bytes_copied"], Value::Null, "{counters}");
}

#[test]
fn what_a_transform_said_wrongly_of_its_output_is_found_out_and_gone_round() {
    let pipeline = Pipeline::start(
        "source: { plugin: good, width: 64, height: 48, fps: 100, frames: 10 }\n\
         transforms: [ { plugin: odd, lies: true } ]\n\
         sink: { plugin: good, path: LIST, accepts: jpeg }",
    );
    let lines = pipeline.until_the_end();
    assert!(!lines.is_empty());
    assert!(lines.iter().all(|line| line.format == "JPEG 64x48 4:2:0"), "{lines:?}");
}

#[test]
fn a_frame_that_is_held_back_is_no_failure() {
    let pipeline = Pipeline::start(
        "source: { plugin: good, fps: 100 }\n\
         transforms: [ { plugin: odd, gate_every: 2 } ]\n\
         sink: { plugin: good, path: LIST }",
    );
    pipeline.wait_until("gated", || pipeline.stream("camera")["gated"].as_u64() >= Some(5));
    assert_eq!(pipeline.stream("camera")["lost"], 0);
    let lines = pipeline.lines();
    assert!(!lines.is_empty() && lines.iter().all(|line| line.sequence % 2 == 1), "{lines:?}");
}

#[test]
fn several_workers_share_what_is_stateless_and_keep_the_order() {
    let pipeline = Pipeline::start(
        "source: { plugin: good, fps: 200 }\n\
         transforms: [ { plugin: odd, busy_ms: 20 } ]\n\
         sink: { plugin: good, path: LIST }",
    );
    let cores = std::thread::available_parallelism().map_or(1, |cores| cores.get() as u64);
    pipeline.wait_until("several workers", || {
        pipeline.stream("camera")["workers"].as_u64() >= Some(cores.min(2))
    });
    let before = pipeline.lines().len();
    pipeline.wait_until("more frames", || pipeline.lines().len() > before + 40);
    assert_in_order(&pipeline.lines());
}

#[test]
fn what_is_stateful_and_what_has_one_thread_has_one_worker() {
    for (threads, stateful) in [("", "true"), ("threads: 1\n", "false")] {
        let pipeline = Pipeline::start(&format!(
            "{threads}source: {{ plugin: good, fps: 200 }}\n\
             transforms: [ {{ plugin: odd, busy_ms: 10, stateful: {stateful} }} ]\n\
             sink: {{ plugin: good, path: LIST }}",
        ));
        pipeline
            .wait_until("enough to judge by", || pipeline.stream("camera")["frames"].as_u64() >= Some(60));
        assert!(pipeline.stream("camera")["dropped"].as_u64() >= Some(30));
        assert_eq!(pipeline.stream("camera")["workers"], 1);
        assert_in_order(&pipeline.lines());
    }
}

#[test]
fn nobody_looks_on_and_nothing_is_done() {
    let pipeline = Pipeline::start(
        "streams:\n\
         \x20 porch: { source: { plugin: good, fps: 100 } }\n\
         \x20 dark: { from: porch, transforms: [ { plugin: odd } ] }\n\
         sinks:\n\
         \x20 - { plugin: good, path: LIST, streams: [porch] }\n\
         \x20 - { plugin: good, path: LIST, viewers: 0, streams: [dark] }\n",
    );
    pipeline.wait_until("frames", || pipeline.stream("porch")["frames"].as_u64() >= Some(20));
    assert_eq!(pipeline.stream("dark")["frames"], 0);
    // It stands ready, and has had nothing.
    assert_eq!(pipeline.stream("dark")["stages"][0]["frames"], 0);
    assert!(pipeline.lines().iter().all(|line| line.stream == "porch"));
}

#[test]
fn max_fps_is_kept() {
    let pipeline = Pipeline::start(
        "source: { plugin: good, fps: 100, frames: 100 }\n\
         max_fps: 20\n\
         sink: { plugin: good, path: LIST }",
    );
    let began = Instant::now();
    let lines = pipeline.until_the_end();
    assert_in_order(&lines);
    // A second's worth; on a machine that is late it takes longer, and more may come.
    let most = 5 + (20.0 * began.elapsed().as_secs_f64()).ceil() as usize;
    assert!((2..=most).contains(&lines.len()), "{} of {most}", lines.len());
}

#[test]
fn damaged_frames_are_lost_and_no_others_however_often_they_come() {
    // Two in a row, ten times a second: with pauses after them nothing would come through for long.
    let pipeline = Pipeline::start(
        "source: { plugin: good, fps: 100, frames: 400 }\n\
         transforms: [ { plugin: odd, damaged_every: 10 } ]\n\
         on_failure: stop\n\
         sink: { plugin: good, path: LIST }",
    );
    // Asked before the end, after which nothing is known of it.
    pipeline.wait_until("half of it", || pipeline.stream("camera")["frames"].as_u64() >= Some(150));
    let state = pipeline.stream("camera");
    let number = |of: &Value, name: &str| of[name].as_u64().unwrap();
    // Of each ten two, but for those that a busy machine has left out before.
    let (frames, lost, dropped) =
        (number(&state, "frames"), number(&state, "lost"), number(&state, "dropped"));
    assert_eq!(number(&state["stages"][0], "failures"), lost, "{state}");
    assert!(lost * 4 <= frames + 8 + 4 * dropped, "{state}");
    let lines = pipeline.until_the_end();
    assert_in_order(&lines);
    assert!(lines.iter().all(|line| line.sequence % 10 != 0 && line.sequence % 10 != 9), "{lines:?}");
    assert!(lines.last().unwrap().sequence >= 390, "it goes on to the end: {lines:?}");
}
