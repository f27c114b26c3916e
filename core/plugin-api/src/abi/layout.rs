//! One number for the layouts of everything that crosses the boundary.
//!
//! abi_stable compares the root module's layout but sees nothing behind a pointer; this hash covers the
//! rest, as far as it is frozen. It is FNV-1a (64 bit; Fowler, Noll, Vo, RFC 9923), computed at compile time.

pub(crate) const SEED: u64 = 0xcbf2_9ce4_8422_2325;
const PRIME: u64 = 0x0000_0100_0000_01b3;

pub(crate) const fn text(mut hash: u64, text: &str) -> u64 {
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        hash = (hash ^ bytes[at] as u64).wrapping_mul(PRIME);
        at += 1;
    }
    hash
}

pub(crate) const fn number(mut hash: u64, number: u64) -> u64 {
    let bytes = number.to_le_bytes();
    let mut at = 0;
    while at < bytes.len() {
        hash = (hash ^ bytes[at] as u64).wrapping_mul(PRIME);
        at += 1;
    }
    hash
}

pub(crate) const fn combine(parts: &[u64]) -> u64 {
    let mut hash = SEED;
    let mut at = 0;
    while at < parts.len() {
        hash = number(hash, parts[at]);
        at += 1;
    }
    hash
}

/// A layout, to be written down.
#[cfg(test)]
pub(crate) struct Written {
    pub(crate) name: &'static str,
    pub(crate) size: usize,
    pub(crate) align: usize,
    pub(crate) fields: &'static [Field],
    /// Fields that were added since the ABI number was raised, with their offsets in the whole table.
    pub(crate) grown: &'static [Field],
    /// Whether it may grow.
    pub(crate) is_table: bool,
}

/// Name, offset, size and type of a field.
#[cfg(test)]
pub(crate) type Field = (&'static str, usize, usize, &'static str);

/// Declares a `repr(C)` struct that crosses the boundary and computes the hash of its layout.
///
/// The struct is frozen: any change of it changes the hash. A table, whose first field is `size`, may grow: what is added under
/// the same [`ABI`](super::ABI) goes to the end of its `grown` section, which the hash leaves out and which is read through
/// [`TableRef`](super::growth::TableRef) alone, as an `Option`. The section is emptied into the struct when `ABI` is raised.
macro_rules! crossing {
    (
        $(#[$meta:meta])*
        pub struct $name:ident {
            $($(#[$field_meta:meta])* $visibility:vis $field:ident : $type:ty),+ $(,)?
        }
        grown $grown:ident {
            $($(#[$later_meta:meta])* pub $later:ident : $later_type:ty),* $(,)?
        }
    ) => {
        $crate::abi::layout::crossing! {
            @ { grown: &[$((
                stringify!($later),
                ::std::mem::offset_of!($crate::abi::growth::Whole<$name>, grown)
                    + ::std::mem::offset_of!($grown, $later),
                size_of::<$later_type>(),
                stringify!($later_type),
            )),*], is_table: true }
            $(#[$meta])*
            pub struct $name {
                $($(#[$field_meta])* $visibility $field : $type),+
            }
        }

        /// The fields of the table that were added since the ABI number was raised.
        #[repr(C)]
        #[derive(Clone, Copy)]
        pub struct $grown {
            $($(#[$later_meta])* pub $later: $later_type),*
        }

        // SAFETY: `repr(C)`, and a table's first field is `size`.
        unsafe impl $crate::abi::growth::Grows for $name {
            type Grown = $grown;

            fn size(&self) -> usize {
                const { assert!(::std::mem::offset_of!($name, size) == 0) };
                self.size
            }
        }

        impl $crate::abi::growth::TableRef<$name> {
            $(
                $(#[$later_meta])*
                pub fn $later(self) -> Option<$later_type> {
                    const OFFSET: usize = ::std::mem::offset_of!($crate::abi::growth::Whole<$name>, grown)
                        + ::std::mem::offset_of!($grown, $later);
                    // SAFETY: this field stands there in every table that is long enough: it is never taken out.
                    unsafe { self.later(OFFSET) }
                }
            )*
        }
    };
    (
        $(#[$meta:meta])*
        pub struct $name:ident {
            $($(#[$field_meta:meta])* $visibility:vis $field:ident : $type:ty),+ $(,)?
        }
    ) => {
        $crate::abi::layout::crossing! {
            @ { grown: &[], is_table: false }
            $(#[$meta])*
            pub struct $name {
                $($(#[$field_meta])* $visibility $field : $type),+
            }
        }
    };
    (
        @ { grown: $growth:expr, is_table: $is_table:expr }
        $(#[$meta:meta])*
        pub struct $name:ident {
            $($(#[$field_meta:meta])* $visibility:vis $field:ident : $type:ty),+ $(,)?
        }
    ) => {
        $(#[$meta])*
        #[repr(C)]
        pub struct $name {
            $($(#[$field_meta])* $visibility $field: $type),+
        }

        impl $name {
            #[cfg(test)]
            pub(crate) const WRITTEN: $crate::abi::layout::Written = $crate::abi::layout::Written {
                name: stringify!($name),
                size: size_of::<$name>(),
                align: align_of::<$name>(),
                fields: &[$((
                    stringify!($field),
                    ::std::mem::offset_of!($name, $field),
                    size_of::<$type>(),
                    stringify!($type),
                )),+],
                grown: $growth,
                is_table: $is_table,
            };

            pub(crate) const LAYOUT: u64 = {
                use $crate::abi::layout::{SEED, number, text};
                let mut hash = text(SEED, stringify!($name));
                $(
                    hash = text(hash, stringify!($field));
                    hash = number(hash, ::std::mem::offset_of!($name, $field) as u64);
                    hash = number(hash, ::std::mem::size_of::<$type>() as u64);
                )+
                number(hash, ::std::mem::align_of::<$name>() as u64)
            };
        }
    };
}
pub(crate) use crossing;
