//! Streams that branch from one frame and write on it.

use image::RgbImage;
use mutoscope_tests::{Folder, Program, Running, http, in_repository, picture};

/// The white bar of the test pattern, away from the clock's hand.
const WHITE: [f64; 4] = [0.02, 0.05, 0.1, 0.55];
/// The black one.
const BLACK: [f64; 4] = [0.9, 0.05, 0.98, 0.55];

fn run(folder: &Folder, file: &str) -> Running {
    let file = folder.put("branches.yaml", file);
    Program::new(["run"]).arg(&file).with_fixtures().start()
}

#[test]
fn what_one_inverts_the_others_see_as_it_was() {
    let folder = Folder::new();
    let running = run(
        &folder,
        "
streams:
  plain: { source: { plugin: simulated, width: 320, height: 240, fps: 50 } }
  dark: { from: plain, transforms: [ { plugin: good } ] }
  grey: { from: plain, transforms: [ { plugin: good, strength: 50 } ] }
  darker: { from: dark, transforms: [ { plugin: good } ] }
sink: { plugin: mjpeg, listen: 127.0.0.1:0 }
",
    );
    let address = running.address();
    let watch = |stream: &str, white: f64, black: f64| {
        let parts = http::stream(&format!("{address}/{stream}/stream"));
        for part in parts.take(20) {
            let seen = picture::decode(&part.picture);
            for (place, expected) in [(WHITE, white), (BLACK, black)] {
                let mean = picture::mean(&seen, place);
                assert!(mean.iter().all(|channel| (channel - expected).abs() < 4.0), "{stream}: {mean:?}");
            }
        }
    };
    // All at once, so that they work on the same frames.
    std::thread::scope(|scope| {
        scope.spawn(|| watch("plain", 255.0, 0.0));
        scope.spawn(|| watch("dark", 0.0, 255.0));
        scope.spawn(|| watch("grey", 127.0, 127.0));
        scope.spawn(|| watch("darker", 255.0, 0.0));
    });
    running.stop();
}

#[test]
fn timestamps_at_two_places_do_not_meet() {
    let folder = Folder::new();
    let still = in_repository("frames/porch/0001.jpg");
    let running = run(
        &folder,
        &format!(
            "
streams:
  plain: {{ source: {{ plugin: simulated, frames: {}, fps: 20 }} }}
  top: {{ from: plain, transforms: [ {{ plugin: timestamp, position: top-left }} ] }}
  bottom: {{ from: plain, transforms: [ {{ plugin: timestamp, position: bottom-right }} ] }}
sink: {{ plugin: mjpeg, listen: 127.0.0.1:0 }}
",
            still.display()
        ),
    );
    let address = running.address();
    let seen = |stream: &'static str| {
        let mut parts = http::stream(&format!("{address}/{stream}/stream"));
        std::thread::spawn(move || picture::decode(&parts.nth(5).unwrap().picture))
    };
    let (plain, top, bottom) = (seen("plain"), seen("top"), seen("bottom"));
    let (plain, top, bottom) = (plain.join().unwrap(), top.join().unwrap(), bottom.join().unwrap());
    let differs = |with: &RgbImage, lines: std::ops::Range<u32>| {
        let cut = |image: &RgbImage| {
            image::imageops::crop_imm(image, 0, lines.start, image.width(), lines.len() as u32).to_image()
        };
        picture::difference(&cut(with), &cut(&plain))
    };
    let (upper, lower) = (0..plain.height() / 4, plain.height() * 3 / 4..plain.height());
    // What is encoded anew differs a little everywhere; text differs a lot.
    for (with, written, free) in [(&top, &upper, &lower), (&bottom, &lower, &upper)] {
        let (text, rest) = (differs(with, written.clone()), differs(with, free.clone()));
        assert!(text > 2.0 * rest && rest < 3.0, "{text} where the text is, {rest} where none is");
    }
    running.stop();
}
