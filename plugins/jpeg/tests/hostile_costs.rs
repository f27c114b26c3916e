//! The cost of hostile pictures: no memory, told from the most that this process ever had (`VmHWM` in /proc/self/status). One
//! test, so that nothing else runs in the process.

use mutoscope_plugin::host::{Failure, Processed};
use mutoscope_plugin::testing::TestHost;
use mutoscope_plugin::{Format, Frame, PixelFormat, Times};
use turbojpeg::{Compressor, Image, Subsamp};

const EVERY_USE: [&str; 5] = [
    r#"{"to": "planes"}"#,
    r#"{"to": "planes", "downscale": 2}"#,
    r#"{"to": "planes", "downscale": 4}"#,
    r#"{"to": "planes", "downscale": 8}"#,
    r#"{"quality": 50}"#,
];

/// The most memory that this process had at a time, in kB.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

fn process(json: &str, frame: Frame) -> Result<Processed, Failure> {
    let kind = mutoscope_plugin_jpeg::plugin().transform().unwrap();
    kind.open(json, TestHost::new().host()).unwrap().process(0, frame)
}

/// A frame as a source would make it that believes what the picture says.
fn frame(bytes: &[u8], width: u32, height: u32) -> Frame {
    let format = Format::jpeg(width, height).with_sampling(PixelFormat::I420);
    Frame::from_vec(format, bytes.to_vec(), Times::default()).unwrap()
}

fn progressive(width: usize, height: usize) -> Vec<u8> {
    let pixels = vec![77; 3 * width * height];
    let image =
        Image { pixels: &pixels[..], width, pitch: 3 * width, height, format: turbojpeg::PixelFormat::RGB };
    let mut turbo = Compressor::new().unwrap();
    turbo.set_progressive(true).unwrap();
    turbo.set_subsamp(Subsamp::Sub2x2).unwrap();
    turbo.compress_to_vec(image).unwrap()
}

fn find(bytes: &[u8], marker: u8) -> usize {
    bytes.windows(2).position(|pair| pair == [0xff, marker]).unwrap()
}

/// The picture, saying that it has another size, with its first scan so often, and filled up with a comment.
fn bomb(good: &[u8], (width, height): (u16, u16), scans: usize, comments: usize) -> Vec<u8> {
    let mut start = good[..find(good, 0xda)].to_vec();
    let frame = find(&start, 0xc2);
    start[frame + 5..frame + 7].copy_from_slice(&height.to_be_bytes());
    start[frame + 7..frame + 9].copy_from_slice(&width.to_be_bytes());
    let rest = &good[start.len()..];
    let length = rest[2..].windows(2).position(|pair| pair[0] == 0xff && pair[1] != 0).unwrap() + 2;
    let comment = [&[0xff, 0xfe, 0xff, 0xff][..], &[0; 0xfffd]].concat();
    [start, comment.repeat(comments), rest[..length].repeat(scans), vec![0xff, 0xd9]].concat()
}

#[test]
fn a_hostile_picture_costs_next_to_nothing() {
    let small = progressive(64, 64);
    let bombs = [
        ("a header of 65500x65500", bomb(&small, (65_500, 65_500), 1, 0), (64, 64)),
        ("a header of 10000x10000", bomb(&small, (10_000, 10_000), 1, 0), (10_000, 10_000)),
        ("10000x10000 and bytes enough", bomb(&small, (10_000, 10_000), 1, 20), (10_000, 10_000)),
        ("5000x5000, 5000 scans", bomb(&small, (5_000, 5_000), 5_000, 2), (5_000, 5_000)),
    ];
    // What a good picture of ordinary size needs, once, for the code and the heap.
    for json in EVERY_USE {
        process(json, frame(&small, 64, 64)).map(drop).unwrap();
    }
    for (name, bytes, (width, height)) in &bombs {
        let frame = frame(bytes, *width, *height);
        let before = peak();
        for json in EVERY_USE {
            let Err(failure) = process(json, frame.clone()) else { panic!("{name} was decoded by {json}") };
            assert!(!failure.panicked && failure.option.is_empty(), "{failure}");
        }
        let cost = peak() - before;
        assert!(cost < 4_000, "{name}: {cost} kB: {:?}", process(EVERY_USE[0], frame).err());
    }
    // The measure sees what libjpeg takes where it is let: 75 MB of coefficients for what then turns out to be cut off.
    let allowed = frame(&bomb(&small, (5_000, 5_000), 1, 2), 5_000, 5_000);
    let before = peak();
    let Err(failure) = process(EVERY_USE[3], allowed) else {
        panic!("a picture without its end was decoded")
    };
    let cost = peak() - before;
    assert!((60_000..110_000).contains(&cost), "{cost} kB: {failure}");
}
