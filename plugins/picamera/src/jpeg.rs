//! Whole JPEGs out of a stream of bytes, by their markers.
//!
//! The segments of ITU-T T.81, annex B, are stepped over by their lengths, so that a thumbnail inside one is no
//! picture; in the entropy-coded bytes FF is followed by 00 or a restart marker, or else it starts the next marker.

use memchr::memchr;

/// No picture is larger: one that is has lost its end.
pub(crate) const MAX_JPEG: usize = 64 << 20;
/// The least size of one read from the pipe.
const CHUNK: usize = 64 << 10;
/// After so many bytes without two pictures on end, a start is believed that does not follow an end.
const STRICT: usize = 4 << 20;

/// Whole JPEGs out of a stream of bytes that come in pieces of any size.
pub(crate) struct Splitter {
    bytes: Vec<u8>,
    /// The start of the picture in hand, or of the bytes that were not looked at.
    start: usize,
    /// The next byte to look at; beyond `end` while a segment has not come whole.
    at: usize,
    /// The end of the bytes that have come.
    end: usize,
    state: State,
    /// Bytes that belong to no whole picture.
    pub(crate) skipped: u64,
    /// Pictures that were begun and are not whole.
    pub(crate) broken: u64,
    /// The reasons for those that have not been asked for yet.
    pub(crate) reasons: Vec<&'static str>,
}

#[derive(Clone, Copy, PartialEq, Debug)]
enum State {
    /// Between pictures: the next start begins one.
    Between,
    /// In the middle of anything: a start may be a thumbnail's, so an end is looked for first. `since` when.
    Lost { since: u64 },
    /// After such an end: a start that follows it is a picture's, since no thumbnail follows another.
    Ended { since: u64 },
    /// At a marker before the first scan.
    Header { size_known: bool },
    /// In entropy-coded bytes, or in a segment after the first scan.
    Scan,
}

enum Step {
    /// Something was done, go on.
    On,
    /// More bytes are needed.
    More,
    /// A picture ends at `at`.
    Whole,
}

impl Splitter {
    pub(crate) fn new() -> Splitter {
        Splitter {
            bytes: Vec::new(),
            start: 0,
            at: 0,
            end: 0,
            state: State::Between,
            skipped: 0,
            broken: 0,
            reasons: Vec::new(),
        }
    }

    /// Room for bytes that come; tell with [`filled`](Splitter::filled) how many did.
    pub(crate) fn room(&mut self) -> &mut [u8] {
        if self.start > 0 {
            self.bytes.copy_within(self.start..self.end, 0);
            self.at -= self.start;
            self.end -= self.start;
            self.start = 0;
        }
        if self.bytes.len() - self.end < CHUNK {
            let len = self.end + CHUNK.max(self.end / 2);
            self.bytes.resize(len, 0);
        }
        &mut self.bytes[self.end..]
    }

    /// `count` bytes have been put into the room.
    pub(crate) fn filled(&mut self, count: usize) {
        self.end += count;
    }

    /// The next whole picture, if it has come.
    pub(crate) fn next(&mut self) -> Option<&[u8]> {
        loop {
            let step = match self.state {
                State::Between => self.find_start(),
                State::Lost { since } => self.find_end(since),
                State::Ended { since } => self.follow_end(since),
                State::Header { size_known } => self.header(size_known),
                State::Scan => self.scan(),
            };
            match step {
                Step::On => {}
                Step::More if self.in_picture() && self.end - self.start > MAX_JPEG => {
                    self.lose("it has no end within 64 MiB")
                }
                Step::More => return None,
                Step::Whole => {
                    let from = self.start;
                    self.start = self.at;
                    self.state = State::Between;
                    return Some(&self.bytes[from..self.at]);
                }
            }
        }
    }

    /// Returns whether a picture has begun that has not come whole.
    pub(crate) fn in_picture(&self) -> bool {
        matches!(self.state, State::Header { .. } | State::Scan)
    }

    fn byte(&self, at: usize) -> Option<u8> {
        self.bytes[..self.end].get(at).copied()
    }

    /// Skips the bytes before `to`, which belong to no picture.
    fn skip(&mut self, to: usize) {
        let to = to.min(self.end);
        self.skipped += (to - self.start) as u64;
        self.start = to;
        self.at = to;
    }

    /// A picture that was begun is left out.
    fn leave_out(&mut self, why: &'static str) {
        self.broken += 1;
        self.reasons.push(why);
    }

    /// The picture in hand is none.
    fn lose(&mut self, why: &'static str) {
        self.leave_out(why);
        self.state = State::Lost { since: self.skipped };
        self.skip(self.at);
    }

    fn begin(&mut self, at: usize) {
        self.skip(at);
        self.at = at + 2;
        self.state = State::Header { size_known: false };
    }

    fn find_start(&mut self) -> Step {
        let Some(found) = memchr(0xff, &self.bytes[self.at..self.end]) else {
            self.skip(self.end);
            return Step::More;
        };
        self.skip(self.at + found);
        match (self.byte(self.at + 1), self.byte(self.at + 2)) {
            (Some(0xd8), Some(0xff)) => self.begin(self.at),
            (None, _) | (Some(0xd8), None) => return Step::More,
            _ => self.skip(self.at + 1),
        }
        Step::On
    }

    fn find_end(&mut self, since: u64) -> Step {
        if self.skipped - since > STRICT as u64 {
            self.state = State::Between;
            return Step::On;
        }
        let Some(found) = memchr(0xff, &self.bytes[self.at..self.end]) else {
            self.skip(self.end);
            return Step::More;
        };
        self.skip(self.at + found);
        match self.byte(self.at + 1) {
            None => return Step::More,
            Some(0xd9) => {
                self.state = State::Ended { since };
                self.skip(self.at + 2);
            }
            Some(_) => self.skip(self.at + 1),
        }
        Step::On
    }

    fn follow_end(&mut self, since: u64) -> Step {
        match (self.byte(self.at), self.byte(self.at + 1)) {
            (None, _) | (Some(0xff), None) => return Step::More,
            (Some(0xff), Some(0xd8)) => self.begin(self.at),
            // Padding, of which cameras are fond.
            (Some(0x00), _) | (Some(0xff), Some(0xff)) => self.skip(self.at + 1),
            _ => self.state = State::Lost { since },
        }
        Step::On
    }

    /// The marker whose FF stands at `at`: its code and where that stands. Any number of fill bytes may come before it.
    fn marker(&mut self) -> Option<(u8, usize)> {
        let fill = self.bytes[self.at..self.end].iter().take_while(|byte| **byte == 0xff).count();
        let code = self.at + fill;
        // The last FF is enough to go on from: endless ones are not walked again and again.
        self.at = code - 1;
        Some((self.byte(code)?, code))
    }

    /// The end of the segment whose marker's code stands at `code`: `None` if its length has not come, `Some(None)` if it
    /// has none that can be.
    fn segment(&self, code: usize) -> Option<Option<usize>> {
        let length = usize::from(u16::from_be_bytes([self.byte(code + 1)?, self.byte(code + 2)?]));
        Some((length >= 2).then_some(code + 1 + length))
    }

    /// Steps over the segment whose marker's code stands at `code`.
    fn step_over(&mut self, code: usize, then: State) -> Step {
        match self.segment(code) {
            None => return Step::More,
            Some(None) => {
                self.at = code;
                self.lose("a part of it has an impossible length");
            }
            Some(Some(next)) => (self.at, self.state) = (next, then),
        }
        Step::On
    }

    /// Another picture starts where this one should go on: this one has been cut off.
    fn anew(&mut self, code: usize) -> Step {
        self.leave_out("it is cut off: the next one begins before its end marker");
        self.begin(code - 1);
        Step::On
    }

    fn header(&mut self, size_known: bool) -> Step {
        // Decoders pass over stray bytes before a marker. In a stream they are the sign of a length that is wrong, behind which
        // the next marker may be a thumbnail's.
        let Some(first) = self.byte(self.at) else { return Step::More };
        if first != 0xff {
            self.lose("its header is damaged");
            return Step::On;
        }
        let Some((marker, code)) = self.marker() else { return Step::More };
        match marker {
            0xd8 => self.anew(code),
            0xda if size_known => self.step_over(code, State::Scan),
            // Start of frame, in all its kinds.
            0xc0..=0xc3 | 0xc5..=0xc7 | 0xc9..=0xcb | 0xcd..=0xcf => {
                self.step_over(code, State::Header { size_known: true })
            }
            0xc4 | 0xcc | 0xdb..=0xdf | 0xe0..=0xef | 0xf0..=0xfe => {
                self.step_over(code, State::Header { size_known })
            }
            // An end or a scan before there is a picture, or nothing that stands in a header.
            _ => {
                self.lose("its header is damaged");
                Step::On
            }
        }
    }

    fn scan(&mut self) -> Step {
        if self.at >= self.end {
            return Step::More;
        }
        let Some(found) = memchr(0xff, &self.bytes[self.at..self.end]) else {
            self.at = self.end;
            return Step::More;
        };
        self.at += found;
        let Some((marker, code)) = self.marker() else { return Step::More };
        match marker {
            // A stuffed byte, or a restart.
            0x00 | 0xd0..=0xd7 => {
                self.at = code + 1;
                Step::On
            }
            0xd9 => {
                self.at = code + 1;
                Step::Whole
            }
            0xd8 => self.anew(code),
            // What may stand between scans: tables, further scans, the number of lines, remarks.
            0xc4 | 0xcc | 0xda..=0xdd | 0xe0..=0xef | 0xfe => self.step_over(code, State::Scan),
            _ => {
                self.lose("its pixels are damaged");
                Step::On
            }
        }
    }
}
