//! Growth of a table: the frozen part, and the fields that were added under the same ABI number.
//!
//! The two parts are two types. References point to the frozen part alone, which both sides have; a grown field is read
//! through a [`TableRef`], which looks at the table's size first, since a table of an older build ends before it.

use std::ops::Deref;
use std::ptr::NonNull;

/// The frozen part of a table.
///
/// # Safety
/// The type is `repr(C)`, and [`size`](Grows::size) returns its first field, the bytes of the whole table.
pub unsafe trait Grows: Sized + 'static {
    /// The fields that were added since the ABI number was raised, the oldest first.
    type Grown: 'static;

    /// Bytes in the whole table, as the side that made it knows it.
    fn size(&self) -> usize;
}

/// A table as this build makes it: the frozen part and everything that has grown.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Whole<T: Grows> {
    /// The part that every build of this ABI number has.
    pub frozen: T,
    /// The part that older builds do not have.
    pub grown: T::Grown,
}

/// A table that either side made, and that may be older or newer than this build.
pub struct TableRef<T: Grows>(NonNull<T>);

impl<T: Grows> Clone for TableRef<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: Grows> Copy for TableRef<T> {}

/// The same table, not an equal one.
impl<T: Grows> PartialEq for TableRef<T> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

// SAFETY: tables are constant, and made of numbers and functions that say themselves who may call them.
unsafe impl<T: Grows> Send for TableRef<T> {}
// SAFETY: as above.
unsafe impl<T: Grows> Sync for TableRef<T> {}

impl<T: Grows> Deref for TableRef<T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: `from_ptr` demands a table that lives as long as the process.
        unsafe { self.0.as_ref() }
    }
}

impl<T: Grows> TableRef<T> {
    // A grown field never moves the frozen part, and stands where the frozen part ends.
    const SOUND: () = assert!(align_of::<T::Grown>() <= align_of::<T>());

    /// A table of this build.
    pub const fn new(table: &'static Whole<T>) -> TableRef<T> {
        let () = Self::SOUND;
        TableRef(NonNull::from_ref(table).cast())
    }

    /// A table of any build; `None` for a null pointer.
    ///
    /// # Safety
    /// The pointer is null, or to a table of the frozen type `T` that has as many bytes as its `size` says and lives, unchanged,
    /// as long as the process.
    pub unsafe fn from_ptr(table: *const T) -> Option<TableRef<T>> {
        NonNull::new(table.cast_mut()).map(TableRef)
    }

    /// The pointer that crosses.
    pub fn as_ptr(self) -> *const T {
        self.0.as_ptr()
    }

    /// The field at `offset`; `None` if the table ends before the field does.
    ///
    /// # Safety
    /// Tables that are that long have a valid `F` there, aligned.
    pub unsafe fn later<F: Copy>(self, offset: usize) -> Option<F> {
        if self.size() < offset + size_of::<F>() {
            return None;
        }
        // SAFETY: the table is long enough; the caller knows what stands there.
        Some(unsafe { self.0.as_ptr().cast::<u8>().add(offset).cast::<F>().read() })
    }
}

#[cfg(test)]
mod tests {
    use super::super::crossing;
    use super::*;

    crossing! {
        /// A table that has grown twice.
        #[derive(Clone, Copy)]
        pub struct Sample {
            /// Bytes in this table.
            pub size: usize,
            /// A frozen field, after which the compiler leaves a gap.
            pub frozen: u32,
        }
        grown SampleGrown {
            /// The first field that was added.
            pub first: u32,
            /// The second.
            pub second: extern "C" fn() -> u32,
        }
    }

    mod before {
        crate::abi::crossing! {
            /// The same table before it grew.
            #[derive(Clone, Copy)]
            pub struct Sample {
                /// Bytes in this table.
                pub size: usize,
                /// A frozen field.
                pub frozen: u32,
            }
            grown SampleGrown {}
        }
    }

    extern "C" fn seven() -> u32 {
        7
    }

    fn sample(size: usize) -> TableRef<Sample> {
        let frozen = Sample { size, frozen: 1 };
        let whole = Box::leak(Box::new(Whole { frozen, grown: SampleGrown { first: 2, second: seven } }));
        TableRef::new(whole)
    }

    #[test]
    fn a_grown_field_is_read_only_where_the_table_has_it() {
        let whole = size_of::<Whole<Sample>>();
        assert_eq!((size_of::<Sample>(), whole), (16, 32));
        let read = |size| {
            let table = sample(size);
            (table.frozen, table.first(), table.second().map(|second| second()))
        };
        assert_eq!(read(whole), (1, Some(2), Some(7)));
        assert_eq!(read(whole + 8), (1, Some(2), Some(7)), "a newer table");
        assert_eq!(read(whole - 1), (1, Some(2), None));
        assert_eq!(read(20), (1, Some(2), None), "a table that has grown once");
        assert_eq!(read(19), (1, None, None));
        assert_eq!(read(size_of::<before::Sample>()), (1, None, None), "a table that has not grown");
    }

    #[test]
    fn the_layout_is_that_of_the_frozen_part() {
        assert_eq!(Sample::LAYOUT, before::Sample::LAYOUT);
        assert_eq!(Sample::WRITTEN.grown.len(), 2);
        assert!(before::Sample::WRITTEN.grown.is_empty());
        assert_eq!(Sample::WRITTEN.grown[0], ("first", 16, 4, "u32"));
    }
}
