//! The sink alone, fed from memory: what the server itself costs, without a camera, threads and slots before it.

use mutoscope_plugin::testing::TestHost;
use mutoscope_plugin::{Buffer, Frame, Sink, StreamId, StreamInfo};
use mutoscope_plugin_mjpeg::{Mjpeg, Options};
use std::time::Duration;

/// Serves these pictures, 30 a second, on a port of its own, which it prints; for ever.
///
/// # Panics
/// If the sink does not open, or fails.
pub fn serve(pictures: Vec<Vec<u8>>) {
    let stand = TestHost::new();
    let context = stand.context();
    let options = Options { listen: "127.0.0.1:0".into(), ..Options::default() };
    let mut sink = Mjpeg::open(options, &context).expect("a sink");
    let id = StreamId(0);
    sink.add_stream(StreamInfo::new(id, "camera"), &context).expect("a stream");
    println!("{}", stand.announced()[0]);
    let pictures: Vec<_> = pictures.into_iter().map(Buffer::from_vec).collect();
    for (sequence, picture) in (0..).zip(pictures.iter().cycle()) {
        let frame = Frame::from_jpeg(picture.clone(), context.now()).expect("a JPEG").with_sequence(sequence);
        sink.receive(id, frame, &context).expect("a sink that works");
        std::thread::sleep(Duration::from_secs(1) / 30);
    }
}
