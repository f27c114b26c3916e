//! A plugin's sink, from the program's side.

use super::call::{call, json, schema, update};
use super::{Failure, Serve, services};
use crate::abi::growth::TableRef;
use crate::abi::tables::{DONE, Host, SinkTable, Text};
use crate::{Accepts, Frame, StreamId, StreamInfo, Update};
use std::ffi::c_void;
use std::mem::MaybeUninit;
use std::sync::Arc;

/// A plugin's sink before it is opened.
#[derive(Clone, Copy)]
pub struct SinkKind {
    table: TableRef<SinkTable>,
}

/// A sink at work. It lives on the thread that opened it, and the compiler sees to that:
///
/// ```compile_fail
/// fn may_change_threads<T: Send>() {}
/// may_change_threads::<mutoscope_plugin::host::Sink>();
/// ```
pub struct Sink {
    table: TableRef<SinkTable>,
    instance: *mut c_void,
}

/// The same code: loaded from the same file, built once.
impl PartialEq for SinkKind {
    fn eq(&self, other: &SinkKind) -> bool {
        self.table == other.table
    }
}

impl SinkKind {
    pub(super) fn new(table: TableRef<SinkTable>) -> SinkKind {
        SinkKind { table }
    }

    /// The table, which may be of another build.
    #[doc(hidden)]
    pub fn table(&self) -> TableRef<SinkTable> {
        self.table
    }

    /// The options' JSON Schema, as text.
    pub fn schema(&self) -> String {
        schema(self.table.schema)
    }

    /// Returns the pixel formats that the sink takes with these options (JSON).
    ///
    /// # Errors
    /// An option is refused.
    pub fn accepts(&self, options: &str) -> Result<Accepts, Failure> {
        // SAFETY: the text and the receivers live during the call.
        json(|put, fault| unsafe { (self.table.accepts)(Text::new(options), put, fault) })
    }

    /// Opens it with these options (JSON).
    ///
    /// # Errors
    /// An option is refused, or something is in the way (a port in use).
    pub fn open(&self, options: &str, host: Arc<dyn Serve>) -> Result<Sink, Failure> {
        self.open_with(options, services(host))
    }

    /// As [`open`](SinkKind::open), with a host whose table may be of another build.
    #[doc(hidden)]
    pub fn open_with(&self, options: &str, host: Host) -> Result<Sink, Failure> {
        let mut instance = std::ptr::null_mut();
        // SAFETY: one count of the host is handed over; the rest lives during the call.
        call(&[DONE], |fault| unsafe {
            (self.table.create)(host, Text::new(options), &raw mut instance, fault)
        })?;
        Ok(Sink { table: self.table, instance })
    }
}

impl Sink {
    /// A stream comes.
    ///
    /// # Errors
    /// The sink cannot serve it.
    pub fn add_stream(&mut self, stream: &StreamInfo) -> Result<(), Failure> {
        // SAFETY: the instance is alive and this is its thread (`Sink` is not `Send`); so for the calls below.
        call(&[DONE], |fault| unsafe {
            (self.table.add)(self.instance, stream.id.0, Text::new(&stream.name), fault)
        })?;
        Ok(())
    }

    /// A stream goes.
    ///
    /// # Errors
    /// The sink failed at it.
    pub fn remove_stream(&mut self, stream: StreamId) -> Result<(), Failure> {
        // SAFETY: as in `add_stream`.
        call(&[DONE], |fault| unsafe { (self.table.remove)(self.instance, stream.0, fault) })?;
        Ok(())
    }

    /// A frame of a stream.
    ///
    /// # Errors
    /// The sink failed or panicked; the frame is lost.
    pub fn receive(&mut self, stream: StreamId, frame: Frame) -> Result<(), Failure> {
        let mut slot = MaybeUninit::new(frame);
        // SAFETY: as in `add_stream`; the frame in the slot is the plugin's from here on.
        call(&[DONE], |fault| unsafe {
            (self.table.receive)(self.instance, stream.0, slot.as_mut_ptr(), fault)
        })?;
        Ok(())
    }

    /// Offers new options (JSON).
    ///
    /// # Errors
    /// An option is refused; the sink goes on with the old ones.
    pub fn update(&mut self, options: &str) -> Result<Update, Failure> {
        // SAFETY: the instance is alive and of this table, and this is its thread.
        unsafe { update(self.table.update, self.instance, options) }
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        // SAFETY: the instance is not used again.
        unsafe { (self.table.destroy)(self.instance) };
    }
}
