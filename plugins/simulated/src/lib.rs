//! A camera without a camera: plays pictures from files, or draws a test pattern.
//!
//! # Layout
//!
//! What the pipeline file says is [`Options`] (`config`). With `frames`, a `Film` shows the files that `list` found:
//! each is a `picture` that `file` opens, passed on or turned by `jpeg`, or decoded by `decode`; `foreign` knows the kinds that
//! cannot be. Without, a [`pattern::Pattern`] is drawn. `pace` says when, and from here the frame goes to the host. `place`
//! remembers where an instance was for the one that comes after it.

#![forbid(unsafe_code)]

mod config;
mod decode;
mod file;
mod film;
mod foreign;
mod jpeg;
mod list;
mod pace;
pub use mutoscope_pattern as pattern;
mod picture;
mod resume_point;
mod said;

pub use config::{Frames, Options, Order};

use film::Film;
use mutoscope_plugin::{Context, Format, Frame, PixelFormat, Result, Services, Source, SourceCaps, Update};
use pace::{Steady, WallClock};
use pattern::Pattern;
use resume_point::ResumePoint;

/// The source: what it shows, and what it was asked for.
pub struct Simulated {
    options: Options,
    shows: Shows,
    services: Services,
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

    fn caps(options: &Options) -> Result<SourceCaps> {
        options.check()?;
        let caps = match &options.frames {
            Some(frames) => {
                let film::Outline { format, notes } = film::outline(frames)?;
                let caps = format.map_or_else(SourceCaps::unknown, SourceCaps::format);
                notes.into_iter().fold(caps, |caps, (option, text)| caps.note(option, text))
            }
            None => SourceCaps::format(pattern_format(options)),
        };
        let caps = caps.at(options.fps).shareable();
        Ok(if options.repeat || options.frames.is_none() { caps } else { caps.may_end() })
    }

    fn open(options: Options, ctx: &Context) -> Result<Self> {
        options.check()?;
        let pace = Steady::new(options.fps);
        let place = resume_point::take(ctx);
        let shows = match (&options.frames, options.order) {
            (None, _) => {
                let size = options.pattern_size();
                let number = if let Some(ResumePoint::Number(number)) = place { number } else { 0 };
                Shows::Pattern { pattern: Pattern::new(size.width, size.height)?, number, pace }
            }
            (Some(frames), Order::Sequence) => {
                let film = Film::open(frames)?;
                let next = match place {
                    Some(ResumePoint::Picture(path, at)) => film.position(&path).map_or(at, |at| at + 1),
                    _ => 0,
                };
                Shows::Sequence { film, next: Some(next), pace }
            }
            (Some(frames), Order::WallClock) => {
                Shows::Clock { film: Film::open(frames)?, clock: WallClock::new(options.fps) }
            }
        };
        Ok(Simulated { options, shows, services: ctx.services() })
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

impl Drop for Simulated {
    fn drop(&mut self) {
        let place = match &self.shows {
            Shows::Pattern { number, .. } => Some(ResumePoint::Number(*number)),
            // A film that is shown once is shown from its start.
            Shows::Sequence { film, next: Some(next @ 1..), .. } if self.options.repeat => {
                let last = next - 1;
                film.path(last).map(|path| ResumePoint::Picture(path.to_owned(), last))
            }
            Shows::Sequence { .. } | Shows::Clock { .. } => None,
        };
        if let Some(place) = place {
            resume_point::leave(place, &self.services);
        }
    }
}

fn pattern_format(options: &Options) -> Format {
    let size = options.pattern_size();
    Format::new(PixelFormat::I420, size.width, size.height)
}

mutoscope_plugin::export!(source: Simulated);

#[cfg(test)]
mod tests;
