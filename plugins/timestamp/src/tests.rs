use super::*;
use mutoscope_paint::{Encoding, Font, Painter, PictureMut, PlaneMut, Position, Rect, Style};
use mutoscope_plugin::testing::{Conformance, TestHost};
use mutoscope_plugin::{Matrix, PixelFormat, Range, Times, serde_json};

/// 2026-11-05 14:03:59.007 UTC.
const MOMENT: i64 = 1_793_887_439_007_000_000;

const PLANAR: [PixelFormat; 5] =
    [PixelFormat::I420, PixelFormat::I422, PixelFormat::I440, PixelFormat::I444, PixelFormat::GREY];

fn options(json: &str) -> Options {
    serde_json::from_str(json).unwrap()
}

/// A picture with structure in all planes, taken at `wall_ns`.
fn frame(format: Format, wall_ns: i64) -> Frame {
    let length: usize = (0..3)
        .filter_map(|index| format.kind.plane_shape(index, format.width, format.height))
        .map(|(width, height)| width * height)
        .sum();
    let bytes = (0..length).map(|i| (i * 7 % 251) as u8).collect();
    Frame::from_vec(format, bytes, Times { monotonic_ns: 1, wall_ns }).unwrap().with_sequence(3)
}

fn stamped(json: &str, frame: Frame) -> Frame {
    let ctx = TestHost::new().context();
    let format = frame.format();
    assert_eq!(Stamp::modes(&options(json), &format).unwrap()[0].gives, format);
    let Output::Frame(frame) = Stamp::open(options(json), &ctx).unwrap().process(frame, &ctx).unwrap() else {
        panic!("no frame")
    };
    assert_eq!((frame.format(), frame.sequence()), (format, 3));
    frame
}

/// The painter's drawing of `text` on the luma of `frame`, and its place.
fn painted(frame: &Frame, text: &str, height: u32, position: Position, margin: usize) -> (Vec<u8>, Rect) {
    let luma = frame.plane(0);
    let mut data: Vec<u8> = luma.rows().flatten().copied().collect();
    let plane = PlaneMut { data: &mut data, stride: luma.width, width: luma.width, height: luma.height };
    let mut picture = PictureMut::grey(plane).unwrap();
    let mut painter = Painter::new(Font::bundled(), height, Style::default(), Encoding::JPEG).unwrap();
    let area = painter.draw(&mut picture, text, position, margin);
    (data, area)
}

fn luma(frame: &Frame) -> Vec<u8> {
    frame.plane(0).rows().flatten().copied().collect()
}

#[test]
fn it_keeps_what_every_plugin_must_keep() {
    Conformance::of(plugin())
        .options(serde_json::json!({}))
        .options(serde_json::json!({ "format": "%T%.3f", "background": "black", "position": "bottom-right", "margin": 0 }))
        .check();
}

#[test]
fn the_time_of_capture_is_written_and_nothing_else_is_touched() {
    for kind in PLANAR {
        let plain = frame(Format::new(kind, 401, 151), MOMENT);
        for (name, position) in [
            ("top-left", Position::TopLeft),
            ("top-right", Position::TopRight),
            ("bottom-left", Position::BottomLeft),
            ("bottom-right", Position::BottomRight),
        ] {
            let json = format!(
                r#"{{"time_zone": "UTC", "position": "{name}", "margin": 5, "text_height": 20, "format": "%F %T%.3f"}}"#
            );
            let result = stamped(&json, plain.clone());
            let (expected, area) = painted(&plain, "2026-11-05 14:03:59.007", 20, position, 5);
            assert!(luma(&result) == expected, "{kind} {name}");
            assert!(area.width > 150 && area.height >= 20);
            let (horizontal, vertical) = kind.chroma_subsampling();
            for index in 1..result.plane_count() {
                let (old, new) = (plain.plane(index), result.plane(index));
                let mut changed = 0;
                for y in 0..new.height {
                    for x in 0..new.width {
                        let (left, top) = (x * horizontal as usize, y * vertical as usize);
                        let inside = left + horizontal as usize > area.x
                            && left < area.x + area.width
                            && top + vertical as usize > area.y
                            && top < area.y + area.height;
                        assert!(inside || old.row(y)[x] == new.row(y)[x], "{kind} {name}: ({x}, {y})");
                        changed += usize::from(old.row(y)[x] != new.row(y)[x]);
                    }
                }
                assert!(changed > 100, "{kind} {name}: {changed} chroma samples");
            }
        }
    }
}

#[test]
fn time_zones_are_known_and_the_time_is_the_frames_own() {
    let plain = frame(Format::grey(500, 60), MOMENT);
    for (zone, expected) in [
        ("UTC", "2026-11-05 14:03:59"),
        ("Asia/Kolkata", "2026-11-05 19:33:59"),
        ("Pacific/Kiritimati", "2026-11-06 04:03:59"),
        ("America/St_Johns", "2026-11-05 10:33:59"),
    ] {
        let result = stamped(&format!(r#"{{"time_zone": "{zone}", "text_height": 24}}"#), plain.clone());
        assert!(luma(&result) == painted(&plain, expected, 24, Position::TopLeft, 8).0, "{zone}");
    }
}

#[test]
fn time_zones_come_along_for_machines_that_have_none() {
    let bundled = jiff::tz::TimeZoneDatabase::bundled();
    assert!(bundled.get("Europe/Berlin").is_ok());
}

#[test]
fn a_text_is_kept_for_its_second_and_no_longer() {
    let utc = |format: &str| {
        let options = Options { format: format.into(), time_zone: Some("UTC".into()), ..Options::default() };
        Clock::new(&options).unwrap()
    };
    let mut clock = utc("%T");
    assert_eq!(clock.text(MOMENT).unwrap(), "14:03:59");
    let kept = clock.text(MOMENT).unwrap().as_ptr();
    assert_eq!(clock.text(MOMENT + 900_000_000).unwrap().as_ptr(), kept);
    assert_eq!(clock.text(MOMENT + 1_000_000_000).unwrap(), "14:04:00");
    assert_eq!(clock.text(MOMENT - 10_000_000).unwrap(), "14:03:58");
    assert_eq!(clock.text(-1).unwrap(), "23:59:59");
    for (format, first, second) in [
        ("%S%.3f", "59.007", "59.107"),
        ("%S%.1f", "59.0", "59.1"),
        ("%f", "007", "107"),
        ("%s %Z", "1793887439 UTC", "1793887439 UTC"),
    ] {
        let mut clock = utc(format);
        assert_eq!(clock.text(MOMENT).unwrap(), first);
        assert_eq!(clock.text(MOMENT + 100_000_000).unwrap(), second);
    }
}

#[test]
fn the_height_follows_the_picture_unless_it_is_given() {
    let height = |json, lines| Look::new(&options(json)).unwrap().text_height(lines);
    assert_eq!([1, 240, 360, 720, 1080, 60_000].map(|lines| height("{}", lines)), [12, 12, 12, 24, 36, 512]);
    assert_eq!(height(r#"{"text_height": 50}"#, 240), 50);
    // Pictures of many sizes through one instance, down to a single pixel.
    let ctx = TestHost::new().context();
    let mut stamp = Stamp::open(options(r#"{"time_zone": "UTC"}"#), &ctx).unwrap();
    for lines in [720, 1, 2160, 480, 1080, 1440, 720, 17] {
        let plain = frame(Format::grey(400, lines), MOMENT);
        let Output::Frame(result) = stamp.process(plain.clone(), &ctx).unwrap() else { panic!("no frame") };
        let height = height("{}", lines);
        let (expected, _) = painted(&plain, "2026-11-05 14:03:59", height, Position::TopLeft, 8);
        assert!(luma(&result) == expected, "{lines} lines");
    }
}

#[test]
fn text_is_legible_on_black_and_on_white_in_any_colour_and_encoding() {
    for colour in ["white", "black", "#777", "#ff000080"] {
        for ground in [0, 16, 128, 235, 255] {
            for range in [Range::FULL, Range::LIMITED] {
                let format = Format::grey(300, 40).with_colours(Matrix::BT709, range);
                let plain = Frame::from_vec(format, vec![ground; 300 * 40], Times::default())
                    .unwrap()
                    .with_sequence(3);
                let json = format!(r#"{{"colour": "{colour}", "text_height": 24}}"#);
                let result = luma(&stamped(&json, plain));
                let (darkest, lightest) = (result.iter().min().unwrap(), result.iter().max().unwrap());
                assert!(lightest - darkest > 80, "{colour} on {ground}: {darkest} to {lightest}");
                if range == Range::LIMITED && (16..=235).contains(&ground) {
                    assert!(
                        *darkest >= 16 && *lightest <= 235,
                        "{colour} on {ground}: {darkest} to {lightest}"
                    );
                }
            }
        }
    }
}

#[test]
fn a_background_fills_a_box_and_none_is_none() {
    let format = Format::grey(300, 60);
    let plain = Frame::from_vec(format, vec![200; 300 * 60], Times::default()).unwrap().with_sequence(3);
    let boxed = stamped(
        r##"{"background": "#000000", "outline": "none", "text_height": 24, "margin": 0}"##,
        plain.clone(),
    );
    assert_eq!(boxed.plane(0).row(0)[..30], [0; 30]);
    let bare = stamped(r#"{"outline": "none", "background": "None", "colour": "black"}"#, plain);
    assert!(luma(&bare).iter().all(|byte| *byte <= 200));
}

#[test]
fn a_shared_frame_is_copied_and_the_other_holder_sees_no_text() {
    let stand = TestHost::new();
    let plain = frame(Format::new(PixelFormat::I420, 320, 60), MOMENT);
    let before = luma(&plain);
    let mut stamp = Stamp::open(Options::default(), &stand.context()).unwrap();
    let Output::Frame(mine) = stamp.process(plain.clone(), &stand.context()).unwrap() else {
        panic!("no frame")
    };
    assert!(luma(&plain) == before && luma(&mine) != before);
    let at = mine.plane(0).data.as_ptr();
    let copied = stand.counter("bytes_copied");
    let Output::Frame(again) = stamp.process(mine, &stand.context()).unwrap() else { panic!("no frame") };
    assert_eq!((again.plane(0).data.as_ptr(), stand.counter("bytes_copied")), (at, copied));
}

#[test]
fn only_planes_in_their_true_size_are_taken() {
    let modes = |format: &Format| Stamp::modes(&Options::default(), format).unwrap();
    let way = modes(&Format::new(PixelFormat::I422, 1280, 720)).remove(0);
    assert_eq!(way.scaling, mutoscope_plugin::Scaling::Exact);
    assert!(way.stateless && way.cost_us > 0.0);
    let fine = options(r#"{"format": "%T%.3f"}"#);
    assert!(
        Stamp::modes(&fine, &Format::new(PixelFormat::I422, 1280, 720)).unwrap()[0].cost_us > way.cost_us
    );
    assert!(modes(&Format::jpeg(1280, 720)).is_empty());
    assert!(modes(&Format::new(PixelFormat::NV12, 1280, 720)).is_empty());
    assert!(modes(&Format::grey(1280, 720).with_colours(Matrix(77), Range::FULL)).is_empty());
}

#[test]
fn wrong_options_are_refused_by_name_and_the_old_ones_go_on() {
    let stand = TestHost::new();
    let plugin = plugin();
    let kind = plugin.transform().unwrap();
    let input = Format::grey(8, 8);
    for (json, option, says) in [
        (r#"{"format": "%H:%!"}"#, "format", "not a strftime format"),
        (r#"{"format": "%"}"#, "format", "not a strftime format"),
        (r#"{"time_zone": "Europe/Atlantis"}"#, "time_zone", "Europe/Berlin"),
        (r##"{"colour": "#12345"}"##, "colour", "#rrggbb"),
        (r#"{"colour": "none"}"#, "colour", "white"),
        (r#"{"outline": "blurple"}"#, "outline", "blurple"),
        (r#"{"background": ""}"#, "background", "not a colour"),
        (r#"{"text_height": 5}"#, "text_height", "6 to 512"),
        (r#"{"font": "/nowhere/at-all.ttf"}"#, "font", "/nowhere/at-all.ttf"),
        (r#"{"font": "/dev/null"}"#, "font", "regular file"),
    ] {
        let refused = kind.open(json, stand.host()).err().unwrap();
        assert_eq!(refused.option, option, "{json}: {}", refused.message);
        assert!(refused.message.contains(says), "{json}: {}", refused.message);
        assert!(kind.modes(json, &input).is_err(), "{json}");
    }
    let long = format!(r#"{{"format": "{}"}}"#, "x".repeat(1001));
    assert_eq!(kind.open(&long, stand.host()).err().unwrap().option, "format");

    let mut stamp = Stamp::open(options(r#"{"format": "one"}"#), &stand.context()).unwrap();
    let plain = frame(Format::grey(200, 40), MOMENT);
    let mut shows = |text: &str| {
        let Output::Frame(result) = stamp.process(plain.clone(), &stand.context()).unwrap() else {
            panic!("no frame")
        };
        assert!(luma(&result) == painted(&plain, text, 12, Position::TopLeft, 8).0, "{text}");
        let next = if text == "one" { r#"{"format": "two"}"# } else { r#"{"format": "%!"}"# };
        stamp.update(options(next), &stand.context()).is_ok()
    };
    assert!(shows("one"));
    assert!(!shows("two"));
    assert!(!shows("two"));
}

/// The notes on a text, as option and first line.
fn notes(options: &Options) -> Vec<(String, String)> {
    let modes = Stamp::modes(options, &Format::grey(320, 240)).unwrap();
    let notes = modes[0].notes.iter();
    notes.map(|note| (note.option.clone(), note.text.lines().next().unwrap().to_owned())).collect()
}

#[test]
fn characters_that_the_font_lacks_are_told() {
    for format in ["%F %T%.3f", "%A, %d %B %Y äЖ€\n%Z", "%c", ""] {
        let options = Options { format: format.into(), ..Options::default() };
        assert_eq!(notes(&options), [], "{format:?}");
    }
    let options = Options { format: "再見 %T 再\u{202e}".into(), ..Options::default() };
    let (option, text) = notes(&options).remove(0);
    assert_eq!(option, "format");
    assert_eq!(
        text,
        "the font has no glyph for 再 (U+518D), 見 (U+898B) and U+202E: a box is drawn in their place"
    );
    let many: String = ('\u{4e00}'..='\u{4e20}').collect();
    let (_, text) = notes(&Options { format: many, ..Options::default() }).remove(0);
    assert!(text.contains("(U+4E07) and 25 more: "), "{text}");
}

#[test]
fn a_line_break_is_one_however_it_is_written() {
    let text = |format: &str| {
        let options = Options { format: format.into(), time_zone: Some("UTC".into()), ..Options::default() };
        let text = Clock::new(&options).unwrap().text(MOMENT).unwrap().to_owned();
        (text, notes(&options))
    };
    // Double quotes, and a block.
    assert_eq!(text("%F\n%T"), ("2026-11-05\n14:03:59".into(), Vec::new()));
    assert_eq!(text("%F%n%T"), ("2026-11-05\n14:03:59".into(), Vec::new()));
    // Single quotes.
    assert_eq!(text(r"%F\n%T"), ("2026-11-05\n14:03:59".into(), Vec::new()));
    assert_eq!(text(r"a\\n\b\"), (r"a\n\b\".into(), Vec::new()));
}
