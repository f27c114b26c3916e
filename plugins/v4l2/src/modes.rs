//! The formats of a device, with their sizes and rates.

use crate::kernel::{self, DISCRETE, Fraction, Plain};
use crate::node::Node;
use crate::pixel::{self, Pixel};
use mutoscope_plugin::Size;

/// The formats of a device, with their sizes and rates.
#[derive(Clone, Debug, Default)]
pub(crate) struct Modes {
    pub(crate) formats: Vec<CaptureMode>,
    /// Formats that nothing here can take, by the kernel's codes.
    pub(crate) foreign: Vec<String>,
}

/// A format that a device has, with its sizes.
#[derive(Clone, Debug)]
pub(crate) struct CaptureMode {
    pub(crate) pixel: Pixel,
    pub(crate) sizes: Vec<Sizes>,
}

/// A size, or a span of them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Sizes {
    pub(crate) least: Size,
    pub(crate) most: Size,
    pub(crate) step: Size,
}

/// A time between pictures, or a span of them.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Rates {
    pub(crate) slowest: f64,
    pub(crate) fastest: f64,
}

impl Sizes {
    pub(crate) fn one(size: Size) -> Sizes {
        Sizes { least: size, most: size, step: Size::new(1, 1) }
    }

    pub(crate) fn has(&self, size: Size) -> bool {
        self.nearest(size) == size
    }

    /// The size of these that comes nearest.
    pub(crate) fn nearest(&self, size: Size) -> Size {
        let side = |wanted: u32, least: u32, most: u32, step: u32| {
            let over = wanted.clamp(least, most.max(least)) - least;
            let step = step.max(1);
            let down = least + over / step * step;
            // Upwards where that is nearer and there is one.
            let up = down + step;
            if up <= most && wanted > down && up - wanted.min(up) < wanted - down { up } else { down }
        };
        Size::new(
            side(size.width, self.least.width, self.most.width, self.step.width),
            side(size.height, self.least.height, self.most.height, self.step.height),
        )
    }
}

impl std::fmt::Display for Sizes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.least == self.most { self.least.fmt(f) } else { write!(f, "{} to {}", self.least, self.most) }
    }
}

impl Rates {
    pub(crate) fn one(fps: f64) -> Rates {
        Rates { slowest: fps, fastest: fps }
    }

    /// The rate of these that comes nearest.
    pub(crate) fn nearest(&self, fps: f64) -> f64 {
        fps.clamp(self.slowest, self.fastest)
    }
}

impl std::fmt::Display for Rates {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (slowest, fastest) = (rounded(self.slowest), rounded(self.fastest));
        if slowest == fastest { slowest.fmt(f) } else { write!(f, "{slowest} to {fastest}") }
    }
}

/// A rate as people write it: 29.97, 30, 7.5.
pub(crate) fn rounded(fps: f64) -> f64 {
    (fps * 100.0).round() / 100.0
}

/// Returns whether two rates look the same to a viewer: 30 and 29.97 are not asked for apart from each other.
pub(crate) fn same_rate(a: f64, b: f64) -> bool {
    (a - b).abs() <= 0.01 * a.max(b)
}

/// Pictures per second of a time per picture.
pub(crate) fn fps(interval: Fraction) -> Option<f64> {
    (interval.numerator > 0 && interval.denominator > 0)
        .then(|| f64::from(interval.denominator) / f64::from(interval.numerator))
}

/// The time per picture of pictures per second.
pub(crate) fn interval(fps: f64) -> Fraction {
    let whole = |number: f64| (number - number.round()).abs() < 1e-6;
    for numerator in [1, 2] {
        if whole(fps * f64::from(numerator)) {
            return Fraction { numerator, denominator: (fps * f64::from(numerator)).round() as u32 };
        }
    }
    // NTSC's: 29.97 is 30000 in 1001 seconds.
    if (fps.ceil() / 1.001 - fps).abs() < 0.005 {
        return Fraction { numerator: 1001, denominator: fps.ceil() as u32 * 1000 };
    }
    // Microseconds do for everything up to a thousand a second.
    Fraction { numerator: (1e6 / fps).round() as u32, denominator: 1_000_000 }
}

impl Modes {
    /// All that a device says it can do, but for the rates, which are asked for a size.
    pub(crate) fn of(node: &Node) -> Modes {
        let mut modes = Modes::default();
        for described in node.each(&kernel::ENUM_FMT, |index| kernel::FormatDescription {
            index,
            kind: kernel::CAPTURE,
            ..kernel::FormatDescription::zeroed()
        }) {
            match Pixel::of(described.pixel_format) {
                Some(pixel) => {
                    modes.formats.push(CaptureMode { pixel, sizes: sizes(node, described.pixel_format) })
                }
                None => modes.foreign.push(pixel::code(described.pixel_format)),
            }
        }
        modes
    }
}

fn sizes(node: &Node, pixel_format: u32) -> Vec<Sizes> {
    let mut sizes = Vec::new();
    for found in node.each(&kernel::ENUM_FRAMESIZES, |index| kernel::FrameSize {
        index,
        pixel_format,
        ..kernel::FrameSize::zeroed()
    }) {
        let [a, b, c, d, e, f] = found.sides;
        if found.kind == DISCRETE {
            sizes.push(Sizes::one(Size::new(a, b)));
        } else {
            sizes.push(Sizes { least: Size::new(a, d), most: Size::new(b, e), step: Size::new(c, f) });
            // A span is the only answer.
            break;
        }
    }
    sizes
}

/// The rates of a format at a size; none if the device does not tell.
pub(crate) fn rates(node: &Node, pixel_format: u32, size: Size) -> Vec<Rates> {
    let mut rates = Vec::new();
    for found in node.each(&kernel::ENUM_FRAMEINTERVALS, |index| kernel::FrameInterval {
        index,
        pixel_format,
        width: size.width,
        height: size.height,
        ..kernel::FrameInterval::zeroed()
    }) {
        let [from, to, _] = found.intervals.map(fps);
        if found.kind == DISCRETE {
            rates.extend(from.map(Rates::one));
        } else {
            // The shortest time is the fastest rate.
            if let (Some(fastest), Some(slowest)) = (from, to) {
                rates.push(Rates { slowest, fastest });
            }
            break;
        }
    }
    rates
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_of_a_span_keeps_to_its_steps() {
        let sizes = Sizes { least: Size::new(48, 32), most: Size::new(640, 480), step: Size::new(16, 8) };
        assert!(sizes.has(Size::new(640, 480)) && sizes.has(Size::new(64, 40)));
        assert_eq!(sizes.nearest(Size::new(65, 39)), Size::new(64, 40));
        assert_eq!(sizes.nearest(Size::new(1, 9999)), Size::new(48, 480));
        assert!(!Sizes::one(Size::new(320, 240)).has(Size::new(320, 200)));
    }

    #[test]
    fn rates_become_the_fractions_that_drivers_list() {
        for (rate, numerator, denominator) in
            [(30.0, 1, 30), (7.5, 2, 15), (29.97, 1001, 30_000), (0.5, 2, 1), (1000.0, 1, 1000)]
        {
            assert_eq!(interval(rate), Fraction { numerator, denominator }, "{rate}");
            let back = fps(interval(rate)).unwrap();
            assert!(same_rate(back, rate), "{back} for {rate}");
        }
        assert_eq!(fps(Fraction { numerator: 0, denominator: 30 }), None);
        let odd = fps(interval(13.37)).unwrap();
        assert!((odd - 13.37).abs() < 0.01, "{odd}");
    }
}
