//! The root module: the one thing that abi_stable loads and compares.
//!
//! This file and the macro in `export.rs` are all that knows abi_stable, which does three things here: it compares the layout
//! of [`Plugin`] on both sides, field by field, and not only a number; it lets [`Plugin`] grow, so that a library with more
//! fields or fewer is still understood (a prefix type); and it runs the plugin's function that makes the tables with a panic in
//! it caught. Tables, texts and frames are the project's own; [`LAYOUT`](super::LAYOUT) covers what is behind the pointers.
//!
//! A pointer that is added goes below `sink`, the last field that is frozen; its accessor then returns an `Option`.

// abi_stable's derive puts impls of its own traits into function bodies, which rustc warns of since 1.79.
#![allow(non_local_definitions, reason = "written by abi_stable's derive")]
// The derive documents nothing that it makes.
#![allow(missing_docs, reason = "written by abi_stable's derive")]

use super::growth::TableRef;
use super::tables::{SinkTable, SourceTable, TransformTable};
pub use abi_stable as sabi;
use abi_stable::StableAbi;
use abi_stable::declare_root_module_statics;
use abi_stable::library::RootModule;
use abi_stable::prefix_type::PrefixTypeTrait;
use abi_stable::sabi_types::VersionStrings;
use std::ffi::c_void;

/// The version by abi_stable's rules: [`ABI`](super::ABI).
const VERSION: &str = "3.0.0";

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
#[sabi(missing_field(option))]
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
    pub fn with_source(self, table: TableRef<SourceTable>) -> Plugin {
        Plugin { source: Table(table.as_ptr().cast()), ..self }
    }

    /// The same with a transform.
    pub fn with_transform(self, table: TableRef<TransformTable>) -> Plugin {
        Plugin { transform: Table(table.as_ptr().cast()), ..self }
    }

    /// The same with a sink.
    pub fn with_sink(self, table: TableRef<SinkTable>) -> Plugin {
        Plugin { sink: Table(table.as_ptr().cast()), ..self }
    }

    /// The form that crosses; it lives as long as the process.
    pub fn leak(self) -> PluginRef {
        self.leak_into_prefix()
    }
}

impl PluginRef {
    /// The table of its source.
    pub fn source_table(&self) -> Option<TableRef<SourceTable>> {
        // SAFETY: not null means it was made by `with_source` of a library with an equal LAYOUT.
        unsafe { TableRef::from_ptr(self.source().0.cast()) }
    }

    /// The table of its transform.
    pub fn transform_table(&self) -> Option<TableRef<TransformTable>> {
        // SAFETY: as above, by `with_transform`.
        unsafe { TableRef::from_ptr(self.transform().0.cast()) }
    }

    /// The table of its sink.
    pub fn sink_table(&self) -> Option<TableRef<SinkTable>> {
        // SAFETY: as above, by `with_sink`.
        unsafe { TableRef::from_ptr(self.sink().0.cast()) }
    }
}

impl RootModule for PluginRef {
    declare_root_module_statics! {PluginRef}
    const BASE_NAME: &'static str = "mutoscope_plugin";
    const NAME: &'static str = "mutoscope_plugin";
    // abi_stable refuses a library of another version: of an older one below 1.0, of another major one from there on. What decides
    // here is the ABI number, not the crate's version.
    const VERSION_STRINGS: VersionStrings = VersionStrings::new(VERSION);
}

/// Has abi_stable check a library's root module and gives its tables.
///
/// # Safety
/// `symbol` must be the address of [`ROOT_SYMBOL`] in a loaded library that stays loaded.
///
/// # Errors
/// abi_stable's own text, which can have more than a thousand lines.
#[cfg(feature = "host")]
pub(crate) unsafe fn module(symbol: *const c_void) -> Result<PluginRef, String> {
    // SAFETY: the caller vouches for the symbol; the header read before it says who made it.
    let header = unsafe { &*symbol.cast::<sabi::library::LibHeader>() };
    header.init_root_module::<PluginRef>().map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    #[test]
    fn its_version_is_the_abi_number() {
        assert_eq!(super::VERSION, format!("{}.0.0", super::super::ABI));
    }
}
