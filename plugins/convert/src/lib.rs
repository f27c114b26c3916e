//! Converts pixels: from the formats at a source's edge (packed, semi-planar, RGB, Bayer, 16-bit) to the planes that a
//! pipeline works on, and back; between subsamplings, colour matrices and ranges. The planner puts it behind a source that
//! gives no planes, or planes in other colours than a JPEG's.
//!
//! # Layout
//! `config` (what the pipeline file may say, and what format that comes to), `cost` (what it takes); the work is
//! `mutoscope_pixels`.

#![forbid(unsafe_code)]

mod config;
mod cost;
#[cfg(test)]
mod tests;

use config::Options;
use mutoscope_pixels::Converter;
use mutoscope_plugin::{Context, Error, Format, Frame, Mode, Output, Result, Scaling, Transform, Update};

struct Convert {
    options: Options,
    converter: Converter,
}

impl Transform for Convert {
    type Options = Options;

    fn modes(options: &Options, input: &Format) -> Result<Vec<Mode>> {
        let Some(gives) = options.output(input) else { return Ok(Vec::new()) };
        let cost_us = if gives == *input { 0.0 } else { cost::microseconds(input, &gives) };
        // It does the same to a picture of any size.
        Ok(vec![Mode::new(gives, cost_us).scaling(Scaling::Free).stateless()])
    }

    fn open(options: Options, _: &Context) -> Result<Self> {
        Ok(Convert { options, converter: Converter::default() })
    }

    fn process(&mut self, frame: Frame, ctx: &Context) -> Result<Output> {
        let format = frame.format();
        let to = self
            .options
            .output(&format)
            .ok_or_else(|| Error::new(format!("`convert` cannot work on {format}")))?;
        if to == format {
            return Ok(frame.into());
        }
        Ok(self.converter.convert(&frame, to, ctx)?.into())
    }

    fn update(&mut self, _: Options, _: &Context) -> Result<Update> {
        // Whatever changes is another format, and that another plan.
        Ok(Update::Restart)
    }
}

mutoscope_plugin::export!(transform: Convert);
