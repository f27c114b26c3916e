//! Where pictures come from.

use crate::{Context, Device, Error, Frame, Offers, Options, Result, Update};

/// Where pictures come from: a camera, a folder, a drawing.
///
/// **Threads.** All methods of one instance run on one thread that the host made for it, from `open` to drop, so
/// handles that are not `Send` may live in `self`. Two streams of one plugin are two instances on two threads.
///
/// **Blocking.** `open` and `next_frame` may block; both must return soon (within a second) after the host asked to
/// stop. [`Context::sleep`](crate::Services::sleep) wakes then,
/// [`Context::stop_descriptor`](crate::Services::stop_descriptor) can be waited on beside a device's descriptor in
/// `poll`, and [`Context::stopped`](crate::Services::stopped) can be asked.
///
/// **A lost device** is an error from `next_frame`: the host drops the instance and opens a new one later, again and
/// again, with growing pauses. Do not retry inside.
///
/// **Panics** are caught and count as an error; the instance is not called again.
pub trait Source: Sized + 'static {
    /// What the pipeline file may say.
    type Options: Options;

    /// What the source will give, reckoned from the options alone: no device is opened here.
    ///
    /// # Errors
    /// An option that is refused.
    fn offers(options: &Self::Options) -> Result<Offers> {
        let _ = options;
        Ok(Offers::unknown())
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
    /// a failure unless [`offers`](Source::offers) said that it [may end](Offers::may_end).
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
