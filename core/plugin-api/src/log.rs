//! A plugin's `tracing` events, carried to the host's log.
//!
//! A dylib has its own copy of `tracing` with its own global subscriber, which is unset. This one is set when
//! the first instance is made, and hands each event over as text with the plugin's name.

use crate::abi::tables::Text;
use std::fmt::Write;
use std::sync::OnceLock;
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Metadata, Subscriber, span};

/// Level, plugin, target, message.
pub(crate) type LogFunction = unsafe extern "C" fn(u32, Text, Text, Text);

/// The two functions of the host's table that belong to no instance.
#[derive(Clone, Copy)]
pub(crate) struct Functions {
    pub(crate) level: unsafe extern "C" fn() -> u32,
    pub(crate) log: LogFunction,
}

/// The author's package, set when the root module is made.
static PACKAGE: OnceLock<&'static str> = OnceLock::new();

/// Notes whose library this is.
pub(crate) fn name(package: &'static str) {
    // Set again for the second kind that a library offers, to the same name.
    let _ = PACKAGE.set(package);
}

/// Sends this library's events to the host from now on. Does nothing the second time.
pub(crate) fn send_to(functions: Functions) {
    // A host out of this very copy of the crate (a test that links the plugin) logs with the same `tracing`: its events
    // arrive there without help, and sending them would go round in a circle.
    #[cfg(feature = "host")]
    if std::ptr::fn_addr_eq(functions.log, crate::host::LOG) {
        return;
    }
    static ONCE: OnceLock<()> = OnceLock::new();
    ONCE.get_or_init(|| {
        let package = PACKAGE.get().copied().unwrap_or("plugin");
        let plugin = package.strip_prefix("mutoscope-plugin-").unwrap_or(package);
        // An error means that the author set a subscriber of their own: theirs it is.
        let _ = tracing::subscriber::set_global_default(ToHost { functions, plugin });
    });
}

struct ToHost {
    functions: Functions,
    plugin: &'static str,
}

const fn number(level: &Level) -> u32 {
    match *level {
        Level::ERROR => 1,
        Level::WARN => 2,
        Level::INFO => 3,
        Level::DEBUG => 4,
        Level::TRACE => 5,
    }
}

impl Subscriber for ToHost {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        // SAFETY: a function of the host's table, which lives as long as the process.
        number(metadata.level()) <= unsafe { (self.functions.level)() }
    }

    // Spans would need a registry on this side; the host names the instance, which is what they would say.
    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut line = Line::default();
        event.record(&mut line);
        let text = line.message + &line.fields;
        let target = event.metadata().target();
        // SAFETY: as above; the texts live during the call.
        unsafe {
            (self.functions.log)(
                number(event.metadata().level()),
                Text::new(self.plugin),
                Text::new(target),
                Text::new(&text),
            );
        }
    }

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}

#[derive(Default)]
struct Line {
    message: String,
    fields: String,
}

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        // Writing to a String does not fail.
        let _ = if field.name() == "message" {
            write!(self.message, "{value:?}")
        } else {
            write!(self.fields, " {}={value:?}", field.name())
        };
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        let _ = if field.name() == "message" {
            write!(self.message, "{value}")
        } else {
            write!(self.fields, " {}={value:?}", field.name())
        };
    }
}
