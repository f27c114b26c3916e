//! A camera without a camera: plays pictures from files, or draws a test pattern.
//!
//! # Layout
//!
//! What the pipeline file says is [`Options`] (`config`). With `frames`, a `Film` shows the files that `list` found:
//! each is a `picture` that `file` opens, passed on or turned by `jpeg`, or decoded by `decode`. Without, a [`pattern::Pattern`] is drawn.
//! `pace` says when, and from here the frame goes to the host.

#![forbid(unsafe_code)]

mod config;
mod decode;
mod file;
mod film;
mod jpeg;
mod list;
mod pace;
pub use mutoscope_pattern as pattern;
mod picture;

pub use config::{Frames, Options, Order};

use film::Film;
use mutoscope_plugin::{Context, Format, Frame, Kind, Offers, Result, Source, Update};
use pace::{Steady, WallClock};
use pattern::Pattern;

/// The source: what it shows, and what it was asked for.
pub struct Simulated {
    options: Options,
    shows: Shows,
}

enum Shows {
    /// The test pattern, and the number of the next frame.
    Pattern { pattern: Pattern, number: u32, pace: Steady },
    /// Pictures one after another, and the place of the next one; `None` after the last.
    Sequence { film: Film, next: Option<usize>, pace: Steady },
    /// The picture whose turn it is.
    Clock { film: Film, clock: WallClock },
}

impl Source for Simulated {
    type Options = Options;

    fn offers(options: &Options) -> Result<Offers> {
        options.check()?;
        let offers = match &options.frames {
            Some(frames) => Offers::format(film::first_format(frames)?),
            None => Offers::format(pattern_format(options)),
        };
        let offers = offers.at(options.fps).holds([""; 0]);
        Ok(if options.repeat || options.frames.is_none() { offers } else { offers.may_end() })
    }

    fn open(options: Options, _: &Context) -> Result<Self> {
        options.check()?;
        let pace = Steady::new(options.fps);
        let shows = match (&options.frames, options.order) {
            (None, _) => {
                let size = options.pattern_size();
                Shows::Pattern { pattern: Pattern::new(size.width, size.height)?, number: 0, pace }
            }
            (Some(frames), Order::Sequence) => {
                Shows::Sequence { film: Film::open(frames)?, next: Some(0), pace }
            }
            (Some(frames), Order::WallClock) => {
                Shows::Clock { film: Film::open(frames)?, clock: WallClock::new(options.fps) }
            }
        };
        Ok(Simulated { options, shows })
    }

    fn next_frame(&mut self, ctx: &Context) -> Result<Option<Frame>> {
        match &mut self.shows {
            Shows::Pattern { pattern, number, pace } => {
                if !pace.wait(ctx) {
                    return Ok(None);
                }
                let frame = pattern.draw(*number, ctx.now(), ctx)?;
                *number = number.wrapping_add(1);
                Ok(Some(frame))
            }
            Shows::Sequence { film, next, pace } => {
                let Some(from) = *next else { return Ok(None) };
                if !pace.wait(ctx) {
                    return Ok(None);
                }
                let shown = if self.options.repeat {
                    film.show_from(from % film.len(), ctx)?
                } else {
                    film.show_rest(from, ctx)?
                };
                *next = shown.as_ref().map(|(at, _)| at + 1);
                Ok(shown.map(|(_, frame)| frame))
            }
            Shows::Clock { film, clock } => {
                let Some(tick) = clock.wait(ctx) else { return Ok(None) };
                // The remainder is less than the number of pictures, so it fits.
                let at = tick.rem_euclid(film.len() as i64) as usize;
                Ok(film.show_from(at, ctx)?.map(|(_, frame)| frame))
            }
        }
    }

    fn update(&mut self, options: Options, _: &Context) -> Result<Update> {
        options.check()?;
        if (Options { fps: self.options.fps, ..options.clone() }) != self.options {
            return Ok(Update::Restart);
        }
        match &mut self.shows {
            Shows::Pattern { pace, .. } | Shows::Sequence { pace, .. } => pace.set_fps(options.fps),
            Shows::Clock { clock, .. } => *clock = WallClock::new(options.fps),
        }
        self.options = options;
        Ok(Update::Applied)
    }
}

fn pattern_format(options: &Options) -> Format {
    let size = options.pattern_size();
    Format::new(Kind::I420, size.width, size.height)
}

mutoscope_plugin::export!(source: Simulated);

#[cfg(test)]
mod tests;
