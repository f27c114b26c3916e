//! The tables of functions on both sides of the boundary.
//!
//! A plugin gives up to three tables (source, transform, sink); a program gives each instance a [`Host`].
//! All functions return one of the codes below. None of them unwinds.

use super::crossing;
use crate::{Buffer, FormatHint, Frame, Times};
use std::ffi::c_void;

/// Done; a frame is in the slot where the function gives one.
pub const DONE: u32 = 0;
/// Done, and there is no frame: it went no further, or the source has ended.
pub const NOTHING: u32 = 1;
/// The frame is back in the slot, untouched: this way cannot do it.
pub const NOT_THIS_WAY: u32 = 2;
/// The new options cannot be taken while running: make a new instance.
pub const RESTART: u32 = 3;
/// It failed; the fault says why.
pub const FAILED: u32 = 4;
/// The author's code panicked; the fault says where. The instance must not be called again.
pub const PANICKED: u32 = 5;

crossing! {
    /// Borrowed UTF-8 text, valid for the duration of the call.
    #[derive(Clone, Copy)]
    pub struct Text {
        /// First byte; may dangle if `len` is 0.
        pub ptr: *const u8,
        /// Bytes.
        pub len: usize,
    }
}

impl Text {
    /// `text`, borrowed.
    pub fn new(text: &str) -> Text {
        Text { ptr: text.as_ptr(), len: text.len() }
    }

    /// The text; what is not UTF-8 in it is replaced.
    ///
    /// # Safety
    /// `ptr` must be valid for `len` bytes while the result is made.
    pub unsafe fn to_string(self) -> String {
        if self.len == 0 {
            return String::new();
        }
        // SAFETY: the caller vouches for pointer and length.
        String::from_utf8_lossy(unsafe { std::slice::from_raw_parts(self.ptr, self.len) }).into_owned()
    }
}

crossing! {
    /// Where a function puts a text that it makes.
    #[derive(Clone, Copy)]
    pub struct Put {
        /// The receiver, given back to `put`.
        pub to: *mut c_void,
        /// Takes the text; it is valid during the call only.
        pub put: unsafe extern "C" fn(*mut c_void, Text),
    }
}

/// Receives a text into the `String` behind the pointer.
pub(crate) unsafe extern "C" fn put_string(to: *mut c_void, text: Text) {
    // SAFETY: `to` is the String that was given with this function, the text lives during the call.
    unsafe { *to.cast::<String>() = text.to_string() };
}

crossing! {
    /// Where a function puts the reason of its failure.
    #[derive(Clone, Copy)]
    pub struct Fault {
        /// The receiver, given back to `put`.
        pub to: *mut c_void,
        /// Takes the path of the option at fault (empty: none) and the message.
        pub put: unsafe extern "C" fn(*mut c_void, Text, Text),
    }
}

crossing! {
    /// What a buffer's owner can do.
    #[derive(Clone, Copy)]
    pub struct BufferTable {
        /// Bytes in this table.
        pub size: usize,
        /// 1 if a sole holder may write to the memory.
        pub writable: u32,
        /// One holder more.
        pub retain: unsafe extern "C" fn(*const c_void),
        /// One holder less; the last gives the memory back, on whatever thread.
        pub release: unsafe extern "C" fn(*const c_void),
        /// 1 if there is one holder only.
        pub unique: unsafe extern "C" fn(*const c_void) -> u32,
    }
    grown BufferTableGrown {}
}

crossing! {
    /// A program's services for one instance of a plugin.
    pub struct Host {
        /// The program's own pointer, given back to each function of the table.
        pub host: *const c_void,
        /// The services.
        pub table: *const HostTable,
    }
}

crossing! {
    /// The services that a program offers. All may be called from any thread.
    #[derive(Clone, Copy)]
    pub struct HostTable {
        /// Bytes in this table.
        pub size: usize,
        /// One holder of the host more.
        pub retain: unsafe extern "C" fn(*const c_void),
        /// One holder of the host less.
        pub release: unsafe extern "C" fn(*const c_void),
        /// The most verbose level that is wanted (1 error … 5 trace; 0 nothing). Stands apart from a host
        /// because a library's `tracing` events belong to no instance.
        pub log_level: unsafe extern "C" fn() -> u32,
        /// Logs: level, plugin, target, message.
        pub log: unsafe extern "C" fn(u32, Text, Text, Text),
        /// This moment.
        pub now: unsafe extern "C" fn(*const c_void) -> Times,
        /// 1 once the instance shall stop.
        pub stopped: unsafe extern "C" fn(*const c_void) -> u32,
        /// A descriptor that becomes readable when the instance shall stop; the host's own.
        pub stop_descriptor: unsafe extern "C" fn(*const c_void) -> i32,
        /// Sleeps for so many nanoseconds or until stop; 1 if it was stop.
        pub sleep: unsafe extern "C" fn(*const c_void, u64) -> u32,
        /// A pooled buffer of so many bytes, contents unspecified but initialised. `FAILED` beyond the limit for one frame,
        /// `NOTHING` if the plugin has too much out.
        pub buffer: unsafe extern "C" fn(*const c_void, usize, *mut Buffer) -> u32,
        /// How many viewers there are for what this instance makes.
        pub demand: unsafe extern "C" fn(*const c_void) -> u32,
        /// A sink's word on how many viewers a stream has.
        pub set_demand: unsafe extern "C" fn(*const c_void, u32, u32),
        /// Adds to a counter of this instance.
        pub count: unsafe extern "C" fn(*const c_void, Text, u64),
        /// Tells the user where a sink can be reached.
        pub announce: unsafe extern "C" fn(*const c_void, Text),
        /// The state of the whole pipeline as JSON.
        pub state: unsafe extern "C" fn(*const c_void, Put),
        /// What the plan would like of a source.
        pub format_hint: unsafe extern "C" fn(*const c_void) -> FormatHint,
    }
    grown HostTableGrown {}
}

crossing! {
    /// What a plugin's source can do. Texts are JSON where not said otherwise.
    #[derive(Clone, Copy)]
    pub struct SourceTable {
        /// Bytes in this table.
        pub size: usize,
        /// The options' JSON Schema.
        pub schema: unsafe extern "C" fn(Put),
        /// Options → offers.
        pub caps: unsafe extern "C" fn(Text, Put, Fault) -> u32,
        /// The devices on this machine.
        pub devices: unsafe extern "C" fn(Put, Fault) -> u32,
        /// Host, options → instance.
        pub create: unsafe extern "C" fn(Host, Text, *mut *mut c_void, Fault) -> u32,
        /// The next frame, into the slot on `DONE`.
        pub next: unsafe extern "C" fn(*mut c_void, *mut Frame, Fault) -> u32,
        /// New options.
        pub update: unsafe extern "C" fn(*mut c_void, Text, Fault) -> u32,
        /// The end of the instance.
        pub destroy: unsafe extern "C" fn(*mut c_void),
    }
    grown SourceTableGrown {}
}

crossing! {
    /// What a plugin's transform can do.
    #[derive(Clone, Copy)]
    pub struct TransformTable {
        /// Bytes in this table.
        pub size: usize,
        /// The options' JSON Schema.
        pub schema: unsafe extern "C" fn(Put),
        /// Options, input format → ways.
        pub modes: unsafe extern "C" fn(Text, Text, Put, Fault) -> u32,
        /// Host, options → instance.
        pub create: unsafe extern "C" fn(Host, Text, *mut *mut c_void, Fault) -> u32,
        /// Way, frame in the slot → frame in the slot. The slot is empty afterwards unless the answer is `DONE` or
        /// `NOT_THIS_WAY`.
        pub process: unsafe extern "C" fn(*mut c_void, u32, *mut Frame, Fault) -> u32,
        /// New options.
        pub update: unsafe extern "C" fn(*mut c_void, Text, Fault) -> u32,
        /// The end of the instance.
        pub destroy: unsafe extern "C" fn(*mut c_void),
    }
    grown TransformTableGrown {}
}

crossing! {
    /// What a plugin's sink can do.
    #[derive(Clone, Copy)]
    pub struct SinkTable {
        /// Bytes in this table.
        pub size: usize,
        /// The options' JSON Schema.
        pub schema: unsafe extern "C" fn(Put),
        /// Options → what the sink accepts.
        pub accepts: unsafe extern "C" fn(Text, Put, Fault) -> u32,
        /// Host, options → instance.
        pub create: unsafe extern "C" fn(Host, Text, *mut *mut c_void, Fault) -> u32,
        /// A stream comes: its number, its name (plain text).
        pub add: unsafe extern "C" fn(*mut c_void, u32, Text, Fault) -> u32,
        /// A stream goes.
        pub remove: unsafe extern "C" fn(*mut c_void, u32, Fault) -> u32,
        /// A frame of a stream; the slot is empty afterwards.
        pub receive: unsafe extern "C" fn(*mut c_void, u32, *mut Frame, Fault) -> u32,
        /// New options.
        pub update: unsafe extern "C" fn(*mut c_void, Text, Fault) -> u32,
        /// The end of the instance.
        pub destroy: unsafe extern "C" fn(*mut c_void),
    }
    grown SinkTableGrown {}
}
