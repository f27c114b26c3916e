//! Light and gate on pins that are not there, and what the pipeline file may say.

mod conformance;
mod gate;
mod latch;
mod light;
mod options;

use crate::config::Pull;
use crate::pins::{Input, Output, Pins};
use mutoscope_plugin::{Error, Result};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// Pins in memory.
#[derive(Clone, Default)]
struct Board(Arc<Mutex<BTreeMap<u8, Pin>>>);

#[derive(Clone, Default)]
struct Pin {
    high: bool,
    taken: bool,
    /// Every level that it was set to, the first included.
    set: Vec<bool>,
}

impl Board {
    fn pin<T>(&self, pin: u8, with: impl FnOnce(&mut Pin) -> T) -> T {
        with(self.0.lock().unwrap().entry(pin).or_default())
    }

    fn drive(&self, pin: u8, high: bool) {
        self.pin(pin, |pin| pin.high = high);
    }

    fn is_high(&self, pin: u8) -> bool {
        self.pin(pin, |pin| pin.high)
    }

    fn is_taken(&self, pin: u8) -> bool {
        self.pin(pin, |pin| pin.taken)
    }

    fn take(&self, number: u8) -> Result<Held> {
        self.pin(number, |pin| match std::mem::replace(&mut pin.taken, true) {
            true => Err(Error::new(format!("GPIO {number} is taken"))),
            false => Ok(Held(self.clone(), number)),
        })
    }
}

struct Held(Board, u8);

impl Drop for Held {
    fn drop(&mut self) {
        self.0.pin(self.1, |pin| pin.taken = false);
    }
}

impl Input for Held {
    fn is_high(&self) -> bool {
        self.0.is_high(self.1)
    }
}

impl Output for Held {
    fn set(&mut self, high: bool) {
        self.0.pin(self.1, |pin| {
            pin.high = high;
            pin.set.push(high);
        });
    }
}

impl Pins for Board {
    fn input(&self, pin: u8, _: Pull) -> Result<Box<dyn Input>> {
        Ok(Box::new(self.take(pin)?))
    }

    fn output(&self, pin: u8, high: bool) -> Result<Box<dyn Output>> {
        let mut held = self.take(pin)?;
        held.set(high);
        Ok(Box::new(held))
    }
}

/// Waits for what has to become true.
fn eventually(mut ready: impl FnMut() -> bool, what: &str) {
    let start = Instant::now();
    while !ready() {
        assert!(start.elapsed() < Duration::from_secs(30), "it never happened: {what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}
