//! Units of time, which are a part of a key's name: `timeout_ms`, `idle_timeout_s`.

/// Returns how many seconds a unit has.
pub(crate) fn seconds_in(unit: &str) -> Option<f64> {
    match unit {
        "us" | "µs" => Some(1e-6),
        "ms" | "msec" | "millis" | "milliseconds" => Some(1e-3),
        "s" | "sec" | "secs" | "seconds" => Some(1.0),
        "m" | "min" | "minutes" => Some(60.0),
        "h" | "hours" => Some(3600.0),
        _ => None,
    }
}

/// A number in another unit, both in seconds; to a millionth, so that 3.3 stays 3.3.
pub(crate) fn converted(value: f64, given: f64, own: f64) -> f64 {
    (value * given / own * 1e6).round() / 1e6
}
