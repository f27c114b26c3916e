//! From a time of capture to the text that is shown.

use crate::config::Options;
use jiff::{Timestamp, fmt::strtime, tz::TimeZone};
use mutoscope_plugin::{Error, Result, tracing};

/// Longer formats are a mistake, and would cost more than a picture.
const MAX_FORMAT: usize = 1000;

const SECOND: i64 = 1_000_000_000;

/// Tells times as text, and keeps the last one.
pub(crate) struct Clock {
    format: String,
    zone: TimeZone,
    /// Nanoseconds for which a text holds: a second, or 1 if the format shows fractions.
    step_ns: i64,
    /// The number of the step that `text` is for.
    step: Option<i64>,
    text: String,
}

impl Clock {
    /// # Errors
    /// The format or the time zone does not exist.
    pub(crate) fn new(options: &Options) -> Result<Clock> {
        if options.format.len() > MAX_FORMAT {
            let text =
                format!("a format of {} bytes; at most {MAX_FORMAT} are allowed", options.format.len());
            return Err(Error::option("format", text));
        }
        let zone = match &options.time_zone {
            Some(name) => zone(name)?,
            None => local_zone(),
        };
        let mut clock = Clock {
            format: with_line_breaks(&options.format),
            zone,
            step_ns: 1,
            step: None,
            text: String::new(),
        };
        // Two moments of one second that have no digit in common: asked of the formatter, as only it knows its codes.
        let mut at = |nanosecond| {
            clock.text(1_767_225_600 * SECOND + nanosecond).map(str::to_owned).map_err(|error| {
                Error::option(
                    "format",
                    format!(
                        "not a strftime format: {}; an example is \"%Y-%m-%d %H:%M:%S\"",
                        error.message()
                    ),
                )
            })
        };
        if at(123_456_789)? == at(987_654_321)? {
            clock.step_ns = SECOND;
        }
        clock.step = None;
        Ok(clock)
    }

    /// Returns whether the text changes within a second.
    pub(crate) fn shows_fractions(&self) -> bool {
        self.step_ns != SECOND
    }

    /// The text for a moment, in nanoseconds since 1970-01-01 00:00:00 UTC.
    ///
    /// # Errors
    /// The format cannot be applied.
    pub(crate) fn text(&mut self, wall_ns: i64) -> Result<&str> {
        let step = wall_ns.div_euclid(self.step_ns);
        if self.step != Some(step) {
            let moment = Timestamp::from_nanosecond(wall_ns.into())?.to_zoned(self.zone.clone());
            self.text = strtime::format(&self.format, &moment)?;
            self.step = Some(step);
        }
        Ok(&self.text)
    }
}

/// Returns the format with a line break for each `\n`, which YAML leaves as two characters in single quotes and without quotes;
/// `\\n` is a backslash and an n.
fn with_line_breaks(format: &str) -> String {
    let mut text = String::with_capacity(format.len());
    let mut rest = format;
    while let Some(at) = rest.find('\\') {
        let (before, from) = rest.split_at(at);
        text += before;
        let (len, instead) = match from.as_bytes() {
            [b'\\', b'\\', b'n', ..] => (3, "\\n"),
            [b'\\', b'n', ..] => (2, "\n"),
            _ => (1, "\\"),
        };
        text += instead;
        rest = &from[len..];
    }
    text + rest
}

fn zone(name: &str) -> Result<TimeZone> {
    TimeZone::get(name).map_err(|_| {
        let text = format!(
            "{name:?} is no time zone that this machine or the program knows: an IANA name such as Europe/Berlin, \
             America/New_York or UTC is expected"
        );
        Error::option("time_zone", text)
    })
}

/// The machine's zone, or UTC where it has none, as in a bare container.
fn local_zone() -> TimeZone {
    TimeZone::try_system().unwrap_or(TimeZone::UTC)
}

/// Tells the log if it is UTC only for want of the machine's own zone: once for an instance, not for each plan.
pub(crate) fn warn_of_missing_zone(options: &Options) {
    if options.time_zone.is_none()
        && let Err(error) = TimeZone::try_system()
    {
        tracing::warn!(
            "this machine's time zone cannot be found, so UTC is shown; name one with time_zone ({error})"
        );
    }
}
