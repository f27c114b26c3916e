//! The headers of a part that matter here.

/// The headers of a part.
#[derive(Clone, Copy, PartialEq, Default, Debug)]
pub struct Headers {
    /// `Content-Length`.
    pub length: Option<u64>,
    /// `X-Timestamp`: seconds since 1970, when the picture was captured (Mutoscope, mjpg-streamer) or sent (µStreamer).
    pub timestamp: Option<f64>,
    /// `X-Frame`, Mutoscope's own: how fresh the picture is.
    pub freshness: Option<Freshness>,
    /// There is a `Content-Type`, and it is not `image/jpeg`.
    pub other_type: bool,
    /// There is something in them that is no header.
    pub malformed: bool,
    /// The number of headers.
    pub count: u32,
}

/// The freshness of a picture.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Freshness {
    /// It is new.
    Live,
    /// It is the last good one, once more.
    Held,
    /// It stands in for one, and says why there is none.
    Placeholder,
}

impl Headers {
    /// Takes one line, without its end.
    pub(crate) fn line(&mut self, line: &[u8]) {
        self.count = self.count.saturating_add(1);
        let Some(colon) = line.iter().position(|byte| *byte == b':') else {
            self.malformed = true;
            return;
        };
        let (name, value) = (line[..colon].trim_ascii(), line[colon + 1..].trim_ascii());
        let is = |known: &str| name.eq_ignore_ascii_case(known.as_bytes());
        let text = || str::from_utf8(value).ok();
        if name.is_empty() {
            self.malformed = true;
        } else if is("Content-Length") {
            self.length = text().and_then(|text| text.parse().ok());
            self.malformed |= self.length.is_none();
        } else if is("Content-Type") {
            let kind = value.split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii();
            self.other_type =
                ![&b"image/jpeg"[..], b"image/jpg"].iter().any(|jpeg| kind.eq_ignore_ascii_case(jpeg));
        } else if is("X-Timestamp") {
            let seconds = text().and_then(|text| text.parse().ok());
            self.timestamp = seconds.filter(|seconds: &f64| seconds.is_finite());
        } else if is("X-Frame") {
            self.freshness = match value {
                b"live" => Some(Freshness::Live),
                b"held" => Some(Freshness::Held),
                b"placeholder" => Some(Freshness::Placeholder),
                _ => None,
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(lines: &[&str]) -> Headers {
        let mut headers = Headers::default();
        lines.iter().for_each(|line| headers.line(line.as_bytes()));
        headers
    }

    #[test]
    fn names_come_in_any_case_and_with_any_spaces() {
        let all = headers(&[
            "content-TYPE:image/jpeg; charset=x",
            "Content-length :  7",
            "x-timestamp: 12.5",
            "X-Frame: held",
        ]);
        let expected = Headers {
            length: Some(7),
            timestamp: Some(12.5),
            freshness: Some(Freshness::Held),
            count: 4,
            ..Headers::default()
        };
        assert_eq!(all, expected);
    }

    #[test]
    fn what_is_wrong_is_seen() {
        assert!(headers(&["Content-Type: text/html"]).other_type);
        for line in ["no header", ": nothing", "Content-Length: many", "Content-Length: -1"] {
            assert!(headers(&[line]).malformed, "{line}");
        }
        assert_eq!(
            headers(&["X-Timestamp: NaN", "X-Frame: odd"]),
            Headers { count: 2, ..Headers::default() }
        );
    }
}
