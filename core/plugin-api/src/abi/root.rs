//! The root module: the one thing that abi_stable loads and compares.
//!
//! This file and the macro in `export.rs` are all that knows abi_stable. It checks this struct's layout and its
//! own version on both sides; what is behind the three pointers is covered by [`LAYOUT`](super::LAYOUT).

// abi_stable's derive puts impls of its own traits into function bodies, which rustc warns of since 1.79.
#![allow(non_local_definitions, reason = "written by abi_stable's derive")]
// The derive documents nothing that it makes.
#![allow(missing_docs, reason = "written by abi_stable's derive")]

use super::tables::{SinkTable, SourceTable, TransformTable};
pub use abi_stable as sabi;
use abi_stable::StableAbi;
use abi_stable::declare_root_module_statics;
use abi_stable::library::{LibHeader, RootModule};
use abi_stable::package_version_strings;
use abi_stable::prefix_type::PrefixTypeTrait;
use abi_stable::sabi_types::VersionStrings;
use std::ffi::c_void;

/// The symbol under which abi_stable's own header of the root module is exported.
pub const ROOT_SYMBOL: &str = "_1as_0lib_1header_0root_bmodule_bloader";

/// A pointer to one of the tables, or null. Opaque to abi_stable, which refuses nested function pointers.
#[repr(transparent)]
#[derive(StableAbi, Clone, Copy)]
pub struct Table(*const c_void);

// SAFETY: it points to a static table, or nowhere.
unsafe impl Send for Table {}
// SAFETY: as above.
unsafe impl Sync for Table {}

/// The tables of one plugin.
#[repr(C)]
#[derive(StableAbi)]
#[sabi(kind(Prefix(prefix_ref = PluginRef)))]
#[sabi(missing_field(panic))]
pub struct Plugin {
    pub source: Table,
    pub transform: Table,
    #[sabi(last_prefix_field)]
    pub sink: Table,
}

impl Plugin {
    /// A plugin that offers nothing yet.
    pub fn empty() -> Plugin {
        let nothing = Table(std::ptr::null());
        Plugin { source: nothing, transform: nothing, sink: nothing }
    }

    /// The same with a source.
    pub fn with_source(self, table: &'static SourceTable) -> Plugin {
        Plugin { source: Table(std::ptr::from_ref(table).cast()), ..self }
    }

    /// The same with a transform.
    pub fn with_transform(self, table: &'static TransformTable) -> Plugin {
        Plugin { transform: Table(std::ptr::from_ref(table).cast()), ..self }
    }

    /// The same with a sink.
    pub fn with_sink(self, table: &'static SinkTable) -> Plugin {
        Plugin { sink: Table(std::ptr::from_ref(table).cast()), ..self }
    }

    /// The form that crosses; it lives as long as the process.
    pub fn leak(self) -> PluginRef {
        self.leak_into_prefix()
    }
}

impl PluginRef {
    pub(crate) fn source_table(&self) -> Option<&'static SourceTable> {
        // SAFETY: not null means it was made by `with_source` of a library with an equal LAYOUT.
        unsafe { self.source().0.cast::<SourceTable>().as_ref() }
    }

    pub(crate) fn transform_table(&self) -> Option<&'static TransformTable> {
        // SAFETY: as above, by `with_transform`.
        unsafe { self.transform().0.cast::<TransformTable>().as_ref() }
    }

    pub(crate) fn sink_table(&self) -> Option<&'static SinkTable> {
        // SAFETY: as above, by `with_sink`.
        unsafe { self.sink().0.cast::<SinkTable>().as_ref() }
    }
}

impl RootModule for PluginRef {
    declare_root_module_statics! {PluginRef}
    const BASE_NAME: &'static str = "mutoscope_plugin";
    const NAME: &'static str = "mutoscope_plugin";
    const VERSION_STRINGS: VersionStrings = package_version_strings!();
}

/// Has abi_stable check a library's root module and gives its tables.
///
/// # Safety
/// `symbol` must be the address of [`ROOT_SYMBOL`] in a loaded library that stays loaded.
///
/// # Errors
/// abi_stable's own text, which can have more than a thousand lines.
pub(crate) unsafe fn module(symbol: *const c_void) -> Result<PluginRef, String> {
    // SAFETY: the caller vouches for the symbol; the header read before it says who made it.
    let header = unsafe { &*symbol.cast::<LibHeader>() };
    header.init_root_module::<PluginRef>().map_err(|error| error.to_string())
}
