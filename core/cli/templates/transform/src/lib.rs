//! A transform for Mutoscope: one half of the picture, and its mirror image in place of the other.
//!
//! The documentation of `Transform` says what each method may do, on which thread it runs and how long it may take.

#![forbid(unsafe_code)]

use mutoscope_plugin::{
    Context, Format, Frame, Mode, Output, PlaneMut, Result, Scaling, Transform, Update, options,
};

/// What a pipeline file may say after `plugin: my-transform`. These comments are the only text about the options:
/// `mutoscope plugins show my-transform` shows them, and so do editors that know the schema.
#[options]
#[serde(default)]
#[derive(Default)]
pub struct Options {
    /// The half that is kept, and shown again in the other one.
    keep: Half,
}

/// A half of the picture.
#[options]
#[derive(Copy, PartialEq, Default)]
#[serde(rename_all = "kebab-case")]
pub enum Half {
    /// The left one.
    #[default]
    Left,
    /// The right one.
    Right,
    /// The upper one.
    Top,
    /// The lower one.
    Bottom,
}

/// The transform at work. What it needs from one frame to the next would stand here.
struct Mirror {
    options: Options,
}

impl Transform for Mirror {
    type Options = Options;

    /// What it can work on, what comes out, and what it costs. JPEGs are decoded before they come here: on those it has
    /// no way.
    fn modes(_: &Options, input: &Format) -> Result<Vec<Mode>> {
        if !input.kind.is_planes() {
            return Ok(Vec::new());
        }
        let way = Mode::new(*input, 0.1e-3 * input.size().pixels() as f64);
        // The picture may be smaller than it will be shown, and each frame stands for itself.
        Ok(vec![way.scaling(Scaling::Free).stateless()])
    }

    fn open(options: Options, _: &Context) -> Result<Self> {
        Ok(Mirror { options })
    }

    fn process(&mut self, mut frame: Frame, ctx: &Context) -> Result<Output> {
        // Brightness and two planes of colour, in whatever size: each has its own middle.
        for plane in &mut frame.planes_mut(ctx)? {
            match self.options.keep {
                Half::Left => across(plane, |width, x| (x, width - 1 - x)),
                Half::Right => across(plane, |width, x| (width - 1 - x, x)),
                Half::Top => down(plane, |height, y| (y, height - 1 - y)),
                Half::Bottom => down(plane, |height, y| (height - 1 - y, y)),
            }
        }
        Ok(frame.into())
    }

    /// Optional: takes new options while it runs. Without this method they make a new instance.
    fn update(&mut self, options: Options, _: &Context) -> Result<Update> {
        self.options = options;
        Ok(Update::Applied)
    }
}

/// Copies columns: `places` gives from which to which, for the first half of them.
fn across(plane: &mut PlaneMut<'_>, places: impl Fn(usize, usize) -> (usize, usize)) {
    for row in plane.rows_mut() {
        for x in 0..row.len() / 2 {
            let (from, to) = places(row.len(), x);
            row[to] = row[from];
        }
    }
}

/// Copies lines. They may stand further apart than they are wide.
fn down(plane: &mut PlaneMut<'_>, places: impl Fn(usize, usize) -> (usize, usize)) {
    for y in 0..plane.height / 2 {
        let (from, to) = places(plane.height, y);
        let from = from * plane.stride;
        plane
            .data
            .copy_within(from..from + plane.width, to * plane.stride);
    }
}

mutoscope_plugin::export!(transform: Mirror);

#[cfg(test)]
mod tests {
    use super::*;
    use mutoscope_plugin::serde_json::json;
    use mutoscope_plugin::testing::{Conformance, TestHost};

    /// Options, formats, odd sizes, memory: what every plugin must keep. A failure says what was expected, and why it
    /// matters.
    #[test]
    fn keeps_what_every_plugin_must_keep() {
        let plugin = Conformance::of(crate::plugin());
        plugin
            .options(json!({ "keep": "left" }))
            .options(json!({ "keep": "bottom" }))
            .check();
    }

    #[test]
    fn each_half_takes_the_place_of_the_other() {
        let stand = TestHost::new();
        let ctx = &stand.context();
        for (keep, shown) in [
            (Half::Left, [1, 2, 1, 3, 4, 3, 5, 6, 5]),
            (Half::Right, [0, 2, 0, 7, 4, 7, 8, 6, 8]),
            (Half::Top, [1, 2, 0, 3, 4, 7, 1, 2, 0]),
            (Half::Bottom, [5, 6, 8, 3, 4, 7, 5, 6, 8]),
        ] {
            let picture = vec![1, 2, 0, 3, 4, 7, 5, 6, 8];
            let frame = Frame::from_vec(Format::grey(3, 3), picture, ctx.now()).unwrap();
            let mut mirror = Mirror::open(Options { keep }, ctx).unwrap();
            let Output::Frame(frame) = mirror.process(frame, ctx).unwrap() else {
                panic!()
            };
            assert_eq!(
                frame.plane(0).rows().flatten().copied().collect::<Vec<_>>(),
                shown
            );
        }
    }
}
