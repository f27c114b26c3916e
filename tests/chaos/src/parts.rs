//! A stream of pictures, cut into parts, in the ways in which clients do it.

use crate::wire::{headers, line};
use std::io::{self, BufRead, Read};

/// The way in which a client finds the end of a picture.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Cut {
    /// By the length that the part's headers tell.
    Length,
    /// By the boundary that follows it, as clients do that look at no length.
    Boundary,
}

/// One part.
pub struct Part {
    /// The headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The picture.
    pub picture: Vec<u8>,
}

impl Part {
    /// A header's value, if it is there.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// The parts of a body.
pub struct Parts {
    body: Box<dyn BufRead + Send>,
    boundary: String,
    cut: Cut,
}

impl Parts {
    /// # Errors
    /// The content type is another, or the body does not begin with a boundary.
    pub fn new(mut body: Box<dyn BufRead + Send>, content_type: &str, cut: Cut) -> io::Result<Parts> {
        let boundary = content_type
            .strip_prefix("multipart/x-mixed-replace;boundary=")
            .ok_or_else(|| io::Error::other(format!("no stream but {content_type:?}")))?;
        let first = line(&mut body)?;
        if first != format!("--{boundary}") {
            return Err(io::Error::other(format!("it begins with {first:?}")));
        }
        Ok(Parts { body, boundary: boundary.to_owned(), cut })
    }

    /// The next part; `None` after the closing boundary.
    ///
    /// # Errors
    /// The connection breaks off, or what comes has another form.
    pub fn next_part(&mut self) -> io::Result<Option<Part>> {
        // The body may be closed instead of another part: by the boundary once more, with two dashes.
        let first = line(&mut self.body)?;
        if first == format!("--{}--", self.boundary) {
            return Ok(None);
        }
        let mut all = format!("{first}\r\n").into_bytes();
        if !first.is_empty() {
            loop {
                let next = line(&mut self.body)?;
                if next == format!("--{}--", self.boundary) {
                    return Ok(None);
                }
                all.extend_from_slice(format!("{next}\r\n").as_bytes());
                if next.is_empty() {
                    break;
                }
            }
        }
        let headers = headers(&mut all.as_slice())?;
        let mut part = Part { headers, picture: Vec::new() };
        match self.cut {
            Cut::Length => self.by_length(&mut part)?,
            Cut::Boundary => {
                if self.by_boundary(&mut part)? {
                    return Ok(None);
                }
            }
        }
        Ok(Some(part))
    }

    fn by_length(&mut self, part: &mut Part) -> io::Result<()> {
        let len = part.header("content-length").and_then(|len| len.parse().ok());
        let len: usize = len.ok_or_else(|| io::Error::other("a part without a length"))?;
        part.picture = vec![0; len.min(64 << 20)];
        self.body.read_exact(&mut part.picture)?;
        let after = (line(&mut self.body)?, line(&mut self.body)?);
        if after != (String::new(), format!("--{}", self.boundary)) {
            return Err(io::Error::other(format!("after a picture of the length that was told: {after:?}")));
        }
        Ok(())
    }

    /// `true` if what ended the part was the end of the stream.
    fn by_boundary(&mut self, part: &mut Part) -> io::Result<bool> {
        let end = format!("\r\n--{}\r\n", self.boundary).into_bytes();
        let closing = format!("\r\n--{}--\r\n", self.boundary).into_bytes();
        loop {
            if self.body.read_until(b'\n', &mut part.picture)? == 0 {
                return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "it broke off within a picture"));
            }
            if part.picture.ends_with(&end) {
                part.picture.truncate(part.picture.len() - end.len());
                return Ok(false);
            }
            if part.picture == closing {
                return Ok(true);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TYPE: &str = "multipart/x-mixed-replace;boundary=b";

    fn pictures(body: &'static str, cut: Cut) -> io::Result<Vec<Vec<u8>>> {
        let mut parts = Parts::new(Box::new(body.as_bytes()), TYPE, cut)?;
        let mut all = Vec::new();
        while let Some(part) = parts.next_part()? {
            all.push(part.picture);
        }
        Ok(all)
    }

    #[test]
    fn both_cuts_find_the_same_pictures() {
        let body = "--b\r\nA: 1\r\nContent-Length: 3\r\n\r\n1\r\n\r\n--b\r\nContent-Length: 2\r\n\r\n34\r\n--b\r\n--b--\r\n";
        for cut in [Cut::Length, Cut::Boundary] {
            assert_eq!(pictures(body, cut).unwrap(), [b"1\r\n".to_vec(), b"34".to_vec()], "{cut:?}");
        }
    }

    #[test]
    fn a_stream_that_sends_headers_in_advance_ends_without_an_empty_picture() {
        let body = "--b\r\nT: i\r\n\r\n12\r\n--b\r\nT: i\r\n\r\n\r\n--b--\r\n";
        assert_eq!(pictures(body, Cut::Boundary).unwrap(), [b"12".to_vec()]);
    }

    #[test]
    fn what_breaks_off_or_lies_about_its_length_is_an_error() {
        for body in [
            "--b\r\n",
            "--b\r\nContent-Length: 3\r\n\r\n1",
            "--b\r\nContent-Length: 1\r\n\r\n12\r\n--b\r\n--b--\r\n",
            "--b\r\n\r\n12\r\n--b\r\n--b--\r\n",
            "--c\r\n",
        ] {
            assert!(pictures(body, Cut::Length).is_err(), "{body:?}");
        }
        assert!(pictures("--b\r\n\r\n12\r\n--b", Cut::Boundary).is_err());
    }
}
