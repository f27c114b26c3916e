//! One number for the layouts of everything that crosses the boundary.
//!
//! abi_stable compares the root module's layout but sees nothing behind a pointer; this hash covers the
//! rest. It is FNV-1a (64 bit; Fowler, Noll, Vo, RFC 9923), computed at compile time.

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

/// A layout, to be written down: name, offset, size and type of each field.
#[cfg(test)]
pub(crate) struct Written {
    pub(crate) name: &'static str,
    pub(crate) size: usize,
    pub(crate) align: usize,
    pub(crate) fields: &'static [(&'static str, usize, usize, &'static str)],
}

/// Declares a `repr(C)` struct that crosses the boundary and computes the hash of its layout.
///
/// The struct's size is left out on purpose: a table may grow at its end, and says so in its first field.
/// (A field that is added to a table later is added outside this hash, or [`ABI`](super::ABI) is raised.)
macro_rules! crossing {
    (
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
