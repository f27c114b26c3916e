//! The arrival of pictures: they are counted off at the turn, and kept only where the options ask for it.

use crate::turn::TURN;
use mutoscope_plugin::{Context, Error, Frame, Result, Sink, StreamId, StreamInfo, options};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// The sink of a pipeline with a `lockstep` camera.
#[options]
#[derive(Default)]
#[serde(default)]
pub struct Options {
    /// The folder that each stream's first pictures are written to, as `STREAM-0001.jpg` and so on.
    #[schemars(extend("format" = "path"))]
    save: Option<PathBuf>,
    /// How many of each stream's.
    save_count: u64,
}

/// The sink.
pub struct Arrival {
    options: Options,
    streams: BTreeMap<StreamId, (String, u64)>,
}

impl Sink for Arrival {
    type Options = Options;

    fn open(options: Options, _: &Context) -> Result<Arrival> {
        Ok(Arrival { options, streams: BTreeMap::new() })
    }

    fn add_stream(&mut self, stream: StreamInfo, ctx: &Context) -> Result<()> {
        ctx.set_demand(stream.id, 1);
        self.streams.insert(stream.id, (stream.name, 0));
        Ok(())
    }

    fn remove_stream(&mut self, stream: StreamId, ctx: &Context) -> Result<()> {
        ctx.set_demand(stream, 0);
        self.streams.remove(&stream);
        Ok(())
    }

    fn receive(&mut self, stream: StreamId, frame: Frame, _: &Context) -> Result<()> {
        let jpeg = frame.jpeg().ok_or_else(|| Error::new("not a JPEG"))?;
        if let (Some(folder), Some((name, count))) = (&self.options.save, self.streams.get_mut(&stream))
            && *count < self.options.save_count
        {
            *count += 1;
            std::fs::write(folder.join(format!("{name}-{count:04}.jpg")), jpeg)?;
        }
        TURN.deliver();
        Ok(())
    }
}
