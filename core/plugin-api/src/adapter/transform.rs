//! A [`Transform`] as a table.

use super::{Instance, answer, create, destroy, guard, schema, update};
use crate::abi::growth::{TableRef, Whole};
use crate::abi::tables::{
    DONE, Fault, Host, NOT_THIS_WAY, NOTHING, Put, Text, TransformTable, TransformTableGrown,
};
use crate::{Format, Frame, Output, Transform};
use std::ffi::c_void;

struct Adapter<T>(std::marker::PhantomData<T>);

impl<T: Transform> Adapter<T> {
    const FROZEN: TransformTable = TransformTable {
        size: size_of::<Whole<TransformTable>>(),
        schema: schema::<T::Options>,
        modes: modes::<T>,
        create: create_transform::<T>,
        process: process::<T>,
        update: update_transform::<T>,
        destroy: destroy::<T>,
    };
    const TABLE: Whole<TransformTable> = Whole { frozen: Self::FROZEN, grown: TransformTableGrown {} };
}

pub(super) fn table<T: Transform>() -> TableRef<TransformTable> {
    const { TableRef::new(&Adapter::<T>::TABLE) }
}

unsafe extern "C" fn modes<T: Transform>(options: Text, input: Text, put: Put, fault: Fault) -> u32 {
    // SAFETY: the host calls this with texts and receivers that live during the call.
    unsafe {
        answer(options, put, fault, |options| {
            let input: Format = serde_json::from_str(&input.to_string())?;
            T::modes(options, &input)
        })
    }
}

unsafe extern "C" fn create_transform<T: Transform>(
    host: Host,
    options: Text,
    out: *mut *mut c_void,
    fault: Fault,
) -> u32 {
    // SAFETY: the host hands over one count of itself and a place for the pointer.
    unsafe { create(T::open, host, options, out, fault) }
}

unsafe extern "C" fn process<T: Transform>(
    instance: *mut c_void,
    mode: u32,
    slot: *mut Frame,
    fault: Fault,
) -> u32 {
    // SAFETY: the host calls with an instance that `create_transform` made, from its one thread.
    let instance = unsafe { &mut *instance.cast::<Instance<T>>() };
    instance.context.set_mode(mode);
    guard(fault, || {
        // Read here, not outside: what a closure takes along is copied with it at each step of the way to its call.
        // SAFETY: the slot holds a frame, which is this function's from here on.
        match instance.author.process(unsafe { slot.read() }, &instance.context) {
            Ok(Output::Frame(frame)) => {
                // SAFETY: the slot has been emptied above; so below.
                unsafe { slot.write(frame) };
                Ok(DONE)
            }
            Ok(Output::NotThisWay(frame)) => {
                // SAFETY: as above.
                unsafe { slot.write(frame) };
                Ok(NOT_THIS_WAY)
            }
            Ok(Output::Nothing) => Ok(NOTHING),
            Err(error) => Err(error),
        }
    })
}

unsafe extern "C" fn update_transform<T: Transform>(
    instance: *mut c_void,
    options: Text,
    fault: Fault,
) -> u32 {
    // SAFETY: as in `process`.
    unsafe { update(instance, options, fault, T::update) }
}
