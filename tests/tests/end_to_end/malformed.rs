//! Folders as users have them: pictures of all sizes, samplings and formats, broken ones, and files that are none.

use image::{ImageFormat, Rgb, RgbImage};
use mutoscope_frames::malformed::{Expect, cases};
use mutoscope_tests::{Folder, Program, picture, until};
use std::collections::BTreeSet;
use std::io::Cursor;

/// A folder with all of them, and a PNG.
fn folder() -> Folder {
    let folder = Folder::new();
    for case in cases() {
        folder.put(&format!("pictures/{}", case.name), &case.bytes);
    }
    let mut png = Cursor::new(Vec::new());
    RgbImage::from_pixel(50, 40, Rgb([200, 60, 30])).write_to(&mut png, ImageFormat::Png).unwrap();
    folder.put("pictures/picture.png", png.into_inner());
    folder
}

#[test]
fn what_can_be_shown_is_shown_and_the_rest_is_named_in_the_log() {
    let folder = folder();
    let file = "
source: { plugin: simulated, frames: pictures, fps: 100 }
sink: { plugin: mjpeg, listen: 127.0.0.1:0 }
";
    let file = folder.put("untidy.yaml", file);
    let running = Program::new(["run"]).arg(&file).start();
    let wanted: BTreeSet<(u32, u32)> = cases()
        .iter()
        .filter_map(|case| match case.expect {
            Expect::Picture(width, height) => Some((width as u32, height as u32)),
            _ => None,
        })
        // The PNG, and what is turned by a quarter.
        .chain([(50, 40), (48, 64)])
        .collect();
    let mut seen = BTreeSet::new();
    let mut parts = running.stream();
    until("a picture of each size", || {
        // Damaged ones come as well, and need not be readable by everybody.
        let part = parts.next()?;
        if let Ok(picture) = mutoscope_frames::jpeg::decode(&part.picture) {
            seen.insert((picture.width, picture.height));
        }
        wanted.is_subset(&seen).then_some(())
    });
    for case in cases().iter().filter(|case| case.expect == Expect::NoPicture) {
        running.logged(&["WARN", "left out", &case.name, "simulated"]);
    }
    let log = running.stop().stderr;
    for case in cases() {
        let lines = log.lines().filter(|line| line.contains(&case.name)).count();
        assert!(lines <= 1, "{} is told {lines} times", case.name);
    }
}

#[test]
fn all_of_them_come_out_alike_behind_transforms() {
    let folder = folder();
    let file = "
source: { plugin: simulated, frames: pictures, fps: 100 }
transforms:
  - { plugin: resize, width: 160, height: 120, fit: stretch }
  - { plugin: rotate, angle: 90, hflip: true }
  - { plugin: timestamp }
sink: { plugin: mjpeg, listen: 127.0.0.1:0 }
";
    let file = folder.put("untidy.yaml", file);
    let running = Program::new(["run"]).arg(&file).start();
    for part in running.stream().take(100) {
        assert_eq!(picture::size(&part.picture), (120, 160), "frame {}", part.sequence());
    }
    let log = running.stop().stderr;
    assert!(!log.contains("panicked"), "{log}");
}

#[test]
fn odd_sizes_go_through_every_transform() {
    for (width, height) in [(1, 1), (3, 5), (17, 13), (641, 359)] {
        let file = format!(
            "
streams:
  plain: {{ source: {{ plugin: simulated, width: {width}, height: {height} }} }}
  turned: {{ from: plain, transforms: [ {{ plugin: rotate, angle: 270 }}, {{ plugin: timestamp }} ] }}
  both:
    from: plain
    transforms: [ {{ plugin: resize, width: 31 }}, {{ plugin: timestamp }}, {{ plugin: rotate, angle: 90 }} ]
sink: {{ plugin: mjpeg, listen: 127.0.0.1:0 }}
"
        );
        let running = Program::new(["run", "-"]).given(file).start();
        assert_eq!(picture::size(&running.snapshot("plain")), (width, height));
        assert_eq!(picture::size(&running.snapshot("turned")), (height, width));
        assert_eq!(picture::size(&running.snapshot("both")).1, 31);
        let log = running.stop().stderr;
        assert!(!log.contains("ERROR"), "{width}x{height}: {log}");
    }
}
