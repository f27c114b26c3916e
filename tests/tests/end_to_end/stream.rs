//! A stream as a viewer gets it.

use mutoscope_tests::{Program, picture};

const PATTERN: &str = "
source: { plugin: simulated, width: 640, height: 360, fps: 60 }
sink: { plugin: mjpeg, listen: 127.0.0.1:0 }
";

#[test]
fn frames_come_in_order_and_each_is_the_one_it_says() {
    let running = Program::new(["run", "-"]).given(PATTERN).start();
    let parts: Vec<_> = running.stream().take(40).collect();
    for pair in parts.windows(2) {
        assert!(pair[0].sequence() < pair[1].sequence());
        assert!(pair[0].header("X-Timestamp") < pair[1].header("X-Timestamp"), "captured in that order");
    }
    // A source numbers its pictures, and the program its frames, both from 0.
    for part in parts.iter().step_by(4) {
        assert_eq!(u64::from(picture::counter(&part.picture)), part.sequence());
    }
    running.stop();
}

#[test]
fn the_frame_number_survives_a_resize_and_low_quality() {
    let file = "
source: { plugin: simulated, width: 640, height: 360 }
transforms: [ { plugin: resize, width: 320 }, { plugin: jpeg, quality: 50 } ]
sink: { plugin: mjpeg, listen: 127.0.0.1:0 }
";
    let running = Program::new(["run", "-"]).given(file).start();
    for part in running.stream().take(3) {
        assert_eq!(picture::size(&part.picture), (320, 180));
        assert_eq!(u64::from(picture::counter(&part.picture)), part.sequence());
    }
    running.stop();
}

#[test]
fn two_viewers_of_one_stream_see_the_same_pictures() {
    let running = Program::new(["run", "-"]).given(PATTERN).start();
    let (first, second) = (running.stream(), running.stream());
    let second = std::thread::spawn(move || second.take(60).collect::<Vec<_>>());
    let first: Vec<_> = first.take(60).collect();
    let second = second.join().unwrap();
    let mut common = 0;
    for a in &first {
        if let Some(b) = second.iter().find(|b| b.sequence() == a.sequence()) {
            assert!(a.picture == b.picture, "frame {}", a.sequence());
            common += 1;
        }
    }
    assert!(common > 0, "sixty frames each, and none in common");
    running.stop();
}

#[test]
fn a_stream_ends_with_its_closing_boundary_when_the_program_stops() {
    let running = Program::new(["run", "-"]).given(PATTERN).start();
    let mut parts = running.stream();
    assert!(parts.next().is_some());
    // Reads to the closing boundary; a stream that breaks off fails.
    let viewer = std::thread::spawn(move || parts.count());
    running.stop();
    viewer.join().unwrap();
}
