//! A server's answer: a stream, or a hint at what to ask for instead.

use crate::target::Target;
use hyper::header::{CONTENT_TYPE, HeaderName, LOCATION, TRANSFER_ENCODING};
use hyper::{Response, StatusCode};
use serde::Serialize;

/// An answer that is a stream.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Answer {
    /// `HTTP/1.1`
    pub version: String,
    /// True if it comes in chunks.
    pub chunked: bool,
    /// The boundary between the parts.
    pub boundary: String,
}

/// The paths at which servers have their streams.
const PATHS: &str = "Mutoscope and µStreamer have `/stream`, Mutoscope also `/NAME/stream`, mjpg-streamer has `/?action=stream`";

impl Answer {
    /// # Errors
    /// It is something else: what, and the way out.
    pub(crate) fn of<B>(response: &Response<B>, target: &Target) -> Result<Answer, String> {
        let header = |name: HeaderName| {
            response.headers().get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
        };
        let (status, path) = (response.status(), &target.path);
        match status {
            StatusCode::OK => {}
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN if target.authorization.is_some() => {
                return Err(format!("the user and the password are refused ({status})"));
            }
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
                return Err(format!(
                    "the server wants to know who asks ({status}): `http://USER:PASSWORD@HOST/…`"
                ));
            }
            StatusCode::NOT_FOUND => return Err(format!("there is nothing at `{path}` ({status}); {PATHS}")),
            StatusCode::SERVICE_UNAVAILABLE => {
                return Err(format!(
                    "the server has no stream to give now ({status}): too many viewers, or no camera"
                ));
            }
            status if status.is_redirection() => {
                let to = header(LOCATION).unwrap_or_else(|| "somewhere that it does not name".into());
                return Err(format!("the server sends to another place ({status}): probe `{to}`"));
            }
            status => return Err(format!("the server answers `{path}` with {status}")),
        }
        let kind = header(CONTENT_TYPE).unwrap_or_default();
        let main = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        if !main.starts_with("multipart/") {
            return Err(match main.as_str() {
                "image/jpeg" => format!("there is one picture at `{path}`, and no stream; {PATHS}"),
                "text/html" => format!("there is a page at `{path}`, and no stream; {PATHS}"),
                "" => format!(
                    "the answer to `{path}` has no Content-Type, and a stream has `multipart/x-mixed-replace`"
                ),
                other => format!(
                    "the answer to `{path}` is `{other}`, and a stream is `multipart/x-mixed-replace`; {PATHS}"
                ),
            });
        }
        let boundary =
            boundary(&kind).ok_or_else(|| format!("the answer's type names no boundary: `{kind}`"))?;
        let chunked =
            header(TRANSFER_ENCODING).is_some_and(|encoding| encoding.eq_ignore_ascii_case("chunked"));
        Ok(Answer { version: format!("{:?}", response.version()), chunked, boundary })
    }
}

/// The boundary that a type names: `multipart/x-mixed-replace; boundary="frame"`.
fn boundary(kind: &str) -> Option<String> {
    let mut parameters = kind.split(';').skip(1).filter_map(|parameter| parameter.split_once('='));
    let (_, value) = parameters.find(|(name, _)| name.trim().eq_ignore_ascii_case("boundary"))?;
    let value = value.trim();
    let bare = value.strip_prefix('"').and_then(|value| value.strip_suffix('"')).unwrap_or(value);
    (!bare.is_empty()).then(|| bare.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_boundary_is_named_in_several_ways() {
        for (kind, expected) in [
            ("multipart/x-mixed-replace;boundary=frame", Some("frame")),
            ("multipart/x-mixed-replace; charset=x; Boundary = \"a b\"", Some("a b")),
            ("multipart/x-mixed-replace; boundary=--myboundary", Some("--myboundary")),
            ("multipart/x-mixed-replace", None),
            ("multipart/x-mixed-replace; boundary=", None),
        ] {
            assert_eq!(boundary(kind).as_deref(), expected, "{kind}");
        }
    }
}
