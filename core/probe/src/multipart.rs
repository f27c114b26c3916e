//! A stream of pictures (`multipart/x-mixed-replace`), cut into its parts as it comes, wherever it is split.
//!
//! Nothing of a picture is kept but its two ends, so that one thread can read hundreds of streams. What a part was is told as
//! soon as its end is known, and what is wrong with it; the reader goes on at the next boundary. Servers differ: lines may end
//! with a lone LF, parts may say their length or not, and the boundary may be written with its `--` or without.

use crate::ends::Ends;
use crate::headers::Headers;
use memchr::{memchr, memmem::Finder};
use std::time::Instant;

/// An event of the reader.
#[derive(Clone, PartialEq, Debug)]
pub enum Event {
    /// A part is whole.
    Part(Part),
    /// No boundary stands where the `Content-Length` of the last part says.
    WrongLength,
}

/// A part.
#[derive(Clone, PartialEq, Debug)]
pub struct Part {
    /// The time of its last byte.
    pub came: Instant,
    /// Bytes of the picture.
    pub bytes: u64,
    /// Its headers.
    pub headers: Headers,
    /// Its fault, if any.
    pub fault: Option<Fault>,
}

/// The fault of a part.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Fault {
    /// Its headers are none.
    Headers,
    /// Its type is another than `image/jpeg`.
    Type,
    /// There is nothing in it.
    Empty,
    /// It does not start as a JPEG (FF D8).
    Start,
    /// It does not end as a JPEG (FF D9; zeros may follow).
    End,
    /// No boundary stands where its `Content-Length` says.
    Length,
}

/// Cuts a stream into its parts.
pub struct Multipart {
    /// `--` and the boundary; and, where the boundary itself begins with `--`, that alone.
    delimiters: Vec<Vec<u8>>,
    /// The end of a part without a length: the end of a line, and the delimiter.
    needles: Vec<Finder<'static>>,
    state: State,
    /// The beginning of a line.
    line: Vec<u8>,
    headers: Headers,
    ends: Ends,
    /// The time of the last byte of the picture in hand.
    came: Option<Instant>,
    /// In a part without a length: what may be the start of its end.
    carry: Vec<u8>,
    closed: bool,
}

/// The position of the reader.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    /// A delimiter may come, and anything else: before the first one, behind the last, and behind a fault.
    Lost,
    /// Behind a delimiter, in its line. What it ended may have been an empty part.
    Delimiter { empty: bool },
    /// In a part's headers.
    Headers,
    /// In a picture of which so many bytes are to come.
    Sized(u64),
    /// In a picture that ends at a delimiter.
    Unsized,
    /// Behind a picture whose length was told: an empty line, and a delimiter.
    Behind { empty_line: bool },
}

/// Of a line no more is kept: no delimiter and no header that matters is longer.
const LONGEST_LINE: usize = 4096;

impl Multipart {
    /// A reader for the boundary that the response's type names.
    #[must_use]
    pub fn new(boundary: &str) -> Multipart {
        let bare = boundary.starts_with("--").then(|| boundary.to_owned());
        let delimiters: Vec<_> =
            [format!("--{boundary}")].into_iter().chain(bare).map(String::into_bytes).collect();
        let needle = |delimiter: &Vec<u8>| Finder::new(&[&b"\n"[..], delimiter].concat()).into_owned();
        Multipart {
            needles: delimiters.iter().map(needle).collect(),
            delimiters,
            state: State::Lost,
            line: Vec::new(),
            headers: Headers::default(),
            ends: Ends::default(),
            came: None,
            carry: Vec::new(),
            closed: false,
        }
    }

    /// Returns whether the closing delimiter has come.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.closed
    }

    /// Returns whether a picture has begun whose end has not come.
    #[must_use]
    pub fn is_inside(&self) -> bool {
        match self.state {
            State::Sized(_) => true,
            State::Unsized => self.ends.bytes() > 0 || !self.carry.is_empty(),
            _ => false,
        }
    }

    /// Takes what came `now`.
    pub fn push(&mut self, mut bytes: &[u8], now: Instant, tell: &mut dyn FnMut(Event)) {
        while !bytes.is_empty() {
            let used = match self.state {
                State::Sized(left) => self.in_sized(left, bytes, now, tell),
                State::Unsized => self.in_unsized(bytes, now, tell),
                _ => self.in_line(bytes, now, tell),
            };
            bytes = &bytes[used..];
        }
    }

    /// The stream is over: its last line may lack an end.
    pub fn finish(&mut self, now: Instant, tell: &mut dyn FnMut(Event)) {
        if !self.line.is_empty() {
            self.in_line(b"\n", now, tell);
        }
    }

    fn in_sized(&mut self, left: u64, bytes: &[u8], now: Instant, tell: &mut dyn FnMut(Event)) -> usize {
        let used = usize::try_from(left).map_or(bytes.len(), |left| left.min(bytes.len()));
        self.take(&bytes[..used], now);
        match left - used as u64 {
            0 => {
                self.state = State::Behind { empty_line: false };
                self.whole(now, tell);
            }
            left => self.state = State::Sized(left),
        }
        used
    }

    fn in_unsized(&mut self, bytes: &[u8], now: Instant, tell: &mut dyn FnMut(Event)) -> usize {
        // The delimiter's beginning, and a CR before it.
        let longest = self.needles.iter().map(|needle| needle.needle().len()).max().unwrap_or(0);
        let before = self.carry.len();
        if before > 0 {
            let mut seam = std::mem::take(&mut self.carry);
            seam.extend_from_slice(&bytes[..bytes.len().min(longest)]);
            let came = self.came.unwrap_or(now);
            if let Some((at, end)) = self.delimiter_in(&seam).filter(|(_, end)| *end > before) {
                self.take(without_cr(&seam[..at]), came);
                self.ends_at_delimiter(now, tell);
                return end - before;
            }
            if bytes.len() <= longest {
                let (sure, rest) = seam.split_at(seam.len().saturating_sub(longest));
                self.take(sure, came);
                self.carry = rest.to_vec();
                self.came = Some(now);
                return bytes.len();
            }
            self.take(&seam[..before], came);
        }
        if let Some((at, end)) = self.delimiter_in(bytes) {
            self.take(without_cr(&bytes[..at]), now);
            self.ends_at_delimiter(now, tell);
            return end;
        }
        let (sure, rest) = bytes.split_at(bytes.len().saturating_sub(longest));
        self.take(sure, now);
        self.carry = rest.to_vec();
        self.came = Some(now);
        bytes.len()
    }

    /// The position of the first delimiter with the line's end before it, and its end.
    fn delimiter_in(&self, bytes: &[u8]) -> Option<(usize, usize)> {
        let found = self.needles.iter().filter_map(|needle| {
            let at = needle.find(bytes)?;
            Some((at, at + needle.needle().len()))
        });
        found.min_by_key(|(at, _)| *at)
    }

    fn ends_at_delimiter(&mut self, now: Instant, tell: &mut dyn FnMut(Event)) {
        // Some servers end a stream with an empty part, for browsers that show a part when the next one begins.
        let empty = self.ends.bytes() == 0 && !self.headers.malformed;
        self.state = State::Delimiter { empty };
        if !empty {
            self.whole(now, tell);
        }
    }

    fn take(&mut self, bytes: &[u8], came: Instant) {
        if !bytes.is_empty() {
            self.ends.push(bytes);
            self.came = Some(came);
        }
    }

    fn in_line(&mut self, bytes: &[u8], now: Instant, tell: &mut dyn FnMut(Event)) -> usize {
        let end = memchr(b'\n', bytes);
        let used = end.map_or(bytes.len(), |at| at + 1);
        let room = LONGEST_LINE.saturating_sub(self.line.len());
        self.line.extend_from_slice(&bytes[..used.min(room)]);
        if end.is_some() {
            let mut line = std::mem::take(&mut self.line);
            self.whole_line(line.trim_ascii_end(), now, tell);
            line.clear();
            self.line = line;
        }
        used
    }

    fn whole_line(&mut self, line: &[u8], now: Instant, tell: &mut dyn FnMut(Event)) {
        match self.state {
            State::Delimiter { empty } => {
                let closes = line.starts_with(b"--");
                if empty && !closes {
                    self.whole(now, tell);
                }
                self.pass_delimiter(closes);
            }
            State::Headers => match self.delimiter(line) {
                // One delimiter behind another is none too many; behind headers it is.
                Some(closes) => {
                    if self.headers.count > 0 {
                        self.headers.malformed = true;
                        self.whole(now, tell);
                    }
                    self.pass_delimiter(closes);
                }
                None if line.is_empty() => self.begin(now, tell),
                None => self.headers.line(line),
            },
            State::Behind { empty_line } => match self.delimiter(line) {
                Some(closes) => self.pass_delimiter(closes),
                None if line.is_empty() && !empty_line => self.state = State::Behind { empty_line: true },
                None => {
                    tell(Event::WrongLength);
                    self.state = State::Lost;
                }
            },
            State::Lost | State::Sized(_) | State::Unsized => {
                if let Some(closes) = self.delimiter(line) {
                    self.pass_delimiter(closes);
                }
            }
        }
    }

    /// Returns whether a line is a delimiter; and then, whether it is the closing one.
    fn delimiter(&self, line: &[u8]) -> Option<bool> {
        self.delimiters.iter().find_map(|delimiter| match line.strip_prefix(&delimiter[..])? {
            b"" => Some(false),
            b"--" => Some(true),
            _ => None,
        })
    }

    fn pass_delimiter(&mut self, closes: bool) {
        self.closed = closes;
        self.headers = Headers::default();
        self.state = if closes { State::Lost } else { State::Headers };
    }

    /// The picture begins.
    fn begin(&mut self, now: Instant, tell: &mut dyn FnMut(Event)) {
        (self.ends, self.came) = (Ends::default(), None);
        self.carry.clear();
        match self.headers.length {
            Some(0) => {
                self.state = State::Behind { empty_line: false };
                self.whole(now, tell);
            }
            Some(length) => self.state = State::Sized(length),
            None => self.state = State::Unsized,
        }
    }

    fn whole(&mut self, now: Instant, tell: &mut dyn FnMut(Event)) {
        let faults = [
            (self.headers.malformed, Fault::Headers),
            (self.headers.other_type, Fault::Type),
            (self.ends.bytes() == 0, Fault::Empty),
            (!self.ends.starts(), Fault::Start),
            (!self.ends.ends(), Fault::End),
        ];
        let fault = faults.into_iter().find_map(|(is_so, fault)| is_so.then_some(fault));
        let (came, bytes) = (self.came.unwrap_or(now), self.ends.bytes());
        tell(Event::Part(Part { came, bytes, headers: self.headers, fault }));
        (self.ends, self.came) = (Ends::default(), None);
    }
}

fn without_cr(bytes: &[u8]) -> &[u8] {
    bytes.strip_suffix(b"\r").unwrap_or(bytes)
}

#[cfg(test)]
mod tests;
