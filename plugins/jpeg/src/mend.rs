//! What webcams get wrong in a scan's header, put right, so that a complaint about it does not hide one that matters:
//! libjpeg keeps the first of a picture's complaints alone.

use crate::limits::SCAN;
use crate::segments::Segments;
use std::borrow::Cow;

/// Which coefficients a scan of a sequential picture holds: all of them, in full (T.81, table B.3).
const ALL: [u8; 3] = [0, 63, 0];

/// The picture with a good header of its first scan: itself, but for a sequential one whose scan says something else of
/// its coefficients.
pub(crate) fn mended(jpeg: &[u8], progressive: bool) -> Cow<'_, [u8]> {
    let mut jpeg = Cow::Borrowed(jpeg);
    if progressive {
        return jpeg;
    }
    let scan = Segments::new(&jpeg).find(|segment| segment.marker == SCAN);
    if let Some(scan) = scan
        && let Some(components) = scan.content.first()
    {
        let from = 1 + 2 * usize::from(*components);
        let is_wrong = scan.content.get(from..from + 3).is_some_and(|is| is != ALL);
        let at = scan.at + from;
        if is_wrong {
            jpeg.to_mut()[at..at + 3].copy_from_slice(&ALL);
        }
    }
    jpeg
}
