//! The rules for every plugin: on the exports without pins, on the same types with pins in memory.

use super::Board;
use crate::config::{GateOptions, LightOptions};
use crate::pins::SharedInputs;
use crate::{Gate, Light};
use mutoscope_plugin::serde_json::json;
use mutoscope_plugin::testing::Conformance;
use mutoscope_plugin::{
    Accepts, Context, Format, Frame, Mode, Output, Result, Sink, StreamId, StreamInfo, Transform, Update,
};

/// A gate whose pin is high.
struct BoardGate(Gate);

impl Transform for BoardGate {
    type Options = GateOptions;

    fn modes(options: &GateOptions, input: &Format) -> Result<Vec<Mode>> {
        Gate::modes(options, input)
    }

    fn open(options: GateOptions, ctx: &Context) -> Result<Self> {
        let board = Board::default();
        board.drive(options.pin, true);
        Gate::on(&board, &SharedInputs::new(), options, ctx).map(BoardGate)
    }

    fn process(&mut self, frame: Frame, ctx: &Context) -> Result<Output> {
        self.0.process(frame, ctx)
    }

    fn update(&mut self, options: GateOptions, ctx: &Context) -> Result<Update> {
        self.0.update(options, ctx)
    }
}

struct BoardLight(Light);

impl Sink for BoardLight {
    type Options = LightOptions;

    fn accepts(options: &LightOptions) -> Result<Accepts> {
        Light::accepts(options)
    }

    fn open(options: LightOptions, ctx: &Context) -> Result<Self> {
        Light::on(&Board::default(), options, ctx).map(BoardLight)
    }

    fn add_stream(&mut self, stream: StreamInfo, ctx: &Context) -> Result<()> {
        self.0.add_stream(stream, ctx)
    }

    fn remove_stream(&mut self, stream: StreamId, ctx: &Context) -> Result<()> {
        self.0.remove_stream(stream, ctx)
    }

    fn receive(&mut self, stream: StreamId, frame: Frame, ctx: &Context) -> Result<()> {
        self.0.receive(stream, frame, ctx)
    }

    fn update(&mut self, options: LightOptions, ctx: &Context) -> Result<Update> {
        self.0.update(options, ctx)
    }
}

#[test]
fn it_keeps_what_every_plugin_must_keep() {
    let pin = json!({ "pin": 17 });
    let unopened = "on a Raspberry Pi it would take somebody's pins; it is tried on pins in memory";
    Conformance::of(crate::plugin()).options(pin.clone()).never_opens(unopened).check();
    // A level counts at once.
    Conformance::transform::<BoardGate>().options(json!({ "pin": 17, "debounce_ms": 0 })).check();
    let live = json!({ "pin": 17, "while": "live" });
    Conformance::sink::<BoardLight>().options(pin).options(live).check();
}
