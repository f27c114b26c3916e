//! The part of the engine's state that answers depend on.

use mutoscope_plugin::serde::{Deserialize, Serialize};
use mutoscope_plugin::serde_json::Value;
use std::fmt;
use std::time::Duration;

/// The engine's state of one stream.
#[derive(Clone, Deserialize, PartialEq, Debug)]
#[serde(crate = "mutoscope_plugin::serde", default)]
pub(crate) struct Said {
    /// `starting`, `live`, `resting`, `gated`, `failed` or `ended`.
    pub(crate) state: String,
    /// True if there is no trouble; a camera that rests is healthy.
    pub(crate) healthy: bool,
    /// The trouble, if any.
    pub(crate) trouble: Option<Trouble>,
}

/// The trouble of a stream.
#[derive(Clone, Deserialize, PartialEq, Debug, Default)]
#[serde(crate = "mutoscope_plugin::serde", default)]
pub(crate) struct Trouble {
    stage: String,
    message: String,
    since: String,
    for_ms: f64,
    next_attempt_ms: Option<f64>,
}

/// A stream's health in the form that `/healthz` gives.
#[derive(Serialize, PartialEq, Debug)]
#[serde(crate = "mutoscope_plugin::serde")]
pub(crate) struct Health {
    /// As the engine says.
    pub(crate) healthy: bool,
    state: String,
    reason: Option<String>,
}

impl Default for Said {
    /// The default for a stream that the engine's state does not name: not healthy.
    fn default() -> Said {
        Said { state: "unknown".into(), healthy: false, trouble: None }
    }
}

impl Said {
    /// From the engine's words on a stream; what is not understood vouches for nothing.
    pub(crate) fn of(stream: &Value) -> Said {
        Said::deserialize(stream).unwrap_or_default()
    }

    /// Returns whether the engine's state names the stream.
    pub(crate) fn known(&self) -> bool {
        self.state != "unknown"
    }

    /// The health of the stream, with the reason.
    pub(crate) fn health(self) -> Health {
        let reason = match &self.trouble {
            Some(trouble) => Some(trouble.to_string()),
            None => (!self.known()).then(|| "the engine says nothing of this stream".into()),
        };
        Health { healthy: self.healthy, state: self.state, reason }
    }
}

impl Trouble {
    /// The time until the engine tries again; `None` while it tries, or if it does not.
    pub(crate) fn next_attempt(&self) -> Option<Duration> {
        Duration::try_from_secs_f64(self.next_attempt_ms? / 1000.0).ok()
    }
}

impl fmt::Display for Trouble {
    /// `source v4l2: no frame for 3.0 s, since 12:00:00 UTC, next attempt in 2.0 s`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.stage.is_empty() {
            write!(f, "{}: ", self.stage)?;
        }
        f.write_str(&self.message)?;
        let today = self.for_ms < 24.0 * 3_600_000.0;
        match self.since.strip_suffix('Z').and_then(|since| since.split_once('T')) {
            // The day is plain. A part of a second is of no use.
            Some((_, time)) if today => write!(f, ", since {} UTC", time.split('.').next().unwrap_or(time))?,
            _ if self.since.is_empty() => {}
            _ => write!(f, ", since {}", self.since)?,
        }
        match self.next_attempt() {
            Some(next) => write!(f, ", next attempt in {:.1} s", next.as_secs_f64()),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reading::Readings;
    use mutoscope_plugin::serde_json;
    use mutoscope_plugin::testing::TestHost;

    #[test]
    fn trouble_is_one_sentence() {
        let whole = r#"{"stage": "source v4l2", "message": "no frame for 3.0 s", "since": "2026-01-31T12:00:00.25Z",
            "for_ms": 1234, "attempts": 3, "next_attempt_ms": 2000}"#;
        for (json, text) in [
            (whole, "source v4l2: no frame for 3.0 s, since 12:00:00 UTC, next attempt in 2.0 s"),
            (
                &whole.replace("1234", "90000000").replace("2000", "null"),
                "source v4l2: no frame for 3.0 s, since 2026-01-31T12:00:00.25Z",
            ),
            (r#"{"message": "gone"}"#, "gone"),
        ] {
            assert_eq!(serde_json::from_str::<Trouble>(json).unwrap().to_string(), text);
        }
    }

    #[test]
    fn a_state_without_the_stream_or_without_sense_vouches_for_nothing() {
        let stand = TestHost::new();
        let readings = Readings::new(stand.context().services());
        let said = || readings.no_older_than(Duration::ZERO).said("camera");
        for state in ["", "7", "{}", r#"{"streams": {"other": {"healthy": true}}}"#, r#"{"streams": []}"#] {
            stand.set_state(state);
            let said = said();
            assert_eq!(said, Said::default(), "{state}");
            let health = said.health();
            assert!(!health.healthy && health.reason.is_some(), "{health:?}");
        }
        stand
            .set_state(r#"{"streams": {"camera": {"state": "resting", "healthy": true, "new": 1}}, "x": 2}"#);
        let health = said().health();
        assert_eq!(health, Health { healthy: true, state: "resting".into(), reason: None });
    }
}
