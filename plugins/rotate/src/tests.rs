use super::*;
use mutoscope_plugin::host::Processed;
use mutoscope_plugin::serde_json::to_value;
use mutoscope_plugin::testing::{Conformance, TestHost};
use mutoscope_plugin::{Size, Times};
use turbojpeg::{Compressor, Subsamp, YuvImage};

const SAMPLINGS: [(PixelFormat, Subsamp); 5] = [
    (PixelFormat::I420, Subsamp::Sub2x2),
    (PixelFormat::I422, Subsamp::Sub2x1),
    (PixelFormat::I440, Subsamp::Sub1x2),
    (PixelFormat::I444, Subsamp::None),
    (PixelFormat::GREY, Subsamp::Gray),
];

fn all_options() -> impl Iterator<Item = Options> {
    [0, 90, 180, 270].into_iter().flat_map(|angle| {
        [(false, false), (true, false), (false, true), (true, true)].map(|(hflip, vflip)| Options {
            angle,
            hflip,
            vflip,
        })
    })
}

/// The place to which the options move the pixel at (x, y) of a `w` by `h` plane, step by step: turn, then mirrors.
fn moved(options: &Options, (w, h): (usize, usize), (x, y): (usize, usize)) -> (usize, usize) {
    let ((w, h), (x, y)) = match options.angle {
        90 => ((h, w), (h - 1 - y, x)),
        180 => ((w, h), (w - 1 - x, h - 1 - y)),
        270 => ((h, w), (y, w - 1 - x)),
        _ => ((w, h), (x, y)),
    };
    (if options.hflip { w - 1 - x } else { x }, if options.vflip { h - 1 - y } else { y })
}

fn picture(kind: PixelFormat, width: u32, height: u32) -> Frame {
    let mut seed = 1u32;
    let length = samples(kind, &Format::new(kind, width, height)) as usize;
    let bytes = (0..length).map(|_| {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (seed >> 24) as u8
    });
    let times = Times { monotonic_ns: 3, wall_ns: 4 };
    Frame::from_vec(Format::new(kind, width, height), bytes.collect(), times).unwrap().with_sequence(9)
}

fn turned(options: &Options, frame: Frame, ctx: &Context) -> Output {
    Rotate::open(options.clone(), ctx).unwrap().process(frame, ctx).unwrap()
}

fn expect_frame(output: Output, format: Format) -> Frame {
    let Output::Frame(frame) = output else { panic!("no frame") };
    frame.check().unwrap();
    assert_eq!(frame.format(), format);
    assert_eq!((frame.sequence(), frame.times()), (9, Times { monotonic_ns: 3, wall_ns: 4 }));
    frame
}

#[test]
fn it_keeps_what_every_plugin_must_keep() {
    let all = all_options().map(|options| to_value(options).unwrap());
    all.fold(Conformance::of(plugin()), Conformance::options).check();
}

#[test]
fn every_sample_goes_where_it_belongs() {
    let ctx = TestHost::new().context();
    let sizes = [(1, 1), (2, 1), (1, 9), (8, 8), (17, 9), (16, 33), (35, 70), (67, 41)];
    for (kind, _) in SAMPLINGS {
        for (width, height) in sizes {
            let frame = picture(kind, width, height);
            for options in all_options() {
                let way = Rotate::modes(&options, &frame.format()).unwrap().remove(0);
                assert!(way.stateless && way.scaling == Scaling::Free);
                let result = expect_frame(turned(&options, frame.clone(), &ctx), way.gives);
                for (from, to) in frame.planes().zip(result.planes()) {
                    for y in 0..from.height {
                        for x in 0..from.width {
                            let (to_x, to_y) = moved(&options, (from.width, from.height), (x, y));
                            let same = to.row(to_y)[to_x] == from.row(y)[x];
                            assert!(same, "{kind} {width}x{height} {options:?}: ({x}, {y})");
                        }
                    }
                }
            }
        }
    }
}

/// A JPEG of this kind with structure in all planes, and what it decodes to.
fn jpeg(kind: PixelFormat, subsampling: Subsamp, width: u32, height: u32) -> Frame {
    let (horizontal, vertical) = kind.chroma_subsampling();
    // libjpeg-turbo wants luma for every chroma sample.
    let (padded, lines) = (width.next_multiple_of(horizontal), height.next_multiple_of(vertical));
    let mut pixels = Vec::new();
    for plane in 0..3 {
        let Some((across, down)) = kind.plane_shape(plane, padded, lines) else { break };
        for y in 0..down {
            pixels.extend((0..across).map(|x| ((x * 255 / across) ^ (y * 90 / down * (plane + 1))) as u8));
        }
    }
    let mut compressor = Compressor::new().unwrap();
    compressor.set_quality(90).unwrap();
    compressor.set_subsamp(subsampling).unwrap();
    let image = YuvImage {
        pixels: pixels.as_slice(),
        width: width as usize,
        align: 1,
        height: height as usize,
        subsamp: subsampling,
    };
    let bytes = compressor.compress_yuv_to_vec(image).unwrap();
    let times = Times { monotonic_ns: 3, wall_ns: 4 };
    Frame::from_jpeg(mutoscope_plugin::Buffer::from_vec(bytes), times).unwrap().with_sequence(9)
}

fn decoded(frame: &Frame) -> Frame {
    let image = turbojpeg::decompress_to_yuv(frame.jpeg().unwrap());
    let YuvImage { pixels, .. } = image.unwrap();
    let Format { width, height, sampling, .. } = frame.format();
    Frame::from_vec(Format::new(sampling, width, height), pixels, frame.times()).unwrap().with_sequence(9)
}

#[test]
fn turning_the_jpeg_is_turning_its_pixels() {
    let ctx = TestHost::new().context();
    for (kind, subsampling) in SAMPLINGS {
        let frame = jpeg(kind, subsampling, 64, 48);
        assert_eq!(frame.format().sampling, kind);
        for options in all_options().filter(|options| options.orientation().unwrap() != Orientation::UPRIGHT)
        {
            let way = Rotate::modes(&options, &frame.format()).unwrap().remove(0);
            assert_eq!(way.id, 1, "{kind} {options:?}");
            let result = expect_frame(turned(&options, frame.clone(), &ctx), way.gives);
            let pixels = decoded(&frame);
            let expected = orientation_of(&options).format(pixels.format());
            let expected = expect_frame(turned(&options, pixels, &ctx), expected);
            for (one, other) in decoded(&result).planes().zip(expected.planes()) {
                for (one, other) in one.rows().flatten().zip(other.rows().flatten()) {
                    // The inverse transform rounds rows and columns in turn, and these have changed places.
                    assert!(one.abs_diff(*other) <= 2, "{kind} {options:?}: {one} and {other}");
                }
            }
        }
    }
}

fn orientation_of(options: &Options) -> Orientation {
    options.orientation().unwrap()
}

#[test]
fn a_cut_block_at_an_edge_that_would_move_is_no_way() {
    let ctx = TestHost::new().context();
    let options = |angle| Options { angle, ..Options::default() };
    // 1080 lines are 67.5 blocks of 16: they may stand at the right, not at the left.
    let hd = Format::jpeg(1920, 1080).with_sampling(PixelFormat::I420);
    let modes = |angle, format: &Format| Rotate::modes(&options(angle), format).unwrap().len();
    assert_eq!([modes(90, &hd), modes(180, &hd), modes(270, &hd)], [0, 0, 1]);
    let hd = hd.with_sampling(PixelFormat::I422);
    assert_eq!([modes(90, &hd), modes(180, &hd), modes(270, &hd)], [1, 1, 1]);
    // Unknown sampling: offered, and the frame decides.
    assert_eq!(modes(90, &Format::jpeg(1920, 1080)), 1);
    assert_eq!(modes(90, &Format::jpeg(4097, 4096)), 0);
    for (kind, subsampling) in SAMPLINGS {
        for (width, height) in [(64, 41), (33, 48), (33, 41), (16, 24), (24, 16), (8, 8)] {
            let frame = jpeg(kind, subsampling, width, height);
            for options in all_options().filter(|options| orientation_of(options) != Orientation::UPRIGHT) {
                let promised = Rotate::modes(&options, &frame.format()).unwrap();
                let at = frame.buffer().as_slice().as_ptr();
                match (promised.first(), turned(&options, frame.clone(), &ctx)) {
                    (Some(way), output) => drop(expect_frame(output, way.gives)),
                    (None, Output::NotThisWay(same)) => assert_eq!(same.buffer().as_slice().as_ptr(), at),
                    (None, output) => panic!("{kind} {width}x{height} {options:?}: {output:?}"),
                }
            }
        }
    }
}

#[test]
fn damaged_and_malicious_jpegs_end_in_an_answer() {
    let ctx = TestHost::new().context();
    let options = Options { angle: 90, ..Options::default() };
    let good = jpeg(PixelFormat::I420, Subsamp::Sub2x2, 64, 48);
    let bytes = good.jpeg().unwrap();
    let mut rotate = Rotate::open(options, &ctx).unwrap();
    let mut turn = |bytes: Vec<u8>| {
        let frame = Frame::from_vec(Format::jpeg(64, 48), bytes, Times::default()).unwrap();
        rotate.process(frame, &ctx)
    };
    for length in 2..bytes.len() {
        if let Ok(Output::Frame(frame)) = turn(bytes[..length].to_vec()) {
            // One that is cut off is left to a decoder, which says so.
            assert!(length >= bytes.len() - 2, "{length} of {}", bytes.len());
            decoded(&frame);
        }
    }
    // Stray bytes before the end, as many webcams send them, cost nothing.
    let mut stray = bytes.to_vec();
    stray.splice(bytes.len() - 2..bytes.len() - 2, [0x17, 0x18]);
    assert!(matches!(turn(stray).unwrap(), Output::Frame(_)));
    // The picture's scan a hundred times over.
    let scan = bytes.windows(2).position(|pair| pair == [0xff, 0xda]).unwrap();
    let mut scattered = bytes[..bytes.len() - 2].to_vec();
    for _ in 0..100 {
        scattered.extend_from_slice(&bytes[scan..bytes.len() - 2]);
    }
    scattered.extend([0xff, 0xd9]);
    assert!(matches!(turn(scattered).unwrap(), Output::NotThisWay(_)));
    // A size that its bytes cannot hold, and for which libjpeg would gather coefficients all the same.
    let size = bytes.windows(2).position(|pair| pair == [0xff, 0xc0]).unwrap() + 5;
    let mut boastful = bytes.to_vec();
    boastful[size..size + 4].copy_from_slice(&[0x10, 0, 0x10, 0]);
    assert!(matches!(turn(boastful).unwrap(), Output::NotThisWay(_)));
    // The instance is as good as new afterwards.
    assert!(matches!(turn(bytes.to_vec()).unwrap(), Output::Frame(_)));
}

#[test]
fn a_colour_profile_goes_along() {
    let ctx = TestHost::new().context();
    let plain = jpeg(PixelFormat::I420, Subsamp::Sub2x2, 64, 48);
    let bytes = plain.jpeg().unwrap();
    let piece = |number: u8| [&b"\xff\xe2\0\x15ICC_PROFILE\0"[..], &[number, 2], b"prof\xff"].concat();
    let with = [&bytes[..2], &piece(1), &bytes[2..20], &piece(2), &bytes[20..]].concat();
    let frame = Frame::from_vec(plain.format(), with, plain.times()).unwrap().with_sequence(9);
    let options = Options { angle: 90, ..Options::default() };
    let turned = expect_frame(turned(&options, frame, &ctx), orientation_of(&options).format(plain.format()));
    let turned = turned.jpeg().unwrap();
    // JFIF's own segment has to come first.
    assert_eq!(turned[20..20 + 46], [piece(1), piece(2)].concat());
    let without = [&turned[..20], &turned[20 + 46..]].concat();
    let Output::Frame(expected) = turned_once(&plain, &options) else { panic!("not turned") };
    assert_eq!(without, expected.jpeg().unwrap());
}

fn turned_once(frame: &Frame, options: &Options) -> Output {
    turned(options, frame.clone(), &TestHost::new().context())
}

#[test]
fn nothing_asked_nothing_done() {
    let stand = TestHost::new();
    for options in [Options::default(), Options { angle: 180, hflip: true, vflip: true }] {
        for frame in [picture(PixelFormat::I420, 5, 5), jpeg(PixelFormat::I420, Subsamp::Sub2x2, 33, 17)] {
            let way = Rotate::modes(&options, &frame.format()).unwrap().remove(0);
            assert_eq!((way.cost_us, way.gives), (0.0, frame.format()));
            let at = frame.buffer().as_slice().as_ptr();
            let same = expect_frame(turned(&options, frame, &stand.context()), way.gives);
            assert_eq!(same.buffer().as_slice().as_ptr(), at);
        }
    }
}

#[test]
fn options_change_while_pictures_flow_and_wrong_ones_change_nothing() {
    let stand = TestHost::new();
    let plugin = plugin();
    let kind = plugin.transform().unwrap();
    let refused = kind.open(r#"{"angle": 45}"#, stand.host()).err().unwrap();
    assert_eq!(refused.option, "angle");
    assert!(refused.message.contains("0, 90, 180 or 270"), "{}", refused.message);

    let mut rotate = kind.open(r#"{"angle": 90}"#, stand.host()).unwrap();
    let mut size_now = |update: &str| {
        let updated = rotate.update(update).is_ok();
        let Processed::Frame(frame) = rotate.process(0, picture(PixelFormat::I422, 6, 4)).unwrap() else {
            panic!("no frame")
        };
        (updated, frame.format().size(), frame.format().kind)
    };
    assert_eq!(size_now(r#"{"angle": 91}"#), (false, Size::new(4, 6), PixelFormat::I440));
    assert_eq!(size_now(r#"{"vflip": true}"#), (true, Size::new(6, 4), PixelFormat::I422));
    assert!(kind.schema().contains("270"));
}
