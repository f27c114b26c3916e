//! A JPEG from a camera or a file, decoded at each scale, or decoded and encoded again. The first byte says how, the
//! second what sampling the source believes in; the picture follows.

#![no_main]

use libfuzzer_sys::{Corpus, fuzz_target};
use mutoscope_fuzz::{JPEG, PLANES, claimed, jpeg_frame, processed};
use mutoscope_plugin::PixelFormat;

const OPTIONS: [&str; 8] = [
    r#"{"to": "planes"}"#,
    r#"{"to": "planes", "downscale": 2}"#,
    r#"{"to": "planes", "downscale": 4}"#,
    r#"{"to": "planes", "downscale": 8}"#,
    r#"{"quality": 50}"#,
    r#"{"quality": 70, "subsampling": "4:2:0"}"#,
    r#"{"subsampling": "4:4:0"}"#,
    r#"{"subsampling": "grey"}"#,
];

fuzz_target!(|bytes: &[u8]| -> Corpus {
    let [how, sampling, picture @ ..] = bytes else { return Corpus::Reject };
    let Some(mut frame) = jpeg_frame(picture) else { return Corpus::Reject };
    let believed = match usize::from(*sampling) % 7 {
        0 => None,
        1 => Some(PixelFormat(0)),
        index => Some(PLANES[index - 2]),
    };
    if let Some(sampling) = believed {
        frame = claimed(&frame, sampling).expect("the same JPEG");
    }
    let options = OPTIONS[usize::from(*how) % OPTIONS.len()];
    if let Some(made) = processed(&JPEG, options, frame)
        && made.jpeg().is_some_and(|jpeg| jpeg != picture)
    {
        // What is encoded here can be decoded here. (A picture that is said to be what is asked for passes untouched.)
        assert!(processed(&JPEG, OPTIONS[0], made).is_some());
    }
    Corpus::Keep
});
