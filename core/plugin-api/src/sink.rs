//! Where pictures go.

use crate::{Accepts, Context, Frame, Options, Result, Stream, StreamId, Update};

/// Where pictures go: a server, a file, a pin.
///
/// **Threads.** All methods of one instance run on one thread that the host made for it, from `open` to drop. Threads of
/// its own (a server's) use [`Context::services`], which is `Send` and `Sync`.
///
/// **Blocking.** While `receive` works, newer frames of the stream replace each other before it; nothing queues.
///
/// **Demand.** A sink says with [`set_demand`](crate::Services::set_demand) how many viewers each stream has; what nobody
/// looks at is not worked on. A sink that always needs its frames says 1 when the stream is added.
pub trait Sink: Sized + 'static {
    /// What the pipeline file may say.
    type Options: Options;

    /// What kinds of frames it takes, reckoned from the options alone. By default JPEG.
    ///
    /// # Errors
    /// An option that is refused.
    fn accepts(options: &Self::Options) -> Result<Accepts> {
        let _ = options;
        Ok(Accepts::jpeg())
    }

    /// Opens it: binds its port, creates its file. [`announce`](crate::Services::announce) tells the user where it is.
    ///
    /// # Errors
    /// An option that cannot be had, or whatever else is in the way.
    fn open(options: Self::Options, ctx: &Context) -> Result<Self>;

    /// A stream comes: at the start, and whenever the pipeline file gains one.
    ///
    /// # Errors
    /// The sink cannot serve it.
    fn add_stream(&mut self, stream: Stream, ctx: &Context) -> Result<()>;

    /// A stream goes, for good.
    ///
    /// # Errors
    /// The sink failed at it.
    fn remove_stream(&mut self, stream: StreamId, ctx: &Context) -> Result<()>;

    /// A frame of a stream, of a kind that the sink accepts.
    ///
    /// # Errors
    /// The sink failed; the frame is lost.
    fn receive(&mut self, stream: StreamId, frame: Frame, ctx: &Context) -> Result<()>;

    /// New options for the running instance.
    ///
    /// # Errors
    /// An option that is refused; the instance goes on with the old ones.
    fn update(&mut self, options: Self::Options, ctx: &Context) -> Result<Update> {
        let _ = (options, ctx);
        Ok(Update::Restart)
    }
}
