//! Sinks that break a rule.

use super::Broken;
use super::good::{Drain, Drained};
use mutoscope_plugin::testing::Conformance;
use mutoscope_plugin::{Accepts, Context, Error, Frame, PixelFormat, Result, StreamId};
use std::sync::Mutex;
use std::time::Duration;

fn sink<D: Drain>() -> Conformance {
    Conformance::sink::<Drained<D>>()
}

/// A drain: a type, and what it does otherwise.
macro_rules! drains {
    ($($name:ident { $($body:tt)* })+) => {
        $(
            #[derive(Default)]
            struct $name;
            impl Drain for $name { $($body)* }
        )+
    };
}

static SHELF: Mutex<Vec<Frame>> = Mutex::new(Vec::new());

drains! {
    PanicsInAccepts { fn accepts() -> Accepts { panic!("in accepts") } }
    PanicsInOpen { fn open(_: &Context) -> Result<Self> { panic!("in open") } }
    PanicsInAdd { fn add(&mut self, _: StreamId, _: &Context) -> Result<()> { panic!("in add") } }
    PanicsInRemove { fn remove(&mut self, _: StreamId, _: &Context) -> Result<()> { panic!("in remove") } }
    PanicsInReceive { fn receive(&mut self, _: StreamId, _: Frame, _: &Context) -> Result<()> { panic!("in receive") } }
    AcceptsNobodys { fn accepts() -> Accepts { Accepts::kinds([PixelFormat(7)]) } }
    RefusesOdd {
        fn receive(&mut self, _: StreamId, frame: Frame, _: &Context) -> Result<()> {
            if frame.format().width.is_multiple_of(2) { Ok(()) } else { Err(Error::new("an odd width")) }
        }
    }
    SaysNothing { fn add(&mut self, _: StreamId, _: &Context) -> Result<()> { Ok(()) } }
    GoesOn { fn remove(&mut self, _: StreamId, _: &Context) -> Result<()> { Ok(()) } }
    SpeaksOfOthers {
        fn add(&mut self, stream: StreamId, ctx: &Context) -> Result<()> {
            ctx.set_demand(StreamId(0), 1);
            ctx.set_demand(stream, 1);
            Ok(())
        }
    }
    RisesAgain {
        fn receive(&mut self, stream: StreamId, _: Frame, ctx: &Context) -> Result<()> {
            ctx.set_demand(stream, 1);
            Ok(())
        }
    }
    LooksOn { fn accepts() -> Accepts { Accepts::jpeg().observer() } }
    KeepsFrames {
        fn receive(&mut self, _: StreamId, frame: Frame, _: &Context) -> Result<()> {
            SHELF.lock().unwrap().push(frame);
            Ok(())
        }
    }
    LeavesThread {
        fn open(_: &Context) -> Result<Self> {
            std::thread::Builder::new().name("server".into()).spawn(|| std::thread::sleep(Duration::from_secs(3600)))?;
            Ok(LeavesThread)
        }
    }
    CallsBack {
        fn receive(&mut self, _: StreamId, _: Frame, ctx: &Context) -> Result<()> {
            if ctx.stopped() { Err(Error::new("stopped")) } else { Ok(()) }
        }
    }
}

pub const BROKEN: &[Broken] = &[
    ("no method panics", sink::<PanicsInAccepts>, "in accepts"),
    ("no method panics", sink::<PanicsInOpen>, "`open` panicked"),
    ("no method panics", sink::<PanicsInAdd>, "`add_stream` panicked"),
    ("no method panics", sink::<PanicsInRemove>, "`remove_stream` panicked"),
    ("no method panics", sink::<PanicsInReceive>, "panicked"),
    ("what a sink accepts it takes", sink::<AcceptsNobodys>, "which nobody has"),
    ("what a sink accepts it takes", sink::<RefusesOdd>, "an odd width"),
    ("a sink says who wants its frames", sink::<SaysNothing>, "said nothing"),
    ("demand ends with its stream", sink::<GoesOn>, "left at 1"),
    ("demand ends with its stream", sink::<SpeaksOfOthers>, "stream 0"),
    ("demand ends with its stream", sink::<RisesAgain>, "rose to 1 again"),
    ("an observer makes no demand", sink::<LooksOn>, "it said 1"),
    ("memory is given back", sink::<KeepsFrames>, "frames that it was given"),
    ("threads end with their instance", sink::<LeavesThread>, "`server`"),
    ("stop is heard", sink::<CallsBack>, "stopped"),
];

#[test]
fn sinks_that_break_a_rule_are_found() {
    super::show(BROKEN);
}
