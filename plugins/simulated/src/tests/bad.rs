//! Pictures that are not as they should be.

use super::*;
use mutoscope_frames::malformed::{Expect, cases, with_orientation};
use std::io::Write;
use std::sync::Mutex;

/// A JPEG that says it has 30000x30000 pixels.
fn huge_jpeg() -> Vec<u8> {
    let mut bytes = jpeg(8, 8);
    let sof = bytes.windows(2).position(|pair| pair == [0xff, 0xc0]).unwrap();
    let side = 30_000u16.to_be_bytes();
    bytes[sof + 5..sof + 7].copy_from_slice(&side);
    bytes[sof + 7..sof + 9].copy_from_slice(&side);
    bytes
}

/// A PNG that says it has 30000x30000 pixels.
fn huge_png() -> Vec<u8> {
    let mut bytes = grey_png(8, 8, 0);
    let side = 30_000u32.to_be_bytes();
    bytes[16..20].copy_from_slice(&side);
    bytes[20..24].copy_from_slice(&side);
    // CRC-32 of the header chunk (PNG, annex D), or the size would not be believed.
    let mut crc = !0u32;
    for byte in &bytes[12..29] {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { 0xedb8_8320 ^ (crc >> 1) } else { crc >> 1 };
        }
    }
    bytes[29..33].copy_from_slice(&(!crc).to_be_bytes());
    bytes
}

/// Each of these is left out.
fn bad_files() -> Vec<(&'static str, Vec<u8>)> {
    let (jpeg, png) = (jpeg(64, 64), grey_png(64, 64, 5));
    vec![
        ("empty.jpg", Vec::new()),
        ("empty.png", Vec::new()),
        ("text.jpg", b"Dear diary, today I was renamed.".to_vec()),
        ("one-byte.jpg", vec![0xff]),
        ("start.jpg", jpeg[..2].to_vec()),
        ("header.jpg", jpeg[..100].to_vec()),
        ("half.jpg", jpeg[..jpeg.len() * 2 / 3].to_vec()),
        ("huge.jpg", huge_jpeg()),
        ("huge.png", huge_png()),
        ("huge.pgm", b"P5\n30000 30000\n255\n".to_vec()),
        ("half.png", png[..png.len() - 20].to_vec()),
        ("short.bmp", b"BM".to_vec()),
        ("zero.qoi", [&b"qoif"[..], &[0; 8], &[3, 0]].concat()),
        ("noise.gif", [&b"GIF89a"[..], &[0xff; 40]].concat()),
        ("noise.webp", [&b"RIFF\xff\xff\xff\x7fWEBPVP8 "[..], &[0xff; 40]].concat()),
        ("noise.tiff", [&b"II*\0\x08\0\0\0"[..], &[0xff; 40]].concat()),
    ]
}

#[test]
fn bad_pictures_are_left_out_and_counted() {
    let folder = TempDir::new().unwrap();
    for (name, bytes) in bad_files() {
        put(&folder, name, &bytes);
    }
    put(&folder, "zz.jpg", &jpeg(48, 8));
    let stand = TestHost::new();
    let frames = whole(playing(folder.path()), &stand);
    assert_eq!(formats(&frames).iter().map(|format| format.width).collect::<Vec<_>>(), [48]);
    assert_eq!(stand.counter("frames_skipped"), bad_files().len() as u64);
}

#[test]
fn pictures_as_they_come_from_the_world() {
    for case in cases() {
        let folder = TempDir::new().unwrap();
        put(&folder, &case.name, &case.bytes);
        let ctx = TestHost::new().context();
        let mut source = Simulated::open(playing(folder.path()), &ctx).unwrap();
        let shown = source.next_frame(&ctx);
        assert_eq!(shown.is_ok(), Simulated::caps(&playing(folder.path())).is_ok(), "{}", case.name);
        match (case.expect, shown) {
            (Expect::Picture(width, height), Ok(Some(frame))) => {
                let size = frame.format().size();
                let turned = (size.height as usize, size.width as usize) == (width, height);
                assert!(
                    turned || (size.width as usize, size.height as usize) == (width, height),
                    "{}",
                    case.name
                );
            }
            (Expect::Picture(..), shown) => panic!("{}: {shown:?}", case.name),
            // Nothing is missing but the end marker.
            (Expect::Damaged, Ok(Some(frame))) => {
                let ended = [&case.bytes[..], &[0xff, 0xd9]].concat();
                assert_eq!(frame.jpeg(), Some(&ended[..]), "{}", case.name);
            }
            // None of the other damaged ones is whole, or of a size that can be had.
            (Expect::NoPicture | Expect::Damaged, shown) => assert!(shown.is_err(), "{}", case.name),
        }
    }
}

#[test]
fn each_bad_picture_alone_is_an_error_that_names_it() {
    for (name, bytes) in bad_files() {
        let folder = TempDir::new().unwrap();
        let path = put(&folder, name, &bytes);
        let ctx = TestHost::new().context();
        let error = Simulated::open(playing(folder.path()), &ctx).unwrap().next_frame(&ctx).unwrap_err();
        assert!(error.message().contains(&path.display().to_string()), "{error}");
        assert!(error.message().starts_with("the only picture cannot be shown: "), "{error}");
    }
}

#[test]
fn reasons_are_clear() {
    let reason = |name: &str| {
        let folder = TempDir::new().unwrap();
        let (_, bytes) = bad_files().into_iter().find(|(bad, _)| *bad == name).unwrap();
        put(&folder, name, &bytes);
        let error = Simulated::caps(&playing(folder.path())).unwrap_err();
        assert_eq!(error.option_path(), "frames", "{error}");
        error.message().split_once(name).unwrap().1.trim().to_owned()
    };
    assert_eq!(reason("empty.jpg"), "is empty");
    assert_eq!(reason("text.jpg"), "is not a picture of a known format, whatever its name says");
    assert_eq!(reason("half.jpg"), "is a JPEG that is cut off: it has no end marker");
    assert_eq!(
        reason("huge.png"),
        "has 30000x30000 pixels; a frame has sides of 1 to 65500 and at most 100 megapixels"
    );
    assert!(reason("huge.jpg").contains("30000x30000"), "{}", reason("huge.jpg"));
}

/// The log of all tests together.
static LOG: Mutex<Vec<u8>> = Mutex::new(Vec::new());

struct ToLog;

impl Write for ToLog {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        LOG.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_bad_picture_is_logged_once() {
    // For the whole process: a subscriber of this thread alone may be told nothing while other threads log too.
    tracing_subscriber::fmt().with_writer(|| ToLog).init();
    let folder = TempDir::new().unwrap();
    put(&folder, "1.jpg", &jpeg(8, 8));
    let bad = put(&folder, "2.jpg", b"");
    let stand = TestHost::new();
    let ctx = stand.context();
    // By one instance and by those after it.
    for _ in 0..3 {
        let mut source = Simulated::open(playing(folder.path()), &ctx).unwrap();
        for _ in 0..5 {
            assert!(source.next_frame(&ctx).unwrap().is_some());
        }
    }
    let text = String::from_utf8(LOG.lock().unwrap().clone()).unwrap();
    let ours = format!("left out: {} is empty", bad.display());
    assert_eq!(text.matches(&ours).count(), 1, "{text}");
    assert_eq!(stand.counter("frames_skipped"), 3 * 4);
}

#[test]
fn folders_without_pictures_are_refused() {
    let folder = TempDir::new().unwrap();
    let refused = |options: &Options| {
        let error = Simulated::caps(options).unwrap_err();
        // The same at the start, but as something that may get better.
        let late = Simulated::open(options.clone(), &TestHost::new().context()).err().unwrap();
        assert_eq!(late.option_path(), "");
        assert!(late.message().contains(error.message()), "{late}");
        (error.option_path().to_owned(), error.message().to_owned())
    };
    let at = folder.path().display().to_string();

    let (option, message) = refused(&playing(folder.path()));
    assert_eq!(option, "frames");
    assert_eq!(message, format!("{at} is empty: put pictures (.jpg, .png, …) there, or name another folder"));

    put(&folder, "notes.txt", b"");
    let (_, message) = refused(&playing(folder.path()));
    assert!(message.starts_with(&format!("no picture in {at}, only 1 other file(s): ")), "{message}");

    let (option, message) = refused(&playing(&folder.path().join("none")));
    assert_eq!(option, "frames");
    assert!(message.starts_with(&format!("there is no {at}/none")), "{message}");

    let (option, message) = refused(&playing(Path::new("/dev/zero")));
    assert_eq!(option, "frames");
    assert_eq!(message, "/dev/zero is neither a folder nor a picture file");

    let good = put(&folder, "1.jpg", &jpeg(8, 8));
    let list = Frames::Several(vec![good, folder.path().join("2.jpg")]);
    let (option, message) = refused(&Options { frames: Some(list), ..Options::default() });
    assert_eq!(option, "frames[1]");
    assert!(message.contains("2.jpg"), "{message}");

    let (option, _) = refused(&Options { frames: Some(Frames::Several(Vec::new())), ..Options::default() });
    assert_eq!(option, "frames");
}

#[test]
fn a_pipe_does_not_block() {
    let folder = TempDir::new().unwrap();
    let pipe = folder.path().join("1.jpg");
    let mode = rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR;
    rustix::fs::mknodat(rustix::fs::CWD, &pipe, rustix::fs::FileType::Fifo, mode, 0).unwrap();
    put(&folder, "2.jpg", &jpeg(8, 8));
    let stand = TestHost::new();
    assert_eq!(whole(playing(folder.path()), &stand).len(), 1);
    assert_eq!(stand.counter("frames_skipped"), 1);
    assert!(Simulated::caps(&playing(&pipe)).is_err());
}

#[test]
fn a_file_cut_short_at_any_length_never_panics() {
    let folder = TempDir::new().unwrap();
    put(&folder, "z.png", &grey_png(1, 1, 0));
    let ctx = TestHost::new().context();
    let whole = [("a.jpg", with_orientation(&jpeg(24, 24), 6)), ("a.jpg", grey_png(24, 24, 7))];
    for (name, bytes) in whole {
        for len in (0..bytes.len()).step_by(7) {
            put(&folder, name, &bytes[..len]);
            let mut source = Simulated::open(playing(folder.path()), &ctx).unwrap();
            assert!(source.next_frame(&ctx).unwrap().is_some(), "{name} cut at {len}");
        }
    }
}
