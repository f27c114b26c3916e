//! A pin as the processor has it: its registers, read and written past the program that is tried and past its library.
//!
//! *BCM2835 ARM Peripherals*, chapter 6, has the registers; the Pi 3's processor, the BCM2837, has them from 0x3f20_0000 on.

use crate::board::sh;
use mutoscope_tests::until;
use std::fmt;

const FUNCTION: u32 = 0x3f20_0000;
const SET: u32 = 0x3f20_001c;
const CLEAR: u32 = 0x3f20_0028;
const LEVEL: u32 = 0x3f20_0034;

/// Three bits of a function select register.
pub const INPUT: u32 = 0b000;
pub const OUTPUT: u32 = 0b001;
/// One of the six that give the pin to a device in the processor.
pub const ALT0: u32 = 0b100;

/// A pin with a number up to 31, as it is at one moment.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Pin {
    pub number: u32,
    pub function: u32,
    pub high: bool,
}

impl fmt::Debug for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "GPIO {} with function {:03b}, high: {}", self.number, self.function, self.high)
    }
}

impl Pin {
    #[track_caller]
    pub fn read(number: u32) -> Pin {
        let (register, shift) = function_register(number);
        let function = (peek(register) >> shift) & 0b111;
        Pin { number, function, high: (peek(LEVEL) >> number) & 1 == 1 }
    }

    /// Makes it so, before the program runs: what it finds.
    #[track_caller]
    pub fn put(number: u32, function: u32, high: bool) -> Pin {
        Pin::drive(number, high);
        let (register, shift) = function_register(number);
        poke(register, (peek(register) & !(0b111 << shift)) | (function << shift));
        let pin = Pin::read(number);
        assert_eq!(pin, Pin { number, function, high });
        pin
    }

    /// Sets the level. Nothing can be wired to the emulated Pi, but there an input has the level that was last set, while a real
    /// one has that of the wire.
    #[track_caller]
    pub fn drive(number: u32, high: bool) {
        poke(if high { SET } else { CLEAR }, 1 << number);
    }

    /// Waits until it is so.
    #[track_caller]
    pub fn becomes(number: u32, function: u32, high: bool) {
        let wanted = Pin { number, function, high };
        until(&format!("{wanted:?}"), || (Pin::read(number) == wanted).then_some(()));
    }
}

/// The register that says what a pin is for, and where in it.
fn function_register(number: u32) -> (u32, u32) {
    (FUNCTION + number / 10 * 4, number % 10 * 3)
}

#[track_caller]
fn peek(register: u32) -> u32 {
    let said = sh(&format!("devmem {register:#x} 32"));
    let digits = said.trim().strip_prefix("0x").map(|digits| u32::from_str_radix(digits, 16));
    digits.unwrap_or_else(|| panic!("no number: {said:?}")).expect("32 bits")
}

#[track_caller]
fn poke(register: u32, value: u32) {
    sh(&format!("devmem {register:#x} 32 {value:#x}"));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_pins_share_a_register() {
        assert_eq!(function_register(0), (0x3f20_0000, 0));
        assert_eq!(function_register(17), (0x3f20_0004, 21));
        assert_eq!(function_register(27), (0x3f20_0008, 21));
    }
}
