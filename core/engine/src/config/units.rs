//! Units of time, which are a part of a key's name: `timeout_ms`, `idle_timeout_s`.

use super::node::{Node, Value};
use super::way_out::number_in;
use crate::names::{nearest, plain};

/// How many seconds a unit has.
pub(super) fn seconds_in(unit: &str) -> Option<f64> {
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
pub(super) fn converted(value: f64, given: f64, own: f64) -> f64 {
    (value * given / own * 1e6).round() / 1e6
}

/// A name without its unit, and the unit.
fn split(name: &str) -> (&str, Option<&str>) {
    match name.rsplit_once('_') {
        Some((base, unit)) if seconds_in(unit).is_some() => (base, Some(unit)),
        _ => (name, None),
    }
}

/// The known key that a key means which has another unit or none (`timeout`, `idle_timeout_ms`), and how the value is
/// written then.
pub(super) fn right_but_for_its_unit<'a>(
    key: &str,
    node: &Node,
    known: &[&'a str],
) -> Option<(&'a str, String)> {
    let key = plain(key);
    let (base, given) = split(&key);
    let timed = || known.iter().map(|name| (*name, split(name))).filter(|(_, (_, unit))| unit.is_some());
    let meant = nearest(base, timed().map(|(_, (base, _))| base))?;
    let (name, (_, own)) = timed().find(|(_, (base, _))| *base == meant)?;
    let own = own.filter(|own| given != Some(own))?;
    let same = |value: f64| {
        let value = converted(value, seconds_in(given?)?, seconds_in(own)?);
        Some(format!("that is `{name}: {value}`"))
    };
    let help = match &node.value {
        Value::Number(number) => number.as_f64().and_then(same),
        Value::Text(text) | Value::Filled(text) => {
            number_in(text, Some(name), false).map(|mend| mend.sentence(&format!("{name}: ")))
        }
        _ => None,
    };
    let in_words = match own {
        "ms" => "it is in milliseconds, 1000 to a second",
        _ => "it is in seconds",
    };
    Some((name, help.unwrap_or_else(|| in_words.to_owned())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_without_its_unit_finds_it() {
        let known = ["source", "timeout_ms", "idle_timeout_s"];
        let meant = |key: &str, value| {
            let node = Node { text: 0, value };
            right_but_for_its_unit(key, &node, &known).map(|(name, help)| format!("{name}; {help}"))
        };
        let number = |n: f64| Value::Number(serde_json::Number::from_f64(n).unwrap());
        for (key, value, means) in [
            ("timeout_s", number(3.3), Some("timeout_ms; that is `timeout_ms: 3300`")),
            ("timeout-min", number(1.0), Some("timeout_ms; that is `timeout_ms: 60000`")),
            ("idle_timeout_ms", number(3300.0), Some("idle_timeout_s; that is `idle_timeout_s: 3.3`")),
            ("timeout", number(3.0), Some("timeout_ms; it is in milliseconds, 1000 to a second")),
            ("Idle_Timeout", Value::Null, Some("idle_timeout_s; it is in seconds")),
            (
                "timeout",
                Value::Text("2 s".into()),
                Some("timeout_ms; the number alone, in the unit of its name: `timeout_ms: 2000`"),
            ),
            // Only misspelt, or something else.
            ("timout_ms", number(3.0), None),
            ("source_ms", number(3.0), None),
            ("_s", number(3.0), None),
        ] {
            assert_eq!(meant(key, value).as_deref(), means, "{key}");
        }
    }
}
