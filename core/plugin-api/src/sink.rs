//! The trait for sinks.

use crate::{Accepts, Context, Frame, Options, Result, StreamId, StreamInfo, Update};

/// A destination of pictures: a server, a file, a pin.
///
/// The whole of a plugin with a sink, imports and all:
///
/// ```
/// use mutoscope_plugin::{Context, Error, Frame, Result, Sink, StreamInfo, StreamId, options};
/// use std::path::PathBuf;
///
/// /// Keeps the newest picture of each stream in a folder, as `NAME.jpg`.
/// #[options]
/// pub struct Options {
///     /// The folder.
///     #[schemars(extend("format" = "path"))]
///     folder: PathBuf,
/// }
///
/// struct Newest {
///     folder: PathBuf,
///     streams: Vec<StreamInfo>,
/// }
///
/// impl Sink for Newest {
///     type Options = Options;
///
///     fn open(options: Options, _: &Context) -> Result<Self> {
///         Ok(Newest { folder: options.folder, streams: Vec::new() })
///     }
///
///     fn add_stream(&mut self, stream: StreamInfo, ctx: &Context) -> Result<()> {
///         ctx.set_demand(stream.id, 1); // it always wants its pictures
///         self.streams.push(stream);
///         Ok(())
///     }
///
///     fn remove_stream(&mut self, stream: StreamId, ctx: &Context) -> Result<()> {
///         ctx.set_demand(stream, 0);
///         self.streams.retain(|known| known.id != stream);
///         Ok(())
///     }
///
///     fn receive(&mut self, stream: StreamId, frame: Frame, _: &Context) -> Result<()> {
///         // By default JPEGs come, and nothing else.
///         let (Some(known), Some(jpeg)) = (self.streams.iter().find(|known| known.id == stream), frame.jpeg())
///         else {
///             return Ok(());
///         };
///         // A reader never sees half a picture.
///         let (new, path) = (self.folder.join("new"), self.folder.join(format!("{}.jpg", known.name)));
///         std::fs::write(&new, jpeg)?;
///         std::fs::rename(&new, &path).map_err(|error| Error::from(error).context(path.display()))
///     }
/// }
///
/// mutoscope_plugin::export!(sink: Newest);
/// # fn main() {
/// # use mutoscope_plugin::{serde_json::json, testing::Conformance};
/// # let folder = std::env::temp_dir().join(format!("mutoscope-sink-{}", std::process::id()));
/// # std::fs::create_dir_all(&folder).unwrap();
/// # Conformance::of(plugin()).options(json!({ "folder": folder })).check();
/// # std::fs::remove_dir_all(folder).unwrap();
/// # }
/// ```
///
/// **What goes in** is a frame of a kind that [`accepts`](Sink::accepts) names, of any size, which may change from one
/// frame to the next; by default a JPEG, whole and as it came. Its memory is shared and read-only, and may be held for as
/// long as it is needed, on any thread.
///
/// **Threads.** All methods of one instance run on one thread that the host made for it, from `open` to drop. Threads of
/// its own (a server's) use [`Context::services`], which is `Send` and `Sync`, and are joined in its `Drop`.
///
/// **Blocking.** While `receive` works, newer frames of the stream replace each other before it; nothing queues. No
/// method may take more than 5 s, or a second after the host asked to stop.
///
/// **Demand.** A sink says with [`set_demand`](crate::Services::set_demand) how many viewers each stream has; a stream
/// without viewers is not worked on. A sink that always needs its frames says 1 when the stream is added, and 0 when it is
/// removed. A frame that was on its way then may still come.
///
/// **A failure** (an error or a panic) ends the instance, and a new one is opened after a growing pause.
///
/// [`testing::Conformance`](crate::testing::Conformance) tests that a sink keeps all this.
pub trait Sink: Sized + 'static {
    /// The options in the pipeline file.
    type Options: Options;

    /// The pixel formats that the sink takes, derived from the options alone. By default JPEG.
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
    fn add_stream(&mut self, stream: StreamInfo, ctx: &Context) -> Result<()>;

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
