//! What happens to pictures on their way.

use crate::{Context, Format, Frame, Options, Result, Update, Way};

/// What happens to pictures on their way: a resize, a text, a gate.
///
/// **Threads.** All methods of one instance run on one thread of the host's, from `open` to drop. Where all ways of a
/// chain are [`stateless`](Way::stateless), the host may make several instances, each on a thread of its own.
///
/// **Blocking.** `process` works and does not wait; the picture behind it is waiting.
///
/// **Frames** are shared and read-only: [`Frame::planes_mut`] gives write access and copies only if somebody else holds
/// the memory. [`Frame::pooled`] makes a new one, [`Frame::stamped_as`] gives it number and time of the old.
pub trait Transform: Sized + 'static {
    /// What the pipeline file may say.
    type Options: Options;

    /// How the transform can do its work on a frame of format `input`: nothing, if it cannot. By default: on planes of
    /// any kind, which it gives back in the same format.
    ///
    /// # Errors
    /// An option that is refused.
    fn ways(options: &Self::Options, input: &Format) -> Result<Vec<Way>> {
        let _ = options;
        let cost_us = 0.5e-3 * input.size().pixels() as f64;
        Ok(if input.kind.is_planes() { vec![Way::new(*input, cost_us)] } else { Vec::new() })
    }

    /// Makes an instance: when the stream starts, whether somebody looks on or not, and anew after a failure.
    ///
    /// # Errors
    /// An option that cannot be had, or whatever else is missing.
    fn open(options: Self::Options, ctx: &Context) -> Result<Self>;

    /// Works on one frame, which is of a format that `ways` said it takes; [`Context::way`] tells which way was chosen.
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

/// What a transform made of a frame.
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
