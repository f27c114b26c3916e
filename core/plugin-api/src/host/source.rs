//! A plugin's source, from the program's side.

use super::call::{call, checked, json, schema, update};
use super::{Failure, Serve, services};
use crate::abi::growth::TableRef;
use crate::abi::tables::{DONE, Host, NOTHING, SourceTable, Text};
use crate::{Device, Frame, SourceCaps, Update};
use std::ffi::c_void;
use std::mem::MaybeUninit;
use std::sync::Arc;

/// A plugin's source before it is opened.
#[derive(Clone, Copy)]
pub struct SourceKind {
    table: TableRef<SourceTable>,
}

/// A source at work. It lives on the thread that opened it, and the compiler sees to that:
///
/// ```compile_fail
/// fn may_change_threads<T: Send>() {}
/// may_change_threads::<mutoscope_plugin::host::Source>();
/// ```
pub struct Source {
    table: TableRef<SourceTable>,
    instance: *mut c_void,
}

/// The same code: loaded from the same file, built once.
impl PartialEq for SourceKind {
    fn eq(&self, other: &SourceKind) -> bool {
        self.table == other.table
    }
}

impl SourceKind {
    pub(super) fn new(table: TableRef<SourceTable>) -> SourceKind {
        SourceKind { table }
    }

    /// The table, which may be of another build.
    #[doc(hidden)]
    pub fn table(&self) -> TableRef<SourceTable> {
        self.table
    }

    /// The options' JSON Schema, as text.
    pub fn schema(&self) -> String {
        schema(self.table.schema)
    }

    /// Returns the formats that the source would give with these options (JSON). Opens no device.
    ///
    /// # Errors
    /// An option is refused.
    pub fn caps(&self, options: &str) -> Result<SourceCaps, Failure> {
        // SAFETY: the text and the receivers live during the call.
        json(|put, fault| unsafe { (self.table.caps)(Text::new(options), put, fault) })
    }

    /// The devices on this machine.
    ///
    /// # Errors
    /// They cannot be listed.
    pub fn devices(&self) -> Result<Vec<Device>, Failure> {
        // SAFETY: the receivers live during the call.
        json(|put, fault| unsafe { (self.table.devices)(put, fault) })
    }

    /// Opens it with these options (JSON).
    ///
    /// # Errors
    /// An option is refused, or the device is not there.
    pub fn open(&self, options: &str, host: Arc<dyn Serve>) -> Result<Source, Failure> {
        self.open_with(options, services(host))
    }

    /// As [`open`](SourceKind::open), with a host whose table may be of another build.
    #[doc(hidden)]
    pub fn open_with(&self, options: &str, host: Host) -> Result<Source, Failure> {
        let mut instance = std::ptr::null_mut();
        // SAFETY: one count of the host is handed over; the rest lives during the call.
        call(&[DONE], |fault| unsafe {
            (self.table.create)(host, Text::new(options), &raw mut instance, fault)
        })?;
        Ok(Source { table: self.table, instance })
    }
}

impl Source {
    /// The next frame, checked; `None` is the end, or the answer to a stop.
    ///
    /// # Errors
    /// The source failed, panicked, or gave a frame that is not what it says.
    pub fn next_frame(&mut self) -> Result<Option<Frame>, Failure> {
        let mut slot = MaybeUninit::<Frame>::uninit();
        // SAFETY: the instance is alive and this is its thread (`Source` is not `Send`); the slot is a place for a frame.
        let code = call(&[DONE, NOTHING], |fault| unsafe {
            (self.table.next)(self.instance, slot.as_mut_ptr(), fault)
        })?;
        if code == NOTHING {
            return Ok(None);
        }
        // SAFETY: on DONE the slot holds a frame. Looked at where it is, and moved once: each move is a copy.
        if let Err(failure) = checked(unsafe { slot.assume_init_ref() }) {
            // SAFETY: as above; the slot is not used again.
            unsafe { slot.assume_init_drop() };
            return Err(failure);
        }
        // SAFETY: as above.
        Ok(Some(unsafe { slot.assume_init() }))
    }

    /// Offers new options (JSON).
    ///
    /// # Errors
    /// An option is refused; the source goes on with the old ones.
    pub fn update(&mut self, options: &str) -> Result<Update, Failure> {
        // SAFETY: the instance is alive and of this table, and this is its thread.
        unsafe { update(self.table.update, self.instance, options) }
    }
}

impl Drop for Source {
    fn drop(&mut self) {
        // SAFETY: the instance is not used again.
        unsafe { (self.table.destroy)(self.instance) };
    }
}
