//! Threads that call plugins, as they are watched over.

use super::stats::Part;
use super::stop::Stop;
use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock};
use std::time::{Duration, Instant};

/// Whose thread it is. Numbers tell one instance from the next in the same place.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Owner {
    Source {
        stream: u32,
        life: u64,
    },
    Worker {
        stream: u32,
    },
    Sink {
        sink: u32,
        life: u64,
    },
    /// The thread that draws placeholders.
    Standin,
    /// A thread that gives back what a plugin has lent.
    Lender,
}

/// What a plugin is asked to do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Call {
    Open,
    Next,
    Process,
    /// It is asked how it can work on a format.
    Ways,
    /// It takes back memory that it has lent.
    GiveBack,
    Receive,
    Streams,
    Update,
    Drop,
}

/// A thread on which instances of plugins live: which call it is in, since when, how long that may take, and the wish
/// that it shall end. It is watched from outside, since a call that blocks cannot watch itself.
pub(crate) struct Post {
    pub(crate) owner: Owner,
    pub(crate) name: String,
    pub(crate) stop: Stop,
    /// For a worker: the ticket that others may be waiting for.
    pub(crate) ticket: AtomicU64,
    at_work: Mutex<AtWork>,
    condemned: AtomicBool,
    /// In what it blocks, if it is left behind.
    abandoned: OnceLock<String>,
}

#[derive(Default)]
struct AtWork {
    call: Option<(Arc<Part>, Call, Instant, Duration)>,
    asked: Option<Instant>,
}

/// A call that takes too long.
pub(crate) struct Late {
    pub(crate) part: Arc<Part>,
    /// In words.
    pub(crate) why: String,
    /// When it should have ended.
    pub(crate) due: Instant,
}

/// How long what was asked to stop may take to do it.
pub(crate) const GRACE: Duration = Duration::from_secs(1);

impl Post {
    fn at_work(&self) -> MutexGuard<'_, AtWork> {
        self.at_work.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// Makes a call that may take so long.
    pub(crate) fn during<T>(
        &self,
        part: &Arc<Part>,
        call: Call,
        allowed: Duration,
        run: impl FnOnce() -> T,
    ) -> T {
        self.at_work().call = Some((part.clone(), call, Instant::now(), allowed));
        let result = run();
        self.at_work().call = None;
        result
    }

    /// Asks what lives here to stop.
    pub(crate) fn ask_to_stop(&self) {
        self.at_work().asked.get_or_insert_with(Instant::now);
        self.stop.stop();
    }

    /// A call was too slow: whatever comes of it is not used, and the thread shall end.
    pub(crate) fn condemn(&self) {
        self.condemned.store(true, Ordering::SeqCst);
        self.ask_to_stop();
    }

    pub(crate) fn is_condemned(&self) -> bool {
        self.condemned.load(Ordering::SeqCst)
    }

    /// Somebody else has its place now, since it blocks in this part of the pipeline.
    pub(crate) fn abandon(&self, part: &str) {
        let _ = self.abandoned.set(part.to_owned());
    }

    pub(crate) fn is_abandoned(&self) -> bool {
        self.abandoned.get().is_some()
    }

    /// Whether it is in a call that should have ended; and if it is in one at all, when to look again.
    pub(crate) fn look(&self, now: Instant) -> Look {
        let at_work = self.at_work();
        let Some((part, call, since, allowed)) = &at_work.call else { return Look::Idle };
        let own = *since + *allowed;
        // Once it was asked to stop it may not take its whole time any more.
        let due = at_work.asked.map_or(own, |asked| own.min(asked.max(*since) + GRACE));
        if now < due {
            return Look::Until(due);
        }
        let after = (due - *since).as_secs_f64();
        let why = match call {
            Call::Open => format!("it has not opened within {after:.1} s"),
            Call::Next => part.no_frame_for(due - *since),
            Call::Process => format!("it has worked on one frame for more than {after:.1} s"),
            Call::Ways => format!("it has not said within {after:.1} s how it can work"),
            Call::GiveBack => format!("a frame that it has lent was not taken back within {after:.1} s"),
            Call::Receive => format!("it has not taken a frame within {after:.1} s"),
            Call::Streams => format!("it has not taken a stream within {after:.1} s"),
            Call::Update => format!("it has not taken its new options within {after:.1} s"),
            Call::Drop => format!("it has not ended within {after:.1} s"),
        };
        Look::Late(Late { part: part.clone(), why, due })
    }
}

/// What a look at a thread shows.
pub(crate) enum Look {
    Idle,
    Until(Instant),
    Late(Late),
}

/// All such threads of a pipeline.
#[derive(Default)]
pub(crate) struct Posts(Mutex<Manned>);

#[derive(Default)]
struct Manned {
    posts: Vec<Arc<Post>>,
    /// The pipeline ends: nobody takes a post any more.
    stopped: bool,
}

impl Posts {
    fn manned(&self) -> MutexGuard<'_, Manned> {
        self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// A new post. If the pipeline ends already, it is one that shall stop at once.
    pub(crate) fn take(&self, owner: Owner, name: String) -> io::Result<Arc<Post>> {
        let post = Arc::new(Post {
            owner,
            name,
            stop: Stop::new()?,
            ticket: AtomicU64::new(u64::MAX),
            at_work: Mutex::default(),
            condemned: AtomicBool::new(false),
            abandoned: OnceLock::new(),
        });
        let mut manned = self.manned();
        if manned.stopped {
            post.ask_to_stop();
        }
        manned.posts.push(post.clone());
        Ok(post)
    }

    /// Its thread has ended.
    pub(crate) fn leave(&self, post: &Arc<Post>) {
        self.manned().posts.retain(|other| !Arc::ptr_eq(other, post));
    }

    /// Whether its thread has not ended.
    pub(crate) fn has(&self, post: &Arc<Post>) -> bool {
        self.manned().posts.iter().any(|other| Arc::ptr_eq(other, post))
    }

    pub(crate) fn all(&self) -> Vec<Arc<Post>> {
        self.manned().posts.clone()
    }

    /// Those that were abandoned and are still there: whose thread, and in what it blocks.
    pub(crate) fn left_behind(&self) -> Vec<String> {
        let posts = self.all();
        let left = posts.iter().filter_map(|post| Some(format!("{}: {}", post.name, post.abandoned.get()?)));
        left.collect()
    }

    /// Asks everybody to stop, now and from now on.
    pub(crate) fn stop(&self) {
        let posts = {
            let mut manned = self.manned();
            manned.stopped = true;
            manned.posts.clone()
        };
        posts.iter().for_each(|post| post.ask_to_stop());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_is_late_by_its_own_time_or_by_the_wish_to_stop() {
        let posts = Posts::default();
        let post = posts.take(Owner::Worker { stream: 0 }, "camera".into()).unwrap();
        let part = Part::new("resize");
        assert!(matches!(post.look(Instant::now()), Look::Idle));
        post.during(&part, Call::Process, Duration::from_secs(60), || {
            assert!(matches!(post.look(Instant::now()), Look::Until(_)));
            let Look::Late(late) = post.look(Instant::now() + Duration::from_secs(61)) else { panic!() };
            assert_eq!(late.why, "it has worked on one frame for more than 60.0 s");
            posts.stop();
            assert!(matches!(post.look(Instant::now() + GRACE), Look::Late(_)));
        });
        assert!(matches!(post.look(Instant::now() + Duration::from_secs(61)), Look::Idle));
        posts.leave(&post);
        assert!(posts.all().is_empty());
        assert!(posts.take(Owner::Worker { stream: 0 }, "late".into()).unwrap().stop.is_wanted());
    }
}
