use mutoscope_plugin::{Context, Format, Frame, Result, Source, options};

/// A camera that shows a grey that grows lighter.
#[options]
pub struct Options {}

struct Dawn(u8);

impl Source for Dawn {
    type Options = Options;

    fn open(_: Options, _: &Context) -> Result<Self> {
        Ok(Dawn(0))
    }

    fn next_frame(&mut self, ctx: &Context) -> Result<Option<Frame>> {
        if !ctx.sleep(std::time::Duration::from_millis(100)) {
            return Ok(None); // the pipeline stops
        }
        self.0 = self.0.wrapping_add(1);
        Ok(Some(Frame::from_vec(Format::grey(64, 48), vec![self.0; 64 * 48], ctx.now())?))
    }
}

mutoscope_plugin::export!(source: Dawn);
