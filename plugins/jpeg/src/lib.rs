//! Encodes, re-encodes and decodes JPEG. The planner puts it wherever planes become a JPEG or a JPEG planes.
//!
//! # Layout
//! `config` (what the pipeline file may say, and what task that is for an input) → `cost` (what the planner is told); the
//! work is `mutoscope_codec`. `quality` finds out that a JPEG need not be touched.
//!
//! Pixels go straight from the JPEG into a pooled frame and straight from a frame's planes into a pooled buffer: nothing
//! is copied in between, but for pictures with an odd side, whose edges libjpeg-turbo wants padded.

#![forbid(unsafe_code)]

mod config;
mod cost;
mod quality;
#[cfg(test)]
mod tests;

use config::{DEFAULT_QUALITY, Options, Task, decoded_kind};
use mutoscope_codec::{Decoder, Encoder, Layout, Picture, usual_decoder};
use mutoscope_plugin::{
    Context, Error, Format, Frame, Mode, Output, PixelFormat, Plane, PlaneLayout, Result, Scaling, Size,
    Transform, Update,
};

struct Jpeg {
    options: Options,
    decoder: Decoder,
    encoder: Encoder,
    /// A decoded picture on its way to being encoded again.
    planes: Vec<u8>,
}

impl Transform for Jpeg {
    type Options = Options;

    fn modes(options: &Options, input: &Format) -> Result<Vec<Mode>> {
        options.check()?;
        let Some(task) = options.task(input) else { return Ok(Vec::new()) };
        let (gives, name) = match task {
            Task::Pass => (*input, String::new()),
            Task::Decode { kind, downscale } => {
                let scale = if downscale == 1 { String::new() } else { format!(" at 1/{downscale}") };
                // Of another sampling it is not known which one decodes it.
                let with = match input.sampling == kind {
                    true => format!(" with {}", usual_decoder(kind, input.size(), downscale)),
                    false => String::new(),
                };
                let name = format!("decode{scale}{with}");
                (Format::new(kind, 0, 0).with_size(scaled(input.size(), downscale)), name)
            }
            Task::Encode { kind } => (jpeg_format(input, kind), "encode".into()),
            Task::Reencode { kind } => (jpeg_format(input, kind), "decode and encode again".into()),
        };
        let scaling = if task == Task::Pass { Scaling::Free } else { Scaling::Exact };
        let cost_us = cost::microseconds(task, input);
        Ok(vec![Mode::new(gives, cost_us).named(0, &name).scaling(scaling).stateless()])
    }

    fn open(options: Options, _: &Context) -> Result<Self> {
        options.check()?;
        Ok(Jpeg { options, decoder: Decoder::new()?, encoder: Encoder::new()?, planes: Vec::new() })
    }

    fn process(&mut self, frame: Frame, ctx: &Context) -> Result<Output> {
        let format = frame.format();
        match self.options.task(&format) {
            None => Err(Error::new(format!("`jpeg` has nothing to make of {format}"))),
            Some(Task::Pass) => Ok(frame.into()),
            Some(Task::Decode { kind, downscale }) => Ok(self.decoded(&frame, kind, downscale, ctx)?.into()),
            Some(Task::Encode { kind }) => {
                let planes = std::array::from_fn(|index| plane(&frame, index));
                let picture =
                    Picture { kind: format.kind, width: format.width, height: format.height, planes };
                Ok(self.encoded(&picture, kind, &frame, ctx)?.into())
            }
            Some(Task::Reencode { kind }) => self.again(frame, kind, ctx),
        }
    }

    fn update(&mut self, options: Options, _: &Context) -> Result<Update> {
        options.check()?;
        // Another kind or size of output is another plan.
        if options.to != self.options.to || options.downscale != self.options.downscale {
            return Ok(Update::Restart);
        }
        self.options = options;
        Ok(Update::Applied)
    }
}

impl Jpeg {
    /// The frame's JPEG as planes in a pooled buffer.
    fn decoded(&mut self, frame: &Frame, kind: PixelFormat, downscale: u32, ctx: &Context) -> Result<Frame> {
        let size = frame.format().size();
        let output = scaled(size, downscale);
        let picture = self.decoder.check(bytes(frame)?, size, kind, downscale)?;
        let layout = Layout::new(kind, output.width, output.height);
        let mut buffer = ctx.buffer(layout.len)?;
        let memory = buffer.get_mut().ok_or_else(|| Error::new("a pooled buffer that is shared"))?;
        self.decoder.decode(&picture, memory)?;
        let format = Format::new(kind, output.width, output.height);
        Ok(Frame::with_layout(format, buffer, &layout.planes, frame.times())?.stamped_as(frame))
    }

    /// The picture as a JPEG in a pooled buffer, which is longer than the JPEG.
    fn encoded(
        &mut self,
        picture: &Picture<'_>,
        kind: PixelFormat,
        frame: &Frame,
        ctx: &Context,
    ) -> Result<Frame> {
        let quality = self.options.quality.unwrap_or(DEFAULT_QUALITY);
        let (buffer, len) = self.encoder.encode(picture, kind, quality, ctx)?;
        let format = jpeg_format(&frame.format(), kind);
        let layout = [PlaneLayout { offset: 0, stride: len }];
        Ok(Frame::with_layout(format, buffer, &layout, frame.times())?.stamped_as(frame))
    }

    /// The frame's JPEG decoded and encoded again, or itself if it is what was asked for.
    fn again(&mut self, frame: Frame, kind: PixelFormat, ctx: &Context) -> Result<Output> {
        let jpeg = bytes(&frame)?;
        let Format { width, height, sampling, .. } = frame.format();
        if sampling == kind && self.options.quality.is_none_or(|asked| quality::has_quality(jpeg, asked)) {
            return Ok(frame.into());
        }
        // Chroma that is not wanted is not decoded.
        let between = if kind == PixelFormat::GREY { kind } else { decoded_kind(&frame.format()) };
        let checked = self.decoder.check(jpeg, Size::new(width, height), between, 1)?;
        let layout = Layout::new(between, width, height);
        let mut memory = std::mem::take(&mut self.planes);
        memory.resize(layout.len, 0);
        let result = self.decoder.decode(&checked, &mut memory);
        let result = result.and_then(|()| {
            let picture = Picture { kind: between, width, height, planes: layout.planes(&memory) };
            self.encoded(&picture, kind, &frame, ctx)
        });
        self.planes = memory;
        Ok(result?.into())
    }
}

/// The length of a side at 1/`downscale` in libjpeg-turbo: `TJSCALED`, which rounds up.
fn scaled(size: Size, downscale: u32) -> Size {
    Size::new(size.width.div_ceil(downscale), size.height.div_ceil(downscale))
}

fn jpeg_format(input: &Format, kind: PixelFormat) -> Format {
    Format::jpeg(input.width, input.height).with_sampling(kind)
}

fn bytes(frame: &Frame) -> Result<&[u8]> {
    frame.jpeg().ok_or_else(|| Error::new(format!("not a JPEG but {}", frame.format())))
}

/// Plane `index`, empty where the frame has none.
fn plane(frame: &Frame, index: usize) -> Plane<'_> {
    if index < frame.plane_count() {
        frame.plane(index)
    } else {
        Plane { data: &[], stride: 0, width: 0, height: 0 }
    }
}

mutoscope_plugin::export!(transform: Jpeg);
