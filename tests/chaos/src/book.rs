//! The observations of all viewers of all streams together: two viewers of the same frame saw the same picture.

use crate::seen::{PictureState, Seen};
use mutoscope_plugin_faulty::Number;
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant};

/// Time for which observations are remembered.
const MEMORY: Duration = Duration::from_secs(60);
/// Frames whose numbers are remembered.
const FRAMES: u64 = 4096;

/// The observations of all viewers.
#[derive(Default)]
pub struct Book {
    pages: Mutex<BTreeMap<String, Page>>,
}

/// One stream's page.
#[derive(Default)]
struct Page {
    /// The number in the picture of each frame that a viewer saw live, by the server's number.
    frames: HashMap<u64, Number>,
    /// Count of distinct frames, forgotten ones included.
    distinct: u64,
    newest: u64,
    seen: VecDeque<(Instant, PictureState, Option<Number>)>,
}

/// Count of parts of each kind in a span of time.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Tally {
    /// Live ones.
    pub live: usize,
    /// Held ones.
    pub held: usize,
    /// Placeholders.
    pub placeholder: usize,
}

impl Book {
    /// A viewer saw this.
    ///
    /// # Errors
    /// Another saw something else, in a sentence.
    pub fn note(&self, stream: &str, seen: &Seen) -> Result<(), String> {
        let Some(kind) = seen.kind else { return Ok(()) };
        let mut pages = self.pages();
        let page = pages.entry(stream.to_owned()).or_default();
        page.seen.push_back((seen.at, kind, seen.number));
        while page.seen.front().is_some_and(|(at, ..)| seen.at.saturating_duration_since(*at) > MEMORY) {
            page.seen.pop_front();
        }
        let (Some(sequence), Some(number)) = (seen.sequence, seen.number) else { return Ok(()) };
        match kind {
            PictureState::Live => page.live(sequence, number),
            // Repeated frames keep the number of the frame that they repeat.
            PictureState::Held => match page.frames.get(&sequence) {
                Some(known) if *known != number => {
                    Err(format!("held frame {sequence} shows {number}; live it was {known}"))
                }
                _ => Ok(()),
            },
            PictureState::Placeholder => Ok(()),
        }
    }

    /// Counts the parts of a stream between two moments.
    pub fn between(&self, stream: &str, from: Instant, to: Instant) -> Tally {
        let mut tally = Tally::default();
        let pages = self.pages();
        let seen = pages.get(stream).into_iter().flat_map(|page| &page.seen);
        for (_, kind, _) in seen.filter(|(at, ..)| (from..=to).contains(at)) {
            match kind {
                PictureState::Live => tally.live += 1,
                PictureState::Held => tally.held += 1,
                PictureState::Placeholder => tally.placeholder += 1,
            }
        }
        tally
    }

    /// The first live frame of a stream since then.
    pub fn live_since(&self, stream: &str, since: Instant) -> Option<(Instant, Number)> {
        let pages = self.pages();
        let mut seen = pages
            .get(stream)?
            .seen
            .iter()
            .filter(|(at, kind, _)| *at >= since && *kind == PictureState::Live);
        seen.find_map(|(at, _, number)| Some((*at, (*number)?)))
    }

    /// The last live frame of a stream.
    pub fn last_live(&self, stream: &str) -> Option<Number> {
        let pages = self.pages();
        let mut seen = pages.get(stream)?.seen.iter().rev();
        seen.find_map(|(_, kind, number)| number.filter(|_| *kind == PictureState::Live))
    }

    /// Returns the number of distinct live frames of a stream that were seen.
    pub fn distinct(&self, stream: &str) -> u64 {
        self.pages().get(stream).map_or(0, |page| page.distinct)
    }

    /// The stream is gone; should one of that name come again, it is another.
    pub fn forget(&self, stream: &str) {
        self.pages().remove(stream);
    }

    fn pages(&self) -> MutexGuard<'_, BTreeMap<String, Page>> {
        // A page that lacks an entry is still a page.
        self.pages.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

impl Page {
    fn live(&mut self, sequence: u64, number: Number) -> Result<(), String> {
        let known = *self.frames.entry(sequence).or_insert_with(|| {
            self.distinct += 1;
            number
        });
        if known != number {
            return Err(format!("frame {sequence} is {number} for one viewer and {known} for another"));
        }
        self.newest = self.newest.max(sequence);
        if self.frames.len() as u64 > 2 * FRAMES {
            let oldest = self.newest.saturating_sub(FRAMES);
            self.frames.retain(|sequence, _| *sequence >= oldest);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(kind: PictureState, sequence: u64, count: u32) -> Seen {
        let number = Some(Number { camera: 1, life: 0, count });
        let at = Instant::now();
        Seen { at, kind: Some(kind), sequence: Some(sequence), captured: Some(0.0), wall: 0.0, number }
    }

    #[test]
    fn two_viewers_of_one_frame_see_the_same() {
        let book = Book::default();
        let start = Instant::now();
        assert_eq!(book.note("a", &seen(PictureState::Live, 5, 50)), Ok(()));
        assert_eq!(book.note("a", &seen(PictureState::Live, 5, 50)), Ok(()));
        assert_eq!(book.note("a", &seen(PictureState::Live, 6, 51)), Ok(()));
        assert_eq!(book.note("a", &seen(PictureState::Held, 6, 51)), Ok(()));
        assert_eq!(book.distinct("a"), 2);
        assert!(book.note("a", &seen(PictureState::Live, 5, 51)).is_err());
        assert!(book.note("a", &seen(PictureState::Held, 6, 50)).is_err());
        assert_eq!(book.note("b", &seen(PictureState::Live, 5, 70)), Ok(()), "another stream");
        let tally = book.between("a", start, Instant::now());
        assert_eq!(tally, Tally { live: 4, held: 2, placeholder: 0 });
        assert_eq!(book.live_since("a", start).map(|(_, number)| number.count), Some(50));
        assert_eq!(book.last_live("a").map(|number| number.count), Some(51));
        book.forget("a");
        assert_eq!(book.distinct("a"), 0);
    }
}
