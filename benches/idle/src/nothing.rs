//! A source, a transform and a sink that do nothing.

use mutoscope_plugin::{
    Accepts, Context, Format, Frame, Mode, Output, PixelFormat, Result, Scaling, Sink, Source, StreamId,
    StreamInfo, Transform, options,
};

/// Nothing can be asked of them.
#[options]
pub struct Options {}

/// A source that gives the same frame again: three planes, as fast as they are taken.
pub struct Again(Frame);

/// A transform that passes each frame on as it is.
pub struct Pass;

/// A sink that drops whatever comes.
pub struct Discard;

impl Source for Again {
    type Options = Options;

    fn open(_: Options, ctx: &Context) -> Result<Again> {
        Ok(Again(Frame::pooled(Format::new(PixelFormat::I420, 640, 480), ctx.now(), ctx)?))
    }

    fn next_frame(&mut self, _: &Context) -> Result<Option<Frame>> {
        Ok(Some(self.0.clone()))
    }
}

impl Transform for Pass {
    type Options = Options;

    fn modes(_: &Options, input: &Format) -> Result<Vec<Mode>> {
        // JPEGs too: they are not looked at.
        Ok(vec![Mode::new(*input, 0.1).scaling(Scaling::Free)])
    }

    fn open(_: Options, _: &Context) -> Result<Pass> {
        Ok(Pass)
    }

    fn process(&mut self, frame: Frame, _: &Context) -> Result<Output> {
        Ok(frame.into())
    }
}

impl Sink for Discard {
    type Options = Options;

    fn accepts(_: &Options) -> Result<Accepts> {
        Ok(Accepts::anything())
    }

    fn open(_: Options, _: &Context) -> Result<Discard> {
        Ok(Discard)
    }

    fn add_stream(&mut self, stream: StreamInfo, ctx: &Context) -> Result<()> {
        ctx.set_demand(stream.id, 1);
        Ok(())
    }

    fn remove_stream(&mut self, stream: StreamId, ctx: &Context) -> Result<()> {
        ctx.set_demand(stream, 0);
        Ok(())
    }

    fn receive(&mut self, _: StreamId, frame: Frame, _: &Context) -> Result<()> {
        drop(frame);
        Ok(())
    }
}
