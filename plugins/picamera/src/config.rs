//! The options of this source.

use mutoscope_plugin::{Error, Format, PixelFormat, Result, Size, SourceCaps, options};
use std::path::{Path, PathBuf};

/// A Raspberry Pi camera, by the system's own camera program (`rpicam-vid`, or `libcamera-vid` on older systems). The
/// options are that program's long ones, with `_` for `-`; what is left out is left to it.
#[options]
#[derive(Default, PartialEq)]
#[serde(default)]
pub struct Options {
    /// Number of the camera, as `rpicam-vid --list-cameras` counts; 0 if left out.
    pub camera: u32,

    /// Width of the pictures in pixels, even; together with `height`. Without both, the program's own choice.
    #[schemars(range(min = 2, max = 65500), extend("multipleOf" = 2))]
    pub width: Option<u32>,

    /// Height of the pictures in pixels, even; together with `width`.
    #[schemars(range(min = 2, max = 65500), extend("multipleOf" = 2))]
    pub height: Option<u32>,

    /// Pictures per second (the program's `--framerate`).
    #[schemars(extend("exclusiveMinimum" = 0, "maximum" = 1000))]
    pub fps: Option<f64>,

    /// What comes out of the program.
    pub format: PipeFormat,

    /// For raw pictures: bytes from one line of the luma plane to the next; the width rounded up to a multiple of 64 if
    /// left out. Some models round up to another multiple: with the wrong one, pictures are slanted.
    #[schemars(range(min = 2, max = 65536), extend("multipleOf" = 2))]
    pub stride: Option<u32>,

    /// Quality of the JPEGs, 1 to 100; the program's own is 50. Not with raw pictures.
    #[schemars(range(min = 1, max = 100))]
    pub quality: Option<u32>,

    /// Turns the picture by so many degrees, in the camera.
    #[schemars(extend("enum" = [0, 180, null]))]
    pub rotation: Option<u32>,

    /// Mirrors the picture, left to right.
    pub hflip: bool,

    /// Mirrors the picture, top to bottom.
    pub vflip: bool,

    /// A fixed exposure time: microseconds, or a text with a unit (`10ms`).
    pub shutter: Option<Shutter>,

    /// A fixed gain: analogue first, then digital. 0 is automatic.
    #[schemars(range(min = 0, max = 1000))]
    pub gain: Option<f64>,

    /// Exposure compensation in stops.
    #[schemars(range(min = -10, max = 10))]
    pub ev: Option<f64>,

    /// White balance.
    pub awb: Option<Awb>,

    /// What the exposure is measured on.
    pub metering: Option<Metering>,

    /// How exposure time and gain share the work.
    pub exposure: Option<Exposure>,

    /// Noise reduction.
    pub denoise: Option<Denoise>,

    /// High dynamic range, where the camera has it.
    pub hdr: Option<Hdr>,

    /// The sensor's mode, `width:height:bits:packing` (`2304:1296:10:P`), as `rpicam-vid --list-cameras` lists them.
    #[schemars(regex(pattern = r"^[0-9]+:[0-9]+(:[0-9]+(:[PUpu])?)?$"))]
    pub mode: Option<String>,

    /// Brightness; 0 is neutral.
    #[schemars(range(min = -1, max = 1))]
    pub brightness: Option<f64>,

    /// Contrast; 1 is neutral.
    #[schemars(range(min = 0, max = 15.99))]
    pub contrast: Option<f64>,

    /// Colour; 1 is neutral, 0 is grey.
    #[schemars(range(min = 0, max = 15.99))]
    pub saturation: Option<f64>,

    /// Sharpening; 1 is neutral, 0 none.
    #[schemars(range(min = 0, max = 15.99))]
    pub sharpness: Option<f64>,

    /// How a camera with a motor focuses.
    pub autofocus_mode: Option<AutofocusMode>,

    /// Where the lens stands: 1 divided by the distance in metres, 0 for infinity, or `default`.
    pub lens_position: Option<LensPosition>,

    /// The part of the sensor that is shown: `x,y,width,height`, each from 0 to 1.
    #[schemars(regex(pattern = r"^[0-9.]+(,[0-9.]+){3}$"))]
    pub roi: Option<String>,

    /// A camera tuning file in place of libcamera's own.
    #[schemars(extend("format" = "path"))]
    pub tuning_file: Option<PathBuf>,

    /// Further arguments for the program, as they are: `["--awbgains", "1.5,1.2"]`.
    pub extra_args: Vec<String>,

    /// The program: a name on the PATH, or an absolute path. Without it `rpicam-vid`, else `libcamera-vid`. A program of
    /// one's own takes the same arguments and writes its pictures to its standard output.
    pub command: Option<String>,
}

/// What comes out of the program.
#[options]
#[derive(Copy, PartialEq, Default)]
#[serde(rename_all = "lowercase")]
pub enum PipeFormat {
    /// JPEG; raw pictures where the pipeline works on pixels, the size is given, and no line is padded on any model
    /// (a width that is a multiple of 128) or `stride` is given.
    #[default]
    Auto,
    /// JPEG.
    Mjpeg,
    /// Raw planes, 4:2:0; needs `width` and `height`.
    Yuv420,
}

/// An exposure time.
#[options]
#[derive(PartialEq)]
#[serde(untagged)]
pub enum Shutter {
    /// Microseconds.
    Microseconds(u32),
    /// With a unit: `10ms`.
    Text(#[schemars(regex(pattern = r"^[0-9]+(\.[0-9]+)?(sec|s|ms|us|ns)$"))] String),
}

/// A position of the lens.
#[options]
#[derive(PartialEq)]
#[serde(untagged)]
pub enum LensPosition {
    /// 1 divided by the distance in metres.
    Dioptres(#[schemars(range(min = 0, max = 1000))] f64),
    /// The lens's own.
    Named(NamedPosition),
}

/// A position of the lens that has a name.
#[options]
#[derive(Copy, PartialEq)]
#[serde(rename_all = "lowercase")]
pub enum NamedPosition {
    /// Sharp from near to infinity, as far as that goes.
    Default,
}

/// An enumeration whose words are the program's own.
macro_rules! words {
    ($(#[$about:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $word:literal,)* }) => {
        $(#[$about])*
        #[options]
        #[derive(Copy, PartialEq)]
        pub enum $name {
            $($(#[$doc])* #[serde(rename = $word)] $variant,)*
        }

        impl $name {
            pub(crate) fn word(self) -> &'static str {
                match self { $($name::$variant => $word,)* }
            }
        }
    };
}

words! {
    /// White balance.
    Awb {
        /// By the picture.
        Auto = "auto",
        /// As `auto`.
        Normal = "normal",
        /// Light bulbs.
        Incandescent = "incandescent",
        /// Tungsten lamps.
        Tungsten = "tungsten",
        /// Fluorescent lamps.
        Fluorescent = "fluorescent",
        /// Indoor light.
        Indoor = "indoor",
        /// Daylight.
        Daylight = "daylight",
        /// A cloudy sky.
        Cloudy = "cloudy",
        /// As the tuning file says.
        Custom = "custom",
    }
}

words! {
    /// What the exposure is measured on.
    Metering {
        /// Everything, the middle more.
        Centre = "centre",
        /// The middle.
        Spot = "spot",
        /// Everything alike.
        Average = "average",
        /// As `average`.
        Matrix = "matrix",
        /// As the tuning file says.
        Custom = "custom",
    }
}

words! {
    /// How exposure time and gain share the work.
    Exposure {
        /// A balance.
        Normal = "normal",
        /// Short times, for what moves.
        Sport = "sport",
        /// As `sport`.
        Short = "short",
        /// Long times, for what stands still in the dark.
        Long = "long",
        /// As the tuning file says.
        Custom = "custom",
    }
}

words! {
    /// Noise reduction.
    Denoise {
        /// The program's choice.
        Auto = "auto",
        /// None.
        Off = "off",
        /// In space only.
        CdnOff = "cdn_off",
        /// In space, and quick for colours.
        CdnFast = "cdn_fast",
        /// In space, and thorough for colours.
        CdnHq = "cdn_hq",
    }
}

words! {
    /// High dynamic range.
    Hdr {
        /// None.
        Off = "off",
        /// By what the camera can.
        Auto = "auto",
        /// In the sensor (Camera Module 3).
        Sensor = "sensor",
        /// In the processor of a Raspberry Pi 5.
        SingleExp = "single-exp",
    }
}

words! {
    /// How a camera with a motor focuses.
    AutofocusMode {
        /// The program's choice.
        Default = "default",
        /// Not by itself: see `lens_position`.
        Manual = "manual",
        /// Once, at the start.
        Auto = "auto",
        /// Always.
        Continuous = "continuous",
    }
}

impl Options {
    /// Refuses what the schema cannot.
    pub(crate) fn check(&self) -> Result<()> {
        match (self.width, self.height) {
            (Some(width), None) => {
                return Err(Error::option("width", format!("`width: {width}` needs a `height` beside it")));
            }
            (None, Some(height)) => {
                return Err(Error::option("height", format!("`height: {height}` needs a `width` beside it")));
            }
            (Some(width), Some(height)) if Size::new(width, height).pixels() > Format::MAX_PIXELS => {
                let most = Format::MAX_PIXELS / 1_000_000;
                return Err(Error::option(
                    "width",
                    format!("{width}x{height} is more than {most} megapixels"),
                ));
            }
            _ => {}
        }
        self.check_raw()?;
        if let Some(roi) = &self.roi {
            check_roi(roi)?;
        }
        if let Some(command) = &self.command
            && (command.is_empty() || command.contains('/') && !Path::new(command).is_absolute())
        {
            return Err(Error::option(
                "command",
                format!("{command:?} is neither a name on the PATH nor an absolute path"),
            ));
        }
        crate::arguments::check_extra(&self.extra_args)
    }

    fn check_raw(&self) -> Result<()> {
        if self.format == PipeFormat::Yuv420 {
            if self.size().is_none() {
                return Err(Error::option(
                    "format",
                    "raw pictures carry no size: `format: yuv420` needs `width` and `height`",
                ));
            }
            if let Some(quality) = self.quality {
                return Err(Error::option(
                    "quality",
                    format!("raw pictures have none: leave `quality: {quality}` out, or say `format: mjpeg`"),
                ));
            }
        }
        let Some(stride) = self.stride else { return Ok(()) };
        match self.width {
            _ if self.format == PipeFormat::Mjpeg => {
                Err(Error::option("stride", "JPEGs have none: leave `stride` out, or say `format: yuv420`"))
            }
            None => {
                Err(Error::option("stride", "`stride` belongs to a size: give `width` and `height`, too"))
            }
            Some(width) if stride < width => Err(Error::option(
                "stride",
                format!("{stride} is less than the width of {width}, which a line needs"),
            )),
            Some(_) => Ok(()),
        }
    }

    /// The size, where the file says it.
    pub(crate) fn size(&self) -> Option<Size> {
        Some(Size::new(self.width?, self.height?))
    }

    /// Returns whether raw pictures can be asked for without a doubt about their layout.
    fn may_be_raw(&self) -> bool {
        match self.format {
            PipeFormat::Yuv420 => true,
            PipeFormat::Mjpeg => false,
            PipeFormat::Auto => {
                let sure = self.stride.is_some() || self.width.is_some_and(|width| width % 128 == 0);
                self.size().is_some() && self.quality.is_none() && sure
            }
        }
    }

    /// Returns whether the program is to give raw pictures; `wanted` is the plan's wish.
    pub(crate) fn is_raw(&self, wanted: Option<PixelFormat>) -> bool {
        let pixels = wanted.is_some_and(|kind| kind.is_planes());
        self.may_be_raw() && (pixels || self.format == PipeFormat::Yuv420)
    }

    pub(crate) fn caps(&self) -> SourceCaps {
        let Size { width, height } = self.size().unwrap_or(Size::new(0, 0));
        let mut formats = Vec::new();
        if self.format != PipeFormat::Yuv420 {
            formats.push(Format::jpeg(width, height));
        }
        if self.may_be_raw() {
            formats.push(Format::new(PixelFormat::I420, width, height));
        }
        let caps = SourceCaps::formats(formats).exclusive([format!("picamera:{}", self.camera)]);
        match self.fps {
            Some(fps) => caps.at(fps),
            None => caps,
        }
    }
}

fn check_roi(roi: &str) -> Result<()> {
    let parts: Option<Vec<f64>> = roi.split(',').map(|part| part.trim().parse().ok()).collect();
    match parts.as_deref() {
        Some(&[x, y, width, height])
            if [x, y].iter().all(|side| (0.0..1.0).contains(side))
                && width > 0.0
                && height > 0.0
                && x + width <= 1.000_001
                && y + height <= 1.000_001 =>
        {
            Ok(())
        }
        _ => Err(Error::option(
            "roi",
            format!(
                "{roi:?} is no part of the picture: `x,y,width,height`, each from 0 to 1, as \"0.25,0.25,0.5,0.5\""
            ),
        )),
    }
}
