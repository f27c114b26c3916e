//! The frame that a stream delivered last.

use crate::lock::lock;
use mutoscope_plugin::Frame;
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant};

/// The last good picture of a stream, its time, and whether a gate holds back later ones.
#[derive(Default)]
pub(crate) struct LastOutput(Mutex<State>);

#[derive(Default)]
struct State {
    picture: Option<Picture>,
    /// The time of the last good picture.
    live: Option<Instant>,
    /// The time at which anything was last sent, placeholders included.
    sent: Option<Instant>,
    /// Between two live pictures, of late.
    period: Option<Duration>,
    /// The last two gaps between live pictures, the newer one first.
    gaps: [Option<Duration>; 2],
    sequence: Option<u64>,
    gated: bool,
}

/// A picture as the sinks got it.
#[derive(Clone)]
pub(crate) enum Picture {
    /// All of them the same.
    Same(Frame),
    /// Each in its own kind, by the sinks' numbers.
    Each(Vec<(u32, Frame)>),
}

impl Picture {
    /// Returns what this sink got.
    pub(crate) fn of(&self, sink: u32) -> Option<&Frame> {
        match self {
            Picture::Same(frame) => Some(frame),
            Picture::Each(frames) => frames.iter().find(|(of, _)| *of == sink).map(|(_, frame)| frame),
        }
    }

    /// Returns what any of them got.
    pub(crate) fn any(&self) -> Option<&Frame> {
        match self {
            Picture::Same(frame) => Some(frame),
            Picture::Each(frames) => frames.first().map(|(_, frame)| frame),
        }
    }
}

impl LastOutput {
    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.0)
    }

    /// A good picture goes out to the sinks; without one if nobody looks on.
    pub(crate) fn live(&self, picture: Option<Picture>, sequence: u64) {
        let now = Instant::now();
        let before = {
            let mut state = self.state();
            if let Some(last) = state.live.replace(now) {
                let before = state.period.unwrap_or_default().mul_f64(0.9);
                state.period = Some(before.max(now - last));
                state.gaps = [Some(now - last), state.gaps[0]];
            }
            (state.sent, state.sequence, state.gated) = (Some(now), Some(sequence), false);
            picture.and_then(|picture| state.picture.replace(picture))
        };
        // Outside the lock: the last holder of a frame may run an author's code.
        drop(before);
    }

    /// Returns whether a frame is newer than all that were shown. Where a stream has just changed from one source to another,
    /// one that comes late from the first may not be.
    pub(crate) fn is_news(&self, sequence: u64) -> bool {
        self.state().sequence.is_none_or(|last| sequence > last)
    }

    /// A frame came and was held back.
    pub(crate) fn gated(&self) {
        self.state().gated = true;
    }

    /// The engine has sent a picture of its own, or the last one again.
    pub(crate) fn sent(&self) {
        self.state().sent = Some(Instant::now());
    }

    /// Returns how long ago anything was sent.
    pub(crate) fn silent_for(&self) -> Option<Duration> {
        self.state().sent.map(|sent| sent.elapsed())
    }

    /// Returns how long ago the last good picture went out.
    pub(crate) fn without_picture_for(&self) -> Option<Duration> {
        self.state().live.map(|live| live.elapsed())
    }

    /// Between two good pictures, of late.
    pub(crate) fn period(&self) -> Option<Duration> {
        self.state().period
    }

    /// The lesser of the last two gaps between good pictures: one outage does not make a stream a slow one.
    pub(crate) fn usual_gap(&self) -> Option<Duration> {
        let [last, before] = self.state().gaps;
        Some(last?.min(before?))
    }

    /// The stream is no more.
    pub(crate) fn forget(&self) {
        let before = self.state().picture.take();
        drop(before);
    }

    /// Nobody has looked on for a while: what comes next is no gap.
    pub(crate) fn rested(&self) {
        let mut state = self.state();
        (state.live, state.sent, state.period, state.gated) = (None, None, None, false);
        state.gaps = [None; 2];
    }

    /// Returns whether a gate holds back what comes.
    pub(crate) fn is_gated(&self) -> bool {
        self.state().gated
    }

    /// The last good picture.
    pub(crate) fn picture(&self) -> Option<Picture> {
        self.state().picture.clone()
    }

    /// The number of the last good picture.
    pub(crate) fn last_sequence(&self) -> Option<u64> {
        self.state().sequence
    }
}
