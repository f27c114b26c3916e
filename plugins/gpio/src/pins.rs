//! Pins as the light and the gate know them, whatever moves them.

use crate::config::Pull;
use mutoscope_plugin::{Error, Result};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

/// A processor's pins.
pub(crate) trait Pins {
    /// A pin to read.
    ///
    /// # Errors
    /// It cannot be had.
    fn input(&self, pin: u8, pull: Pull) -> Result<Box<dyn Input>>;

    /// A pin to set, which starts at this level. Dropped, it is as it was found.
    ///
    /// # Errors
    /// It cannot be had.
    fn output(&self, pin: u8, high: bool) -> Result<Box<dyn Output>>;
}

/// A pin to read. Dropped, it is as it was found.
pub(crate) trait Input: Send + Sync {
    /// Returns whether it is at 3.3 V.
    fn is_high(&self) -> bool;
}

/// A pin to set.
pub(crate) trait Output: Send {
    /// Sets it to 3.3 V or to ground.
    fn set(&mut self, high: bool);
}

/// Inputs that several gates share: one sensor for two streams.
pub(crate) struct SharedInputs {
    // A lock, since the instances that share a pin run on threads of their own.
    known: Mutex<BTreeMap<u8, Known>>,
}

struct Known {
    pull: Pull,
    input: Weak<dyn Input>,
}

impl SharedInputs {
    pub(crate) const fn new() -> SharedInputs {
        SharedInputs { known: Mutex::new(BTreeMap::new()) }
    }

    /// A pin to read, which others may read, too.
    ///
    /// # Errors
    /// It cannot be had, or another gate has it with another resistor.
    pub(crate) fn get(&self, pins: &dyn Pins, pin: u8, pull: Pull) -> Result<Arc<dyn Input>> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(theirs) = known.get(&pin)
            && let Some(input) = theirs.input.upgrade()
        {
            if theirs.pull != pull {
                return Err(Error::option(
                    "pull",
                    format!("GPIO {pin} is read by another gate with another `pull`: say the same in both"),
                ));
            }
            return Ok(input);
        }
        let input: Arc<dyn Input> = pins.input(pin, pull)?.into();
        known.insert(pin, Known { pull, input: Arc::downgrade(&input) });
        Ok(input)
    }
}
