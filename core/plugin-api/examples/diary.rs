//! A sink: a line in a file for each picture. Build it with `cargo build --example diary`.

use mutoscope_plugin::{Accepts, Context, Error, Frame, Result, Sink, StreamId, StreamInfo, options};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write;
use std::path::PathBuf;

/// A line in a file for each picture.
#[options]
pub struct Options {
    /// The file, which is written anew.
    #[schemars(extend("format" = "path"))]
    path: PathBuf,
}

struct Diary {
    file: File,
    streams: BTreeMap<StreamId, String>,
}

impl Sink for Diary {
    type Options = Options;

    fn accepts(_: &Options) -> Result<Accepts> {
        Ok(Accepts::anything())
    }

    fn open(options: Options, _: &Context) -> Result<Self> {
        let file = File::create(&options.path);
        let file =
            file.map_err(|error| Error::option("path", format!("{}: {error}", options.path.display())))?;
        Ok(Diary { file, streams: BTreeMap::new() })
    }

    fn add_stream(&mut self, stream: StreamInfo, ctx: &Context) -> Result<()> {
        // A reader of the file counts as a viewer, so that the source is at work.
        ctx.set_demand(stream.id, 1);
        self.streams.insert(stream.id, stream.name);
        Ok(())
    }

    fn remove_stream(&mut self, stream: StreamId, ctx: &Context) -> Result<()> {
        ctx.set_demand(stream, 0);
        self.streams.remove(&stream);
        Ok(())
    }

    fn receive(&mut self, stream: StreamId, frame: Frame, _: &Context) -> Result<()> {
        let name = self.streams.get(&stream).map_or("?", String::as_str);
        writeln!(self.file, "{name} {} {}", frame.sequence(), frame.format())?;
        Ok(())
    }
}

mutoscope_plugin::export!(sink: Diary);
