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
    times: u64,
}

const AGAIN: Duration = Duration::from_secs(3600);

impl Complaint {
    /// It went wrong. Gives what to log, if anything.
    pub(super) fn wrong(&mut self, text: &str) -> Option<String> {
        let now = Instant::now();
        match &mut self.since {
            Some(trouble) if trouble.text == text => {
                trouble.times += 1;
                let again = now - trouble.said >= AGAIN;
                if again {
                    trouble.said = now;
                }
                again.then(|| format!("{text} ({} times so far)", trouble.times))
            }
            _ => {
                self.since = Some(Trouble { text: text.to_owned(), said: now, times: 1 });
                Some(text.to_owned())
            }
        }
    }

    /// It went well. Gives what to log, if it had gone wrong before.
    pub(super) fn well(&mut self) -> Option<String> {
        let trouble = self.since.take()?;
        Some(format!("works again (failed {} times: {})", trouble.times, trouble.text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trouble_is_told_once_and_its_end_too() {
        let mut complaint = Complaint::default();
        assert_eq!(complaint.wrong("no light").as_deref(), Some("no light"));
        assert_eq!(complaint.wrong("no light"), None);
        assert_eq!(complaint.wrong("no lens").as_deref(), Some("no lens"));
        assert_eq!(complaint.well().as_deref(), Some("works again (failed 1 times: no lens)"));
        assert_eq!(complaint.well(), None);
    }
}
