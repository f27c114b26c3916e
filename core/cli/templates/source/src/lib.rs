//! A source for Mutoscope: rings spread from two points that wander, and cross each other.
//!
//! A camera has the same shape: `open` opens its device, `next_frame` waits for its next picture. The documentation of
//! `Source` says what each method may do, on which thread it runs and how long it may take.

#![forbid(unsafe_code)]

use mutoscope_plugin::{
    Context, Format, Frame, PixelFormat, Result, Source, SourceCaps, Times, Update, options,
};
use std::f32::consts::TAU;
use std::time::Duration;

/// What a pipeline file may say after `plugin: my-source`. These comments are the only text about the options:
/// `mutoscope plugins show my-source` shows them, and so do editors that know the schema.
#[options]
#[serde(default)]
pub struct Options {
    /// Width of the picture in pixels.
    #[schemars(range(min = 1, max = 8192))]
    width: u32,
    /// Height of the picture in pixels.
    #[schemars(range(min = 1, max = 8192))]
    height: u32,
    /// Pictures per second.
    #[schemars(range(min = 0.1, max = 120.0))]
    fps: f64,
    /// How fast the rings spread; at 0 they stand still.
    #[schemars(range(min = 0.0, max = 10.0))]
    speed: f64,
    /// Which colours they have.
    palette: Palette,
}

/// Colours, from one side of the picture to the other.
#[options]
#[derive(Copy, PartialEq)]
#[serde(rename_all = "kebab-case")]
pub enum Palette {
    /// From blue to green.
    Sea,
    /// From red to yellow.
    Fire,
    /// None.
    Grey,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            width: 640,
            height: 480,
            fps: 25.0,
            speed: 1.0,
            palette: Palette::Sea,
        }
    }
}

/// The source at work. A camera's handle would stand here; it need not be `Send`.
struct Rings {
    options: Options,
    /// One period of a wave, as brightness.
    wave: [u8; 256],
    /// How far the rings have come, in seconds at speed 1.
    time: f64,
    /// When the last picture was made.
    last: Option<Times>,
}

impl Source for Rings {
    type Options = Options;

    fn caps(options: &Options) -> Result<SourceCaps> {
        let format = Format::new(PixelFormat::I420, options.width, options.height);
        // A camera names what only one instance can hold: `.exclusive([&options.device])`.
        Ok(SourceCaps::format(format).at(options.fps).shareable())
    }

    fn open(options: Options, _: &Context) -> Result<Self> {
        let wave = std::array::from_fn(|n| (128.0 + 100.0 * (n as f32 / 256.0 * TAU).sin()) as u8);
        mutoscope_plugin::tracing::debug!(?options, "open");
        Ok(Rings {
            options,
            wave,
            time: 0.0,
            last: None,
        })
    }

    fn next_frame(&mut self, ctx: &Context) -> Result<Option<Frame>> {
        // A camera would wait for its picture here, and an error would say that it is lost: the program opens it again.
        let period = Duration::from_secs_f64(1.0 / self.options.fps);
        let passed = self.last.map_or(period, |last| ctx.now().since(last));
        if !ctx.sleep(period.saturating_sub(passed)) {
            return Ok(None); // The pipeline stops.
        }
        let now = ctx.now();
        if let Some(last) = self.last {
            self.time += now.since(last).as_secs_f64() * self.options.speed;
        }
        self.last = Some(now);
        self.draw(now, ctx).map(Some)
    }

    /// Optional: what can change while it runs. Without this method new options make a new instance.
    fn update(&mut self, options: Options, _: &Context) -> Result<Update> {
        if (options.width, options.height) != (self.options.width, self.options.height) {
            return Ok(Update::Restart);
        }
        self.options = options;
        Ok(Update::Applied)
    }
}

impl Rings {
    fn draw(&self, now: Times, ctx: &Context) -> Result<Frame> {
        let Options {
            width,
            height,
            palette,
            ..
        } = self.options;
        // Memory from the program's pool: three planes, brightness in full size, two of colour in half.
        let format = Format::new(PixelFormat::I420, width, height);
        let mut frame = Frame::pooled(format, now, ctx)?;
        let (width, height) = (width as f32, height as f32);
        let (a, b) = (self.point(0.7, 0.0), self.point(0.45, 2.0));
        // About a dozen rings from one side of the picture to the other.
        let rings = 12.0 * 256.0 / width.max(height);
        let phase = (self.time.fract() * 256.0) as f32;
        let planes = &mut frame.planes_mut(ctx)?;
        for (y, row) in planes[0].rows_mut().enumerate() {
            for (x, pixel) in row.iter_mut().enumerate() {
                let wave = |(at_x, at_y): (f32, f32)| {
                    let far = (x as f32 - at_x * width).hypot(y as f32 - at_y * height);
                    self.wave[(far * rings - phase) as i32 as u8 as usize]
                };
                *pixel = wave(a).midpoint(wave(b));
            }
        }
        // Cb and Cr at the left edge, and at the right one; 128 is no colour.
        let [left, right] = match palette {
            Palette::Sea => [[190, 90], [110, 70]],
            Palette::Fire => [[90, 210], [50, 150]],
            Palette::Grey => [[128, 128], [128, 128]],
        };
        for (plane, (left, right)) in planes[1..].iter_mut().zip(left.into_iter().zip(right)) {
            let (left, right, last) = (left as f32, right as f32, plane.width as f32);
            for row in plane.rows_mut() {
                for (x, pixel) in row.iter_mut().enumerate() {
                    *pixel = (left + (right - left) * x as f32 / last) as u8;
                }
            }
        }
        Ok(frame)
    }

    /// Where a point has wandered to, from 0 to 1 across and down.
    fn point(&self, pace: f64, start: f64) -> (f32, f32) {
        let angle = self.time * pace + start;
        (
            (0.5 + 0.4 * angle.cos()) as f32,
            (0.5 + 0.4 * (angle * 1.3).sin()) as f32,
        )
    }
}

mutoscope_plugin::export!(source: Rings);

#[cfg(test)]
mod tests {
    use mutoscope_plugin::serde_json::json;
    use mutoscope_plugin::testing::Conformance;

    /// Options, formats, stopping, threads, memory: what every plugin must keep. A failure says what was expected, and why
    /// it matters.
    #[test]
    fn keeps_what_every_plugin_must_keep() {
        let quick = json!({ "width": 63, "height": 47, "fps": 100 });
        Conformance::of(crate::plugin()).options(quick).check();
    }
}
