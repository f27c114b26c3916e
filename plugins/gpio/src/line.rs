//! The check that the kernel has not given a pin to another program or to a device of its own.
//!
//! rppal works on the processor's registers, past the kernel, and would take a pin that is in use. The check asks the
//! kernel's GPIO character device (`linux/gpio.h`, version 2 of its interface, Linux 5.10 and later).

use rustix::fd::{AsFd, OwnedFd};
use rustix::fs::{Mode, OFlags, open};
use rustix::ioctl::{Opcode, Updater, ioctl, opcode};

/// `struct gpiochip_info`.
#[repr(C)]
#[derive(Default)]
struct ChipInfo {
    name: [u8; 32],
    label: [u8; 32],
    lines: u32,
}

/// `struct gpio_v2_line_info`, its ten attributes as words.
#[repr(C)]
#[derive(Default)]
struct LineInfo {
    name: [u8; 32],
    consumer: [u8; 32],
    offset: u32,
    attribute_count: u32,
    flags: u64,
    attributes: [u64; 20],
    padding: [u32; 4],
}

const CHIP_INFO: Opcode = opcode::read::<ChipInfo>(0xb4, 1);
const LINE_INFO: Opcode = opcode::read_write::<LineInfo>(0xb4, 5);
/// `GPIO_V2_LINE_FLAG_USED`.
const USED: u64 = 1;

/// Chips that are looked at: a Pi has few, the one with the header's pins among the first sixteen.
const CHIPS: u32 = 16;

/// The holder of pin `pin`, by the kernel's name (empty if it gives none); `None` if it is free, or cannot be asked for.
pub(crate) fn holder(pin: u8) -> Option<String> {
    let chip = (0..CHIPS).find_map(header_chip)?;
    let mut info = LineInfo { offset: pin.into(), ..LineInfo::default() };
    ask_line(&chip, &mut info).ok()?;
    (info.flags & USED != 0).then(|| text(&info.consumer))
}

/// The chip with this number, if it has the header's pins.
fn header_chip(number: u32) -> Option<OwnedFd> {
    let path = format!("/dev/gpiochip{number}");
    let chip = open(path, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty()).ok()?;
    let mut info = ChipInfo::default();
    ask_chip(&chip, &mut info).ok()?;
    let label = text(&info.label);
    (label.starts_with("pinctrl-bcm") || label.starts_with("pinctrl-rp1")).then_some(chip)
}

fn text(bytes: &[u8]) -> String {
    let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
    String::from_utf8_lossy(&bytes[..end]).into_owned()
}

#[allow(unsafe_code, reason = "a request to a device")]
fn ask_chip(chip: impl AsFd, info: &mut ChipInfo) -> rustix::io::Result<()> {
    // SAFETY: the request fills a `struct gpiochip_info`, which is all numbers; the opcode carries its size.
    unsafe { ioctl(chip, Updater::<CHIP_INFO, ChipInfo>::new(info)) }
}

#[allow(unsafe_code, reason = "a request to a device")]
fn ask_line(chip: impl AsFd, info: &mut LineInfo) -> rustix::io::Result<()> {
    // SAFETY: the request reads and fills a `struct gpio_v2_line_info`, which is all numbers; the opcode carries its size.
    unsafe { ioctl(chip, Updater::<LINE_INFO, LineInfo>::new(info)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_requests_are_the_kernels() {
        // As `linux/gpio.h` has them on every processor that a Pi has, and on this one.
        assert_eq!((size_of::<ChipInfo>(), size_of::<LineInfo>()), (68, 256));
        assert_eq!(std::mem::offset_of!(LineInfo, flags), 72);
        assert_eq!((CHIP_INFO, LINE_INFO), (0x8044_b401, 0xc100_b405));
    }

    #[test]
    fn names_end_at_their_nul() {
        assert_eq!(text(b"pinctrl-bcm2711\0\0junk"), "pinctrl-bcm2711");
        assert_eq!(text(&[b'x'; 32]).len(), 32);
    }
}
