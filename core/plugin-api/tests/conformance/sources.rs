//! Sources that break a rule.

use super::Broken;
use super::good::{Quirk, Quirky, picture};
use mutoscope_plugin::serde_json::json;
use mutoscope_plugin::testing::Conformance;
use mutoscope_plugin::{
    Buffer, Context, Device, Error, Format, Frame, PixelFormat, Result, Services, SourceCaps, Times, Update,
};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::SeqCst};
use std::time::Duration;

fn source<Q: Quirk>() -> Conformance {
    Conformance::source::<Quirky<Q>>()
}

/// A quirk: a type, and what it does otherwise.
macro_rules! quirks {
    ($($(#[$attribute:meta])* $name:ident { $($body:tt)* })+) => {
        $(
            $(#[$attribute])*
            #[derive(Default)]
            struct $name;
            impl Quirk for $name { $($body)* }
        )+
    };
}

/// Longer than the kit waits, and than any test.
const FOR_EVER: Duration = Duration::from_secs(3600);

static SHELF: Mutex<Vec<Buffer>> = Mutex::new(Vec::new());
static SERVICES: Mutex<Vec<Services>> = Mutex::new(Vec::new());
static OPENED: AtomicU32 = AtomicU32::new(0);

quirks! {
    PanicsInOffers { fn caps() -> SourceCaps { panic!("in offers") } }
    PanicsInDevices { fn devices() -> Result<Vec<Device>> { panic!("in devices") } }
    PanicsInOpen { fn open(_: &Context) -> Result<Self> { panic!("in open") } }
    PanicsInNext { fn next(&mut self, _: u64, _: &Context) -> Result<Option<Frame>> { panic!("in next") } }
    PanicsInUpdate { fn update(&mut self) -> Result<Update> { panic!("in update") } }
    PanicsLater {
        fn next(&mut self, number: u64, ctx: &Context) -> Result<Option<Frame>> {
            assert!(number != 2, "the third");
            picture(ctx).map(Some)
        }
    }
    StrangeDevice {
        fn devices() -> Result<Vec<Device>> {
            let options = json!({ "divice": 1 });
            Ok(vec![Device::new("Strange", options)])
        }
    }
    NoDevices { fn devices() -> Result<Vec<Device>> { Err(Error::new("the bus is down")) } }
    AnotherKind { fn caps() -> SourceCaps { SourceCaps::one(PixelFormat::I420, None).shareable() } }
    AnotherSize { fn caps() -> SourceCaps { SourceCaps::format(Format::grey(9, 6)).shareable() } }
    OnlyOneOfTwo {
        fn caps() -> SourceCaps {
            let mut caps = SourceCaps::one(PixelFormat::GREY, None).shareable();
            caps.formats.extend(SourceCaps::jpeg(None).formats);
            caps
        }
    }
    Ends {
        fn next(&mut self, number: u64, ctx: &Context) -> Result<Option<Frame>> {
            if number < 2 { picture(ctx).map(Some) } else { Ok(None) }
        }
    }
    Fails {
        fn next(&mut self, number: u64, ctx: &Context) -> Result<Option<Frame>> {
            if number != 3 { picture(ctx).map(Some) } else { Err(Error::new("the fourth")) }
        }
    }
    Lies {
        fn next(&mut self, _: u64, ctx: &Context) -> Result<Option<Frame>> {
            let mut frame = picture(ctx)?;
            forge(&mut frame);
            Ok(Some(frame))
        }
    }
    CutOff {
        fn caps() -> SourceCaps { SourceCaps::jpeg(None).shareable() }
        fn next(&mut self, _: u64, ctx: &Context) -> Result<Option<Frame>> {
            let jpeg = jpeg();
            Frame::from_jpeg(Buffer::from_vec(jpeg[..jpeg.len() - 2].to_vec()), ctx.now()).map(Some)
        }
    }
    AnotherSizeInside {
        fn caps() -> SourceCaps { SourceCaps::jpeg(None).shareable() }
        fn next(&mut self, _: u64, ctx: &Context) -> Result<Option<Frame>> {
            Frame::from_vec(Format::jpeg(9, 9), jpeg(), ctx.now()).map(Some)
        }
    }
    GoesBack {
        fn next(&mut self, number: u64, ctx: &Context) -> Result<Option<Frame>> {
            let now = ctx.now();
            let back = Times { monotonic_ns: now.monotonic_ns.saturating_sub(100_000_000 * (number % 1000)), ..now };
            picture(ctx).map(|frame| Some(frame.with_times(back)))
        }
    }
    FromTheFuture {
        fn next(&mut self, _: u64, ctx: &Context) -> Result<Option<Frame>> {
            let now = ctx.now();
            let soon = Times { monotonic_ns: now.monotonic_ns + 3_600_000_000_000, ..now };
            picture(ctx).map(|frame| Some(frame.with_times(soon)))
        }
    }
    CountsDown {
        fn next(&mut self, number: u64, ctx: &Context) -> Result<Option<Frame>> {
            picture(ctx).map(|frame| Some(frame.with_sequence(u64::MAX - number)))
        }
    }
    RefusesUpdate { fn update(&mut self) -> Result<Update> { Err(Error::new("not now")) } }
    Deaf {
        fn next(&mut self, number: u64, ctx: &Context) -> Result<Option<Frame>> {
            if number == u64::MAX {
                std::thread::sleep(FOR_EVER);
            }
            picture(ctx).map(Some)
        }
    }
    FailsAtStop {
        fn next(&mut self, number: u64, ctx: &Context) -> Result<Option<Frame>> {
            if number == u64::MAX { Err(Error::new("interrupted")) } else { picture(ctx).map(Some) }
        }
    }
    NeedsMemory {
        fn next(&mut self, _: u64, ctx: &Context) -> Result<Option<Frame>> {
            Ok(Some(picture(ctx).expect("there is always memory")))
        }
    }
    OpensOnce {
        fn open(_: &Context) -> Result<Self> {
            if OPENED.fetch_add(1, SeqCst) == 0 { Ok(OpensOnce) } else { Err(Error::new("busy")) }
        }
    }
    LeavesThread {
        fn open(_: &Context) -> Result<Self> {
            std::thread::Builder::new().name("poller".into()).spawn(|| std::thread::sleep(FOR_EVER))?;
            Ok(LeavesThread)
        }
    }
    KeepsBuffer {
        fn open(ctx: &Context) -> Result<Self> {
            SHELF.lock().unwrap().push(ctx.buffer(1)?);
            Ok(KeepsBuffer)
        }
    }
    KeepsServices {
        fn open(ctx: &Context) -> Result<Self> {
            SERVICES.lock().unwrap().push(ctx.services());
            Ok(KeepsServices)
        }
    }
}

/// Moves a plane out of its buffer, which no safe code can.
fn forge(frame: &mut Frame) {
    let place: *mut Frame = frame;
    let offset = frame.plane(0).stride;
    assert_eq!(offset, 8);
    // SAFETY: `Frame` is `repr(C)`; where the first plane's layout stands is written in abi.txt, and it is two numbers.
    unsafe { place.cast::<u8>().add(PLANES).cast::<usize>().write(1 << 20) };
}

/// Where `planes` stands in a frame, as abi.txt has it.
const PLANES: usize = {
    let text = include_str!("../../abi.txt").as_bytes();
    let field = b"  planes: [PlaneLayout; 4]";
    let mut at = 0;
    loop {
        let mut same = 0;
        while same < field.len() && text[at + same] == field[same] {
            same += 1;
        }
        if same == field.len() {
            break;
        }
        at += 1;
    }
    // In front of the name: offset and size, four places each.
    let (mut place, mut number) = (at - 9, 0);
    while place < at - 5 {
        if text[place].is_ascii_digit() {
            number = number * 10 + (text[place] - b'0') as usize;
        }
        place += 1;
    }
    number
};

/// A grey JPEG of 8 by 8.
fn jpeg() -> Vec<u8> {
    let mut jpeg = vec![0xff, 0xd8, 0xff, 0xc0, 0, 11, 8, 0, 8, 0, 8, 1, 1, 0x11, 0];
    jpeg.extend([0xff, 0xda, 0, 8, 1, 1, 0, 0, 63, 0, 1, 2, 0xff, 0xd9]);
    jpeg
}

/// Takes its memory back with the source, and not with the last frame.
#[derive(Default)]
struct TakesBack(Option<&'static [std::sync::atomic::AtomicU8]>);

struct Shown(&'static [std::sync::atomic::AtomicU8]);

impl AsRef<[u8]> for Shown {
    fn as_ref(&self) -> &[u8] {
        // SAFETY: an `AtomicU8` has the layout of a `u8`. That it is written to while somebody reads is what is shown; it
        // happens on one thread, between two reads.
        unsafe { std::slice::from_raw_parts(self.0.as_ptr().cast(), self.0.len()) }
    }
}

impl Quirk for TakesBack {
    fn open(_: &Context) -> Result<Self> {
        let memory: Vec<_> = (0..48).map(std::sync::atomic::AtomicU8::new).collect();
        Ok(TakesBack(Some(memory.leak())))
    }

    fn next(&mut self, _: u64, ctx: &Context) -> Result<Option<Frame>> {
        let memory = self.0.ok_or_else(|| Error::new("no memory"))?;
        Frame::from_owner(Format::grey(8, 6), Shown(memory), ctx.now()).map(Some)
    }
}

impl Drop for TakesBack {
    fn drop(&mut self) {
        self.0.iter().copied().flatten().for_each(|byte| byte.store(0, SeqCst));
    }
}

#[derive(Default)]
struct PanicsInDrop;
impl Quirk for PanicsInDrop {}
impl Drop for PanicsInDrop {
    fn drop(&mut self) {
        panic!("in drop");
    }
}

/// Only the first is slow, so that the test is not.
#[derive(Default)]
struct SlowToGo;
static WAS_SLOW: AtomicBool = AtomicBool::new(false);
impl Quirk for SlowToGo {}
impl Drop for SlowToGo {
    fn drop(&mut self) {
        if !WAS_SLOW.swap(true, SeqCst) {
            std::thread::sleep(FOR_EVER);
        }
    }
}

/// There can be one at a time, and it does not say so.
#[derive(Default)]
struct Alone;
static TAKEN: AtomicBool = AtomicBool::new(false);
impl Quirk for Alone {
    fn open(_: &Context) -> Result<Self> {
        if TAKEN.swap(true, SeqCst) {
            // Not dropped: it never was one.
            return Err(Error::new("another one has it"));
        }
        Ok(Alone)
    }
}
impl Drop for Alone {
    fn drop(&mut self) {
        TAKEN.store(false, SeqCst);
    }
}

pub const BROKEN: &[Broken] = &[
    ("no method panics", source::<PanicsInOffers>, "in offers"),
    ("no method panics", source::<PanicsInDevices>, "in devices"),
    ("no method panics", source::<PanicsInOpen>, "`open` panicked"),
    ("no method panics", source::<PanicsInNext>, "`next_frame` panicked"),
    ("no method panics", source::<PanicsInUpdate>, "`update` panicked"),
    ("no method panics", source::<PanicsLater>, "the third"),
    ("no method panics", source::<PanicsInDrop>, "`drop` panicked"),
    ("devices can be opened by what is said of them", source::<StrangeDevice>, "divice"),
    ("devices can be opened by what is said of them", source::<NoDevices>, "the bus is down"),
    ("every declared format works", source::<AnotherKind>, "asked for YUV 4:2:0 0x0, it gave grey 8x6"),
    ("every declared format works", source::<AnotherSize>, "asked for grey 9x6, it gave grey 8x6"),
    ("every declared format works", source::<OnlyOneOfTwo>, "asked for JPEG 0x0, it gave grey 8x6"),
    ("frames come", source::<Ends>, "nobody had asked to stop"),
    ("frames come", source::<Fails>, "the fourth"),
    ("frames are what they say", source::<Lies>, "lies outside its buffer"),
    ("a JPEG starts and ends as one", source::<CutOff>, "ends with 01 02"),
    (
        "a JPEG starts and ends as one",
        source::<AnotherSizeInside>,
        "a frame of JPEG 9x9 with a JPEG of JPEG 8x8",
    ),
    ("time never goes back", source::<GoesBack>, "before the one that it follows"),
    ("time never goes back", source::<FromTheFuture>, "after it was received"),
    ("the sequence never goes back", source::<CountsDown>, "number"),
    ("a frame outlives its source", source::<TakesBack>, "changed"),
    ("an update holds or changes nothing", source::<RefusesUpdate>, "not now"),
    ("stop is heard", source::<Deaf>, "does not return after the host asked to stop"),
    ("stop is heard", source::<FailsAtStop>, "interrupted"),
    ("drop returns", source::<SlowToGo>, "does not return"),
    ("no memory is an error and no more", source::<NeedsMemory>, "there is always memory"),
    ("restart works", source::<OpensOnce>, "busy"),
    ("two streams work side by side", source::<Alone>, "another one has it"),
    ("threads end with their instance", source::<LeavesThread>, "`poller`"),
    ("memory is given back", source::<KeepsBuffer>, "1 buffers"),
    ("memory is given back", source::<KeepsServices>, "services"),
];

#[test]
fn sources_that_break_a_rule_are_found() {
    super::show(BROKEN);
}
