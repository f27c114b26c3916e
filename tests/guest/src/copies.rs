//! Copies of a frame's bytes on their way from the driver to the socket, by the program's own counters.

use crate::server::{Server, sees};
use mutoscope_tests::until;
use serde_json::Value;
use std::ops::RangeInclusive;

/// The one thing that is done to them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Once {
    Copied,
    Converted,
    /// Either: where a driver's planes are a JPEG's already, there is nothing to convert.
    Any,
}

/// Checks that each byte of the camera's frames, whose sizes lie in `bytes`, was moved once, in the way `how`.
///
/// # Errors
///
/// It was not.
pub fn once(state: &Value, how: Once, bytes: RangeInclusive<u64>) -> Result<(), String> {
    let stream = &state["streams"]["camera"];
    let of = |part: &Value, name: &str| part["counters"][name].as_u64().unwrap_or(0);
    let [copied, converted] = ["bytes_copied", "bytes_converted"].map(|name| of(&stream["source"], name));
    let is_so = match how {
        Once::Copied => converted == 0,
        Once::Converted => copied == 0,
        Once::Any => copied == 0 || converted == 0,
    };
    if !is_so {
        return Err(format!("{copied} bytes copied and {converted} converted, and not {how:?} alone"));
    }
    let frames = stream["source"]["frames"].as_u64().unwrap_or(0);
    let moved = copied + converted;
    // A frame may be under way between the two numbers, and another be left out.
    let may_be = frames.saturating_sub(2) * bytes.start()..=(frames + 2) * bytes.end();
    if frames < 10 || !may_be.contains(&moved) {
        return Err(format!("{moved} bytes moved in {frames} frames of {bytes:?}"));
    }
    let lists = [&state["sinks"]].into_iter().chain(
        state["streams"]
            .as_object()
            .into_iter()
            .flat_map(|streams| streams.values())
            .map(|stream| &stream["stages"]),
    );
    let mut others = lists.filter_map(Value::as_array).flatten();
    match others.find(|part| of(part, "bytes_copied") + of(part, "bytes_converted") > 0) {
        Some(part) => Err(format!("moved again: {part}")),
        None => Ok(()),
    }
}

/// A stream that writes on pictures which another one shows as they are has to copy them: the account has to say so.
pub fn one_too_many() {
    let file = "streams:\n  camera: { source: { plugin: v4l2, width: 640, height: 360, fps: 30, format: yuyv } }\n  \
                stamped: { from: camera, transforms: [ { plugin: timestamp } ] }\n\
                sink: { plugin: mjpeg, listen: 127.0.0.1:0 }\n";
    let server = Server::written("copied", file);
    let raw = 2 * 640 * 360;
    let plain = server.viewer();
    sees(&plain, 20, "live");
    assert_eq!(once(&server.whole_state(), Once::Converted, raw..=raw), Ok(()));
    let stamped = server.watch("stamped");
    sees(&stamped, 20, "live");
    let why = until("a second copy", || once(&server.whole_state(), Once::Converted, raw..=raw).err());
    assert!(why.contains("moved again") && why.contains("timestamp"), "{why}");
    server.stop();
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn state(copied: u64, converted: u64, elsewhere: u64) -> Value {
        json!({
            "streams": { "camera": {
                "source": { "frames": 100, "counters": { "bytes_copied": copied, "bytes_converted": converted } },
                "stages": [{ "stage": "jpeg (encode)", "counters": {} }, { "counters": { "bytes_copied": elsewhere } }],
            } },
            "sinks": [{ "counters": { "bytes_sent": 123 } }],
        })
    }

    #[test]
    fn what_is_moved_once_is_told_from_what_is_moved_more_often_or_not_at_all() {
        assert_eq!(once(&state(5000, 0, 0), Once::Copied, 50..=50), Ok(()));
        assert_eq!(once(&state(0, 4950, 0), Once::Converted, 50..=50), Ok(()));
        assert_eq!(once(&state(0, 4950, 0), Once::Any, 50..=50), Ok(()));
        for (wrong, how) in [
            (state(10_000, 0, 0), Once::Copied),
            (state(0, 0, 0), Once::Copied),
            (state(5000, 5000, 0), Once::Any),
            (state(5000, 0, 0), Once::Converted),
            (state(0, 5000, 0), Once::Copied),
            (state(5000, 0, 1), Once::Copied),
        ] {
            assert!(once(&wrong, how, 50..=50).is_err(), "{wrong}");
        }
    }
}
