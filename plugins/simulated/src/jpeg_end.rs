//! Whether a JPEG is all there.

/// Whether a JPEG's end marker comes after its picture: a file that is still being written, or was cut off, has none.
/// What follows the end (a film, further pictures) does not matter.
///
/// Walks the segments of ITU-T T.81, annex B, and the entropy-coded bytes between them, in which a marker cannot occur:
/// FF is followed by 00 there, or by a restart marker (B.1.1.5).
pub(crate) fn is_complete(jpeg: &[u8]) -> bool {
    // Before the first scan an end marker would belong to no picture; the header check refuses that.
    let mut rest = jpeg.get(2..).unwrap_or_default();
    loop {
        let Some(at) = rest.iter().position(|byte| *byte == 0xff) else { return false };
        rest = &rest[at + 1..];
        match *rest {
            [0xd9, ..] => return true,
            // A fill byte: the next one may start the marker.
            [0xff, ..] => {}
            [0x00 | 0x01 | 0xd0..=0xd8, ..] => rest = &rest[1..],
            [_, high, low, ..] => {
                let length = usize::from(u16::from_be_bytes([high, low]));
                rest = rest.get(1 + length.max(2)..).unwrap_or_default();
            }
            _ => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_marker_counts_only_after_the_picture() {
        // A thumbnail with an end of its own, a scan with a stuffed byte and a restart, the end.
        let thumbnail = [0xff, 0xe1, 0, 6, 0xff, 0xd8, 0xff, 0xd9];
        let scan = [0xff, 0xda, 0, 2, 1, 2, 0xff, 0, 3, 0xff, 0xd0, 4];
        let whole = [&[0xff, 0xd8][..], &thumbnail, &scan, &[0xff, 0xff, 0xd9]].concat();
        assert!(is_complete(&whole));
        assert!(is_complete(&[&whole[..], &[0xff, 0xda, 7, 7]].concat()), "what follows does not matter");
        for len in 0..whole.len() {
            assert!(!is_complete(&whole[..len]), "cut off after {len} bytes");
        }
    }
}
