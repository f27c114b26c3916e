//! Pictures out of programs that behave.

use super::*;
use crate::PipeFormat;
use mutoscope_frames::Sampling;
use mutoscope_frames::malformed::{arithmetic, picture, with_precision};
use mutoscope_plugin::{Format, FormatHint, JpegHeader, PixelFormat, Update};

#[test]
fn jpegs_come_as_they_are_with_their_size() {
    let folder = Folder::new();
    let pictures = [tricky(64, 48, 1), tricky(32, 16, 2)];
    folder.put("pictures", &pictures.concat());
    let stand = TestHost::new();
    let ctx = stand.context();
    let mut source = Picamera::open(folder.camera("cat pictures pictures; sleep 1000"), &ctx).unwrap();
    let started = ctx.now();
    for picture in pictures.iter().chain(&pictures) {
        let frame = source.next_frame(&ctx).unwrap().unwrap();
        assert_eq!(frame.jpeg().unwrap(), picture);
        assert!(frame.times().monotonic_ns <= ctx.now().monotonic_ns);
        assert!(frame.times().monotonic_ns + 60_000_000_000 > started.monotonic_ns);
    }
    let bytes = 2 * pictures.concat().len() as u64;
    assert_eq!(stand.counter("bytes_copied"), bytes, "each byte once");
    assert_eq!(stand.counter("bytes_skipped"), 0);
}

#[test]
fn the_time_of_a_picture_is_that_of_its_first_bytes() {
    let folder = Folder::new();
    let picture = tricky(64, 48, 1);
    folder.put("head", &picture[..60]);
    folder.put("tail", &picture[60..]);
    let ctx = TestHost::new().context();
    // It says itself when it has waited, so that no figure has to be guessed.
    let script = "cat head; sleep 0.3; cat tail; cat head tail; sleep 1000";
    let mut source = Picamera::open(folder.camera(script), &ctx).unwrap();
    let first = source.next_frame(&ctx).unwrap().unwrap();
    let arrived = ctx.now().monotonic_ns;
    assert!(first.times().monotonic_ns + 290_000_000 < arrived);
    let second = source.next_frame(&ctx).unwrap().unwrap();
    assert!(second.times().monotonic_ns > first.times().monotonic_ns);
}

#[test]
fn what_is_no_picture_is_counted_and_left_out() {
    let folder = Folder::new();
    let picture = tricky(64, 48, 1);
    // The second is whole by its markers, and says that it has no pixels.
    folder.put(
        "pictures",
        &[b"hello\n", &picture[..], &small(0, 8), &picture[..picture.len() - 4], &picture].concat(),
    );
    let stand = TestHost::new();
    let ctx = stand.context();
    let mut source = Picamera::open(folder.camera("cat pictures; sleep 1000"), &ctx).unwrap();
    for _ in 0..2 {
        assert_eq!(source.next_frame(&ctx).unwrap().unwrap().jpeg().unwrap(), picture);
    }
    assert_eq!(stand.counter("frames_broken"), 2);
    // And why, for the message where nothing else comes.
    assert_eq!(stand.counter("left out: it is cut off: the next one begins before its end marker"), 1);
    assert_eq!(stand.counter("bytes_skipped"), 6 + picture.len() as u64 - 4);
}

#[test]
fn what_no_browser_shows_is_encoded_again_or_left_out_with_its_reason() {
    let folder = Folder::new();
    let plain = picture(64, 48, Sampling::Yuv420);
    folder.put("pictures", &[arithmetic(&plain), with_precision(&plain, 12), plain.clone()].concat());
    let stand = TestHost::new();
    let ctx = stand.context();
    let mut source = Picamera::open(folder.camera("cat pictures; sleep 1000"), &ctx).unwrap();
    let mut frame = || source.next_frame(&ctx).unwrap().unwrap();
    let coded_again = frame();
    assert!(!JpegHeader::read(coded_again.jpeg().unwrap()).unwrap().arithmetic);
    let decoded = |jpeg: &[u8]| mutoscope_frames::jpeg::decode(jpeg).unwrap();
    assert_eq!(decoded(coded_again.jpeg().unwrap()), decoded(&plain), "nothing is lost");
    assert_eq!(frame().jpeg().unwrap(), plain);
    assert_eq!(stand.counter("frames_broken"), 1);
    let why = JpegHeader::read(&with_precision(&plain, 12)).unwrap_err();
    assert!(why.message().contains("12 bits"), "{why}");
    assert_eq!(stand.counter(&format!("left out: {}", why.message())), 1);
}

#[test]
fn bytes_that_are_no_picture_are_no_silence() {
    let folder = Folder::new();
    folder.put("picture", &tricky(64, 48, 1));
    folder.put("cut", &tricky(64, 48, 1)[..60]);
    let raw = Options { width: Some(16), height: Some(4), format: PipeFormat::Yuv420, ..folder.camera("") };
    for (script, options, why) in [
        ("cat picture; echo usage: camera; sleep 1000", Options::default(), "bytes in which no JPEG begins"),
        ("cat picture cut; sleep 1000", Options::default(), "it has begun and does not end"),
        ("echo usage: camera; sleep 1000", raw, "it has begun and does not end"),
    ] {
        let options = Options { command: folder.camera(script).command, ..options };
        let stand = TestHost::new();
        std::thread::scope(|scope| {
            let source = scope.spawn(|| {
                let ctx = stand.context();
                let mut source = Picamera::open(options, &ctx).unwrap();
                while source.next_frame(&ctx).unwrap().is_some() {}
            });
            eventually(|| stand.counter(&format!("left out: {why}")) > 0 || source.is_finished(), why);
            stand.stop();
        });
        assert_eq!(stand.counter(&format!("left out: {why}")), 1, "once for a wait");
    }
}

#[test]
fn the_arguments_are_the_programs_own() {
    let folder = Folder::new();
    folder.put("picture", &small(64, 48));
    let script =
        "for argument; do echo \"$argument\"; done > line.new; mv line.new line; cat picture; sleep 1000";
    let options = Options {
        camera: 1,
        width: Some(64),
        height: Some(48),
        fps: Some(12.5),
        ev: Some(-0.5),
        hflip: true,
        shutter: Some(crate::Shutter::Text("10ms".into())),
        lens_position: Some(crate::LensPosition::Named(crate::NamedPosition::Default)),
        hdr: Some(crate::Hdr::SingleExp),
        tuning_file: Some("/a folder/imx477.json".into()),
        extra_args: vec!["--awbgains".into(), "1.5,1.2".into()],
        ..folder.camera(script)
    };
    let ctx = TestHost::new().context();
    let mut source = Picamera::open(options.clone(), &ctx).unwrap();
    assert!(source.next_frame(&ctx).unwrap().is_some());
    let line = std::fs::read_to_string(folder.path().join("line")).unwrap();
    let expected = "--codec=mjpeg --output=- --timeout=0 --nopreview --flush --camera=1 --width=64 --height=48 \
                    --framerate=12.5 --hflip --shutter=10ms --ev=-0.5 --hdr=single-exp --lens-position=default \
                    --tuning-file /a_folder/imx477.json --awbgains 1.5,1.2";
    let line = line.replace("/a folder", "/a_folder");
    assert_eq!(line.lines().collect::<Vec<_>>(), expected.split(' ').collect::<Vec<_>>());
    assert_eq!(source.update(options.clone(), &ctx).unwrap(), Update::Applied);
    let brighter = Options { brightness: Some(0.1), ..options };
    assert_eq!(source.update(brighter.clone(), &ctx).unwrap(), Update::Restart);
    assert!(source.update(Options { width: None, ..brighter }, &ctx).is_err());
}

#[test]
fn another_size_than_was_asked_for_is_an_error_that_says_which() {
    let folder = Folder::new();
    folder.put("picture", &small(640, 480));
    let options = Options { width: Some(800), height: Some(600), ..folder.camera("cat picture; sleep 1000") };
    let (frames, error) = until_failure(options, &TestHost::new());
    assert!(frames.is_empty());
    assert_eq!(
        error.message(),
        "camera 0 gives 640x480 where 800x600 was asked for: ask for what it gives (`width: 640`, `height: 480`) and \
         let `resize` do the rest, or choose another `mode`"
    );
    // Raw pictures do not tell their size; libcamera does.
    let script = "echo '[1] INFO Camera camera.cpp:1183 configuring streams: (0) 640x480-YUV420 (1) 1x1-R8' >&2; cat /dev/zero";
    let options = Options {
        width: Some(800),
        height: Some(600),
        format: PipeFormat::Yuv420,
        ..folder.camera(&format!("{script} & wait"))
    };
    let (_, error) = until_failure(options, &TestHost::new());
    assert!(error.message().starts_with("camera 0 gives 640x480 where 800x600"), "{error}");
}

#[test]
fn pixels_come_raw_where_the_plan_wants_them_and_their_layout_is_sure() {
    let folder = Folder::new();
    let script = "echo \"$1\" > codec.new; mv codec.new codec; sleep 1000";
    let codec = |options: Options, wanted: PixelFormat| {
        let stand = TestHost::new();
        stand.set_format_hint(FormatHint::new(Some(wanted), None));
        let _ = std::fs::remove_file(folder.path().join("codec"));
        let _source = Picamera::open(options, &stand.context()).unwrap();
        eventually(|| folder.path().join("codec").exists(), "codec");
        std::fs::read_to_string(folder.path().join("codec")).unwrap().trim().to_owned()
    };
    let sized = |width| Options { width: Some(width), height: Some(48), ..folder.camera(script) };
    assert_eq!(codec(sized(128), PixelFormat::I420), "--codec=yuv420");
    assert_eq!(codec(sized(128), PixelFormat::JPEG), "--codec=mjpeg");
    assert_eq!(codec(sized(64), PixelFormat::I420), "--codec=mjpeg", "padded on some models");
    assert_eq!(codec(Options { stride: Some(64), ..sized(64) }, PixelFormat::I420), "--codec=yuv420");
    assert_eq!(codec(Options { quality: Some(80), ..sized(128) }, PixelFormat::I420), "--codec=mjpeg");
    assert_eq!(
        codec(Options { format: PipeFormat::Yuv420, ..sized(64) }, PixelFormat::JPEG),
        "--codec=yuv420"
    );
}

#[test]
fn what_it_offers_follows_from_the_options() {
    let caps = |options: &Options| Picamera::caps(options).unwrap();
    let kinds =
        |options: &Options| caps(options).formats.iter().map(|offer| offer.format).collect::<Vec<_>>();
    let plain = Options::default();
    assert_eq!(kinds(&plain), [Format::jpeg(0, 0)]);
    assert_eq!((caps(&plain).fps, caps(&plain).may_end), (None, false));
    assert_eq!(caps(&plain).exclusive_devices.unwrap(), ["picamera:0"]);
    let sized = Options { camera: 1, width: Some(640), height: Some(480), fps: Some(15.0), ..plain };
    assert_eq!(kinds(&sized), [Format::jpeg(640, 480), Format::new(PixelFormat::I420, 640, 480)]);
    assert_eq!(
        (caps(&sized).fps, caps(&sized).exclusive_devices),
        (Some(15.0), Some(vec!["picamera:1".to_owned()]))
    );
    let raw = Options { format: PipeFormat::Yuv420, ..sized };
    assert_eq!(kinds(&raw), [Format::new(PixelFormat::I420, 640, 480)]);
}

#[test]
fn the_cameras_are_read_from_the_programs_list() {
    let text = "Available cameras\n-----------------\n\
        0 : imx708 [4608x2592 10-bit RGGB] (/base/soc/i2c0mux/i2c@1/imx708@1a)\n    \
        Modes: 'SRGGB10_CSI2P' : 1536x864 [120.13 fps - (768, 432)/3072x1728 crop]\n                             \
        2304x1296 [56.03 fps - (0, 0)/4608x2592 crop]\n\n\
        1 : ov5647 [2592x1944 10-bit GBRG] (/base/soc/i2c0mux/i2c@0/ov5647@36)\n";
    let devices = crate::list::parse(text);
    assert_eq!(devices.iter().map(|device| device.name.as_str()).collect::<Vec<_>>(), ["imx708", "ov5647"]);
    assert_eq!(devices[1].options, mutoscope_plugin::serde_json::json!({ "camera": 1 }));
    assert_eq!(devices[0].details["sensor"], "4608x2592 10-bit RGGB");
    assert_eq!(devices[0].details["modes"][1], "2304x1296 at 56.03 fps");
    assert_eq!(devices[0].details["path"], "/base/soc/i2c0mux/i2c@1/imx708@1a");
    assert!(!devices[1].details.contains_key("modes"));
    assert!(crate::list::parse("No cameras available!\n").is_empty());
    let folder = Folder::new();
    folder.put("list", text.as_bytes());
    for to in ["", ">&2"] {
        let camera = folder.camera(&format!("[ \"$1\" = --list-cameras ] && cat list {to}"));
        let found = crate::list::devices(Path::new(camera.command.as_ref().unwrap())).unwrap();
        assert_eq!(found, devices);
    }
}
