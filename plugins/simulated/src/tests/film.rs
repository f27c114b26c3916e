//! Pictures that are as they should be.

use super::*;
use image::{ImageFormat, Rgb, RgbImage, Rgba, RgbaImage};
use mutoscope_frames::Sampling;
use mutoscope_frames::malformed::{QUARTERS, picture, with_orientation};
use mutoscope_plugin::PixelFormat;

#[test]
fn a_jpeg_passes_byte_for_byte_in_natural_order() {
    let folder = TempDir::new().unwrap();
    let names = ["1.jpg", "2.jpg", "10.jpg"];
    for (i, name) in names.iter().enumerate() {
        put(&folder, name, &jpeg(16 + i as u32, 8));
    }
    put(&folder, "notes.txt", b"not shown");
    put(&folder, "._1.jpg", b"nor this");
    std::fs::create_dir(folder.path().join("old.jpg")).unwrap();
    let stand = TestHost::new();
    let frames = whole(playing(folder.path()), &stand);
    assert_eq!(frames.len(), 3);
    for (i, frame) in frames.iter().enumerate() {
        assert_eq!(frame.jpeg().unwrap(), jpeg(16 + i as u32, 8));
    }
    assert_eq!(stand.counter("frames_skipped"), 0);
    let caps = Simulated::caps(&playing(folder.path())).unwrap();
    assert_eq!((caps.formats[0].format, caps.fps), (frames[0].format(), Some(FPS)));
}

#[test]
fn a_folder_of_mixed_sizes_and_formats() {
    let rgb = RgbImage::from_pixel(5, 3, Rgb([10, 200, 30]));
    let folder = TempDir::new().unwrap();
    put(&folder, "1.jpg", &jpeg(33, 17));
    for (name, format) in [
        ("2.png", ImageFormat::Png),
        ("3.gif", ImageFormat::Gif),
        ("4.webp", ImageFormat::WebP),
        ("5.bmp", ImageFormat::Bmp),
        ("6.tiff", ImageFormat::Tiff),
        ("7.ppm", ImageFormat::Pnm),
        ("8.qoi", ImageFormat::Qoi),
        // A PNG by its content.
        ("9.jpg", ImageFormat::Png),
    ] {
        put(&folder, name, &encoded(rgb.clone(), format));
    }
    put(&folder, "91.png", &grey_png(7, 9, 77));
    put(&folder, "92.jpeg", &jpeg(9, 4));
    let frames = whole(playing(folder.path()), &TestHost::new());
    assert_eq!(frames.len(), 11);
    for frame in &frames[1..9] {
        assert_eq!(frame.format(), Format::new(PixelFormat::RGB24, 5, 3));
        assert_eq!(frame.plane(0).row(2), [10, 200, 30].repeat(5));
    }
    assert_eq!(frames[9].format(), Format::grey(7, 9));
    assert_eq!(frames[9].plane(0).row(8), [77; 7]);
    assert_eq!(frames[10].format().size().width, 9);
    assert!(frames[10].jpeg().is_some());
}

#[test]
fn what_is_transparent_is_black() {
    let folder = TempDir::new().unwrap();
    let colours = [Rgba([200, 100, 50, 255]), Rgba([200, 100, 50, 0]), Rgba([200, 100, 50, 51])];
    let picture = RgbaImage::from_fn(3, 1, |x, _| colours[x as usize]);
    put(&folder, "1.png", &encoded(picture, ImageFormat::Png));
    let frames = whole(playing(folder.path()), &TestHost::new());
    assert_eq!(frames[0].plane(0).row(0), [200, 100, 50, 0, 0, 0, 40, 20, 10]);
}

#[test]
fn a_picture_is_turned_upright() {
    let folder = TempDir::new().unwrap();
    // Left half black, right half white; a quarter turn clockwise puts black on top.
    let picture = GrayImage::from_fn(32, 16, |x, _| image::Luma([if x < 16 { 0 } else { 255 }]));
    let upright = grey_jpeg(&picture, 90);
    put(&folder, "1.jpg", &with_orientation(&upright, 6));
    put(&folder, "2.jpg", &with_orientation(&upright, 1));
    put(&folder, "3.jpg", &with_orientation(&upright, 3));
    // No such orientation: as it is.
    put(&folder, "4.jpg", &with_orientation(&upright, 9));
    let caps = Simulated::caps(&playing(folder.path())).unwrap();
    let format = Format::jpeg(16, 32).with_sampling(PixelFormat::GREY);
    assert_eq!(caps.formats[0].format, format);
    let frames = whole(playing(folder.path()), &TestHost::new());
    assert_eq!(frames[0].format(), format);
    let seen = |frame: &Frame| mutoscope_frames::jpeg::decode(frame.jpeg().unwrap()).unwrap().grey();
    let column: Vec<_> = seen(&frames[0]).chunks(16).map(|row| row[8] > 128).collect();
    assert_eq!(column, [[false; 16], [true; 16]].concat());
    assert_eq!(frames[1].jpeg().unwrap(), with_orientation(&upright, 1));
    let line = &seen(&frames[2])[3 * 32..4 * 32];
    assert!(line[4] > 250 && line[28] < 5);
    assert!(frames[3].jpeg().is_some());
}

#[test]
fn all_eight_orientations() {
    // Of the second size blocks are cut by an edge: what moves them to the left or to the top is done on planes.
    for (size, sampling) in
        [((64, 48), Sampling::Yuv444), ((62, 46), Sampling::Yuv444), ((62, 46), Sampling::Yuv420)]
    {
        all_eight_orientations_of(size, sampling);
    }
}

/// A frame's pixels in RGB.
fn pixels(frame: &Frame) -> Vec<u8> {
    if let Some(jpeg) = frame.jpeg() {
        return mutoscope_frames::jpeg::decode(jpeg).unwrap().rgb;
    }
    let Format { kind, width, height, .. } = frame.format();
    let (across, down) = kind.chroma_subsampling();
    let places = (0..height).flat_map(|y| (0..width).map(move |x| (x, y)));
    let rgb = places.flat_map(|(x, y)| {
        let chroma =
            |plane: usize| f64::from(frame.plane(plane).row((y / down) as usize)[(x / across) as usize]);
        let (luma, cb, cr) =
            (f64::from(frame.plane(0).row(y as usize)[x as usize]), chroma(1) - 128.0, chroma(2) - 128.0);
        [luma + 1.402 * cr, luma - 0.344_136 * cb - 0.714_136 * cr, luma + 1.772 * cb]
            .map(|value| value as u8)
    });
    rgb.collect()
}

fn all_eight_orientations_of((across, down): (u32, u32), sampling: Sampling) {
    let stored = picture(across as usize, down as usize, sampling);
    // The quarters (top left, top right, bottom left, bottom right) as they are to be seen: Exif 2.3, 4.6.4.A.
    let upright: [[usize; 4]; 8] = [
        [0, 1, 2, 3],
        [1, 0, 3, 2],
        [3, 2, 1, 0],
        [2, 3, 0, 1],
        [0, 2, 1, 3],
        [2, 0, 3, 1],
        [3, 1, 2, 0],
        [1, 3, 0, 2],
    ];
    for (orientation, quarters) in (1..).zip(upright) {
        let folder = TempDir::new().unwrap();
        put(&folder, "1.jpg", &with_orientation(&stored, orientation));
        let frame = whole(playing(folder.path()), &TestHost::new()).remove(0);
        assert_eq!(frame.format(), Simulated::caps(&playing(folder.path())).unwrap().formats[0].format);
        if orientation == 1 {
            assert!(frame.jpeg().is_some());
            continue;
        }
        let (width, height) = if orientation < 5 { (across, down) } else { (down, across) };
        let format = frame.format();
        assert_eq!((format.width, format.height), (width, height), "orientation {orientation}");
        // A transposition moves no edge.
        assert_eq!(frame.jpeg().is_some(), across == 64 || orientation == 5, "orientation {orientation}");
        let pixels = pixels(&frame);
        for (place, quarter) in quarters.into_iter().enumerate() {
            let (x, y) =
                (width as usize * (1 + 2 * (place % 2)) / 4, height as usize * (1 + 2 * (place / 2)) / 4);
            let is = &pixels[3 * (y * width as usize + x)..][..3];
            let close = is.iter().zip(QUARTERS[quarter]).all(|(is, should)| is.abs_diff(should) < 8);
            assert!(close, "orientation {orientation}, quarter {place}: {is:?}");
        }
    }
}

/// A colour JPEG made with these settings.
fn made(set: impl FnOnce(&mut turbojpeg::Compressor) -> turbojpeg::Result<()>) -> Vec<u8> {
    let rgb: Vec<u8> = (0..64 * 48).flat_map(|i| [if i % 64 < 32 { 200 } else { 20 }, 80, 60]).collect();
    let image = turbojpeg::Image {
        pixels: &rgb[..],
        width: 64,
        pitch: 3 * 64,
        height: 48,
        format: turbojpeg::PixelFormat::RGB,
    };
    let mut turbo = turbojpeg::Compressor::new().unwrap();
    set(&mut turbo).unwrap();
    turbo.compress_to_vec(image).unwrap()
}

/// The only picture of a folder.
fn only(bytes: &[u8]) -> mutoscope_plugin::Result<Frame> {
    let folder = TempDir::new().unwrap();
    put(&folder, "1.jpg", bytes);
    let ctx = TestHost::new().context();
    let caps = Simulated::caps(&playing(folder.path()))?;
    let frame = Simulated::open(playing(folder.path()), &ctx)?.next_frame(&ctx)?.unwrap();
    assert_eq!(frame.format(), caps.formats[0].format);
    Ok(frame)
}

#[test]
fn every_kind_of_jpeg_is_turned() {
    let plain = made(|_| Ok(()));
    let bare = mutoscope_frames::malformed::without_huffman_tables(&plain);
    let arithmetic = made(|turbo| turbo.set_arithmetic(true));
    let progressive = made(|turbo| turbo.set_progressive(true));
    let rare = made(|turbo| turbo.set_subsamp(turbojpeg::Subsamp::Sub4x1));
    let stray = [&plain[..2], &[7, 8], &plain[2..]].concat();
    let endless = &plain[..plain.len() - 2];
    for (name, bytes) in [
        ("without Huffman tables", &bare[..]),
        ("arithmetic", &arithmetic),
        ("progressive", &progressive),
        ("4:1:1", &rare),
        ("stray bytes", &stray),
        ("no end marker", endless),
    ] {
        let frame = only(&with_orientation(bytes, 6)).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(frame.format().size(), mutoscope_plugin::Size::new(48, 64), "{name}");
        let pixels = pixels(&frame);
        let red = |line: usize| pixels[3 * (line * 48 + 20)];
        assert!(red(4).abs_diff(200) < 6 && red(60).abs_diff(20) < 6, "{name}: {} {}", red(4), red(60));
        // Half of it is not there.
        let half = with_orientation(&bytes[..bytes.len() * 3 / 4], 6);
        for cut in [half.clone(), [&half[..], &[0xff, 0xd9]].concat()] {
            // Of arithmetic coding any bytes are enough, if they end with an end marker.
            assert!(
                only(&cut).is_err() || (name == "arithmetic" && cut.ends_with(&[0xff, 0xd9])),
                "{name}, cut off"
            );
        }
    }
}

#[test]
fn what_no_browser_shows_is_encoded_again_or_left_out_with_its_reason() {
    let arithmetic = made(|turbo| turbo.set_arithmetic(true));
    let frame = only(&arithmetic).unwrap();
    assert!(!mutoscope_plugin::JpegHeader::read(frame.jpeg().unwrap()).unwrap().arithmetic);
    let decoded = |bytes: &[u8]| mutoscope_frames::jpeg::decode(bytes).unwrap();
    assert_eq!(decoded(frame.jpeg().unwrap()), decoded(&arithmetic), "nothing is lost");
    let mut twelve_bits = made(|_| Ok(()));
    let start = twelve_bits.windows(2).position(|pair| pair == [0xff, 0xc1] || pair == [0xff, 0xc0]).unwrap();
    twelve_bits[start + 4] = 12;
    let error = only(&twelve_bits).unwrap_err();
    assert!(error.message().contains("12 bits"), "{error}");
}

#[test]
fn an_end_marker_may_be_missing_where_nothing_else_is() {
    let plain = made(|_| Ok(()));
    assert_eq!(only(&plain[..plain.len() - 2]).unwrap().jpeg().unwrap(), plain);
    assert!(only(&plain[..plain.len() - 5]).is_err());
}

#[test]
fn a_pictures_profile_is_reckoned_in() {
    // Red and green exchanged, so that it is seen: the profile's colorants are.
    let mut profile = moxcms::ColorProfile::new_srgb();
    std::mem::swap(&mut profile.red_colorant, &mut profile.green_colorant);
    let icc = profile.encode().unwrap();
    let folder = TempDir::new().unwrap();
    let mut png = Vec::new();
    let mut encoder = image::codecs::png::PngEncoder::new(&mut png);
    image::ImageEncoder::set_icc_profile(&mut encoder, icc.clone()).unwrap();
    let picture = image::RgbImage::from_pixel(8, 8, Rgb([200, 40, 30]));
    picture.write_with_encoder(encoder).unwrap();
    put(&folder, "1.png", &png);
    let segment = [b"ICC_PROFILE\0\x01\x01", &icc[..]].concat();
    let length = (segment.len() as u16 + 2).to_be_bytes();
    let plain = made(|_| Ok(()));
    let jpeg = [&plain[..2], &[0xff, 0xe2], &length, &segment, &plain[2..]].concat();
    put(&folder, "2.jpg", &jpeg);
    put(&folder, "3.jpg", &with_orientation(&jpeg, 3));
    let frames = whole(playing(folder.path()), &TestHost::new());
    let is = frames[0].plane(0).row(4)[..3].to_vec();
    assert!(is.iter().zip([40, 200, 30]).all(|(is, should)| is.abs_diff(should) <= 2), "{is:?}");
    assert_eq!(frames[1].jpeg().unwrap(), jpeg);
    assert!(frames[2].jpeg().unwrap().windows(segment.len()).any(|bytes| bytes == segment));
}

#[test]
fn a_film_starts_again() {
    let folder = TempDir::new().unwrap();
    put(&folder, "1.jpg", &jpeg(8, 8));
    put(&folder, "2.jpg", &jpeg(24, 8));
    let ctx = TestHost::new().context();
    let mut source = Simulated::open(playing(folder.path()), &ctx).unwrap();
    let mut last = 0;
    for turn in 0..6 {
        let frame = source.next_frame(&ctx).unwrap().unwrap();
        assert_eq!(frame.format().width, if turn % 2 == 0 { 8 } else { 24 });
        assert!(frame.times().monotonic_ns > last, "time goes on");
        last = frame.times().monotonic_ns;
    }
}

#[test]
fn a_decoded_picture_is_kept_and_shared() {
    let folder = TempDir::new().unwrap();
    put(&folder, "1.png", &grey_png(64, 64, 9));
    let ctx = TestHost::new().context();
    let mut source = Simulated::open(playing(folder.path()), &ctx).unwrap();
    let first = source.next_frame(&ctx).unwrap().unwrap();
    let second = source.next_frame(&ctx).unwrap().unwrap();
    assert_eq!(first.buffer().as_slice().as_ptr(), second.buffer().as_slice().as_ptr());
    assert!(second.times().monotonic_ns > first.times().monotonic_ns);
}

#[test]
fn more_than_is_kept_is_still_shown() {
    let folder = TempDir::new().unwrap();
    // Three times 36 MiB.
    for i in 1..=3u8 {
        put(&folder, &format!("{i}.pgm"), &encoded(GrayImage::new(6144, 6144), ImageFormat::Pnm));
    }
    let ctx = TestHost::new().context();
    let mut source = Simulated::open(playing(folder.path()), &ctx).unwrap();
    for _ in 0..2 {
        let kept = source.next_frame(&ctx).unwrap().unwrap();
        assert!(kept.buffer().is_shared());
        let others = [(); 2].map(|()| source.next_frame(&ctx).unwrap().unwrap());
        // The last one stays, in case that its file is being written.
        assert_eq!(
            others.map(|other| other.buffer().is_shared()),
            [false, true],
            "it would be more than 64 MiB"
        );
    }
}

#[test]
fn a_changed_file_shows_its_change() {
    let folder = TempDir::new().unwrap();
    put(&folder, "1.jpg", &jpeg(8, 8));
    let ctx = TestHost::new().context();
    let mut source = Simulated::open(playing(folder.path()), &ctx).unwrap();
    let mut show = || source.next_frame(&ctx).unwrap().unwrap().format();
    assert_eq!(show().width, 8);
    put(&folder, "1.jpg", &jpeg(40, 8));
    assert_eq!(show().width, 40);
    put(&folder, "1.jpg", &grey_png(3, 3, 1));
    assert_eq!(show(), Format::grey(3, 3));
    put(&folder, "1.jpg", &grey_png(30, 3, 1));
    assert_eq!(show(), Format::grey(30, 3));
}

#[test]
fn a_list_is_shown_in_its_own_order() {
    let folder = TempDir::new().unwrap();
    let inner = TempDir::new().unwrap();
    let second = put(&folder, "2.jpg", &jpeg(16, 8));
    let first = put(&folder, "1.jpg", &jpeg(8, 8));
    put(&inner, "9.jpg", &jpeg(72, 8));
    put(&inner, "10.jpg", &jpeg(80, 8));
    let paths = vec![second.clone(), inner.path().to_owned(), first, second];
    let options = Options { frames: Some(Frames::Several(paths)), fps: FPS, ..Options::default() };
    let widths: Vec<_> =
        formats(&whole(options, &TestHost::new())).iter().map(|format| format.width).collect();
    assert_eq!(widths, [16, 72, 80, 8, 16]);
}

#[test]
fn the_wall_clock_chooses_the_picture() {
    let folder = TempDir::new().unwrap();
    for i in 1..=3 {
        put(&folder, &format!("{i}.jpg"), &jpeg(8 * i, 8));
    }
    let ctx = TestHost::new().context();
    let options = Options { order: Order::WallClock, fps: 50.0, ..playing(folder.path()) };
    let mut source = Simulated::open(options, &ctx).unwrap();
    let mut ticks = Vec::new();
    while ticks.len() < 5 {
        let before = ctx.now().wall_ns.div_euclid(20_000_000);
        let frame = source.next_frame(&ctx).unwrap().unwrap();
        let after = ctx.now().wall_ns.div_euclid(20_000_000);
        let shown = i64::from(frame.format().width / 8 - 1);
        assert!((before..=after).any(|tick| tick.rem_euclid(3) == shown), "{before} {shown} {after}");
        ticks.push(frame.times().wall_ns.div_euclid(20_000_000));
    }
    assert!(ticks.is_sorted(), "{ticks:?}");
}
