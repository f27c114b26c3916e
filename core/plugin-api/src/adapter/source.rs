//! A [`Source`] as a table.

use super::{Instance, answer, create, destroy, guard, schema, update, write};
use crate::abi::growth::{TableRef, Whole};
use crate::abi::tables::{DONE, Fault, Host, NOTHING, Put, SourceTable, SourceTableGrown, Text};
use crate::{Frame, Source};
use std::ffi::c_void;

struct Adapter<T>(std::marker::PhantomData<T>);

impl<T: Source> Adapter<T> {
    const FROZEN: SourceTable = SourceTable {
        size: size_of::<Whole<SourceTable>>(),
        schema: schema::<T::Options>,
        caps: caps::<T>,
        devices: devices::<T>,
        create: create_source::<T>,
        next: next::<T>,
        update: update_source::<T>,
        destroy: destroy::<T>,
    };
    const TABLE: Whole<SourceTable> = Whole { frozen: Self::FROZEN, grown: SourceTableGrown {} };
}

pub(super) fn table<T: Source>() -> TableRef<SourceTable> {
    const { TableRef::new(&Adapter::<T>::TABLE) }
}

unsafe extern "C" fn caps<T: Source>(options: Text, put: Put, fault: Fault) -> u32 {
    // SAFETY: the host calls this with texts and receivers that live during the call.
    unsafe { answer(options, put, fault, T::caps) }
}

unsafe extern "C" fn devices<T: Source>(put: Put, fault: Fault) -> u32 {
    guard(fault, || {
        write(put, &serde_json::to_string(&T::devices()?)?);
        Ok(DONE)
    })
}

unsafe extern "C" fn create_source<T: Source>(
    host: Host,
    options: Text,
    out: *mut *mut c_void,
    fault: Fault,
) -> u32 {
    // SAFETY: the host hands over one count of itself and a place for the pointer.
    unsafe { create(T::open, host, options, out, fault) }
}

unsafe extern "C" fn next<T: Source>(instance: *mut c_void, slot: *mut Frame, fault: Fault) -> u32 {
    // SAFETY: the host calls with an instance that `create_source` made, from its one thread.
    let instance = unsafe { &mut *instance.cast::<Instance<T>>() };
    guard(fault, || {
        // Not with `?`, which would copy the frame once more.
        match instance.author.next_frame(&instance.context) {
            Ok(Some(frame)) => {
                // SAFETY: the slot is the host's place for a frame, and empty.
                unsafe { slot.write(frame) };
                Ok(DONE)
            }
            Ok(None) => Ok(NOTHING),
            Err(error) => Err(error),
        }
    })
}

unsafe extern "C" fn update_source<T: Source>(instance: *mut c_void, options: Text, fault: Fault) -> u32 {
    // SAFETY: as in `next`.
    unsafe { update(instance, options, fault, T::update) }
}
