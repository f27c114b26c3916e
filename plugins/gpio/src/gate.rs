//! The transform: pictures pass while a pin is active.

use crate::config::GateOptions;
use crate::helper::{Helper, Work};
use crate::latch::Latch;
use crate::pi::Pi;
use crate::pins::{Input, Pins, SharedInputs};
use mutoscope_plugin::{
    Context, Format, Frame, Mode, Output, Result, Scaling, Services, Transform, Update, tracing,
};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// The interval of the looks at the pin, pictures or none.
const PERIOD: Duration = Duration::from_millis(10);

static INPUTS: SharedInputs = SharedInputs::new();

/// The transform: pictures pass while a pin is active.
pub struct Gate {
    options: GateOptions,
    open: Arc<AtomicBool>,
    helper: Helper<GateOptions>,
}

impl Transform for Gate {
    type Options = GateOptions;

    /// Whatever comes passes as it is. It is one gate, which cannot be had several times.
    fn modes(_: &GateOptions, input: &Format) -> Result<Vec<Mode>> {
        Ok(vec![Mode::new(*input, 0.1).scaling(Scaling::Free)])
    }

    fn open(options: GateOptions, ctx: &Context) -> Result<Self> {
        Gate::on(&Pi, &INPUTS, options, ctx)
    }

    fn process(&mut self, frame: Frame, _: &Context) -> Result<Output> {
        Ok(if self.open.load(Ordering::Relaxed) { Output::Frame(frame) } else { Output::Nothing })
    }

    fn update(&mut self, options: GateOptions, _: &Context) -> Result<Update> {
        if (options.pin, options.pull) != (self.options.pin, self.options.pull) {
            return Ok(Update::Restart);
        }
        self.helper.order(options.clone());
        self.options = options;
        Ok(Update::Applied)
    }
}

impl Gate {
    /// A gate on one of these pins.
    pub(crate) fn on(
        pins: &dyn Pins,
        inputs: &SharedInputs,
        options: GateOptions,
        ctx: &Context,
    ) -> Result<Gate> {
        let input = inputs.get(pins, options.pin, options.pull)?;
        let mut guard = Guard {
            input,
            pin: options.pin,
            active_low: options.active_low,
            latch: Latch::new(options.debounce(), options.hold()),
            open: Arc::default(),
            services: ctx.services(),
        };
        // The first picture finds the gate as it is.
        guard.look();
        let open = guard.open.clone();
        Ok(Gate { options, open, helper: Helper::start("gpio gate", guard)? })
    }
}

/// Looks at the pin.
struct Guard {
    input: Arc<dyn Input>,
    pin: u8,
    active_low: bool,
    latch: Latch,
    open: Arc<AtomicBool>,
    services: Services,
}

impl Work<GateOptions> for Guard {
    fn look(&mut self) -> Duration {
        let active = self.input.is_high() != self.active_low;
        let open = self.latch.see(active, Instant::now());
        if self.open.swap(open, Ordering::Relaxed) != open {
            let (name, word) = if open { ("gate_opened", "opens") } else { ("gate_closed", "closes") };
            tracing::debug!("the gate at GPIO {} {word}", self.pin);
            self.services.count(name, 1);
        }
        PERIOD
    }

    fn take(&mut self, options: GateOptions) {
        (self.latch.debounce, self.latch.hold) = (options.debounce(), options.hold());
        self.active_low = options.active_low;
    }
}
