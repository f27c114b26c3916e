//! Viewers that read slowly or not at all.

mod common;

use common::{Client, PATIENCE, camera, picture};
use mutoscope_plugin::Times;
use std::io::Read;
use std::time::{Duration, Instant};

/// The size of a camera's frame, in bytes.
const FRAME: usize = 87_000;

/// 30 frames a second, one viewer that reads 300 kB/s (an eighth of it), one that reads all.
#[test]
fn a_slow_viewer_sees_recent_frames_and_nobody_else_notices() {
    let mut served = camera("{}");
    let mut quick = served.viewer();
    let slow = served.viewer();

    let reading = std::thread::spawn(move || throttled(slow, Duration::from_secs(8)));

    let frame = picture(1, FRAME);
    let watching = std::thread::spawn(move || parts(&quick.rest()).len());
    let mut sent = 0;
    while !reading.is_finished() {
        served.send(frame.clone());
        sent += 1;
        std::thread::sleep(Duration::from_millis(33));
    }
    let (ages, sequences) = reading.join().unwrap();
    drop(served.sink);
    let seen = watching.join().unwrap();

    assert!(sequences.windows(2).all(|pair| pair[0] < pair[1]), "{sequences:?}");
    // With the kernel's defaults it would be some five seconds by now, and growing.
    let last = &ages[ages.len() / 2..];
    assert!(last.iter().all(|age| *age < 2.5), "{ages:?}");
    assert!(served.stand.counter("frames_skipped") > 0);
    assert!(seen * 2 >= sent, "the other viewer saw {seen} of {sent}");
}

/// Reads 300 kB/s for `time`, a little at a time as a slow line lets it through, and gives each frame's age in seconds
/// when its last byte was there, with its number.
fn throttled(mut viewer: Client, time: Duration) -> (Vec<f64>, Vec<u64>) {
    let start = Instant::now();
    let (mut read, mut seen, mut ages, mut sequences) = (Vec::new(), 0, Vec::new(), Vec::new());
    let mut piece = [0; 3000];
    while start.elapsed() < time {
        let count = viewer.reader.read(&mut piece).unwrap();
        read.extend_from_slice(&piece[..count]);
        let now = Times::now().wall_ns as f64 / 1e9;
        for (captured, sequence) in parts(&read).split_off(seen) {
            seen += 1;
            ages.push(now - captured);
            sequences.push(sequence);
        }
        std::thread::sleep(
            Duration::from_secs_f64(read.len() as f64 / 300e3).saturating_sub(start.elapsed()),
        );
    }
    (ages, sequences)
}

/// Time stamp and number of each whole part in these bytes.
fn parts(mut bytes: &[u8]) -> Vec<(f64, u64)> {
    let mut parts = Vec::new();
    loop {
        let Some(end) = bytes.windows(4).take(400).position(|at| at == b"\r\n\r\n") else { return parts };
        let head = std::str::from_utf8(&bytes[..end]).unwrap();
        let value = |name| head.split_once(name).unwrap().1.lines().next().unwrap();
        let len: usize = value("Content-Length: ").parse().unwrap();
        let whole = end + 4 + len + "\r\n--boundarydonotcross\r\n".len();
        if bytes.len() < whole {
            return parts;
        }
        parts.push((value("X-Timestamp: ").parse().unwrap(), value("X-Sequence: ").parse().unwrap()));
        bytes = &bytes[whole..];
    }
}

#[test]
fn a_viewer_that_takes_nothing_is_closed() {
    let mut served = camera(r#"{"send_timeout_ms": 300}"#);
    let stalled = served.viewer();
    let mut reading = served.viewer();
    let start = Instant::now();
    let frame = picture(1, FRAME);
    // Until the buffers on both sides are full, sends go on.
    while served.demand(1) == 2 {
        assert!(start.elapsed() < PATIENCE);
        served.send(frame.clone());
        reading.part();
    }
    assert!(start.elapsed() >= Duration::from_millis(300));
    // What had been taken for it is there; what was not sent does not come any more.
    drop(stalled);
    served.send(picture(2, 100));
    assert_eq!(reading.part().picture.len(), 100);
    assert_eq!(served.demand(1), 1);
}

#[test]
fn a_pause_without_frames_is_no_stalled_send() {
    let mut served = camera(r#"{"send_timeout_ms": 100}"#);
    let mut viewer = served.viewer();
    for number in 1..=3 {
        served.send(picture(number, FRAME));
        assert_eq!(viewer.part().sequence(), number);
        std::thread::sleep(Duration::from_millis(250));
    }
    assert_eq!(served.demand(1), 1);
}

#[test]
fn stalled_viewers_do_not_hold_up_the_end() {
    let mut served = camera("{}");
    let mut stalled = served.viewer();
    // More than the buffers on both sides hold.
    for number in 0..200 {
        served.send(picture(number, FRAME));
        std::thread::sleep(Duration::from_millis(1));
    }
    let start = Instant::now();
    drop(served.sink);
    assert!(start.elapsed() < PATIENCE / 4, "{:?}", start.elapsed());
    let mut rest = Vec::new();
    let _ = stalled.reader.read_to_end(&mut rest);
    assert!(rest.len() < 200 * FRAME / 2);
}
