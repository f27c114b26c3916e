//! A device that is set up as the file asks: format, size, rate, controls, input.

use crate::choose::{Chosen, Device};
use crate::config::Options;
use crate::controls::{self, Setting, Unset};
use crate::find::Places;
use crate::kernel::{self, PixFormat, Plain, text};
use crate::modes::{self, Modes, rounded, same_rate};
use crate::node::{self, Node};
use crate::pixel::Pixel;
use crate::trouble;
use mutoscope_plugin::serde_json::Value;
use mutoscope_plugin::{Error, FormatHint, PixelFormat, Result, Size, tracing};
use std::io;
use std::path::PathBuf;

/// A device that is set up, and not streaming yet.
pub(crate) struct Camera {
    pub(crate) node: Node,
    /// Its file and its name, for people.
    pub(crate) name: String,
    pub(crate) pixel: Pixel,
    /// The format as the driver set it.
    pub(crate) pix: PixFormat,
    /// The controls as they were set.
    pub(crate) controls: Vec<Setting>,
}

impl Camera {
    /// Opens the device and sets it up; what it cannot do is refused before it does anything.
    pub(crate) fn open(options: &Options, wanted: FormatHint) -> Result<Camera> {
        let path: PathBuf = Places::default().resolve(&options.device)?;
        let node = Node::open(&path).map_err(|error| trouble::opening(&path, &error))?;
        let capability = node.capability().map_err(|error| trouble::opening(&path, &error))?;
        let abilities = node::abilities(&capability);
        if abilities & kernel::CAN_CAPTURE == 0 || abilities & kernel::CAN_STREAM == 0 {
            let why = match abilities & kernel::CAN_CAPTURE_MPLANE {
                0 => trouble::not_a_camera(&path),
                _ => format!(
                    "{} gives pictures in several memories at once (multi-planar), as the parts of a phone or a Raspberry Pi do; that \
                     cannot be taken here",
                    path.display()
                ),
            };
            return Err(Error::option("device", why));
        }
        let name = format!("{} ({})", path.display(), text(&capability.card));
        let setup = Setup { node: &node, name: &name, options };
        setup.input()?;
        let described = controls::of(&node);
        let settings = controls::settings(&options.controls, &described)?;
        let (chosen, current) = setup.choose(wanted)?;
        let pix = setup.format(chosen, current)?;
        let fps = setup.rate(chosen.fps)?;
        setup.controls(&settings)?;
        let rate = fps.map(|fps| format!(" at {} fps", rounded(fps))).unwrap_or_default();
        tracing::info!("{name}: {} {}x{}{rate}", chosen.pixel.name, pix.width, pix.height);
        if let Some(wish) = options.missed(Size::new(pix.width, pix.height), fps) {
            tracing::warn!("{name}: the camera has no {wish}; that is the nearest");
        }
        Ok(Camera { name, pixel: chosen.pixel, pix, controls: settings, node })
    }
}

/// A device that is being set up.
struct Setup<'a> {
    node: &'a Node,
    name: &'a str,
    options: &'a Options,
}

impl Setup<'_> {
    fn failed(&self, doing: &str, error: &io::Error) -> Error {
        trouble::running(self.name, self.node.path(), doing, error)
    }

    fn input(&self) -> Result<()> {
        let Some(input) = &self.options.input else { return Ok(()) };
        let inputs: Vec<(u32, String)> = self
            .node
            .each(&kernel::ENUMINPUT, |index| kernel::Input { index, ..kernel::Input::zeroed() })
            .map(|input| (input.index, text(&input.name)))
            .collect();
        let found = inputs.iter().find(|(index, name)| match input {
            Value::String(wanted) => name.eq_ignore_ascii_case(wanted),
            number => number.as_u64() == Some(u64::from(*index)),
        });
        let Some((index, _)) = found else {
            let has: Vec<_> = inputs.iter().map(|(index, name)| format!("{index} ({name})")).collect();
            return Err(Error::option(
                "input",
                format!("the camera has no input {input}; it has: {}", has.join(", ")),
            ));
        };
        let mut index = *index as i32;
        self.node.ask(&kernel::S_INPUT, &mut index).map_err(|error| self.failed("choosing its input", &error))
    }

    /// The format to ask for, and the device's current one.
    fn choose(&self, wanted: FormatHint) -> Result<(Chosen, kernel::Format)> {
        let mut current = kernel::Format { kind: kernel::CAPTURE, ..kernel::Format::zeroed() };
        self.node
            .ask(&kernel::G_FMT, &mut current)
            .map_err(|error| self.failed("asked for its format", &error))?;
        let modes = Modes::of(self.node);
        let device = Device {
            modes: &modes,
            size: Size::new(current.pix.width, current.pix.height),
            rates: |code, size| modes::rates(self.node, code, size),
        };
        let pixels = wanted.kind().is_some_and(|kind| kind != PixelFormat::JPEG);
        Ok((device.choose(self.options, pixels)?, current))
    }

    fn format(&self, chosen: Chosen, current: kernel::Format) -> Result<PixFormat> {
        let mut format = current;
        format.pix.width = chosen.size.width;
        format.pix.height = chosen.size.height;
        format.pix.pixel_format = chosen.pixel.code;
        format.pix.field = kernel::WHOLE;
        // Left from the last format, they would be taken for a wish.
        (format.pix.bytes_per_line, format.pix.size_image) = (0, 0);
        // Colours are the driver's to say.
        (format.pix.colorspace, format.pix.encoding, format.pix.quantization, format.pix.transfer) =
            (0, 0, 0, 0);
        self.node.ask(&kernel::S_FMT, &mut format).map_err(|error| self.failed("told its format", &error))?;
        let given = format.pix;
        if given.pixel_format != chosen.pixel.code {
            let instead = crate::pixel::code(given.pixel_format);
            return Err(Error::option(
                "format",
                format!("asked for {}, the camera gives {instead}", chosen.pixel.name),
            ));
        }
        let wrong = |asked: Option<u32>, given: u32| asked.is_some_and(|asked| asked != given);
        let Options { width, height, accept_nearest, .. } = *self.options;
        if !accept_nearest && (wrong(width, given.width) || wrong(height, given.height)) {
            return Err(Error::option(
                if wrong(width, given.width) { "width" } else { "height" },
                format!(
                    "asked for {}, the camera gives {}x{}; ask for that, or say `accept_nearest: true`",
                    chosen.size, given.width, given.height
                ),
            ));
        }
        Ok(given)
    }

    /// Tells the rate, always: some drivers start with a slow one until they are told any.
    fn rate(&self, asked: Option<f64>) -> Result<Option<f64>> {
        let mut parameters =
            kernel::StreamParameters { kind: kernel::CAPTURE, ..kernel::StreamParameters::zeroed() };
        let known = self.node.ask(&kernel::G_PARM, &mut parameters).is_ok();
        if !known || parameters.capability & kernel::HAS_RATE == 0 {
            return match asked {
                Some(_) if !self.options.accept_nearest => Err(Error::option(
                    "fps",
                    "the camera does not let itself be told a rate: leave `fps` out, or say `accept_nearest: true`",
                )),
                _ => Ok(None),
            };
        }
        if let Some(fps) = asked {
            parameters.time_per_frame = modes::interval(fps);
        }
        self.node
            .ask(&kernel::S_PARM, &mut parameters)
            .map_err(|error| self.failed("told its rate", &error))?;
        let given = modes::fps(parameters.time_per_frame);
        match (asked, given) {
            (Some(asked), Some(given)) if !same_rate(asked, given) && !self.options.accept_nearest => {
                Err(Error::option(
                    "fps",
                    format!("asked for {asked} pictures per second, the camera gives {}", rounded(given)),
                ))
            }
            _ => Ok(given),
        }
    }

    fn controls(&self, settings: &[Setting]) -> Result<()> {
        set(self.node, self.name, settings)
    }
}

/// Sets controls of a camera.
pub(crate) fn set(node: &Node, name: &str, settings: &[Setting]) -> Result<()> {
    controls::set(node, settings).map_err(|unset| match unset {
        Unset::Refused(error) => error,
        Unset::Failed(error) => trouble::running(name, node.path(), "setting its controls", &error),
    })?;
    if !settings.is_empty() {
        for control in controls::without_effect(settings, &controls::of(node)) {
            tracing::warn!(
                "{name}: `{control}` has no effect now, since another control rules it: set that one, such as the automatic one, \
                 in `controls` as well"
            );
        }
    }
    Ok(())
}
