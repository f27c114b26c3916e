//! [`Modes`] as real plugins answer them.

use super::{Conversion, Modes};
use mutoscope_plugin::host::{Failure, TransformKind};
use mutoscope_plugin::{Format, Mode};

/// The plugins of a pipeline, asked with the options that its file gives them.
#[derive(Clone, Default)]
pub struct PluginModes {
    /// Stream by stream, each transform with its options as JSON text.
    pub transforms: Vec<Vec<(TransformKind, String)>>,
    /// The plugin that encodes and decodes, if it is there.
    pub jpeg: Option<TransformKind>,
    /// The plugin that converts between raw formats, if it is there.
    pub convert: Option<TransformKind>,
}

impl PluginModes {
    /// The plugin that does a conversion, if it is there.
    pub fn converter(&self, conversion: &Conversion) -> Option<TransformKind> {
        match conversion {
            Conversion::Decode { .. } | Conversion::Encode => self.jpeg,
            Conversion::Convert | Conversion::To(_) => self.convert,
        }
    }
}

impl Modes for PluginModes {
    fn transform(&self, stream: usize, index: usize, input: &Format) -> Result<Vec<Mode>, Failure> {
        let (kind, options) = &self.transforms[stream][index];
        let modes = kind.modes(options, input)?;
        match modes.iter().find(|mode| !is_possible(&mode.gives)) {
            Some(mode) => {
                Err(Failure::new(format!("it says that it would give {}, which no frame can be", mode.gives)))
            }
            None => Ok(modes),
        }
    }

    fn conversion(&self, conversion: &Conversion, input: &Format) -> Result<Vec<Mode>, Failure> {
        let Some(plugin) = self.converter(conversion) else { return Ok(Vec::new()) };
        let options = serde_json::Value::Object(conversion.options()).to_string();
        plugin.modes(&options, input)
    }
}

fn is_possible(format: &Format) -> bool {
    let sides = 1..=Format::MAX_SIDE;
    format.kind.class().is_some()
        && sides.contains(&format.width)
        && sides.contains(&format.height)
        && format.size().pixels() <= Format::MAX_PIXELS
}
