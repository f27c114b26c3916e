//! Logs that do not flood: they live on memory cards.

use std::time::{Duration, Instant};

/// One thing that may go wrong again and again: said the first time, then hourly with a count, then its end.
#[derive(Default)]
pub(super) struct Complaint {
    since: Option<Trouble>,
}

struct Trouble {
    text: String,
    said: Instant,
    last: Instant,
    times: u64,
}

const AGAIN: Duration = Duration::from_secs(3600);
/// What has been quiet for so long is over. What works for a moment between two failures is not.
const QUIET: Duration = Duration::from_secs(10);

impl Complaint {
    /// It went wrong. Gives what to log, if anything.
    pub(super) fn wrong(&mut self, text: &str) -> Option<String> {
        self.wrong_at(text, Instant::now())
    }

    /// It went well. Gives what to log, if it had gone wrong before and that is over.
    pub(super) fn well(&mut self) -> Option<String> {
        self.since.as_ref()?;
        self.well_at(Instant::now())
    }

    fn wrong_at(&mut self, text: &str, now: Instant) -> Option<String> {
        match &mut self.since {
            Some(trouble) if trouble.text == text => {
                trouble.times += 1;
                trouble.last = now;
                let again = now - trouble.said >= AGAIN;
                if again {
                    trouble.said = now;
                }
                again.then(|| format!("{text} ({} times so far)", trouble.times))
            }
            _ => {
                self.since = Some(Trouble { text: text.to_owned(), said: now, last: now, times: 1 });
                Some(text.to_owned())
            }
        }
    }

    fn well_at(&mut self, now: Instant) -> Option<String> {
        let trouble = self.since.take_if(|trouble| now - trouble.last >= QUIET)?;
        let times = if trouble.times == 1 { "once".to_owned() } else { format!("{} times", trouble.times) };
        Some(format!("works again (failed {times}: {})", trouble.text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trouble_is_told_once_and_its_end_too() {
        let (mut complaint, start) = (Complaint::default(), Instant::now());
        let at = |seconds| start + Duration::from_secs(seconds);
        assert_eq!(complaint.wrong_at("no light", at(0)).as_deref(), Some("no light"));
        assert_eq!(complaint.wrong_at("no light", at(1)), None);
        assert_eq!(complaint.wrong_at("no lens", at(2)).as_deref(), Some("no lens"));
        assert_eq!(complaint.well_at(at(12)).as_deref(), Some("works again (failed once: no lens)"));
        assert_eq!(complaint.well_at(at(30)), None);
    }

    #[test]
    fn what_works_for_a_moment_between_failures_does_not_flood_the_log() {
        let (mut complaint, start) = (Complaint::default(), Instant::now());
        let mut said = 0;
        for second in 0..2 * 3600 {
            let now = start + Duration::from_secs(second);
            said += u32::from(complaint.wrong_at("loose plug", now).is_some());
            said += u32::from(complaint.well_at(now + Duration::from_millis(500)).is_some());
        }
        assert_eq!(said, 2, "at first, and after an hour");
    }
}
