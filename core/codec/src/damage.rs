//! Damage: one judgement for all that decodes or turns a picture.
//!
//! `mutoscope_jpegbits` reads sequential Huffman pictures, and judges them. Of others (progressive ones above all) libjpeg's complaints are
//! all that is known. It goes on after most faults and makes grey of the rest, which is no picture: such a one is damaged. Two complaints
//! are of no consequence, if nothing else is wrong: stray bytes before a marker, and a missing end marker. Data that ends
//! before the last block does is damage.

use crate::mend::with_end;
use crate::whole::is_whole;
use mutoscope_jpegbits as jpegbits;
use mutoscope_plugin::{Error, JpegSegments, Result, tracing};

/// Words of libjpeg's complaints (`jerror.h`).
const STRAY: &str = "extraneous bytes before marker";
const NO_END: &str = "Premature end of JPEG file";

/// Does `work` on a picture, and once more on the picture with an end marker if that is all that it lacks.
///
/// # Errors
/// It is damaged.
pub(crate) fn judged(jpeg: &[u8], mut work: impl FnMut(&[u8]) -> turbojpeg::Result<()>) -> Result<()> {
    let Err(error) = work(jpeg) else { return Ok(()) };
    let turbojpeg::Error::TurboJpegError(text) = &error else { return Err(damaged(&error)) };
    if text.contains(STRAY) && is_whole_but_for_stray_bytes(jpeg, text) {
        tracing::trace!("a JPEG of which libjpeg says: {text}");
        return Ok(());
    }
    if text.contains(NO_END)
        && let Some(ended) = with_end(jpeg)
    {
        return work(&ended).map_err(|error| damaged(&error));
    }
    Err(damaged(&error))
}

/// The most stray bytes that may stand before the end marker of a picture that has others behind it: a few are a
/// camera's habit, many are what came instead of the picture's end.
const FEW: u32 = 16;

/// libjpeg keeps its first complaint alone, so that what it says of stray bytes may hide that a later part is damaged.
/// Of several scans, and of arithmetic coding, nothing more is known: the end has to do.
fn is_whole_but_for_stray_bytes(jpeg: &[u8], complaint: &str) -> bool {
    let count = complaint.split(' ').find_map(|word| word.parse::<u32>().ok());
    let end = JpegSegments::picture_len(jpeg);
    end.is_some_and(|end| {
        count.is_some_and(|count| count <= FEW) || jpeg[end..].iter().all(|byte| *byte == 0)
    }) && is_whole(jpeg) != Some(false)
}

/// The error for a picture that `mutoscope_jpegbits` does not decode.
pub(crate) fn not_decoded(error: jpegbits::Error) -> Error {
    Error::new(format!("cannot decode the JPEG: {error}"))
}

/// The error for a picture that libjpeg does not decode.
pub(crate) fn damaged(error: &turbojpeg::Error) -> Error {
    let text = error.to_string();
    Error::new(format!("cannot decode the JPEG: {}", text.trim_start_matches("TurboJPEG error: ")))
}
