//! One frame as one part of a multipart response, and what a connection holds of it while it is sent.

use bytes::{Buf, Bytes};
use mutoscope_plugin::{Frame, Freshness, Times};
use std::fmt::Write;
use std::io::IoSlice;
use std::sync::Arc;

/// The boundary that most existing clients have met (mjpg-streamer's). No `--` inside: some clients add their own, some do
/// not.
macro_rules! boundary {
    () => {
        "boundarydonotcross"
    };
}

/// The response's own type.
pub(crate) const CONTENT_TYPE: &str = concat!("multipart/x-mixed-replace;boundary=", boundary!());

/// The order of parts and headers.
///
/// A client that reads a part by its `Content-Length` has the picture at once. Chromium does not look at lengths: it shows a
/// picture when it has read the *headers* of the part after it (Chromium issue 527446), which would be one frame late, and on a
/// stream that stands still, never. These cannot be known in advance, but for the type, which is all that it needs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Framing {
    /// All headers, with their part. The boundary is sent right after the picture: some clients wait for it.
    Lengths,
    /// The next part's boundary and a lone `Content-Type` are sent right after the picture.
    Advance,
}

impl Framing {
    /// The text before the first part.
    pub(crate) const fn opening(self) -> &'static str {
        match self {
            Framing::Lengths => concat!("--", boundary!(), "\r\n"),
            Framing::Advance => concat!("--", boundary!(), "\r\nContent-Type: image/jpeg\r\n\r\n"),
        }
    }

    /// The text behind a picture.
    const fn tail(self) -> &'static str {
        match self {
            Framing::Lengths => concat!("\r\n--", boundary!(), "\r\n"),
            Framing::Advance => concat!("\r\n--", boundary!(), "\r\nContent-Type: image/jpeg\r\n\r\n"),
        }
    }

    /// The end of a stream, after the last tail. No client may see an empty part there, which a browser would show instead of
    /// the last picture: hence no empty line where headers are awaited.
    pub(crate) const fn closing(self) -> &'static str {
        match self {
            Framing::Lengths => concat!("--", boundary!(), "--\r\n"),
            Framing::Advance => concat!("\r\n--", boundary!(), "--\r\n"),
        }
    }
}

/// The headers of a part are no longer.
const HEAD: usize = 192;

/// One frame, ready to be sent: made once, shared by all viewers.
pub(crate) struct Part {
    head: String,
    frame: Frame,
}

/// Seconds since 1970 with microseconds: `1764000000.250000`.
pub(crate) fn timestamp(wall_ns: i64) -> String {
    // A clock that stands before 1970 was never set.
    let us = wall_ns.max(0) / 1000;
    format!("{}.{:06}", us / 1_000_000, us % 1_000_000)
}

impl Part {
    /// `None` if the frame is not a JPEG, or there is no memory for its headers. `sent`: when it was given to the viewers.
    pub(crate) fn new(frame: Frame, sent: Times) -> Option<Part> {
        let len = frame.jpeg()?.len();
        let mut head = String::new();
        head.try_reserve_exact(HEAD).ok()?;
        // Writing to a String does not fail, and all that is written has room.
        let _ = write!(
            head,
            "Content-Type: image/jpeg\r\nContent-Length: {len}\r\nX-Timestamp: {}\r\nX-Send-Time: {}\r\n\
             X-Sequence: {}\r\nX-Frame: {}\r\n\r\n",
            timestamp(frame.times().wall_ns),
            timestamp(sent.wall_ns),
            frame.sequence(),
            frame.freshness()
        );
        Some(Part { head, frame })
    }

    /// Returns whether it is a picture of the camera, now or then, and not one in place of it.
    pub(crate) fn is_picture(&self) -> bool {
        self.frame.freshness() != Freshness::PLACEHOLDER
    }

    /// The frame.
    pub(crate) fn frame(&self) -> &Frame {
        &self.frame
    }

    /// The picture's own bytes.
    pub(crate) fn picture(&self) -> &[u8] {
        self.frame.jpeg().unwrap_or_default()
    }
}

/// The unsent rest of a range of a shared part, or of a text.
pub(crate) enum Piece {
    /// Bytes `at..end` of a part's headers, its picture, and a tail, taken as one.
    Part {
        /// Shared with everybody who sends it.
        part: Arc<Part>,
        /// The text behind the picture.
        tail: &'static str,
        /// The next byte to send.
        at: usize,
        /// The end of the range.
        end: usize,
    },
    /// Anything else: pages, boundaries, errors.
    Text(Bytes),
}

impl Piece {
    /// A part of a multipart response.
    pub(crate) fn part(part: Arc<Part>, framing: Framing) -> Piece {
        let at = match framing {
            Framing::Lengths => 0,
            Framing::Advance => part.head.len(),
        };
        Piece::from(part, at, framing.tail())
    }

    /// The picture alone.
    pub(crate) fn picture(part: Arc<Part>) -> Piece {
        let at = part.head.len();
        Piece::from(part, at, "")
    }

    fn from(part: Arc<Part>, at: usize, tail: &'static str) -> Piece {
        let end = part.head.len() + part.picture().len() + tail.len();
        Piece::Part { part, tail, at, end }
    }

    /// The rest of each segment, in order; empty ones left out.
    fn rest(&self) -> impl Iterator<Item = &[u8]> {
        let (segments, at, end) = match self {
            Piece::Part { part, tail, at, end } => {
                ([part.head.as_bytes(), part.picture(), tail.as_bytes()], *at, *end)
            }
            Piece::Text(text) => ([text.as_ref(), &[], &[]], 0, text.len()),
        };
        let mut start = 0;
        segments.into_iter().filter_map(move |segment| {
            let (from, to) = (at.max(start), end.min(start + segment.len()));
            let rest = (from < to).then(|| &segment[from - start..to - start]);
            start += segment.len();
            rest
        })
    }
}

impl Buf for Piece {
    fn remaining(&self) -> usize {
        match self {
            Piece::Part { at, end, .. } => end - at,
            Piece::Text(text) => text.len(),
        }
    }

    fn chunk(&self) -> &[u8] {
        self.rest().next().unwrap_or_default()
    }

    fn advance(&mut self, count: usize) {
        assert!(count <= self.remaining(), "advanced by {count} of {} bytes", self.remaining());
        match self {
            Piece::Part { at, .. } => *at += count,
            Piece::Text(text) => text.advance(count),
        }
    }

    // One call of `writev` takes the headers, the picture out of the frame's own memory, and the boundary.
    fn chunks_vectored<'a>(&'a self, into: &mut [IoSlice<'a>]) -> usize {
        let mut count = 0;
        for (slot, rest) in into.iter_mut().zip(self.rest()) {
            *slot = IoSlice::new(rest);
            count += 1;
        }
        count
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mutoscope_plugin::Format;

    fn part(len: usize) -> Arc<Part> {
        let mut jpeg = vec![7; len];
        jpeg[..2].copy_from_slice(&[0xff, 0xd8]);
        let captured = Times { monotonic_ns: 1, wall_ns: 1_764_000_000_250_000_999 };
        let frame = Frame::from_vec(Format::jpeg(4, 4), jpeg, captured).unwrap().with_sequence(41);
        Arc::new(Part::new(frame, Times { monotonic_ns: 2, wall_ns: 1_764_000_001_000_002_000 }).unwrap())
    }

    fn all(mut piece: Piece, step: usize) -> Vec<u8> {
        let mut out = Vec::new();
        while piece.has_remaining() {
            let mut slices = [IoSlice::new(&[]); 2];
            let count = piece.chunks_vectored(&mut slices);
            let seen: Vec<u8> = slices[..count].iter().flat_map(|slice| slice.iter().copied()).collect();
            assert!(!seen.is_empty() && seen.starts_with(piece.chunk()) && seen.len() <= piece.remaining());
            let took = step.min(seen.len());
            out.extend_from_slice(&seen[..took]);
            piece.advance(took);
        }
        out
    }

    #[test]
    fn a_part_is_headers_picture_and_the_next_boundary() {
        let part = part(10);
        let mut expected =
            b"Content-Type: image/jpeg\r\nContent-Length: 10\r\nX-Timestamp: 1764000000.250000\r\n\
            X-Send-Time: 1764000001.000002\r\nX-Sequence: 41\r\nX-Frame: live\r\n\r\n"
                .to_vec();
        expected.extend_from_slice(part.picture());
        expected.extend_from_slice(b"\r\n--boundarydonotcross\r\n");
        for step in [1, 2, 7, 100, 1000] {
            assert_eq!(all(Piece::part(part.clone(), Framing::Lengths), step), expected);
            assert_eq!(all(Piece::picture(part.clone()), step), part.picture());
            let advance = [part.picture(), Framing::Advance.tail().as_bytes()].concat();
            assert_eq!(all(Piece::part(part.clone(), Framing::Advance), step), advance);
        }
    }

    #[test]
    fn a_clock_that_was_never_set_is_no_negative_time() {
        assert_eq!(timestamp(-5), "0.000000");
        assert_eq!(timestamp(1_999), "0.000001");
    }

    #[test]
    fn the_longest_headers_have_room() {
        let far = Times { monotonic_ns: u64::MAX, wall_ns: i64::MAX };
        let frame =
            Frame::from_vec(Format::jpeg(4, 4), vec![0xff, 0xd8], far).unwrap().with_sequence(u64::MAX);
        let part = Part::new(frame.with_freshness(Freshness::PLACEHOLDER), far).unwrap();
        // A length of nine digits, which is more than a frame may have, would be eight longer.
        assert!(part.head.len() + 8 <= HEAD, "{} bytes", part.head.len());
        assert_eq!(part.head.capacity(), HEAD);
    }

    #[test]
    fn a_frame_that_is_no_jpeg_is_no_part() {
        let frame = Frame::from_vec(Format::grey(1, 1), vec![0], Times::default()).unwrap();
        assert!(Part::new(frame, Times::default()).is_none());
    }
}
