//! A client's reading of one part.

use crate::parts::Part;
use mutoscope_pattern as pattern;
use mutoscope_plugin::Plane;
use mutoscope_plugin_faulty::Number;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// The freshness of a picture, from `X-Frame`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum PictureState {
    /// The camera's present picture.
    Live,
    /// The last picture once more.
    Held,
    /// The program's own, which says why there is no other.
    Placeholder,
}

/// One part, looked at.
#[derive(Clone, Debug)]
pub struct Seen {
    /// Time of arrival.
    pub at: Instant,
    /// Freshness by the server; `None` where the client gets no headers.
    pub kind: Option<PictureState>,
    /// The frame's number in its stream, by the server; `None` where the client gets no headers.
    pub sequence: Option<u64>,
    /// Time of capture by the server, in seconds since 1970; `None` where the client gets no headers.
    pub captured: Option<f64>,
    /// Time of arrival, in seconds since 1970.
    pub wall: f64,
    /// Number in the picture itself.
    pub number: Option<Number>,
}

impl Seen {
    /// Looks at a part that has just come.
    ///
    /// # Errors
    /// It is not whole, or has not the headers that it must have; in a sentence.
    pub fn of(part: &Part) -> Result<Seen, String> {
        let at = Instant::now();
        let wall = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64();
        let mut seen = Seen { at, kind: None, sequence: None, captured: None, wall, number: None };
        if part.header("content-length").is_some() {
            seen.kind = Some(match part.header("x-frame") {
                Some("live") => PictureState::Live,
                Some("held") => PictureState::Held,
                Some("placeholder") => PictureState::Placeholder,
                other => return Err(format!("a part with X-Frame {other:?}")),
            });
            let sequence = part.header("x-sequence").and_then(|value| value.parse().ok());
            seen.sequence = Some(sequence.ok_or("a part without a number in X-Sequence")?);
            let captured = part.header("x-timestamp").and_then(|value| value.parse().ok());
            seen.captured = Some(captured.ok_or("a part without a time in X-Timestamp")?);
        }
        seen.number = number(&part.picture)?;
        Ok(seen)
    }
}

/// Reads a picture's number; `None` if it has none.
fn number(jpeg: &[u8]) -> Result<Option<Number>, String> {
    if !jpeg.starts_with(&[0xff, 0xd8]) || !jpeg.ends_with(&[0xff, 0xd9]) {
        return Err(format!("a picture of {} bytes that is not whole", jpeg.len()));
    }
    let picture = mutoscope_frames::jpeg::decode(jpeg);
    let picture = picture.map_err(|error| format!("a picture of {} bytes: {error}", jpeg.len()))?;
    let (width, height, grey) = (picture.width as usize, picture.height as usize, picture.grey());
    let luma = Plane { data: &grey, stride: width, width, height };
    Ok(pattern::read_counter(luma).map(Number::from_bits))
}
