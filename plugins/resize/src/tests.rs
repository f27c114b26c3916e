use super::*;
use config::Fit;
use mutoscope_plugin::serde_json::json;
use mutoscope_plugin::testing::{Conformance, TestHost};
use mutoscope_plugin::{PixelFormat, Size, Times};

const PLANAR: [PixelFormat; 5] =
    [PixelFormat::I420, PixelFormat::I422, PixelFormat::I440, PixelFormat::I444, PixelFormat::GREY];

fn options(json: &str) -> Options {
    mutoscope_plugin::serde_json::from_str(json).unwrap()
}

fn sized(width: Option<u32>, height: Option<u32>, fit: Fit, filter: Filter) -> Options {
    Options { width, height, fit, filter }
}

/// A frame whose sample at (x, y) of plane `p` is `value(p, x, y)`.
fn frame(format: Format, value: impl Fn(usize, usize, usize) -> u8) -> Frame {
    let mut bytes = Vec::new();
    let mut plane = 0;
    while let Some((width, height)) = format.kind.plane_shape(plane, format.width, format.height) {
        for y in 0..height {
            bytes.extend((0..width).map(|x| value(plane, x, y)));
        }
        plane += 1;
    }
    Frame::from_vec(format, bytes, Times { monotonic_ns: 5, wall_ns: 6 }).unwrap().with_sequence(7)
}

fn resized(options: Options, frame: Frame) -> Frame {
    let context = TestHost::new().context();
    let promised = Resize::modes(&options, &frame.format()).unwrap()[0].gives;
    let Output::Frame(result) = Resize::open(options, &context).unwrap().process(frame, &context).unwrap()
    else {
        panic!("no frame")
    };
    result.check().unwrap();
    assert_eq!(result.format(), promised);
    assert_eq!((result.sequence(), result.times()), (7, Times { monotonic_ns: 5, wall_ns: 6 }));
    result
}

fn output(json: &str, width: u32, height: u32) -> (Size, Size) {
    let geometry = Geometry::new(&options(json), Size::new(width, height)).unwrap();
    (geometry.output, geometry.whole)
}

#[test]
fn it_keeps_what_every_plugin_must_keep() {
    Conformance::of(plugin())
        .options(json!({ "width": 20 }))
        .options(json!({ "width": 64, "height": 48, "fit": "contain", "filter": "nearest" }))
        .options(json!({ "width": 9, "height": 11, "fit": "cover", "filter": "lanczos3" }))
        .options(json!({ "width": 31, "height": 5, "fit": "stretch", "filter": "catmull-rom" }))
        .check();
}

#[test]
fn sizes_are_those_that_were_asked_for() {
    let size = Size::new;
    for (json, input, result, whole) in [
        (r#"{"width": 640}"#, (1920, 1080), size(640, 360), size(640, 360)),
        (r#"{"height": 360}"#, (1920, 1080), size(640, 360), size(640, 360)),
        (r#"{"width": 333}"#, (1279, 721), size(333, 188), size(333, 188)),
        (r#"{"width": 1}"#, (5000, 3), size(1, 1), size(1, 1)),
        (r#"{"width": 640, "height": 640}"#, (1920, 1080), size(640, 360), size(640, 360)),
        (r#"{"width": 640, "height": 640}"#, (1080, 1920), size(360, 640), size(360, 640)),
        (r#"{"width": 640, "height": 360}"#, (1920, 1081), size(639, 360), size(639, 360)),
        (r#"{"width": 3, "height": 3}"#, (1, 1), size(3, 3), size(3, 3)),
        (r#"{"width": 640, "height": 640, "fit": "stretch"}"#, (1920, 1080), size(640, 640), size(640, 640)),
        (r#"{"width": 640, "height": 640, "fit": "cover"}"#, (1920, 1080), size(640, 640), size(1138, 640)),
        (r#"{"width": 640, "height": 640, "fit": "cover"}"#, (1080, 1920), size(640, 640), size(640, 1138)),
        (r#"{"width": 16384, "height": 1, "fit": "cover"}"#, (1, 60000), size(16384, 1), size(16384, 65500)),
        (r#"{"width": 640, "fit": "cover"}"#, (1920, 1080), size(640, 360), size(640, 360)),
    ] {
        assert_eq!(output(json, input.0, input.1), (result, whole), "{json} of {input:?}");
    }
}

#[test]
fn cover_takes_the_middle() {
    let of = |json, width, height| Geometry::new(&options(json), Size::new(width, height)).unwrap().part;
    let part = of(r#"{"width": 10, "height": 10, "fit": "cover"}"#, 40, 20);
    assert_eq!(part, geometry::Region { left: 10.0, top: 0.0, width: 20.0, height: 20.0 });
    let part = of(r#"{"width": 40, "height": 10, "fit": "cover"}"#, 20, 20);
    assert_eq!(part, geometry::Region { left: 0.0, top: 7.5, width: 20.0, height: 5.0 });
    // Left third black, middle grey, right third white: only the middle is seen.
    for kind in PLANAR {
        let thirds = frame(Format::new(kind, 60, 20), |plane, x, _| {
            let third = if plane > 0 && kind.chroma_subsampling().0 == 2 { 10 } else { 20 };
            [10, 120, 240][x / third]
        });
        let middle =
            resized(options(r#"{"width": 9, "height": 9, "fit": "cover", "filter": "box"}"#), thirds);
        for plane in middle.planes() {
            assert!(plane.rows().all(|row| row[1..row.len() - 1].iter().all(|byte| *byte == 120)), "{kind}");
        }
    }
}

#[test]
fn a_flat_picture_stays_flat_in_every_fit_filter_and_kind_at_odd_sizes() {
    use Filter::*;
    let filters = [Auto, Nearest, Box, Bilinear, Hamming, CatmullRom, Mitchell, Gaussian, Lanczos3];
    let sizes = [(1, 1), (2, 1), (1, 7), (17, 13), (64, 48), (131, 3)];
    for kind in PLANAR {
        for (width, height) in sizes {
            let flat = frame(Format::new(kind, width, height), |plane, _, _| [77, 200, 31][plane]);
            for (to_width, to_height) in sizes {
                for fit in [Fit::Contain, Fit::Cover, Fit::Stretch] {
                    for filter in filters {
                        let asked = sized(Some(to_width), Some(to_height), fit, filter);
                        let result = resized(asked, flat.clone());
                        for (plane, value) in result.planes().zip([77, 200, 31]) {
                            let flat = plane.rows().flatten().all(|byte| *byte == value);
                            assert!(
                                flat,
                                "{kind} {width}x{height} to {to_width}x{to_height}, {fit:?}, {filter:?}"
                            );
                        }
                    }
                }
            }
        }
    }
}

#[test]
fn a_gradient_goes_on_rising_and_keeps_its_ends() {
    for kind in PLANAR {
        for (width, height) in [(101, 51), (256, 128)] {
            let format = Format::new(kind, width, height);
            let rising = frame(format, |plane, x, _| {
                let (across, _) = format.kind.plane_shape(plane, width, height).unwrap();
                (255 * x / (across - 1)) as u8
            });
            for to in [37, 99, 300, 511] {
                let result = resized(sized(Some(to), None, Fit::Contain, Filter::Bilinear), rising.clone());
                for plane in result.planes() {
                    for row in plane.rows() {
                        assert!(row.is_sorted(), "{kind} {width} to {to}: {row:?}");
                        assert!(row[0] <= 8 && row[row.len() - 1] >= 247, "{kind} {width} to {to}: {row:?}");
                    }
                }
            }
        }
    }
}

#[test]
fn chroma_stays_under_its_luma() {
    // An edge in the middle of luma and chroma alike must stay in the middle of both, whatever the sides' parity.
    for kind in [PixelFormat::I420, PixelFormat::I422, PixelFormat::I444] {
        let edge = frame(Format::new(kind, 200, 20), |plane, x, _| {
            let middle = if plane > 0 { 100 / kind.chroma_subsampling().0 as usize } else { 100 };
            if x < middle { 0 } else { 200 }
        });
        for to in [50, 51, 99, 301] {
            let result = resized(sized(Some(to), Some(20), Fit::Stretch, Filter::Box), edge.clone());
            for (index, plane) in result.planes().enumerate() {
                let factor = if index > 0 { f64::from(kind.chroma_subsampling().0) } else { 1.0 };
                // The edge's place in luma pixels of the result, to a fraction: all that is dark left of it.
                let light: f64 = plane.row(9).iter().map(|byte| f64::from(*byte) / 200.0).sum();
                let place = factor * (plane.width as f64 - light);
                assert!((place - f64::from(to) / 2.0).abs() < 0.51, "{kind} to {to}, plane {index}: {place}");
            }
        }
    }
}

#[test]
fn what_has_the_size_passes_through_untouched() {
    let stand = TestHost::new();
    let frame = frame(Format::new(PixelFormat::I422, 64, 36), |_, x, _| x as u8);
    let at = frame.plane(0).data.as_ptr();
    let way = Resize::modes(&options(r#"{"width": 64}"#), &frame.format()).unwrap().remove(0);
    assert_eq!((way.cost_us, way.gives, way.stateless), (0.0, frame.format(), true));
    assert_eq!(resized(options(r#"{"width": 64}"#), frame).plane(0).data.as_ptr(), at);
    let jpeg = Format::jpeg(64, 36).with_sampling(PixelFormat::I420);
    assert_eq!(Resize::modes(&options(r#"{"height": 36}"#), &jpeg).unwrap()[0].gives, jpeg);
    assert!(Resize::modes(&options(r#"{"height": 18}"#), &jpeg).unwrap().is_empty());
    assert!(
        Resize::modes(&options(r#"{"height": 18}"#), &jpeg.with_kind(PixelFormat::YUYV)).unwrap().is_empty()
    );
    assert_eq!(stand.counter("bytes_copied"), 0);
}

#[test]
fn the_decoder_is_told_the_smallest_size_that_will_do() {
    let input = Format::new(PixelFormat::I420, 1920, 1080);
    let scaling = |json| Resize::modes(&options(json), &input).unwrap()[0].scaling;
    assert_eq!(scaling(r#"{"width": 640}"#), Scaling::AtLeast(Size::new(640, 360)));
    let cover = r#"{"width": 100, "height": 100, "fit": "cover"}"#;
    assert_eq!(scaling(cover), Scaling::AtLeast(Size::new(178, 100)));
    // From the half-size picture the result has the same size.
    let half = input.with_size(Size::new(960, 540));
    assert_eq!(
        Resize::modes(&options(r#"{"width": 640}"#), &half).unwrap()[0].gives.size(),
        Size::new(640, 360)
    );
}

#[test]
fn wrong_options_are_refused_by_name_and_the_old_ones_go_on() {
    let stand = TestHost::new();
    let refused = |json: &str| Resize::open(options(json), &stand.context()).err().unwrap();
    assert_eq!(refused("{}").option_path(), "width");
    assert_eq!(refused(r#"{"width": 0}"#).option_path(), "width");
    assert_eq!(refused(r#"{"width": 9, "height": 16385}"#).option_path(), "height");
    let thread = Format::grey(1, 60_000);
    let huge = Resize::modes(&options(r#"{"width": 16384}"#), &thread).unwrap_err();
    assert_eq!(huge.option_path(), "width");
    assert!(huge.message().contains("makes 16384x983040000 of a picture of 1x60000"), "{huge}");

    let mut resize = Resize::open(options(r#"{"width": 10}"#), &stand.context()).unwrap();
    let width_now = |resize: &mut Resize| {
        let picture = frame(Format::grey(40, 20), |_, _, _| 0);
        let Output::Frame(result) = resize.process(picture, &stand.context()).unwrap() else {
            panic!("no frame")
        };
        result.format().width
    };
    assert!(resize.update(options("{}"), &stand.context()).is_err());
    assert_eq!(width_now(&mut resize), 10);
    assert_eq!(resize.update(options(r#"{"height": 5}"#), &stand.context()).unwrap(), Update::Applied);
    assert_eq!(width_now(&mut resize), 10);
    resize.update(options(r#"{"width": 20}"#), &stand.context()).unwrap();
    assert_eq!(width_now(&mut resize), 20);
}

/// In one call of the library's, which shortens lines in another way.
fn by_the_library(options: &Options, frame: &Frame) -> Vec<u8> {
    use fast_image_resize::images::{TypedImage, TypedImageRef};
    use fast_image_resize::pixels::U8;
    use fast_image_resize::{FilterType, ResizeAlg, ResizeOptions, Resizer};
    let geometry = Geometry::new(options, frame.format().size()).unwrap();
    let (from, to) = (frame.plane(0), geometry.output);
    let size = (to.width as usize, to.height as usize);
    let part = geometry.of_plane((1, 1), (from.width, from.height), size);
    let source = TypedImageRef::<U8>::from_buffer(from.width as u32, from.height as u32, from.data).unwrap();
    let mut pixels = vec![0; size.0 * size.1];
    let mut made = TypedImage::<U8>::from_buffer(to.width, to.height, &mut pixels).unwrap();
    // Its own, and not what stands in for it.
    let algorithm = match options.filter.kernel(geometry.shrinks()) {
        None => ResizeAlg::Nearest,
        Some(FilterType::Custom(_)) => ResizeAlg::Convolution(FilterType::Hamming),
        Some(kernel) => ResizeAlg::Convolution(kernel),
    };
    let how = ResizeOptions::new().resize_alg(algorithm).crop(part.left, part.top, part.width, part.height);
    Resizer::new().resize_typed(&source, &mut made, &how).unwrap();
    pixels
}

#[test]
fn every_filter_gives_what_the_library_gives_in_one_call() {
    const FILTERS: [Filter; 9] = [
        Filter::Auto,
        Filter::Nearest,
        Filter::Box,
        Filter::Bilinear,
        Filter::Hamming,
        Filter::CatmullRom,
        Filter::Mitchell,
        Filter::Gaussian,
        Filter::Lanczos3,
    ];
    for filter in FILTERS {
        for fit in [Fit::Stretch, Fit::Cover] {
            for ((width, height), (to_width, to_height)) in [
                ((96, 54), (64, 36)),
                ((97, 55), (31, 18)),
                ((97, 55), (97, 18)),
                ((97, 55), (31, 55)),
                ((40, 30), (101, 77)),
                ((200, 9), (7, 7)),
                ((3, 50), (2, 1)),
                ((1, 1), (5, 3)),
            ] {
                // Edges everywhere, so that a tap in the wrong place shows.
                let input =
                    frame(Format::grey(width, height), |_, x, y| (x * x * 31 + y * 57 + x * y * 13) as u8);
                let asked = || sized(Some(to_width), Some(to_height), fit, filter);
                let expected = by_the_library(&asked(), &input);
                let made = resized(asked(), input);
                let made: Vec<u8> = made.plane(0).rows().flatten().copied().collect();
                let most = made.iter().zip(&expected).map(|(a, b)| a.abs_diff(*b)).max();
                // The library's own two ways round differently once in a while.
                assert!(
                    most <= Some(1),
                    "{filter:?} {fit:?} {width}x{height} to {to_width}x{to_height}: {most:?}"
                );
            }
        }
    }
}

#[test]
fn auto_is_sharp_in_smaller_pictures_and_smooth_in_larger_ones() {
    let busy = frame(Format::grey(40, 30), |_, x, y| (x * x * 31 + y * 57 + x * y * 13) as u8);
    let made = |width, height, filter| {
        let made = resized(sized(Some(width), Some(height), Fit::Stretch, filter), busy.clone());
        made.plane(0).rows().flatten().copied().collect::<Vec<u8>>()
    };
    for (width, height, same) in [
        (27, 20, Filter::Hamming),
        (27, 30, Filter::Hamming),
        (81, 61, Filter::Bilinear),
        (81, 20, Filter::Bilinear),
    ] {
        let other = if same == Filter::Hamming { Filter::Bilinear } else { Filter::Hamming };
        assert_eq!(made(width, height, Filter::Auto), made(width, height, same), "{width}x{height}");
        assert_ne!(made(width, height, Filter::Auto), made(width, height, other), "{width}x{height}");
    }
}
