//! The last picture of a camera, kept for snapshots while viewers are shown something else or there are none.

use crate::part::Part;
use mutoscope_plugin::Times;
use std::sync::Arc;
use std::time::Duration;

/// Room for one picture, held by its handle and not copied. The caller drops the pictures that methods return, outside of
/// its locks: the last holder of a frame gives its memory back, which may run a plugin's code.
#[derive(Default)]
pub(crate) struct Kept {
    part: Option<Arc<Part>>,
}

impl Kept {
    /// The picture.
    pub(crate) fn get(&self) -> Option<Arc<Part>> {
        self.part.clone()
    }

    /// Keeps what viewers are not shown any more, if it is a picture of the camera. Gives the one that is not kept.
    pub(crate) fn set_aside(&mut self, part: Option<Arc<Part>>) -> Option<Arc<Part>> {
        match part {
            Some(part) if part.is_picture() => self.part.replace(part),
            other => other,
        }
    }

    /// Gives up the picture.
    pub(crate) fn take(&mut self) -> Option<Arc<Part>> {
        self.part.take()
    }

    /// Gives up the picture if it is too old.
    pub(crate) fn take_aged(&mut self, now: Times, limit: Duration) -> Option<Arc<Part>> {
        if self.left(now, limit).is_some_and(|left| left.is_zero()) { self.part.take() } else { None }
    }

    /// The time for which the picture may stay; `None` if there is none.
    pub(crate) fn left(&self, now: Times, limit: Duration) -> Option<Duration> {
        self.part.as_ref().map(|part| limit.saturating_sub(now.since(part.frame().times())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mutoscope_plugin::{Format, Frame, Freshness};

    fn part(captured_s: u64, freshness: Freshness) -> Option<Arc<Part>> {
        let frame = Frame::from_vec(Format::jpeg(4, 4), vec![0xff, 0xd8], at(captured_s)).unwrap();
        Part::new(frame.with_freshness(freshness), at(captured_s)).map(Arc::new)
    }

    fn at(s: u64) -> Times {
        Times { monotonic_ns: s * 1_000_000_000, wall_ns: 0 }
    }

    #[test]
    fn the_last_picture_is_kept_and_no_other() {
        let mut kept = Kept::default();
        let first = part(1, Freshness::LIVE);
        let one = Arc::downgrade(first.as_ref().unwrap());
        assert!(kept.set_aside(first).is_none());
        assert!(kept.set_aside(part(2, Freshness::PLACEHOLDER)).is_some_and(|part| !part.is_picture()));
        assert!(kept.set_aside(None).is_none());
        assert_eq!(kept.get().unwrap().frame().times(), at(1));
        drop(kept.set_aside(part(3, Freshness::HELD)));
        assert_eq!(kept.get().unwrap().frame().times(), at(3));
        assert!(one.upgrade().is_none());
    }

    #[test]
    fn it_is_let_go_when_it_is_too_old() {
        let mut kept = Kept::default();
        let limit = Duration::from_secs(10);
        assert_eq!(kept.left(at(0), limit), None);
        kept.set_aside(part(5, Freshness::LIVE));
        assert_eq!(kept.left(at(7), limit), Some(Duration::from_secs(8)));
        assert!(kept.take_aged(at(14), limit).is_none() && kept.get().is_some());
        assert!(kept.take_aged(at(15), limit).is_some() && kept.get().is_none());
    }
}
