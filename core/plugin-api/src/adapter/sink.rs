//! A [`Sink`] as a table.

use super::{Instance, answer, create, destroy, guard, schema, update};
use crate::abi::growth::{TableRef, Whole};
use crate::abi::tables::{DONE, Fault, Host, Put, SinkTable, SinkTableGrown, Text};
use crate::{Frame, Sink, StreamId, StreamInfo};
use std::ffi::c_void;

struct Adapter<T>(std::marker::PhantomData<T>);

impl<T: Sink> Adapter<T> {
    const FROZEN: SinkTable = SinkTable {
        size: size_of::<Whole<SinkTable>>(),
        schema: schema::<T::Options>,
        accepts: accepts::<T>,
        create: create_sink::<T>,
        add: add::<T>,
        remove: remove::<T>,
        receive: receive::<T>,
        update: update_sink::<T>,
        destroy: destroy::<T>,
    };
    const TABLE: Whole<SinkTable> = Whole { frozen: Self::FROZEN, grown: SinkTableGrown {} };
}

pub(super) fn table<T: Sink>() -> TableRef<SinkTable> {
    const { TableRef::new(&Adapter::<T>::TABLE) }
}

unsafe extern "C" fn accepts<T: Sink>(options: Text, put: Put, fault: Fault) -> u32 {
    // SAFETY: the host calls this with texts and receivers that live during the call.
    unsafe { answer(options, put, fault, T::accepts) }
}

unsafe extern "C" fn create_sink<T: Sink>(
    host: Host,
    options: Text,
    out: *mut *mut c_void,
    fault: Fault,
) -> u32 {
    // SAFETY: the host hands over one count of itself and a place for the pointer.
    unsafe { create(T::open, host, options, out, fault) }
}

/// # Safety
/// `instance` was made by [`create_sink`] for the same `T` and is called from its one thread only.
unsafe fn instance<'a, T>(instance: *mut c_void) -> &'a mut Instance<T> {
    // SAFETY: the caller's contract.
    unsafe { &mut *instance.cast::<Instance<T>>() }
}

unsafe extern "C" fn add<T: Sink>(sink: *mut c_void, stream: u32, name: Text, fault: Fault) -> u32 {
    // SAFETY: the host keeps `instance`'s contract; so for the functions below.
    let sink = unsafe { instance::<T>(sink) };
    guard(fault, || {
        // SAFETY: texts are valid during the call.
        let name = unsafe { name.to_string() };
        let stream = StreamInfo { id: StreamId(stream), name };
        sink.author.add_stream(stream, &sink.context).map(|()| DONE)
    })
}

unsafe extern "C" fn remove<T: Sink>(sink: *mut c_void, stream: u32, fault: Fault) -> u32 {
    // SAFETY: as in `add`.
    let sink = unsafe { instance::<T>(sink) };
    guard(fault, || sink.author.remove_stream(StreamId(stream), &sink.context).map(|()| DONE))
}

unsafe extern "C" fn receive<T: Sink>(sink: *mut c_void, stream: u32, slot: *mut Frame, fault: Fault) -> u32 {
    // SAFETY: as in `add`.
    let sink = unsafe { instance::<T>(sink) };
    guard(fault, || {
        // SAFETY: the slot holds a frame, which is this function's from here on. Read in here, it is copied once.
        let frame = unsafe { slot.read() };
        sink.author.receive(StreamId(stream), frame, &sink.context).map(|()| DONE)
    })
}

unsafe extern "C" fn update_sink<T: Sink>(sink: *mut c_void, options: Text, fault: Fault) -> u32 {
    // SAFETY: as in `add`.
    unsafe { update(sink, options, fault, T::update) }
}
