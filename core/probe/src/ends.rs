//! The two ends of a picture, by which one that is whole is told from one that is not.

/// The first two bytes of a picture and its last two, zeros at its end left out: cameras pad.
#[derive(Clone, Copy, Default, Debug)]
pub(crate) struct Ends {
    bytes: u64,
    first: [u8; 2],
    /// The last byte that is not 0, and the one before it.
    last: [u8; 2],
    /// Zeros have come behind it.
    zeros: bool,
}

impl Ends {
    pub(crate) fn push(&mut self, bytes: &[u8]) {
        for (at, byte) in (self.bytes..2).zip(bytes) {
            self.first[at as usize] = *byte;
        }
        self.bytes += bytes.len() as u64;
        let Some(end) = bytes.iter().rposition(|byte| *byte != 0) else {
            self.zeros |= !bytes.is_empty();
            return;
        };
        let before = match end.checked_sub(1) {
            Some(before) => bytes[before],
            None if self.zeros => 0,
            None => self.last[1],
        };
        self.last = [before, bytes[end]];
        self.zeros = end + 1 < bytes.len();
    }

    /// The number of bytes.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Returns whether it starts as a JPEG: with SOI (ITU-T T.81, B.1.1.3).
    pub(crate) fn starts(&self) -> bool {
        self.bytes >= 2 && self.first == [0xff, 0xd8]
    }

    /// Returns whether it ends as a JPEG: with EOI.
    pub(crate) fn ends(&self) -> bool {
        self.bytes >= 4 && self.last == [0xff, 0xd9]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_are_found_however_a_picture_is_split() {
        for (picture, starts, ends) in [
            (&[0xff, 0xd8, 1, 2, 0xff, 0xd9][..], true, true),
            (&[0xff, 0xd8, 1, 0xff, 0xd9, 0, 0, 0], true, true),
            (&[0xff, 0xd8, 1, 0xff, 0, 0xd9], true, false),
            (&[0xff, 0xd8, 0xff, 0xd9, 0, 0, 7], true, false),
            (&[0, 0xd8, 0, 0, 0xff, 0xd9], false, true),
            (&[0xff, 0xd9], false, false),
            (&[0xff], false, false),
            (&[], false, false),
        ] {
            for first in 0..=picture.len() {
                for second in first..=picture.len() {
                    let mut found = Ends::default();
                    for piece in [&picture[..first], &picture[first..second], &picture[second..]] {
                        found.push(piece);
                    }
                    assert_eq!(
                        (found.starts(), found.ends(), found.bytes()),
                        (starts, ends, picture.len() as u64),
                        "{picture:?} split at {first} and {second}"
                    );
                }
            }
        }
    }
}
