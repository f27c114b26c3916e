//! Colours, from a picture's file to what a browser shows, through every way of storing them on the way.

use image::{ImageFormat, Rgb, RgbImage};
use mutoscope_pattern::BARS;
use mutoscope_tests::{Folder, Program, picture, until};
use std::io::Cursor;

/// Area in which a colour is measured: the middle, where no chroma of a neighbour reaches.
const MIDDLE: [f64; 4] = [0.25, 0.25, 0.75, 0.75];

/// R'G'B' of the picture: far from grey, so that the matrices differ.
const COLOUR: [u8; 3] = [200, 60, 30];

/// Luma of [`COLOUR`], by the weights of red and blue that the standards give (ITU-R BT.601, BT.709, BT.2020), as 8-bit code.
fn luma([red, blue]: [f64; 2], limited: bool) -> f64 {
    let [r, g, b] = COLOUR.map(f64::from);
    let luma = red * r + (1.0 - red - blue) * g + blue * b;
    if limited { 16.0 + luma * 219.0 / 255.0 } else { luma }
}

#[test]
fn every_matrix_and_range_holds_the_right_codes_and_comes_out_as_the_same_colour() {
    let folder = Folder::new();
    let mut png = Cursor::new(Vec::new());
    RgbImage::from_pixel(64, 48, Rgb(COLOUR)).write_to(&mut png, ImageFormat::Png).unwrap();
    folder.put("colour.png", png.into_inner());
    let cases = [("bt601", [0.299, 0.114]), ("bt709", [0.2126, 0.0722]), ("bt2020", [0.2627, 0.0593])];
    let (mut streams, mut shown, mut kept) = (String::new(), Vec::new(), Vec::new());
    for (matrix, weights) in cases {
        for range in ["full", "limited"] {
            for kind in ["yuv420", "yuv444", "nv12", "yuyv"] {
                let name = format!("{matrix}-{range}-{kind}");
                let convert = format!("{{ plugin: convert, to: {kind}, matrix: {matrix}, range: {range} }}");
                streams += &format!("  {name}: {{ from: plain, transforms: [ {convert} ] }}\n");
                // Once more, for the list: what goes to both sinks may be converted for both.
                if kind.starts_with("yuv4") {
                    streams += &format!("  {name}-kept: {{ from: plain, transforms: [ {convert} ] }}\n");
                    kept.push((format!("{name}-kept"), luma(weights, range == "limited")));
                }
                shown.push(name);
            }
        }
    }
    let names: Vec<_> = kept.iter().map(|(name, _)| name.as_str()).collect();
    let file = format!(
        "streams:\n  plain: {{ source: {{ plugin: simulated, frames: colour.png, fps: 20 }} }}\n{streams}\
         sinks:\n  - {{ plugin: mjpeg, listen: 127.0.0.1:0, streams: [{}] }}\n\
         \x20 - {{ plugin: good, path: list.txt, accepts: planes, streams: [{}] }}\n",
        shown.join(", "),
        names.join(", ")
    );
    let file = folder.put("colours.yaml", file);
    let running = Program::new(["run"]).arg(&file).with_fixtures().start();
    for name in &shown {
        let seen = picture::mean(&picture::decode(&running.snapshot(name)), MIDDLE);
        let apart =
            seen.iter().zip(COLOUR).map(|(seen, is)| (seen - f64::from(is)).abs()).fold(0.0, f64::max);
        assert!(apart < 4.0, "{name}: {seen:?}");
    }
    // What the planes hold on the way, so that two conversions that are wrong alike do not pass.
    for (name, luma) in &kept {
        let code: f64 = until("a frame in the list", || {
            let list = folder.read("list.txt");
            let line = list.lines().find(|line| line.starts_with(&format!("{name} ")))?;
            line.rsplit(' ').next()?.parse().ok()
        });
        // The list has the mean rounded down.
        assert!((code + 0.5 - luma).abs() < 1.6, "{name}: luma {code}, and {luma} by the standard");
    }
    running.stop();
}

#[test]
fn the_bars_of_the_test_pattern_are_the_colours_that_they_should_be() {
    let file = "
source: { plugin: simulated, width: 640, height: 360 }
transforms: [ { plugin: jpeg, quality: 95 } ]
sink: { plugin: mjpeg, listen: 127.0.0.1:0 }
";
    let running = Program::new(["run", "-"]).given(file).start();
    let seen = picture::decode(&running.snapshot("camera"));
    for (bar, expected) in BARS.iter().enumerate() {
        // The clock stands in the middle ones; above and below it there is room.
        let left = (bar as f64 + 0.25) / 8.0;
        let mean = picture::mean(&seen, [left, 0.005, left + 0.0625, 0.015]);
        let apart =
            mean.iter().zip(expected).map(|(seen, is)| (seen - f64::from(*is)).abs()).fold(0.0, f64::max);
        assert!(apart < 4.0, "bar {bar}: {mean:?} instead of {expected:?}");
    }
    running.stop();
}

#[test]
fn chroma_that_is_asked_for_gets_from_the_picture_to_the_browser() {
    let folder = Folder::new();
    let mut png = Cursor::new(Vec::new());
    let columns = |x: u32, _: u32| Rgb(if x.is_multiple_of(2) { [220, 40, 40] } else { [40, 40, 220] });
    RgbImage::from_fn(64, 48, columns).write_to(&mut png, ImageFormat::Png).unwrap();
    folder.put("columns.png", png.into_inner());
    let sharp = r#"{ plugin: jpeg, quality: 95, subsampling: "4:4:4" }"#;
    let file = format!(
        "
streams:
  usual: {{ source: {{ plugin: simulated, frames: columns.png, fps: 20 }} }}
  sharp: {{ from: usual, transforms: [ {sharp} ] }}
  turned: {{ from: usual, transforms: [ {{ plugin: rotate, angle: 180 }}, {sharp} ] }}
sink: {{ plugin: mjpeg, listen: 127.0.0.1:0 }}
"
    );
    let file = folder.put("columns.yaml", file);
    let explained = Program::new(["explain", "--devices"]).arg(&file).output().expect(0).stdout;
    assert!(explained.contains("because what goes out has more chroma than"), "{explained}");
    let running = Program::new(["run"]).arg(&file).start();
    // How far the red of a column is from that of the next one. Where chroma is halved, only their luma differs.
    let apart = |stream: &str| {
        let seen = picture::decode(&running.snapshot(stream));
        let red = |x| f64::from(seen.get_pixel(x, 24).0[0]);
        (16..48).map(|x| (red(x) - red(x + 1)).abs()).sum::<f64>() / 32.0
    };
    let [usual, sharp, turned] = ["usual", "sharp", "turned"].map(apart);
    assert!(usual < 90.0 && sharp > 130.0 && turned > 130.0, "{usual}, {sharp}, {turned}");
    running.stop();
}
