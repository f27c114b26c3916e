//! The trait for transforms.

use crate::{Context, Format, Frame, Mode, Options, Result, Update};

/// A step on a picture's way: a resize, a text, a gate.
///
/// The whole of a plugin with a transform, imports and all:
///
/// ```
/// use mutoscope_plugin::{Context, Frame, Output, Result, Transform, options};
///
/// /// Makes pictures darker.
/// #[options]
/// pub struct Options {
///     /// By what luma is divided.
///     #[schemars(range(min = 1))]
///     by: u8,
/// }
///
/// struct Shade(Options);
///
/// impl Transform for Shade {
///     type Options = Options;
///
///     fn open(options: Options, _: &Context) -> Result<Self> {
///         Ok(Shade(options))
///     }
///
///     fn process(&mut self, mut frame: Frame, ctx: &Context) -> Result<Output> {
///         for row in frame.planes_mut(ctx)?[0].rows_mut() {
///             row.iter_mut().for_each(|luma| *luma /= self.0.by.max(1));
///         }
///         Ok(frame.into())
///     }
/// }
///
/// mutoscope_plugin::export!(transform: Shade);
/// # fn main() {
/// # use mutoscope_plugin::{serde_json::json, testing::Conformance};
/// # Conformance::of(plugin()).options(json!({ "by": 2 })).check();
/// # }
/// ```
///
/// **What goes in** is a frame of a format that [`modes`](Transform::modes) has a way for: by default planes of 8-bit YUV or
/// grey, at any size from 1x1 to [`Format::MAX_SIDE`]. Chroma planes are rounded up at odd sizes
/// ([`PixelFormat::plane_shape`](crate::PixelFormat::plane_shape)); lines stand [`stride`](crate::Plane::stride) bytes apart, which may
/// be more than their width, and there is something else between them.
///
/// **What comes out** has the format that the way declared in [`gives`](Mode::gives).
/// Frames are shared and read-only: [`Frame::planes_mut`] gives write access and copies only if there is another holder of
/// the memory. [`Frame::pooled`] makes a new one, [`Frame::stamped_as`] gives it number and time of the old.
///
/// **Threads.** All methods of one instance run on one thread of the host's, from `open` to drop. Where all ways of a
/// chain are [`stateless`](Mode::stateless), the host may make several instances, each on a thread of its own.
///
/// **Blocking.** `process` works and does not wait: the pictures behind it are left out meanwhile. Whatever has to be
/// waited for (a pin, a network) has a thread of the instance's own, joined in its `Drop`, which looks at
/// [`stopped`](crate::Services::stopped); the other methods and drop return within a second.
///
/// **A failure.** An error concerns the frame: it is lost and counted, and the next one is tried at once, with a new instance
/// the first time. While nothing but errors comes, the instance is kept, and replaced after growing pauses. After a panic
/// it is never called again; a new one is made at once, the next time after a growing pause. A picture that goes no further
/// on purpose is [`Output::Nothing`].
///
/// [`testing::Conformance`](crate::testing::Conformance) tests that a transform keeps all this.
pub trait Transform: Sized + 'static {
    /// The options in the pipeline file.
    type Options: Options;

    /// The transform's modes for a frame of format `input`; empty if there is none. By default: on planes of
    /// any pixel format, which it gives back in the same format.
    ///
    /// # Errors
    /// An option that is refused.
    fn modes(options: &Self::Options, input: &Format) -> Result<Vec<Mode>> {
        let _ = options;
        let cost_us = 0.5e-3 * input.size().pixels() as f64;
        Ok(if input.kind.is_planes() { vec![Mode::new(*input, cost_us)] } else { Vec::new() })
    }

    /// Makes an instance: when the stream starts, with or without viewers, and again after a failure.
    ///
    /// # Errors
    /// An option that is not available, or another resource that is missing.
    fn open(options: Self::Options, ctx: &Context) -> Result<Self>;

    /// Works on one frame, which is of a format that `modes` said it takes; [`Context::mode`] tells which way was chosen.
    ///
    /// # Errors
    /// The frame could not be worked on. It is lost, and the next one is tried.
    fn process(&mut self, frame: Frame, ctx: &Context) -> Result<Output>;

    /// New options for the running instance.
    ///
    /// # Errors
    /// An option that is refused; the instance goes on with the old ones.
    fn update(&mut self, options: Self::Options, ctx: &Context) -> Result<Update> {
        let _ = (options, ctx);
        Ok(Update::Restart)
    }
}

/// The result of a transform's work on a frame.
#[derive(Debug)]
pub enum Output {
    /// The picture that goes on.
    Frame(Frame),
    /// This picture goes no further (a gate), and that is no failure.
    Nothing,
    /// The very frame that was given, untouched: the way that the planner chose cannot do this one (a JPEG whose tables
    /// lack a symbol). The host does it in the next cheapest way.
    NotThisWay(Frame),
}

impl From<Frame> for Output {
    fn from(frame: Frame) -> Output {
        Output::Frame(frame)
    }
}
