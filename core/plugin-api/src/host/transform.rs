//! A plugin's transform, from the program's side.

use super::call::{call, checked, json, schema, update};
use super::{Failure, Serve, services};
use crate::abi::tables::{DONE, NOT_THIS_WAY, NOTHING, Text, TransformTable};
use crate::{Format, Frame, Update, Way};
use std::ffi::c_void;
use std::mem::MaybeUninit;
use std::sync::Arc;

/// What a plugin's transform can answer before it is opened.
#[derive(Clone, Copy)]
pub struct TransformKind {
    table: &'static TransformTable,
}

/// A transform at work. It lives on the thread that opened it, and the compiler sees to that:
///
/// ```compile_fail
/// fn may_change_threads<T: Send>() {}
/// may_change_threads::<mutoscope_plugin::host::Transform>();
/// ```
pub struct Transform {
    table: &'static TransformTable,
    instance: *mut c_void,
}

/// What became of a frame.
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
        std::ptr::eq(self.table, other.table)
    }
}

impl TransformKind {
    pub(super) fn new(table: &'static TransformTable) -> TransformKind {
        TransformKind { table }
    }

    /// The options' JSON Schema, as text.
    pub fn schema(&self) -> String {
        schema(self.table.schema)
    }

    /// How it can work on frames of this format with these options (JSON).
    ///
    /// # Errors
    /// An option is refused.
    pub fn ways(&self, options: &str, input: &Format) -> Result<Vec<Way>, Failure> {
        let input = serde_json::to_string(input).unwrap_or_default();
        // SAFETY: the texts and the receivers live during the call.
        json(|put, fault| unsafe { (self.table.ways)(Text::new(options), Text::new(&input), put, fault) })
    }

    /// Makes an instance with these options (JSON).
    ///
    /// # Errors
    /// An option is refused, or something is missing.
    pub fn open(&self, options: &str, host: Arc<dyn Serve>) -> Result<Transform, Failure> {
        let mut instance = std::ptr::null_mut();
        // SAFETY: one count of the host is handed over; the rest lives during the call.
        call(&[DONE], |fault| unsafe {
            (self.table.create)(services(host), Text::new(options), &raw mut instance, fault)
        })?;
        Ok(Transform { table: self.table, instance })
    }
}

impl Transform {
    /// Works on one frame in the way numbered `way`. What comes back is checked.
    ///
    /// # Errors
    /// The transform failed, panicked, or gave a frame that is not what it says. The frame is lost.
    pub fn process(&mut self, way: u32, frame: Frame) -> Result<Processed, Failure> {
        let mut slot = MaybeUninit::new(frame);
        // SAFETY: the instance is alive and this is its thread (`Transform` is not `Send`); the slot holds a frame, which
        // is the plugin's from here on.
        let code = call(&[DONE, NOTHING, NOT_THIS_WAY], |fault| unsafe {
            (self.table.process)(self.instance, way, slot.as_mut_ptr(), fault)
        })?;
        if code == NOTHING {
            return Ok(Processed::Nothing);
        }
        // SAFETY: on the other two codes the slot holds a frame.
        let frame = unsafe { checked(slot) }?;
        Ok(if code == DONE { Processed::Frame(frame) } else { Processed::NotThisWay(frame) })
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
