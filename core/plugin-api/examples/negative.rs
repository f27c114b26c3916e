//! A transform: black becomes white. Build it with `cargo build --example negative`.

use mutoscope_plugin::{Context, Format, Frame, Mode, Output, Result, Scaling, Transform, options};

/// A picture's negative. It has no options.
#[options]
pub struct Options {}

struct Negative;

impl Transform for Negative {
    type Options = Options;

    fn modes(_: &Options, input: &Format) -> Result<Vec<Mode>> {
        // A picture in planes, of any size, each for itself. The planner decodes JPEGs before it comes here.
        let cost_us = 0.1e-3 * input.size().pixels() as f64;
        let mode = Mode::new(*input, cost_us).scaling(Scaling::Free).stateless();
        Ok(if input.kind.is_planes() { vec![mode] } else { Vec::new() })
    }

    fn open(_: Options, _: &Context) -> Result<Self> {
        Ok(Negative)
    }

    fn process(&mut self, mut frame: Frame, ctx: &Context) -> Result<Output> {
        for plane in &mut frame.planes_mut(ctx)? {
            for byte in plane.rows_mut().flatten() {
                *byte = !*byte;
            }
        }
        Ok(frame.into())
    }
}

mutoscope_plugin::export!(transform: Negative);
