//! Memory that is limited, and viewers who keep frames.

use mutoscope_tests::{Program, until};
use std::io::Write;
use std::net::TcpStream;

/// Of address space, in kilobytes.
const LIMIT: u32 = 256 << 10;
/// Viewers who read nothing: what each of them is shown stays in memory.
const VIEWERS: usize = 300;

#[test]
fn three_hundred_viewers_who_read_nothing_do_not_end_a_program_with_little_memory() {
    let file = "
source: { plugin: simulated, width: 1920, height: 1080, fps: 25 }
transforms: [ { plugin: jpeg, quality: 95 } ]
sink: { plugin: mjpeg, listen: 127.0.0.1:0 }
";
    let mut running = Program::within_memory(LIMIT, ["run", "-"]).given(file).start();
    let address = running.address();
    let address = address.strip_prefix("http://").expect("an address").to_owned();
    let frames = |running: &mutoscope_tests::Running| running.state("camera")["frames"].as_u64().unwrap_or(0);
    let mut viewers = Vec::new();
    for viewer in 0..VIEWERS {
        let mut connection = TcpStream::connect(&address).expect("it is there");
        connection.write_all(b"GET /stream HTTP/1.1\r\nHost: localhost\r\n\r\n").expect("it reads");
        viewers.push(connection);
        // Each keeps another frame.
        if viewer % 10 == 0 {
            let before = frames(&running);
            let refused = || running.whole_state()["memory"]["refused"].as_u64().unwrap_or(0);
            let refused_before = refused();
            until("another frame, or none for lack of memory", || {
                (frames(&running) > before || refused() > refused_before).then_some(())
            });
        }
    }
    let memory = running.whole_state()["memory"].take();
    let number = |name: &str| memory[name].as_u64().expect("a number");
    assert!(number("out") + number("kept") <= number("most").max(number("out")), "{memory}");
    assert!(number("most") <= u64::from(LIMIT) << 9, "half of the whole at most: {memory}");
    assert!(!running.has_ended(), "{}", running.log());
    // When they are gone, so is what they kept, and it goes on.
    drop(viewers);
    let watching = running.stream();
    assert_eq!(watching.take(5).count(), 5);
    until("memory to come back", || {
        let memory = running.whole_state()["memory"].take();
        let kept = memory["out"].as_u64()? + memory["kept"].as_u64()?;
        (kept < 40 << 20).then_some(())
    });
    running.stop();
}
