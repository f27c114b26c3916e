//! The pins of a Raspberry Pi, by rppal.

use crate::config::Pull;
use crate::line;
use crate::pins::{Input, Output, Pins};
use mutoscope_plugin::{Error, Result};
use rppal::gpio::{self, Gpio, InputPin, Level, Mode, OutputPin, Pin};
use std::io::ErrorKind;

/// The pins of a Raspberry Pi.
pub(crate) struct Pi;

impl Pins for Pi {
    fn input(&self, pin: u8, pull: Pull) -> Result<Box<dyn Input>> {
        let free = free(pin)?;
        let input = match pull {
            Pull::Off => free.into_input(),
            Pull::Up => free.into_input_pullup(),
            Pull::Down => free.into_input_pulldown(),
        };
        // It gives the pin its mode back when it is dropped, and switches the resistor off.
        Ok(Box::new(Reading(input)))
    }

    fn output(&self, pin: u8, high: bool) -> Result<Box<dyn Output>> {
        let free = free(pin)?;
        // Of an input, the mode is all there is to be given back, which rppal does.
        let before = (free.mode() == Mode::Output).then(|| free.read());
        // The level first, then the mode: the light does not flash.
        let output = if high { free.into_output_high() } else { free.into_output_low() };
        Ok(Box::new(Setting { output, before }))
    }
}

struct Reading(InputPin);

impl Input for Reading {
    fn is_high(&self) -> bool {
        self.0.read() == Level::High
    }
}

struct Setting {
    output: OutputPin,
    /// The level that the pin had as another program's output.
    before: Option<Level>,
}

impl Output for Setting {
    fn set(&mut self, high: bool) {
        self.output.write(Level::from(high));
    }
}

impl Drop for Setting {
    fn drop(&mut self) {
        if let Some(level) = self.before {
            self.output.write(level);
        }
    }
}

/// Takes a pin without another holder.
fn free(pin: u8) -> Result<Pin> {
    let gpio = Gpio::new().map_err(|error| refusal(pin, &error))?;
    // Before it is touched.
    if let Some(holder) = line::holder(pin) {
        let holder = if holder.is_empty() { "the kernel (a device tree overlay?)" } else { &holder };
        return Err(Error::new(format!(
            "GPIO {pin} is taken by {holder}: end that, or choose another pin; `gpioinfo` lists them"
        )));
    }
    gpio.get(pin).map_err(|error| refusal(pin, &error))
}

/// Turns rppal's error into one with the way out. A reason that does not change while the program runs is the option's fault:
/// the file is shown, and nothing is tried again.
fn refusal(pin: u8, error: &gpio::Error) -> Error {
    match error {
        gpio::Error::UnknownModel => Error::option(
            "pin",
            format!(
                "this machine is not a Raspberry Pi, or none that is known, so there is no GPIO {pin}: leave the plugin \
                 `gpio` out here"
            ),
        ),
        gpio::Error::PinNotAvailable(_) => {
            Error::option("pin", format!("this Raspberry Pi has no GPIO {pin}: the header has 2 to 27"))
        }
        gpio::Error::PinUsed(_) => Error::new(format!(
            "GPIO {pin} is used elsewhere in this pipeline: give each light and each gate a pin of its own (gates may \
             share one)"
        )),
        // What is tried where there is no /dev/gpiomem. No group opens it.
        gpio::Error::PermissionDenied(path) if path == "/dev/mem" => Error::option(
            "pin",
            format!(
                "GPIO {pin}: there is no /dev/gpiomem, and /dev/mem may not be used in its place: take a kernel that has the \
                 one (Raspberry Pi OS's), or run as root with `iomem=relaxed` on the kernel's command line"
            ),
        ),
        gpio::Error::PermissionDenied(path) => Error::option("pin", denied(pin, path)),
        gpio::Error::Io(error) if error.kind() == ErrorKind::PermissionDenied => {
            Error::option("pin", denied(pin, "/dev/gpiomem"))
        }
        gpio::Error::Io(error) if error.kind() == ErrorKind::NotFound => Error::option(
            "pin",
            format!(
                "GPIO {pin} cannot be reached, there is neither /dev/gpiomem nor /dev/gpiochip0: give the program these \
                 devices if it runs in a container"
            ),
        ),
        error => Error::new(format!("GPIO {pin} cannot be had: {error}")),
    }
}

fn denied(pin: u8, path: &str) -> String {
    format!(
        "GPIO {pin}: this user may not open {path}: add them to the group that may (`sudo usermod -aG gpio USER`, then log \
         in again)"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_refusal_names_the_pin_and_the_way_out() {
        let io = |kind: ErrorKind| gpio::Error::Io(kind.into());
        for (error, option, part) in [
            (gpio::Error::UnknownModel, "pin", "not a Raspberry Pi"),
            (gpio::Error::PinNotAvailable(60), "pin", "has no GPIO 60"),
            (gpio::Error::PinUsed(60), "", "used elsewhere in this pipeline"),
            (gpio::Error::PermissionDenied("/dev/gpiomem".into()), "pin", "usermod -aG gpio"),
            (gpio::Error::PermissionDenied("/dev/gpiochip0".into()), "pin", "may not open /dev/gpiochip0"),
            (gpio::Error::PermissionDenied("/dev/mem".into()), "pin", "no /dev/gpiomem"),
            (io(ErrorKind::PermissionDenied), "pin", "/dev/gpiomem"),
            (io(ErrorKind::NotFound), "pin", "container"),
            (io(ErrorKind::TimedOut), "", "cannot be had"),
        ] {
            let refused = refusal(60, &error);
            assert_eq!(refused.option_path(), option, "{error}");
            assert!(refused.message().contains(part) && refused.message().contains("GPIO 60"), "{refused}");
        }
    }
}
