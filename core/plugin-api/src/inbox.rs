//! An inbox for SDKs that call back: any thread fills it, the instance's own thread empties it.

use crate::latest::{Bell, Latest, Taken};
use crate::{Error, Frame, Result, Services};
use rustix::event::{EventfdFlags, PollFd, PollFlags, eventfd, poll};
use std::os::fd::OwnedFd;
use std::sync::Arc;

/// A place for one picture, for SDKs that call back on threads of their own. Clones are the same place.
///
/// [`put`](Inbox::put) may be called on any thread and never blocks: the latest picture wins, and one that is still
/// there is dropped and counted (`frames_replaced`). [`take`](Inbox::take) is for the instance's thread, in
/// `next_frame`: it waits for a picture, or until the instance shall stop.
///
/// `T` is a [`Frame`], or the SDK's own type, to be made a frame by the thread that takes it.
///
/// ```
/// use mutoscope_plugin::{Context, Format, Frame, Inbox, Result, Source, options};
/// # mod sdk {
/// #     //! Stands for a vendor's SDK, which calls back on a thread of its own.
/// #     use std::sync::{Arc, atomic::{AtomicBool, Ordering::SeqCst}};
/// #     pub struct Camera(Arc<AtomicBool>, Option<std::thread::JoinHandle<()>>);
/// #     pub fn start(mut each: impl FnMut(Vec<u8>) + Send + 'static) -> Camera {
/// #         let stop = Arc::new(AtomicBool::new(false));
/// #         let stopped = stop.clone();
/// #         Camera(stop, Some(std::thread::spawn(move || while !stopped.load(SeqCst) {
/// #             each(vec![7; 64 * 48]);
/// #             std::thread::sleep(std::time::Duration::from_millis(1));
/// #         })))
/// #     }
/// #     impl Drop for Camera {
/// #         fn drop(&mut self) { self.0.store(true, SeqCst); self.1.take().map(|thread| thread.join()); }
/// #     }
/// # }
///
/// /// A camera whose SDK calls back.
/// #[options]
/// pub struct Options {}
///
/// struct Vendors {
///     inbox: Inbox,
///     // Dropped, it calls back no more.
///     _camera: sdk::Camera,
/// }
///
/// impl Source for Vendors {
///     type Options = Options;
///
///     fn open(_: Options, ctx: &Context) -> Result<Self> {
///         let (inbox, services) = (Inbox::new()?, ctx.services());
///         let theirs = inbox.clone();
///         let camera = sdk::start(move |bytes| {
///             match Frame::from_vec(Format::grey(64, 48), bytes, services.now()) {
///                 Ok(frame) => theirs.put(frame),
///                 Err(error) => theirs.fail(error),
///             }
///         });
///         Ok(Vendors { inbox, _camera: camera })
///     }
///
///     fn next_frame(&mut self, ctx: &Context) -> Result<Option<Frame>> {
///         self.inbox.take(ctx)
///     }
/// }
/// # mutoscope_plugin::export!(source: Vendors);
/// # fn main() { mutoscope_plugin::testing::Conformance::of(plugin()).check(); }
/// ```
pub struct Inbox<T = Frame> {
    latest: Arc<Latest<T, Event>>,
}

/// A descriptor that is readable while something waits to be looked at.
struct Event(OwnedFd);

impl Bell for Event {
    fn ring(&self) {
        // It fails only when it is full, and then it is readable too.
        let _ = rustix::io::write(&self.0, &1u64.to_ne_bytes());
    }

    fn quiet(&self) {
        // It fails only when the bell has not rung.
        let _ = rustix::io::read(&self.0, &mut [0; 8]);
    }
}

impl<T> Inbox<T> {
    /// An empty place.
    ///
    /// # Errors
    /// The system has no descriptor left.
    pub fn new() -> Result<Inbox<T>> {
        let event = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?;
        Ok(Inbox { latest: Arc::new(Latest::new(Event(event))) })
    }

    /// Puts a picture in, on any thread. It replaces one that is still there.
    pub fn put(&self, picture: T) {
        self.latest.put(picture);
    }

    /// The device is lost: once what is in here is taken, [`take`](Inbox::take) gives this error. What is put in
    /// afterwards is dropped.
    pub fn fail(&self, error: Error) {
        self.latest.end(Some(error));
    }

    /// There will be no more pictures: once what is in here is taken, [`take`](Inbox::take) gives `None`. What is put in
    /// afterwards is dropped.
    pub fn end(&self) {
        self.latest.end(None);
    }

    /// Waits for a picture. `None` if the instance shall stop, or if there will be no more.
    ///
    /// # Errors
    /// What [`fail`](Inbox::fail) was told.
    pub fn take(&self, services: &Services) -> Result<Option<T>> {
        if services.stopped() {
            return Ok(None);
        }
        let taken = self.latest.take(|event| {
            let stop = services.stop_descriptor();
            let mut wait = [PollFd::new(&stop, PollFlags::IN), PollFd::new(&event.0, PollFlags::IN)];
            // An interruption looks like a picture that another thread took: the caller waits again.
            let _ = poll(&mut wait, None);
            !services.stopped()
        });
        match taken {
            None => Ok(None),
            Some(Taken::Ended(None)) => Ok(None),
            Some(Taken::Ended(Some(error))) => Err(error),
            Some(Taken::Picture { picture, replaced }) => {
                if replaced > 0 {
                    services.count("frames_replaced", replaced);
                }
                Ok(Some(picture))
            }
        }
    }
}

impl<T> Clone for Inbox<T> {
    fn clone(&self) -> Self {
        Inbox { latest: self.latest.clone() }
    }
}

impl<T> std::fmt::Debug for Inbox<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Inbox")
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use crate::testing::TestHost;
    use std::thread;

    #[test]
    fn the_latest_wins_and_the_loss_is_counted() {
        let (stand, inbox) = (TestHost::new(), Inbox::new().unwrap());
        (1..=5).for_each(|number| inbox.put(number));
        assert_eq!(inbox.take(&stand.context()).unwrap(), Some(5));
        assert_eq!(stand.counter("frames_replaced"), 4);
        inbox.put(6);
        assert_eq!(inbox.take(&stand.context()).unwrap(), Some(6));
        assert_eq!(stand.counter("frames_replaced"), 4);
    }

    #[test]
    fn many_threads_fill_it_and_one_takes_in_time() {
        let (stand, inbox) = (TestHost::new(), Inbox::new().unwrap());
        let context = stand.context();
        thread::scope(|scope| {
            let threads: Vec<_> = (0..4)
                .map(|_| scope.spawn(|| (1..=10_000u32).for_each(|number| inbox.put(number))))
                .collect();
            scope.spawn(|| {
                threads.into_iter().for_each(|thread| thread.join().unwrap());
                inbox.end();
            });
            let mut taken = 0;
            while inbox.take(&context).unwrap().is_some() {
                taken += 1;
            }
            assert_eq!(taken + stand.counter("frames_replaced"), 40_000);
        });
    }

    #[test]
    fn what_is_in_it_comes_before_the_end_and_nothing_after_it() {
        let context = TestHost::new().context();
        let inbox = Inbox::new().unwrap();
        inbox.put(1);
        inbox.fail(Error::new("the cable is out"));
        inbox.put(2);
        assert_eq!(inbox.take(&context).unwrap(), Some(1));
        for _ in 0..2 {
            assert_eq!(inbox.take(&context).unwrap_err().message(), "the cable is out");
        }
        let ended = Inbox::<u8>::new().unwrap();
        ended.end();
        ended.fail(Error::new("too late"));
        assert_eq!(ended.take(&context).unwrap(), None);
    }

    #[test]
    fn a_stop_wakes_whoever_waits() {
        let (stand, inbox) = (TestHost::new(), Inbox::<u8>::new().unwrap());
        let (waiting, host) = (inbox.clone(), stand.clone());
        let thread = thread::spawn(move || waiting.take(&host.context()).unwrap());
        stand.stop();
        assert_eq!(thread.join().unwrap(), None);
        inbox.put(1);
        assert_eq!(inbox.take(&stand.context()).unwrap(), None);
    }

    #[test]
    fn it_drops_what_it_holds() {
        let (inbox, held) = (Inbox::new().unwrap(), Arc::new(()));
        inbox.put(held.clone());
        inbox.put(held.clone());
        assert_eq!(Arc::strong_count(&held), 2);
        drop(inbox);
        assert_eq!(Arc::strong_count(&held), 1);
    }
}
