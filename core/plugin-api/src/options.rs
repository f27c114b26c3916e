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
    // The host has checked against the schema already; what is refused here is what a schema cannot say.
    serde_json::from_str(json).map_err(|error| {
        let text = error.to_string();
        // The place is one in the host's JSON, which no user has seen.
        let text = text.split(" at line ").next().unwrap_or(&text).to_owned();
        let field = ["unknown field `", "missing field `"]
            .iter()
            .find_map(|start| text.strip_prefix(start)?.split('`').next())
            .unwrap_or_default()
            .to_owned();
        Error::option(field, text)
    })
}
