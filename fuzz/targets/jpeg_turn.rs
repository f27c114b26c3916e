//! A JPEG turned on its coefficients. The first byte says how; the picture follows.

#![no_main]

use libfuzzer_sys::{Corpus, fuzz_target};
use mutoscope_fuzz::{ROTATE, jpeg_frame, processed};
use mutoscope_plugin::JpegHeader;

fuzz_target!(|bytes: &[u8]| -> Corpus {
    let [how, picture @ ..] = bytes else { return Corpus::Reject };
    let Some(frame) = jpeg_frame(picture) else { return Corpus::Reject };
    let (angle, hflip) = (90 * u16::from(how % 4), how & 4 != 0);
    let options = format!(r#"{{"angle": {angle}, "hflip": {hflip}}}"#);
    if let Some(turned) = processed(&ROTATE, &options, frame) {
        let header = JpegHeader::read(turned.jpeg().expect("a JPEG")).expect("a header");
        assert_eq!(header.size, turned.format().size());
    }
    Corpus::Keep
});
