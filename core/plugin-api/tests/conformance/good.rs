//! One of each kind that keeps every rule; and the rule that each of the others breaks is the one thing they change.

use mutoscope_plugin::testing::Conformance;
use mutoscope_plugin::{
    Accepts, Context, Device, Format, Frame, Mode, Output, PixelFormat, Result, Sink, Source, SourceCaps,
    StreamId, StreamInfo, Transform, Update, options, serde_json::json,
};

/// Options that change nothing.
#[options]
#[derive(Default)]
#[serde(default)]
pub struct Nothing {
    /// Not used.
    gain: u8,
}

/// What a source does, with a good answer to everything.
pub trait Quirk: Default + 'static {
    fn caps() -> SourceCaps {
        SourceCaps::format(Format::grey(8, 6)).at(1000.0).shareable()
    }

    fn devices() -> Result<Vec<Device>> {
        Ok(Vec::new())
    }

    fn open(_: &Context) -> Result<Self> {
        Ok(Self::default())
    }

    /// The frame of this number, from 0.
    fn next(&mut self, _number: u64, ctx: &Context) -> Result<Option<Frame>> {
        picture(ctx).map(Some)
    }

    fn update(&mut self) -> Result<Update> {
        Ok(Update::Applied)
    }
}

/// A frame of the host's memory.
pub fn picture(ctx: &Context) -> Result<Frame> {
    Frame::from_buffer(Format::grey(8, 6), ctx.buffer(48)?, ctx.now())
}

/// A source with a quirk.
pub struct Quirky<Q>(Q, u64);

impl<Q: Quirk> Source for Quirky<Q> {
    type Options = Nothing;

    fn caps(_: &Nothing) -> Result<SourceCaps> {
        Ok(Q::caps())
    }

    fn devices() -> Result<Vec<Device>> {
        Q::devices()
    }

    fn open(_: Nothing, ctx: &Context) -> Result<Self> {
        Ok(Quirky(Q::open(ctx)?, 0))
    }

    fn next_frame(&mut self, ctx: &Context) -> Result<Option<Frame>> {
        if !ctx.sleep(std::time::Duration::from_millis(1)) {
            // A quirk may do otherwise, and is asked for it.
            return self.0.next(u64::MAX, ctx).map(|_| None);
        }
        self.1 += 1;
        self.0.next(self.1 - 1, ctx)
    }

    fn update(&mut self, _: Nothing, _: &Context) -> Result<Update> {
        self.0.update()
    }
}

/// What a transform does, with a good answer to everything: it inverts planes.
pub trait Twist: Default + 'static {
    fn modes(input: &Format) -> Result<Vec<Mode>> {
        Ok(if input.kind.is_planes() { vec![Mode::new(*input, 1.0).stateless()] } else { Vec::new() })
    }

    fn open(_: &Context) -> Result<Self> {
        Ok(Self::default())
    }

    fn process(&mut self, frame: Frame, ctx: &Context) -> Result<Output> {
        invert(frame, ctx).map(Output::Frame)
    }
}

pub fn invert(mut frame: Frame, ctx: &Context) -> Result<Frame> {
    for plane in &mut frame.planes_mut(ctx)? {
        plane.rows_mut().flatten().for_each(|byte| *byte = 255 - *byte);
    }
    Ok(frame)
}

/// A transform with a twist.
pub struct Twisted<T>(T);

impl<T: Twist> Transform for Twisted<T> {
    type Options = Nothing;

    fn modes(_: &Nothing, input: &Format) -> Result<Vec<Mode>> {
        T::modes(input)
    }

    fn open(_: Nothing, ctx: &Context) -> Result<Self> {
        Ok(Twisted(T::open(ctx)?))
    }

    fn process(&mut self, frame: Frame, ctx: &Context) -> Result<Output> {
        self.0.process(frame, ctx)
    }

    fn update(&mut self, _: Nothing, _: &Context) -> Result<Update> {
        Ok(Update::Applied)
    }
}

/// What a sink does, with a good answer to everything.
pub trait Drain: Default + 'static {
    fn accepts() -> Accepts {
        Accepts::kinds([PixelFormat::JPEG, PixelFormat::I420])
    }

    fn open(_: &Context) -> Result<Self> {
        Ok(Self::default())
    }

    fn add(&mut self, stream: StreamId, ctx: &Context) -> Result<()> {
        ctx.set_demand(stream, 1);
        Ok(())
    }

    fn remove(&mut self, stream: StreamId, ctx: &Context) -> Result<()> {
        ctx.set_demand(stream, 0);
        Ok(())
    }

    fn receive(&mut self, _: StreamId, _: Frame, _: &Context) -> Result<()> {
        Ok(())
    }
}

/// A sink that drains.
pub struct Drained<D>(D);

impl<D: Drain> Sink for Drained<D> {
    type Options = Nothing;

    fn accepts(_: &Nothing) -> Result<Accepts> {
        Ok(D::accepts())
    }

    fn open(_: Nothing, ctx: &Context) -> Result<Self> {
        Ok(Drained(D::open(ctx)?))
    }

    fn add_stream(&mut self, stream: StreamInfo, ctx: &Context) -> Result<()> {
        self.0.add(stream.id, ctx)
    }

    fn remove_stream(&mut self, stream: StreamId, ctx: &Context) -> Result<()> {
        self.0.remove(stream, ctx)
    }

    fn receive(&mut self, stream: StreamId, frame: Frame, ctx: &Context) -> Result<()> {
        self.0.receive(stream, frame, ctx)
    }
}

#[derive(Default)]
struct Good;
impl Quirk for Good {}
impl Twist for Good {}
impl Drain for Good {}

/// Passes JPEGs on.
#[derive(Default)]
struct Jpegs;
impl Twist for Jpegs {
    fn modes(input: &Format) -> Result<Vec<Mode>> {
        Ok(if input.kind == PixelFormat::JPEG {
            vec![Mode::new(*input, 0.0).stateless()]
        } else {
            Vec::new()
        })
    }

    fn process(&mut self, frame: Frame, _: &Context) -> Result<Output> {
        Ok(frame.into())
    }
}

#[derive(Default)]
struct Observer;
impl Drain for Observer {
    fn accepts() -> Accepts {
        Accepts::anything().observer()
    }

    fn add(&mut self, _: StreamId, _: &Context) -> Result<()> {
        Ok(())
    }
}

#[test]
fn what_keeps_every_rule_is_found_to() {
    let mut kept = std::collections::BTreeSet::new();
    for conformance in [
        Conformance::source::<Quirky<Good>>(),
        Conformance::transform::<Twisted<Good>>(),
        Conformance::transform::<Twisted<Jpegs>>(),
        Conformance::sink::<Drained<Good>>(),
        Conformance::sink::<Drained<Observer>>(),
    ] {
        let report = conformance.options(json!({})).check();
        assert!(report.skipped.is_empty(), "{report}");
        kept.extend(report.kept);
    }
    let all: Vec<_> = mutoscope_plugin::testing::Rule::ALL.iter().map(|rule| rule.name).collect();
    let left: Vec<_> = all.into_iter().filter(|rule| !kept.contains(rule)).collect();
    assert!(left.is_empty(), "not tried: {left:?}");
}

#[derive(Default)]
struct Away;
impl Quirk for Away {
    fn open(_: &Context) -> Result<Self> {
        Err(mutoscope_plugin::Error::new("it is not plugged in"))
    }
}

#[test]
fn what_could_not_be_tried_is_told() {
    let away = || Conformance::source::<Quirky<Away>>();
    let report = away().needs("a camera").check();
    let told =
        "not tried, source: whatever needs an instance: it needs a camera, and says: it is not plugged in";
    assert!(report.to_string().contains(told), "{report}");
    assert!(!report.kept.contains(&"stop is heard"));
    // That a device is needed has to be said: a source that nobody can open in a test would keep every rule.
    assert_eq!(away().report().broken[0].rule.name, "the example options work");
    let report = away().never_opens("it is somebody's camera").check();
    assert_eq!(report.skipped[0].why, "it is somebody's camera");
}
