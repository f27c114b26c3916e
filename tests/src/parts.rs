//! A stream of pictures, cut into its parts.

use mutoscope_plugin::JpegHeader;
use std::io::{BufRead, Read};

/// A stream of pictures (`multipart/x-mixed-replace`), part by part, up to its closing boundary.
pub struct Parts {
    body: Box<dyn BufRead + Send>,
    boundary: String,
}

/// One picture of a stream.
#[derive(Clone, Debug)]
pub struct Part {
    headers: Vec<(String, String)>,
    /// Its bytes.
    pub picture: Vec<u8>,
}

impl Part {
    /// A header's value.
    ///
    /// # Panics
    /// There is none.
    #[track_caller]
    pub fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
        found.map_or_else(|| panic!("no {name} among {:?}", self.headers), |(_, value)| value)
    }

    /// The frame's number in its stream.
    ///
    /// # Panics
    /// It has none.
    #[track_caller]
    pub fn sequence(&self) -> u64 {
        self.header("X-Sequence").parse().expect("a number")
    }

    /// Its width and height, from the picture's header.
    ///
    /// # Panics
    /// It is no JPEG.
    #[track_caller]
    pub fn size(&self) -> (u32, u32) {
        let size = JpegHeader::read(&self.picture).expect("a JPEG").size;
        (size.width, size.height)
    }
}

impl Parts {
    /// Reads a body of unknown boundary, which is its first line.
    ///
    /// # Panics
    ///
    /// There is none.
    #[track_caller]
    pub fn of(mut body: impl BufRead + Send + 'static) -> Parts {
        let mut line = String::new();
        body.read_line(&mut line).expect("a first line");
        let boundary = line.strip_suffix("\r\n").filter(|line| line.starts_with("--"));
        let boundary = boundary.unwrap_or_else(|| panic!("no boundary: {line:?}")).to_owned();
        Parts { body: Box::new(body), boundary }
    }

    /// # Panics
    /// The body does not begin with a boundary.
    #[track_caller]
    pub(crate) fn new(body: Box<dyn BufRead + Send>, boundary: &str) -> Parts {
        let mut parts = Parts { body, boundary: format!("--{boundary}") };
        assert_eq!(parts.line(), parts.boundary);
        parts
    }

    /// A line without its end.
    #[track_caller]
    fn line(&mut self) -> String {
        let mut line = String::new();
        self.body.read_line(&mut line).expect("the stream goes on");
        line.strip_suffix("\r\n").unwrap_or_else(|| panic!("the stream broke off after {line:?}")).to_owned()
    }
}

impl Iterator for Parts {
    type Item = Part;

    /// # Panics
    /// The stream breaks off without its closing boundary, or has another form.
    #[track_caller]
    fn next(&mut self) -> Option<Part> {
        let mut headers = Vec::new();
        loop {
            let line = self.line();
            if line == format!("{}--", self.boundary) {
                return None;
            }
            if line.is_empty() {
                break;
            }
            let (name, value) = line.split_once(": ").unwrap_or_else(|| panic!("no header: {line:?}"));
            headers.push((name.to_owned(), value.to_owned()));
        }
        let mut part = Part { headers, picture: Vec::new() };
        assert_eq!(part.header("Content-Type"), "image/jpeg");
        let len = part.header("Content-Length").parse().expect("a number");
        part.picture = vec![0; len];
        self.body.read_exact(&mut part.picture).expect("the picture is as long as its header says");
        assert_eq!(self.line(), "");
        assert_eq!(self.line(), self.boundary);
        Some(part)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(body: &'static str) -> Parts {
        Parts::new(Box::new(body.as_bytes()), "b")
    }

    #[test]
    fn a_stream_ends_with_its_closing_boundary() {
        let head = "Content-Type: image/jpeg\r\nContent-Length: 2\r\nX-Sequence: 7\r\n\r\n";
        let body = format!("--b\r\n{head}12\r\n--b\r\n{head}\r\n\r\n--b\r\n--b--\r\n").leak();
        let all: Vec<_> = parts(body).collect();
        assert_eq!(all.iter().map(|part| &part.picture[..]).collect::<Vec<_>>(), [b"12", b"\r\n"]);
        assert_eq!(all[0].sequence(), 7);
    }

    #[test]
    fn a_boundary_that_nobody_told_is_the_first_line() {
        let head = "Content-Type: image/jpeg\r\nContent-Length: 2\r\n\r\n";
        let body = format!("--any\r\n{head}12\r\n--any\r\n--any--\r\n").leak();
        assert_eq!(Parts::of(body.as_bytes()).map(|part| part.picture).collect::<Vec<_>>(), [b"12"]);
    }

    #[test]
    #[should_panic(expected = "broke off")]
    fn one_that_breaks_off_is_noticed() {
        parts("--b\r\n").next();
    }
}
