//! The common code of the targets.
//!
//! Plugins are called through the tables that the engine calls them by, so that what is found here can be met in a
//! running pipeline. Every panic ends a target, also those that the engine would survive.

use mutoscope_plugin::host::{Failure, Plugin, Processed, Transform};
use mutoscope_plugin::testing::TestHost;
use mutoscope_plugin::{Buffer, Format, Frame, JpegHeader, PixelFormat, Times};
use std::sync::LazyLock;

/// The plugin `convert`.
pub static CONVERT: LazyLock<Plugin> = LazyLock::new(mutoscope_plugin_convert::plugin);
/// The plugin `jpeg`.
pub static JPEG: LazyLock<Plugin> = LazyLock::new(mutoscope_plugin_jpeg::plugin);
/// The plugin `resize`.
pub static RESIZE: LazyLock<Plugin> = LazyLock::new(mutoscope_plugin_resize::plugin);
/// The plugin `rotate`.
pub static ROTATE: LazyLock<Plugin> = LazyLock::new(mutoscope_plugin_rotate::plugin);

/// Pixels of the largest picture that is worked on: a larger one only takes longer, and what limits that is tested
/// beside the plugins.
const MAX_PIXELS: u64 = 1 << 20;

/// The five planar kinds.
pub const PLANES: [PixelFormat; 5] =
    [PixelFormat::I420, PixelFormat::I422, PixelFormat::I440, PixelFormat::I444, PixelFormat::GREY];

/// An instance of a plugin's transform.
///
/// # Panics
/// If the plugin refuses the options.
pub fn transform(plugin: &Plugin, options: &str) -> Transform {
    let kind = plugin.transform().expect("a transform");
    kind.open(options, TestHost::new().host()).unwrap_or_else(|failure| panic!("{options}: {failure}"))
}

/// The frame that a transform makes of another, if it makes one.
///
/// # Panics
/// If the transform does, or gives something else than the first of its ways says.
pub fn processed(plugin: &Plugin, options: &str, frame: Frame) -> Option<Frame> {
    let kind = plugin.transform().expect("a transform");
    let modes = kind.modes(options, &frame.format()).ok()?;
    let gives = modes.first()?.gives;
    match transform(plugin, options).process(modes[0].id, frame) {
        Ok(Processed::Frame(frame)) => {
            assert_eq!((frame.format().kind, frame.format().size()), (gives.kind, gives.size()), "{options}");
            Some(frame)
        }
        Ok(_) => None,
        Err(Failure { message, panicked, .. }) => {
            assert!(!panicked && !message.is_empty(), "{message}");
            None
        }
    }
}

/// A JPEG as a source gives it that looks at the header; `None` for what never becomes a frame, and for what is large.
pub fn jpeg_frame(bytes: &[u8]) -> Option<Frame> {
    let header = JpegHeader::read(bytes).ok()?;
    if header.size.pixels() > MAX_PIXELS {
        return None;
    }
    Frame::from_jpeg(Buffer::from_vec(bytes.to_vec()), Times::default()).ok()
}

/// The same JPEG as a source gives it that believes that it knows its sampling.
pub fn claimed(frame: &Frame, sampling: PixelFormat) -> Option<Frame> {
    let format: Format = frame.format().with_sampling(sampling);
    Frame::from_buffer(format, frame.buffer().clone(), Times::default()).ok()
}
