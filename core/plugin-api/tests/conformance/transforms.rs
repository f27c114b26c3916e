//! Transforms that break a rule.

use super::Broken;
use super::good::{Twist, Twisted, invert};
use mutoscope_plugin::testing::Conformance;
use mutoscope_plugin::{Buffer, Context, Error, Format, Frame, Mode, Output, PixelFormat, Result, Size};
use std::sync::Mutex;
use std::time::Duration;

fn transform<T: Twist>() -> Conformance {
    Conformance::transform::<Twisted<T>>()
}

/// A twist: a type, and what it does otherwise.
macro_rules! twists {
    ($($name:ident { $($body:tt)* })+) => {
        $(
            #[derive(Default)]
            struct $name;
            impl Twist for $name { $($body)* }
        )+
    };
}

static SHELF: Mutex<Vec<Frame>> = Mutex::new(Vec::new());

/// A new frame, as long as nobody forgets whose it is.
fn anew(frame: &Frame, ctx: &Context) -> Result<Frame> {
    let mut new = Frame::pooled(frame.format(), frame.times(), ctx)?;
    for (to, from) in new.planes_mut(ctx)?.iter_mut().zip(frame.planes()) {
        to.rows_mut().zip(from.rows()).for_each(|(to, from)| to.copy_from_slice(from));
    }
    Ok(new)
}

twists! {
    PanicsInWays { fn modes(_: &Format) -> Result<Vec<Mode>> { panic!("in ways") } }
    PanicsInOpen { fn open(_: &Context) -> Result<Self> { panic!("in open") } }
    PanicsAtOneLine {
        fn process(&mut self, frame: Frame, ctx: &Context) -> Result<Output> {
            let _second = frame.plane(0).row(1);
            invert(frame, ctx).map(Output::Frame)
        }
    }
    TakesNothing { fn modes(_: &Format) -> Result<Vec<Mode>> { Ok(Vec::new()) } }
    Odd {
        fn process(&mut self, frame: Frame, ctx: &Context) -> Result<Output> {
            match frame.format().width % 2 {
                0 => invert(frame, ctx).map(Output::Frame),
                _ => Err(Error::new("an odd width")),
            }
        }
    }
    AnotherSize {
        fn modes(input: &Format) -> Result<Vec<Mode>> {
            let gives = input.with_size(Size::new(input.width.div_ceil(2), input.height));
            Ok(if input.kind.is_planes() { vec![Mode::new(gives, 1.0)] } else { Vec::new() })
        }
    }
    NoStrides {
        fn process(&mut self, frame: Frame, ctx: &Context) -> Result<Output> {
            let mut out = anew(&frame, ctx)?;
            for (mut to, from) in out.planes_mut(ctx)?.into_iter().zip(frame.planes()) {
                let width = from.width;
                to.rows_mut().enumerate().for_each(|(y, row)| row.copy_from_slice(&from.data[y * width..][..width]));
            }
            Ok(out.stamped_as(&frame).into())
        }
    }
    NoStamp {
        fn process(&mut self, frame: Frame, ctx: &Context) -> Result<Output> {
            anew(&frame, ctx).map(Output::Frame)
        }
    }
    ACopyBack {
        fn process(&mut self, frame: Frame, ctx: &Context) -> Result<Output> {
            Ok(Output::NotThisWay(anew(&frame, ctx)?.stamped_as(&frame)))
        }
    }
    WritesOnShared {
        fn process(&mut self, frame: Frame, _: &Context) -> Result<Output> {
            let first = frame.plane(0).data.as_ptr().cast_mut();
            // SAFETY: the memory is a `Vec`'s, and only this thread looks at it now. That it is not to be written to is what is
            // shown.
            unsafe { first.write(first.read().wrapping_add(1)) };
            Ok(frame.into())
        }
    }
    NeedsMemory {
        fn process(&mut self, frame: Frame, ctx: &Context) -> Result<Output> {
            let mut new = anew(&frame, ctx).expect("there is always memory").stamped_as(&frame);
            new = invert(new, ctx)?;
            Ok(new.into())
        }
    }
    Waits {
        fn process(&mut self, _: Frame, _: &Context) -> Result<Output> {
            std::thread::sleep(Duration::from_secs(3600));
            Ok(Output::Nothing)
        }
    }
    KeepsFrames {
        fn process(&mut self, frame: Frame, _: &Context) -> Result<Output> {
            SHELF.lock().unwrap().push(frame.clone());
            Ok(frame.into())
        }
    }
    LeavesThread {
        fn open(_: &Context) -> Result<Self> {
            std::thread::spawn(|| std::thread::sleep(Duration::from_secs(3600)));
            Ok(LeavesThread)
        }
    }
    CutsJpegs {
        fn modes(input: &Format) -> Result<Vec<Mode>> {
            Ok(if input.kind == PixelFormat::JPEG { vec![Mode::new(*input, 1.0)] } else { Vec::new() })
        }
        fn process(&mut self, frame: Frame, _: &Context) -> Result<Output> {
            let jpeg = frame.jpeg().ok_or_else(|| Error::new("no JPEG"))?;
            let cut = Buffer::from_vec(jpeg[..jpeg.len() - 2].to_vec());
            Ok(Frame::from_buffer(frame.format(), cut, frame.times())?.stamped_as(&frame).into())
        }
    }
}

/// Mixes the picture before into this one, and says that it does not.
#[derive(Default)]
struct Remembers(u8);
impl Twist for Remembers {
    fn process(&mut self, mut frame: Frame, ctx: &Context) -> Result<Output> {
        let before = self.0;
        let planes = &mut frame.planes_mut(ctx)?;
        self.0 = planes[0].row_mut(0)[0];
        planes[0].row_mut(0)[0] ^= before;
        Ok(frame.into())
    }
}

/// Gives the frame before, and after that the one before that.
#[derive(Default)]
struct Backwards(Vec<Frame>);
impl Twist for Backwards {
    fn modes(input: &Format) -> Result<Vec<Mode>> {
        Ok(if *input == Format::grey(17, 13) {
            vec![Mode::new(*input, 1.0), Mode::new(*input, 1.0)]
        } else {
            Vec::new()
        })
    }
    fn process(&mut self, frame: Frame, _: &Context) -> Result<Output> {
        self.0.push(frame);
        match self.0.len() {
            1 => Ok(Output::Nothing),
            _ => Ok(self.0.remove(0).into()),
        }
    }
}

pub const BROKEN: &[Broken] = &[
    ("no method panics", transform::<PanicsInWays>, "in ways"),
    ("no method panics", transform::<PanicsInOpen>, "`open` panicked"),
    ("no method panics", transform::<PanicsAtOneLine>, "1x1"),
    ("what a way declares comes out", transform::<TakesNothing>, "no way for any picture"),
    ("what a way declares comes out", transform::<Odd>, "an odd width"),
    ("what a way declares comes out", transform::<AnotherSize>, "declared"),
    ("strides are honoured", transform::<NoStrides>, "comes out differently"),
    ("a stateless way has no memory", transform::<Remembers>, "after other pictures"),
    ("a transform keeps number and time", transform::<NoStamp>, "number 0"),
    ("not this way gives the very frame back", transform::<ACopyBack>, "another one came back"),
    ("a frame that others hold is not changed", transform::<WritesOnShared>, "was written to"),
    ("a JPEG starts and ends as one", transform::<CutsJpegs>, "ends with"),
    ("no memory is an error and no more", transform::<NeedsMemory>, "there is always memory"),
    ("stop is heard", transform::<Waits>, "`process` does not return"),
    ("threads end with their instance", transform::<LeavesThread>, "`conformance`"),
    ("memory is given back", transform::<KeepsFrames>, "1 frames"),
];

#[test]
fn transforms_that_break_a_rule_are_found() {
    super::show(BROKEN);
}

#[test]
fn a_transform_may_give_the_picture_before() {
    transform::<Backwards>().check();
}
