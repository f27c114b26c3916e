//! The camera: the next picture when the last has arrived. JPEGs are read from their files each time, as everybody else
//! reads them; a raw frame stays in memory, since no camera's comes through a file.

use crate::turn::TURN;
use mutoscope_plugin::options;
use mutoscope_plugin::{
    Buffer, Context, Error, Format, Frame, JpegHeader, Matrix, PixelFormat, Range, Result, Source, SourceCaps,
};
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// After this long a picture is taken for lost (the streams were not there yet, a stage failed), and another one given.
const PATIENCE: Duration = Duration::from_secs(1);

/// A camera that gives the next picture when every stream has delivered the last one.
#[options]
pub struct Options {
    /// The folder of JPEG files that it gives, in order, over and over. With `width` and `height` the file of one frame in
    /// packed 4:2:2 (YUYV) of that size, BT.601 in limited range, as webcams give them.
    #[schemars(extend("format" = "path"))]
    frames: PathBuf,
    /// Pixels in a line of the YUYV frame.
    #[serde(default)]
    width: Option<u32>,
    /// Lines of the YUYV frame.
    #[serde(default)]
    height: Option<u32>,
    /// How many pictures there are until the stream ends; without it, no end.
    #[serde(default)]
    count: Option<u64>,
    /// How many streams deliver each picture to the sink.
    #[serde(default = "one")]
    streams: u32,
}

fn one() -> u32 {
    1
}

/// The source.
pub struct Camera {
    options: Options,
    shows: Shows,
    given: u64,
}

enum Shows {
    Jpegs(Vec<PathBuf>),
    Yuyv(Format, Buffer),
}

impl Options {
    fn yuyv(&self) -> Option<Format> {
        let (width, height) = (self.width?, self.height?);
        Some(Format::new(PixelFormat::YUYV, width, height).with_colours(Matrix::BT601, Range::LIMITED))
    }

    fn files(&self) -> Result<Vec<PathBuf>> {
        let unreadable = |error| Error::option("frames", format!("{}: {error}", self.frames.display()));
        let folder = std::fs::read_dir(&self.frames).map_err(unreadable)?;
        let mut files: Vec<_> = folder.flatten().map(|file| file.path()).collect();
        files.retain(|file| file.extension().is_some_and(|extension| extension == "jpg"));
        files.sort();
        if files.is_empty() {
            return Err(Error::option("frames", format!("{} has no .jpg", self.frames.display())));
        }
        Ok(files)
    }

    fn format(&self) -> Result<Format> {
        match self.yuyv() {
            Some(format) => Ok(format),
            None => Ok(JpegHeader::read(&read(&self.files()?[0])?)?.format()),
        }
    }
}

fn read(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).map_err(|error| Error::option("frames", format!("{}: {error}", path.display())))
}

impl Source for Camera {
    type Options = Options;

    fn caps(options: &Options) -> Result<SourceCaps> {
        let caps = SourceCaps::format(options.format()?);
        Ok(if options.count.is_some() { caps.may_end() } else { caps })
    }

    fn open(options: Options, _: &Context) -> Result<Camera> {
        let shows = match options.yuyv() {
            None => Shows::Jpegs(options.files()?),
            Some(format) => Shows::Yuyv(format, Buffer::from_vec(read(&options.frames)?)),
        };
        TURN.begin(0);
        Ok(Camera { options, shows, given: 0 })
    }

    fn next_frame(&mut self, ctx: &Context) -> Result<Option<Frame>> {
        if !TURN.wait(PATIENCE, || ctx.stopped()) {
            ctx.count("frames_lost", 1);
            self.given = self.given.saturating_sub(1);
        }
        if ctx.stopped() || self.options.count.is_some_and(|count| self.given >= count) {
            return Ok(None);
        }
        let frame = match &self.shows {
            Shows::Yuyv(format, frame) => Frame::from_buffer(*format, frame.clone(), ctx.now())?,
            Shows::Jpegs(files) => {
                let file = &files[(self.given % files.len() as u64) as usize];
                Frame::from_jpeg(read_pooled(file, ctx)?, ctx.now())?
            }
        };
        self.given += 1;
        TURN.begin(self.options.streams);
        Ok(Some(frame))
    }
}

fn read_pooled(path: &Path, ctx: &Context) -> Result<Buffer> {
    let mut file = File::open(path)?;
    let mut buffer = ctx.buffer(file.metadata()?.len() as usize)?;
    let bytes = buffer.get_mut().ok_or_else(|| Error::new("a pooled buffer that is shared"))?;
    file.read_exact(bytes)?;
    Ok(buffer)
}
