//! Memory: through the plugin's tables, with a host that counts what it lends.

use super::textured;
use crate::plugin;
use mutoscope_plugin::host::{NoBuffer, Processed, Serve};
use mutoscope_plugin::testing::TestHost;
use mutoscope_plugin::{Buffer, Format, FormatHint, Frame, PixelFormat, StreamId, Times};
use std::collections::BTreeMap;
use std::os::fd::BorrowedFd;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// A stand-in that remembers the sizes it was asked for.
struct Counting {
    stand: Arc<dyn Serve>,
    lent: Mutex<BTreeMap<usize, usize>>,
}

impl Serve for Counting {
    fn buffer(&self, len: usize) -> Result<Buffer, NoBuffer> {
        *self.lent.lock().unwrap().entry(len).or_default() += 1;
        self.stand.buffer(len)
    }
    fn stopped(&self) -> bool {
        self.stand.stopped()
    }
    fn stop_descriptor(&self) -> BorrowedFd<'_> {
        self.stand.stop_descriptor()
    }
    fn sleep(&self, time: Duration) -> bool {
        self.stand.sleep(time)
    }
    fn demand(&self) -> u32 {
        self.stand.demand()
    }
    fn set_demand(&self, stream: StreamId, viewers: u32) {
        self.stand.set_demand(stream, viewers);
    }
    fn count(&self, name: &str, add: u64) {
        self.stand.count(name, add);
    }
    fn announce(&self, at: &str) {
        self.stand.announce(at);
    }
    fn state(&self) -> String {
        self.stand.state()
    }
    fn format_hint(&self) -> FormatHint {
        self.stand.format_hint()
    }
}

fn noise(width: u32, height: u32) -> Frame {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut random = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state as u8
    };
    let format = Format::new(PixelFormat::I444, width, height);
    let bytes = (0..3 * width * height).map(|_| random()).collect();
    Frame::from_vec(format, bytes, Times::default()).unwrap()
}

#[test]
fn one_buffer_of_one_size_is_taken_for_a_frame() {
    let host = Arc::new(Counting { stand: TestHost::new().host(), lent: Mutex::default() });
    let kind = plugin().transform().expect("a transform");
    let mut encode = kind.open(r#"{"quality": 90}"#, host.clone()).unwrap();
    let frame = textured(PixelFormat::I420, 640, 480);
    for _ in 0..20 {
        let Processed::Frame(_) = encode.process(0, frame.clone()).unwrap() else { panic!("no frame") };
    }
    let lent = std::mem::take(&mut *host.lent.lock().unwrap());
    assert_eq!(lent.values().sum::<usize>(), 20, "{lent:?}");
    assert!(lent.len() <= 2 && lent.keys().all(|len| *len < 200_000), "{lent:?}");
}

#[test]
fn no_more_is_lent_than_recent_pictures_needed() {
    let host = Arc::new(Counting { stand: TestHost::new().host(), lent: Mutex::default() });
    let mut encode = plugin().transform().unwrap().open(r#"{"quality": 80}"#, host.clone()).unwrap();
    let mut encoded = |frame: &Frame| {
        let Processed::Frame(jpeg) = encode.process(0, frame.clone()).unwrap() else { panic!("no frame") };
        (jpeg.jpeg().unwrap().len(), jpeg.buffer().len())
    };
    let calm = textured(PixelFormat::I420, 1920, 1080);
    let (len, lent) = (0..60).map(|_| encoded(&calm)).last().unwrap();
    assert!(lent <= len + len / 4 + 64 * 1024, "{lent} bytes for {len}");
    // One in four is large: each has fitted the first time but for the first, which was too much for what was lent then.
    host.lent.lock().unwrap().clear();
    let large = noise(1920, 1080);
    for n in 0..20 {
        encoded(if n % 4 == 0 { &large } else { &calm });
    }
    let lent = std::mem::take(&mut *host.lent.lock().unwrap());
    assert_eq!(lent.values().sum::<usize>(), 21, "{lent:?}");
}

#[test]
fn a_jpeg_that_is_larger_than_expected_fits_all_the_same() {
    let host = Arc::new(Counting { stand: TestHost::new().host(), lent: Mutex::default() });
    let mut encode = plugin().transform().unwrap().open(r#"{"quality": 100}"#, host.clone()).unwrap();
    for _ in 0..10 {
        let Processed::Frame(jpeg) = encode.process(0, noise(320, 240)).unwrap() else { panic!("no frame") };
        assert!(jpeg.jpeg().unwrap().ends_with(&[0xff, 0xd9]));
    }
    // Once too little, once as much as could ever be, and then as much as is needed.
    let lent = std::mem::take(&mut *host.lent.lock().unwrap());
    assert_eq!(lent.values().sum::<usize>(), 11, "{lent:?}");
}
