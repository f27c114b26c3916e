//! Conversions of one frame that several streams need, done once.

use crate::lock::lock;
use crate::plan::Conversion;
use mutoscope_plugin::Frame;
use mutoscope_plugin::host::Failure;
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

/// The results of conversions of one frame, shared by all streams that need the same one.
#[derive(Default)]
pub(crate) struct Conversions(Mutex<Vec<(Conversion, Arc<Made>)>>);

/// The result of a conversion, once its maker has finished.
#[derive(Default)]
struct Made {
    result: Mutex<Option<Result<Frame, Failure>>>,
    done: Condvar,
}

/// Stands for the result until there is one: whoever waits for it is told, whatever becomes of the one who makes it.
struct Unfinished<'a>(&'a Made);

impl Drop for Unfinished<'_> {
    fn drop(&mut self) {
        let broke = || Err(Failure::new("what made it broke; this is a mistake in the program"));
        lock(&self.0.result).get_or_insert_with(broke);
        self.0.done.notify_all();
    }
}

/// The interval at which a waiting stream checks whether it shall end.
const LOOK: Duration = Duration::from_millis(50);

impl Conversions {
    /// Returns what a conversion makes of the frame: whoever asks first does the work, the others wait for it, but for no longer than
    /// they are `allowed` to take themselves, and not once they are to end: the conversion is a plugin's, which may never
    /// return. `None` if there is nothing within that time.
    pub(crate) fn converted(
        &self,
        conversion: &Conversion,
        allowed: Duration,
        shall_end: impl Fn() -> bool,
        make: impl FnOnce() -> Result<Frame, Failure>,
    ) -> Option<Result<Frame, Failure>> {
        let (made, is_first) = {
            let mut made = lock(&self.0);
            match made.iter().find(|(known, _)| known == conversion) {
                Some((_, made)) => (made.clone(), false),
                None => {
                    let new = Arc::<Made>::default();
                    made.push((conversion.clone(), new.clone()));
                    (new, true)
                }
            }
        };
        if is_first {
            let making = Unfinished(&made);
            let result = make();
            *lock(&made.result) = Some(result.clone());
            drop(making);
            return Some(result);
        }
        let end = Instant::now() + allowed;
        let mut result = lock(&made.result);
        while result.is_none() {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() || shall_end() {
                return None;
            }
            let waited = made.done.wait_timeout(result, left.min(LOOK));
            result = waited.unwrap_or_else(|poisoned| poisoned.into_inner()).0;
        }
        result.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mutoscope_plugin::{Format, PixelFormat, Times};
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::sync::mpsc::{Sender, channel};
    use std::thread::{self, ScopedJoinHandle};

    fn frame() -> Frame {
        Frame::from_vec(Format::grey(1, 1), vec![7], Times::default()).unwrap()
    }

    const LONG: Duration = Duration::from_secs(600);

    type Converted = Option<Result<Frame, Failure>>;

    /// Starts a conversion to grey, and waits until it is under way: it goes on when the sender is dropped.
    fn held<'s>(
        scope: &'s thread::Scope<'s, '_>,
        conversions: &'s Conversions,
    ) -> (Sender<()>, ScopedJoinHandle<'s, Converted>) {
        let (began, begins) = channel();
        let (go_on, waits) = channel::<()>();
        let make = move || {
            began.send(()).unwrap();
            let _ = waits.recv();
            Ok(frame())
        };
        let first =
            scope.spawn(|| conversions.converted(&Conversion::To(PixelFormat::GREY), LONG, || false, make));
        begins.recv().unwrap();
        (go_on, first)
    }

    #[test]
    fn one_converts_and_the_others_get_the_same() {
        let conversions = &Conversions::default();
        let conversion = &Conversion::To(PixelFormat::GREY);
        thread::scope(|scope| {
            let (go_on, first) = held(scope, conversions);
            let second =
                scope.spawn(move || conversions.converted(conversion, LONG, || false, || panic!("twice")));
            drop(go_on);
            for converted in [first, second] {
                let frame = converted.join().unwrap().unwrap().unwrap();
                assert_eq!(frame.plane(0).data, [7]);
            }
        });
    }

    #[test]
    fn a_conversion_that_never_returns_holds_up_nobody_else_for_longer_than_they_may_take() {
        let conversions = &Conversions::default();
        let conversion = &Conversion::To(PixelFormat::GREY);
        let shall_end = &AtomicBool::new(false);
        thread::scope(|scope| {
            let (go_on, hangs) = held(scope, conversions);
            let waited =
                conversions.converted(conversion, Duration::from_millis(30), || false, || panic!("twice"));
            assert!(waited.is_none());
            let leaves = scope.spawn(move || {
                conversions.converted(
                    conversion,
                    LONG,
                    || shall_end.load(Ordering::SeqCst),
                    || panic!("twice"),
                )
            });
            shall_end.store(true, Ordering::SeqCst);
            assert!(leaves.join().unwrap().is_none());
            drop(go_on);
            assert!(hangs.join().unwrap().is_some());
        });
    }

    #[test]
    fn whoever_waits_hears_of_one_who_breaks() {
        let conversions = &Conversions::default();
        let conversion = &Conversion::Encode;
        let broken = thread::scope(|scope| {
            let breaks = || conversions.converted(conversion, LONG, || false, || panic!("on purpose"));
            scope.spawn(breaks).join().is_err()
        });
        let reported = conversions.converted(conversion, LONG, || false, || panic!("twice"));
        assert!(broken && reported.unwrap().unwrap_err().message.contains("broke"));
    }
}
