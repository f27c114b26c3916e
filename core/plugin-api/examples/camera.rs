//! A source: a grey that grows lighter. Build it with `cargo build --example camera`.
//!
//! A plugin is a crate of its own, whose name is the plugin's; `mutoscope new source NAME` writes one.

use mutoscope_plugin::{Context, Format, Frame, Result, Source, SourceCaps, options};
use std::time::Duration;

/// A grey that grows lighter.
#[options]
#[serde(default)]
pub struct Options {
    /// Pictures per second.
    #[schemars(range(min = 0.1, max = 100.0))]
    fps: f64,
}

impl Default for Options {
    fn default() -> Self {
        Options { fps: 10.0 }
    }
}

struct Dawn {
    options: Options,
    shade: u8,
}

impl Source for Dawn {
    type Options = Options;

    fn caps(options: &Options) -> Result<SourceCaps> {
        Ok(SourceCaps::format(Format::grey(64, 48)).at(options.fps).shareable())
    }

    fn open(options: Options, _: &Context) -> Result<Self> {
        Ok(Dawn { options, shade: 0 })
    }

    fn next_frame(&mut self, ctx: &Context) -> Result<Option<Frame>> {
        if !ctx.sleep(Duration::from_secs_f64(1.0 / self.options.fps)) {
            return Ok(None); // the pipeline stops
        }
        self.shade = self.shade.wrapping_add(1);
        Ok(Some(Frame::from_vec(Format::grey(64, 48), vec![self.shade; 64 * 48], ctx.now())?))
    }
}

mutoscope_plugin::export!(source: Dawn);
