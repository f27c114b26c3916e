//! One viewer's account of a stream: each part against those before.

use crate::seen::{PictureState, Seen};
use mutoscope_plugin_faulty::Number;
use std::time::{Duration, Instant};

/// Greatest age of a live picture on arrival.
pub const MOST_AGE: Duration = Duration::from_secs(2);

/// One viewer's account.
pub struct Account {
    /// The camera that the stream shows.
    camera: u32,
    /// The last live frame: its number, and what the server said of it.
    last: Option<Last>,
    /// The latest capture of live and held frames, in seconds since 1970.
    captured: f64,
    /// The last part's arrival.
    came: Option<Instant>,
    /// The longest time without any part.
    gap: Duration,
    /// Live frames that came, and numbers that were left out between two of them within a life.
    counted: (u64, u64),
}

#[derive(Clone, Copy)]
struct Last {
    number: Number,
    sequence: Option<u64>,
}

impl Account {
    /// Of a stream that shows this camera.
    pub fn new(camera: u32) -> Account {
        Account { camera, last: None, captured: 0.0, came: None, gap: Duration::ZERO, counted: (0, 0) }
    }

    /// Live frames that came, and those that did not although a later one of the same life did.
    pub fn came_and_missed(&self) -> (u64, u64) {
        self.counted
    }

    /// The longest time without any part.
    pub fn longest_gap(&self) -> Duration {
        self.gap
    }

    /// Checks one more part. `stalled` is how long the machine itself stood still lately.
    ///
    /// # Errors
    ///
    /// The part breaks a rule; the text says which in one sentence.
    pub fn take(&mut self, seen: &Seen, stalled: Duration) -> Result<(), String> {
        if let Some(before) = self.came.replace(seen.at) {
            self.gap = self.gap.max(seen.at - before);
        }
        // Who sees no headers takes what has a greater number for live, and cannot tell about the rest.
        let kind = seen.kind.or_else(|| {
            let newer = self.last.is_none_or(|last| seen.number.is_some_and(|number| number > last.number));
            (newer && seen.number.is_some()).then_some(PictureState::Live)
        });
        match kind {
            Some(PictureState::Live) => self.live(seen, stalled),
            Some(PictureState::Held) => self.held(seen),
            _ => self.placeholder(seen),
        }
    }

    fn live(&mut self, seen: &Seen, stalled: Duration) -> Result<(), String> {
        let number = seen.number.ok_or("a live frame whose picture has no number")?;
        if number.camera != self.camera {
            return Err(format!("a frame of camera {} in a stream of {}", number.camera, self.camera));
        }
        if let Some(captured) = seen.captured {
            let age = seen.wall - captured;
            if age > (MOST_AGE + stalled).as_secs_f64() {
                return Err(format!("live frame {number} was {age:.2} s old"));
            }
        }
        if let Some(last) = self.last {
            if number <= last.number {
                return Err(format!("live frame {number} came after {}", last.number));
            }
            self.agrees(number, seen.sequence, last)?;
            if number.life == last.number.life {
                self.counted.1 += u64::from(number.count - last.number.count - 1);
            }
        }
        self.counted.0 += 1;
        self.last = Some(Last { number, sequence: seen.sequence });
        self.not_back(seen.captured)
    }

    /// The server counts each picture of a camera once: between two frames of one life it counts no more than the camera did.
    fn agrees(&self, number: Number, sequence: Option<u64>, last: Last) -> Result<(), String> {
        let (Some(sequence), Some(before)) = (sequence, last.sequence) else { return Ok(()) };
        let gave = u64::from(number.count.saturating_sub(last.number.count));
        if sequence <= before || (number.life == last.number.life && sequence - before > gave) {
            let Last { number: previous, .. } = last;
            return Err(format!(
                "X-Sequence {sequence} on frame {number}, after {before} on frame {previous}"
            ));
        }
        Ok(())
    }

    fn held(&mut self, seen: &Seen) -> Result<(), String> {
        let number = seen.number.ok_or("a held frame whose picture has no number")?;
        // A viewer that came later may not have seen the frame that is held, nor one that missed it.
        if let Some(last) = self.last
            && number < last.number
        {
            return Err(format!("held frame {number} is older than {}, which was shown", last.number));
        }
        self.not_back(seen.captured)
    }

    fn placeholder(&mut self, seen: &Seen) -> Result<(), String> {
        // It may show the last picture behind its words, but never one that the camera has not given yet.
        if let (Some(PictureState::Placeholder), Some(number)) = (seen.kind, seen.number)
            && number.camera != self.camera
        {
            return Err(format!("a placeholder with frame {number}, in a stream of camera {}", self.camera));
        }
        match (seen.kind, seen.captured) {
            (Some(_), Some(told)) if seen.wall - told > 3.0 * MOST_AGE.as_secs_f64() => {
                Err(format!("a placeholder whose time was {:.2} s ago", seen.wall - told))
            }
            _ => Ok(()),
        }
    }

    fn not_back(&mut self, captured: Option<f64>) -> Result<(), String> {
        let Some(captured) = captured else { return Ok(()) };
        if captured < self.captured {
            return Err(format!(
                "a frame captured {:.3} s before the one ahead of it",
                self.captured - captured
            ));
        }
        self.captured = captured;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(life: u32, count: u32) -> Number {
        Number { camera: 2, life, count }
    }

    fn seen(kind: PictureState, life: u32, count: u32, sequence: u64) -> Seen {
        Seen {
            at: Instant::now(),
            kind: Some(kind),
            sequence: Some(sequence),
            captured: Some(1000.0 + sequence as f64),
            wall: 1000.5 + sequence as f64,
            number: Some(number(life, count)),
        }
    }

    fn wrong(parts: &[Seen]) -> Option<String> {
        let mut account = Account::new(2);
        parts.iter().find_map(|seen| account.take(seen, Duration::ZERO).err())
    }

    use PictureState::{Held, Live, Placeholder};

    #[test]
    fn a_camera_that_fails_and_comes_back_is_right() {
        let blank = Seen { number: None, ..seen(Placeholder, 0, 0, 2) };
        let parts = [
            seen(Live, 0, 7, 1),
            seen(Live, 0, 9, 2),
            seen(Held, 0, 9, 2),
            blank,
            seen(Placeholder, 0, 9, 2),
            seen(Live, 2, 0, 3),
        ];
        assert_eq!(wrong(&parts), None);
        let mut account = Account::new(2);
        for seen in &parts {
            account.take(seen, Duration::ZERO).unwrap();
        }
        assert_eq!(account.came_and_missed(), (3, 1));
    }

    #[test]
    fn what_goes_back_is_wrong() {
        for (first, second, why) in [
            (seen(Live, 0, 7, 1), seen(Live, 0, 7, 2), "came after"),
            (seen(Live, 1, 0, 1), seen(Live, 0, 8, 2), "came after"),
            (seen(Live, 0, 7, 2), seen(Live, 0, 8, 2), "X-Sequence"),
            (seen(Live, 0, 7, 1), seen(Live, 0, 8, 3), "X-Sequence"),
            (seen(Live, 0, 7, 1), seen(Held, 0, 6, 1), "older than"),
            (seen(Live, 0, 7, 1), Seen { captured: Some(1000.9), ..seen(Live, 0, 8, 2) }, "before"),
        ] {
            let found = wrong(&[first.clone(), second.clone()]).unwrap_or_default();
            assert!(found.contains(why), "{first:?}, {second:?}: {found:?}");
        }
    }

    #[test]
    fn what_is_not_what_it_says_is_wrong() {
        let old = Seen { wall: 1010.0, ..seen(Live, 0, 7, 1) };
        assert!(wrong(std::slice::from_ref(&old)).is_some_and(|found| found.contains("9.00 s old")));
        assert_eq!(Account::new(2).take(&old, Duration::from_secs(8)), Ok(()), "the machine stood still");
        let blank = Seen { number: None, ..seen(Live, 0, 7, 1) };
        assert!(wrong(&[blank]).is_some_and(|found| found.contains("no number")));
        let other = Seen { number: Some(Number { camera: 3, life: 0, count: 7 }), ..seen(Live, 0, 7, 1) };
        assert!(wrong(&[other]).is_some_and(|found| found.contains("camera 3")));
    }

    #[test]
    fn who_sees_no_headers_checks_the_pictures() {
        let bare =
            |life, count| Seen { kind: None, sequence: None, captured: None, ..seen(Live, life, count, 0) };
        // What comes once more is held or a placeholder, for all that one can tell.
        assert_eq!(wrong(&[bare(0, 1), bare(0, 3), bare(0, 3), bare(1, 0)]), None);
        let mut account = Account::new(2);
        for seen in [bare(0, 1), bare(0, 3)] {
            account.take(&seen, Duration::ZERO).unwrap();
        }
        assert_eq!(account.came_and_missed(), (2, 1));
        let other = Seen { number: Some(Number { camera: 3, life: 0, count: 7 }), ..bare(0, 0) };
        assert!(wrong(&[other]).is_some());
    }
}
