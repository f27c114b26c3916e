//! Writes the time of capture on pictures, straight on their planes.
//!
//! # Layout
//! `config` (what the pipeline file may say) → `clock` (a frame's time of capture as text) and `look` (colours, height,
//! corner) → `scribe` (the text on the planes, through `mutoscope-paint`). `notes` says what of a text is not drawn as it is
//! meant.

#![forbid(unsafe_code)]

mod clock;
mod config;
mod look;
mod notes;
mod scribe;
#[cfg(test)]
mod tests;

use clock::Clock;
use config::Options;
use look::Look;
use mutoscope_plugin::{Context, Format, Frame, Mode, Output, Result, Transform, Update};
use scribe::Scribe;

struct Stamp {
    clock: Clock,
    scribe: Scribe,
}

impl Stamp {
    fn new(options: &Options) -> Result<Stamp> {
        let (clock, look) = (Clock::new(options)?, Look::new(options)?);
        Ok(Stamp { clock, scribe: Scribe::new(options.font()?, look) })
    }
}

impl Transform for Stamp {
    type Options = Options;

    /// On planes of any kind, in their true size: the text has a height in pixels.
    fn modes(options: &Options, input: &Format) -> Result<Vec<Mode>> {
        // All options are looked at here too, so that a file can be checked without running it.
        let mut stamp = Stamp::new(options)?;
        if !input.kind.is_planes() || scribe::encoding(input).is_none() {
            return Ok(Vec::new());
        }
        let height = f64::from(stamp.scribe.text_height(input));
        let cost_us = if stamp.clock.shows_fractions() { CHANGING } else { STANDING };
        let way = Mode::new(*input, cost_us * height * height).stateless();
        let notes = notes::of(options, &mut stamp.clock, stamp.scribe.font())?;
        Ok(vec![notes.into_iter().fold(way, |way, (option, text)| way.note(option, text))])
    }

    fn open(options: Options, _: &Context) -> Result<Self> {
        clock::warn_of_missing_zone(&options);
        Stamp::new(&options)
    }

    fn process(&mut self, mut frame: Frame, ctx: &Context) -> Result<Output> {
        let text = self.clock.text(frame.times().wall_ns)?;
        self.scribe.write(text, &mut frame, ctx)?;
        Ok(frame.into())
    }

    fn update(&mut self, options: Options, _: &Context) -> Result<Update> {
        *self = Stamp::new(&options)?;
        Ok(Update::Applied)
    }
}

/// Microseconds for a text with lines one pixel high, as measured with 19 and 23 letters at 24 pixels; its area grows with
/// the square of its height. A text that stands for a second is only blended, one that changes is composed each time.
const STANDING: f64 = 5.0 / (24.0 * 24.0);
const CHANGING: f64 = 50.0 / (24.0 * 24.0);

mutoscope_plugin::export!(transform: Stamp);
