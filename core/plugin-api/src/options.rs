//! A plugin's options: one struct, from which the schema, the documentation and the checks come.

use crate::{Error, Result};
use schemars::JsonSchema;
use serde::de::DeserializeOwned;

/// A plugin's options: a struct that reads itself from the pipeline file and describes itself as a JSON Schema.
///
/// Write the struct under [`#[options]`](crate::options); the doc comments of its fields are the documentation that
/// users see. Words that every plugin uses in the same way: `width`, `height`, `fps`; units stand in the name
/// (`timeout_ms`). A path gets `#[schemars(extend("format" = "path"))]` and arrives absolute, reckoned from the
/// pipeline file's folder.
pub trait Options: DeserializeOwned + JsonSchema + 'static {}

impl<T: DeserializeOwned + JsonSchema + 'static> Options for T {}

/// The schema as JSON text.
pub(crate) fn schema<T: Options>() -> String {
    let settings = schemars::generate::SchemaSettings::draft2020_12();
    serde_json::to_string(&settings.into_generator().into_root_schema_for::<T>())
        .unwrap_or_else(|_| "true".into())
}

/// Options from the JSON text that the host sends.
pub(crate) fn parse<T: Options>(json: &str) -> Result<T> {
    // The host has checked against the schema already; a refusal here is for a rule that a schema cannot express.
    let mut from = serde_json::Deserializer::from_str(json);
    serde_path_to_error::deserialize(&mut from).map_err(|error| {
        let path = error.path().to_string();
        let text = error.into_inner().to_string();
        // The place is one in the host's JSON, which no user has seen.
        let text = text.split(" at line ").next().unwrap_or(&text).to_owned();
        let missing = text.strip_prefix("missing field `").and_then(|rest| rest.split('`').next());
        let path = match (path.as_str(), missing) {
            (".", None) => String::new(),
            (".", Some(name)) => name.to_owned(),
            (path, None) => path.to_owned(),
            (path, Some(name)) => format!("{path}.{name}"),
        };
        Error::option(path, text)
    })
}

/// Whether these words are serde's, and not an author's: what it says of a value that has the wrong shape.
#[cfg(feature = "testing")]
pub(crate) fn is_serdes(message: &str) -> bool {
    [
        "invalid type",
        "invalid value",
        "invalid length",
        "unknown variant",
        "unknown field",
        "missing field",
        "data did not match",
    ]
    .iter()
    .any(|start| message.starts_with(start))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Deserialize, JsonSchema, Debug)]
    #[serde(deny_unknown_fields)]
    #[allow(dead_code, reason = "only read")]
    struct Zone {
        width: u32,
    }

    #[derive(Deserialize, JsonSchema, Debug)]
    #[serde(deny_unknown_fields)]
    #[allow(dead_code, reason = "only read")]
    struct Some {
        zones: Vec<Zone>,
        #[serde(default)]
        gain: f64,
    }

    #[test]
    fn what_is_refused_has_its_path() {
        for (json, path) in [
            (r#"{"zones": [], "gian": 1}"#, "gian"),
            (r#"{"zones": [], "gain": "much"}"#, "gain"),
            (r#"{"zones": [{"width": 1}, {"width": -1}]}"#, "zones[1].width"),
            (r#"{"zones": [{"width": 1, "hight": 2}]}"#, "zones[0].hight"),
            (r#"{"zones": [{}]}"#, "zones[0].width"),
            ("{}", "zones"),
            ("5", ""),
        ] {
            let refused = parse::<Some>(json).unwrap_err();
            assert_eq!(refused.option_path(), path, "{json}: {refused}");
            assert!(is_serdes(refused.message()), "{refused}");
            assert!(!refused.message().contains("line"), "{refused}");
        }
    }
}
