//! Checks the header reader: within the limits, and in agreement with libjpeg-turbo.

#![no_main]

use libfuzzer_sys::fuzz_target;
use mutoscope_fuzz as _;
use mutoscope_plugin::{Format, JpegHeader, PixelFormat};

fuzz_target!(|bytes: &[u8]| {
    let Ok(header) = JpegHeader::read(bytes) else { return };
    let size = header.size;
    assert!(size.pixels() > 0 && size.pixels() <= Format::MAX_PIXELS, "{size}");
    assert!(size.width.max(size.height) <= Format::MAX_SIDE, "{size}");
    assert!(matches!(header.components, 1..=4));
    assert!(header.planes.is_none_or(PixelFormat::is_planes));
    assert_eq!(header.format().size(), size);
    if let Ok(theirs) = turbojpeg::read_header(bytes) {
        assert_eq!((theirs.width, theirs.height), (size.width as usize, size.height as usize));
        assert_eq!(theirs.is_progressive, header.progressive);
    }
});
