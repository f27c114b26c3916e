//! The macro that makes a crate a plugin.

/// Makes a crate a plugin: once, at the crate's root, with up to one type of each kind in any order.
///
/// ```
/// # use mutoscope_plugin::{Context, Frame, Output, Result, Transform, options};
/// # #[options]
/// # pub struct Options {}
/// # struct Gain;
/// # impl Transform for Gain {
/// #     type Options = Options;
/// #     fn open(_: Options, _: &Context) -> Result<Self> { Ok(Gain) }
/// #     fn process(&mut self, frame: Frame, _: &Context) -> Result<Output> { Ok(frame.into()) }
/// # }
/// mutoscope_plugin::export!(transform: Gain);
/// # fn main() {}
/// ```
///
/// The plugin's name is that of its package, without `mutoscope-plugin-` in front and with `-` for `_`. The crate is a
/// `cdylib` called `mutoscope_plugin_NAME`. It also defines `plugin()`, which gives the same tables to a program or a test
/// that links the crate.
#[macro_export]
macro_rules! export {
    ($($kind:ident : $type:ty),+ $(,)?) => {
        /// The plugin's identity, readable from the library's file.
        #[cfg(not(test))]
        const _: () = {
            #[unsafe(no_mangle)]
            #[unsafe(link_section = ".mutoscope")]
            #[used]
            static MUTOSCOPE_PLUGIN: $crate::abi::header::Header = HEADER;

            #[unsafe(export_name = "_1as_0lib_1header_0root_bmodule_bloader")]
            static ROOT: $crate::abi::root::sabi::library::LibHeader = {
                extern "C" fn erased() -> $crate::abi::root::sabi::library::RootModuleResult {
                    $crate::abi::root::sabi::library::__call_root_module_loader(root)
                }
                // SAFETY: `erased` gives the module whose type is named here.
                unsafe {
                    $crate::abi::root::sabi::library::LibHeader::from_constructor::<$crate::abi::root::PluginRef>(
                        erased,
                        $crate::abi::root::sabi::library::CheckTypeLayout::Yes,
                    )
                }
            };
        };

        const HEADER: $crate::abi::header::Header = $crate::abi::header::Header::new(
            env!("CARGO_PKG_NAME"),
            env!("CARGO_PKG_VERSION"),
            env!("CARGO_PKG_DESCRIPTION"),
            0 $(+ $crate::__kind!(number $kind))+,
            cfg!(panic = "abort"),
        );

        fn root() -> $crate::abi::root::PluginRef {
            $crate::abi::root::Plugin::empty()
                $(.$kind::<$type>(env!("CARGO_PKG_NAME")))+
                .leak()
        }

        /// This plugin as a program sees it that loads it, for programs and tests that link the crate instead.
        pub fn plugin() -> $crate::host::Plugin {
            $crate::host::Plugin::linked(HEADER, root())
        }
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __kind {
    (number source) => {
        $crate::abi::header::SOURCE
    };
    (number transform) => {
        $crate::abi::header::TRANSFORM
    };
    (number sink) => {
        $crate::abi::header::SINK
    };
}
