//! A plugin's transform, from the program's side.

use super::call::{call, checked, json, schema, update};
use super::{Failure, Serve, services};
use crate::abi::growth::TableRef;
use crate::abi::tables::{DONE, Host, NOT_THIS_WAY, NOTHING, Text, TransformTable};
use crate::{Format, Frame, Mode, Update};
use std::ffi::c_void;
use std::sync::Arc;

/// A plugin's transform before it is opened.
#[derive(Clone, Copy)]
pub struct TransformKind {
    table: TableRef<TransformTable>,
}

/// A transform at work. It lives on the thread that opened it, and the compiler sees to that:
///
/// ```compile_fail
/// fn may_change_threads<T: Send>() {}
/// may_change_threads::<mutoscope_plugin::host::Transform>();
/// ```
pub struct Transform {
    table: TableRef<TransformTable>,
    instance: *mut c_void,
}

/// The outcome of a call that works in place on the caller's frame.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// The frame goes on as the transform left it.
    Frame,
    /// It goes no further, and that is no failure; its place is empty.
    Nothing,
    /// It is untouched: this way cannot do it.
    NotThisWay,
}

/// The outcome of a call with a frame.
pub enum Processed {
    /// It goes on.
    Frame(Frame),
    /// It goes no further, and that is no failure.
    Nothing,
    /// Here it is again: this way cannot do it.
    NotThisWay(Frame),
}

/// The same code: loaded from the same file, built once.
impl PartialEq for TransformKind {
    fn eq(&self, other: &TransformKind) -> bool {
        self.table == other.table
    }
}

impl TransformKind {
    pub(super) fn new(table: TableRef<TransformTable>) -> TransformKind {
        TransformKind { table }
    }

    /// The table, which may be of another build.
    #[doc(hidden)]
    pub fn table(&self) -> TableRef<TransformTable> {
        self.table
    }

    /// The options' JSON Schema, as text.
    pub fn schema(&self) -> String {
        schema(self.table.schema)
    }

    /// Returns the transform's modes for frames of this format with these options (JSON).
    ///
    /// # Errors
    /// An option is refused.
    pub fn modes(&self, options: &str, input: &Format) -> Result<Vec<Mode>, Failure> {
        let input = serde_json::to_string(input).unwrap_or_default();
        // SAFETY: the texts and the receivers live during the call.
        json(|put, fault| unsafe { (self.table.modes)(Text::new(options), Text::new(&input), put, fault) })
    }

    /// Makes an instance with these options (JSON).
    ///
    /// # Errors
    /// An option is refused, or something is missing.
    pub fn open(&self, options: &str, host: Arc<dyn Serve>) -> Result<Transform, Failure> {
        self.open_with(options, services(host))
    }

    /// As [`open`](TransformKind::open), with a host whose table may be of another build.
    #[doc(hidden)]
    pub fn open_with(&self, options: &str, host: Host) -> Result<Transform, Failure> {
        let mut instance = std::ptr::null_mut();
        // SAFETY: one count of the host is handed over; the rest lives during the call.
        call(&[DONE], |fault| unsafe {
            (self.table.create)(host, Text::new(options), &raw mut instance, fault)
        })?;
        Ok(Transform { table: self.table, instance })
    }
}

impl Transform {
    /// Works on one frame in the way numbered `way`. What comes back is checked.
    ///
    /// # Errors
    /// The transform failed, panicked, or gave a frame that is not what it says. The frame is lost.
    pub fn process(&mut self, mode: u32, frame: Frame) -> Result<Processed, Failure> {
        let mut place = Some(frame);
        let outcome = self.process_in_place(mode, &mut place)?;
        Ok(match (outcome, place) {
            (Outcome::Frame, Some(frame)) => Processed::Frame(frame),
            (Outcome::NotThisWay, Some(frame)) => Processed::NotThisWay(frame),
            _ => Processed::Nothing,
        })
    }

    /// As [`process`](Transform::process), on the frame where it stands: a frame is some 150 bytes, and a call that
    /// handed it over and back would spend half of its time on copying them.
    ///
    /// The place holds a frame afterwards unless the outcome is [`Nothing`](Outcome::Nothing) or an error.
    ///
    /// # Errors
    /// As `process`; and the place is empty already.
    pub fn process_in_place(&mut self, mode: u32, place: &mut Option<Frame>) -> Result<Outcome, Failure> {
        let Some(frame) = place else { return Err(Failure::new("there is no frame to work on")) };
        let slot: *mut Frame = frame;
        // SAFETY: the instance is alive and this is its thread (`Transform` is not `Send`); the slot holds a frame, which
        // is the plugin's from here on.
        let code = call(&[DONE, NOTHING, NOT_THIS_WAY], |fault| unsafe {
            (self.table.process)(self.instance, mode, slot, fault)
        });
        let outcome = match code {
            Ok(DONE) => Outcome::Frame,
            Ok(NOT_THIS_WAY) => Outcome::NotThisWay,
            empty => {
                // SAFETY: a valid place. Written over and not assigned to: the plugin has taken what stood there.
                unsafe { std::ptr::write(place, None) };
                return empty.map(|_| Outcome::Nothing);
            }
        };
        // On these two codes the slot holds a frame.
        if let Err(failure) = checked(frame) {
            *place = None;
            return Err(failure);
        }
        Ok(outcome)
    }

    /// Offers new options (JSON).
    ///
    /// # Errors
    /// An option is refused; the transform goes on with the old ones.
    pub fn update(&mut self, options: &str) -> Result<Update, Failure> {
        // SAFETY: the instance is alive and of this table, and this is its thread.
        unsafe { update(self.table.update, self.instance, options) }
    }
}

impl Drop for Transform {
    fn drop(&mut self) {
        // SAFETY: the instance is not used again.
        unsafe { (self.table.destroy)(self.instance) };
    }
}
