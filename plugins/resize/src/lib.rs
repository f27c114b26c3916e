//! Makes pictures smaller or larger: plane by plane, without a way over RGB.
//!
//! # Layout
//! `config` (what the pipeline file may say) → `geometry` (which part is taken, what size comes out) → `resizer` (the
//! pixels, some of the way by `fours`, by the filter's `kernels`). The planner hears from `Resize::modes` what size is wanted,
//! so that a JPEG is decoded at the smallest scale that is large enough.

#![forbid(unsafe_code)]

mod config;
mod fours;
mod geometry;
mod kernels;
mod resizer;
#[cfg(test)]
mod tests;

use config::{Filter, Options};
use geometry::Geometry;
use mutoscope_plugin::{Context, Format, Frame, Mode, Output, Result, Scaling, Transform, Update};
use resizer::PlaneResizer;

struct Resize {
    options: Options,
    resizer: PlaneResizer,
}

impl Transform for Resize {
    type Options = Options;

    /// A picture that has the size already passes through, whatever it is: a JPEG is not decoded for nothing.
    fn modes(options: &Options, input: &Format) -> Result<Vec<Mode>> {
        options.check()?;
        let geometry = Geometry::new(options, input.size())?;
        let scaling = Scaling::AtLeast(geometry.whole);
        Ok(if geometry.output == input.size() {
            vec![Mode::new(*input, 0.0).scaling(scaling).stateless()]
        } else if input.kind.is_planes() {
            let gives = input.with_size(geometry.output);
            vec![Mode::new(gives, cost_us(input, &geometry, options.filter)).scaling(scaling).stateless()]
        } else {
            Vec::new()
        })
    }

    fn open(options: Options, _: &Context) -> Result<Self> {
        options.check()?;
        Ok(Resize { options, resizer: PlaneResizer::default() })
    }

    fn process(&mut self, frame: Frame, ctx: &Context) -> Result<Output> {
        let geometry = Geometry::new(&self.options, frame.format().size())?;
        if geometry.output == frame.format().size() {
            return Ok(frame.into());
        }
        Ok(self.resizer.resize(&frame, &geometry, self.options.filter, ctx)?.into())
    }

    fn update(&mut self, options: Options, _: &Context) -> Result<Update> {
        options.check()?;
        self.options = options;
        Ok(Update::Applied)
    }
}

/// Microseconds for one frame: what each sample of the result costs, and each multiplication of the two passes,
/// vertical first. Fitted to the library in one call, from 960x540 to 1920x1080, up and down, with all filters, within a factor of
/// 1.6; lines that are shortened by `fours` cost less than is said here.
fn cost_us(input: &Format, geometry: &Geometry, filter: Filter) -> f64 {
    let output = input.with_size(geometry.output);
    let samples: usize = (0..3)
        .filter_map(|index| output.kind.plane_shape(index, output.width, output.height))
        .map(|(width, height)| width * height)
        .sum();
    let samples = samples as f64;
    if filter == Filter::Nearest {
        return 0.5e-3 * samples;
    }
    let across = geometry.part.width / f64::from(output.width);
    let down = geometry.part.height / f64::from(output.height);
    let taps = |scale: f64| 2.0 * filter.reach() * scale.max(1.0);
    samples * (2e-3 + 0.15e-3 * taps(across) + 0.04e-3 * across * taps(down))
}

mutoscope_plugin::export!(transform: Resize);
