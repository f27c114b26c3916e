//! The trait for sources.

use crate::{Context, Device, Error, Frame, Options, Result, SourceCaps, Update};

/// An origin of pictures: a camera, a folder, a drawing.
///
/// The whole of a plugin with a source, imports and all:
///
/// ```
#[doc = include_str!("../tests/minimal/camera.rs")]
/// # fn main() {}
/// ```
///
/// **What comes out.** A [`Frame`]: memory with a [`Format`](crate::Format) (what the bytes are, width and height in
/// pixels, colours) and the time of its capture. A JPEG is passed on as it is
/// ([`Frame::from_jpeg`] reads its size); raw pixels of any [`PixelFormat`](crate::PixelFormat) are converted once, behind the source.
/// Lines may be padded ([`Frame::with_layout`]: offsets and strides in bytes). Memory of an SDK or a driver becomes a frame
/// without a copy ([`Frame::from_owner`]); its owner's `Drop`, which gives it back, runs on a thread of the host's once the
/// last holder of the frame is gone, and perhaps after the source is. A driver that has few buffers is better off with a copy in the host's
/// memory ([`Services::buffer`](crate::Services::buffer)), since viewers hold frames for as long as they take.
///
/// **Time.** [`Context::now`](crate::Services::now), or [`Times::from_monotonic`](crate::Times::from_monotonic) of a
/// driver's time stamp (`CLOCK_MONOTONIC`, nanoseconds). It never goes back from one frame to the next. The host numbers
/// the frames.
///
/// **Threads.** All methods of one instance run on one thread that the host made for it, from `open` to drop, so
/// handles that are not `Send` may live in `self`. Two streams of one plugin are two instances on two threads; what the
/// process has once (an SDK's context) they share by a `static`. An SDK that calls back on threads of its own puts its
/// pictures into an [`Inbox`](crate::Inbox). Threads that an instance starts are joined in its `Drop`.
///
/// **Blocking.** `open` and `next_frame` may block for as long as the camera takes; both must return soon (within a
/// second) after the host asked to stop. [`Context::sleep`](crate::Services::sleep) wakes then,
/// [`Context::stop_descriptor`](crate::Services::stop_descriptor) can be waited on beside a device's descriptor in
/// `poll`, and [`Context::stopped`](crate::Services::stopped) can be asked between steps of less than a second. A source
/// that gives nothing for three periods of its own rate, and 3 s at least, counts as failed. `caps`, `devices`,
/// `update` and drop do not wait for anything.
///
/// **A stop** is answered with `None`, or with one more frame. Afterwards the instance is dropped: what it held (the
/// device, a port, a child process) is free when `Drop` returns.
///
/// **A rest** is a stop: without viewers the instance is dropped, and a new one is opened for the next viewer. A source that
/// shall go on where it was keeps its place in a `static`, by the number `source_id` in
/// [`Context::state`](crate::Services::state): instances that follow one another in a stream with the same options get the
/// same number, and no others in the process do.
///
/// **A lost device** is an error from `next_frame`: the host drops the instance and opens a new one later, again and
/// again, with growing pauses. Do not retry inside.
///
/// **A picture that is no good** is no error: leave it out, tell [`leave_out`](crate::Services::leave_out) why, and go on
/// with the next. After an error in a call in which the host had no [`buffer`](crate::Services::buffer) to give, the
/// instance is asked for the next frame, too.
///
/// **Panics** are caught and count as an error; the instance is not called again.
///
/// [`testing::Conformance`](crate::testing::Conformance) tests that a source keeps all this.
pub trait Source: Sized + 'static {
    /// The options in the pipeline file.
    type Options: Options;

    /// The formats that the source will give, derived from the options alone: no device is opened here.
    ///
    /// # Errors
    /// An option that is refused.
    fn caps(options: &Self::Options) -> Result<SourceCaps> {
        let _ = options;
        Ok(SourceCaps::unknown())
    }

    /// The devices on this machine that `open` could be asked for.
    ///
    /// # Errors
    /// They cannot be listed.
    fn devices() -> Result<Vec<Device>> {
        Ok(Vec::new())
    }

    /// Opens the device.
    ///
    /// # Errors
    /// [`Error::option`] if an option cannot be had (the user's file is shown with it underlined, nothing is tried
    /// again); any other error if the device is not there now (it is tried again later).
    fn open(options: Self::Options, ctx: &Context) -> Result<Self>;

    /// The next picture: blocks until there is one. `None` is the answer to a stop, or the end of the stream, which is
    /// a failure unless [`caps`](Source::caps) said that it [may end](SourceCaps::may_end).
    ///
    /// The time in the frame is that of the capture, in the format that it has; the host numbers it.
    ///
    /// # Errors
    /// The device failed.
    fn next_frame(&mut self, ctx: &Context) -> Result<Option<Frame>>;

    /// New options for the running instance.
    ///
    /// # Errors
    /// An option that is refused; the instance goes on with the old ones.
    fn update(&mut self, options: Self::Options, ctx: &Context) -> Result<Update, Error> {
        let _ = (options, ctx);
        Ok(Update::Restart)
    }
}
