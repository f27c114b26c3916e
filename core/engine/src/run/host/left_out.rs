//! Frames that came and came to nothing, by the reason.

use std::fmt;

/// Frames that came and came to nothing, by the reason.
#[derive(Clone, Default, Debug)]
pub(crate) struct LeftOut {
    kinds: Vec<(String, u64)>,
    /// For other reasons than these.
    others: u64,
}

/// Reasons that are told apart: they come from plugins.
const MOST: usize = 4;

impl LeftOut {
    pub(crate) fn add(&mut self, why: &str, frames: u64) {
        if let Some((_, count)) = self.kinds.iter_mut().find(|(known, _)| known == why) {
            *count += frames;
        } else if self.kinds.len() < MOST {
            self.kinds.push((why.to_owned(), frames));
        } else {
            self.others += frames;
        }
    }

    /// Returns how many there were.
    pub(crate) fn total(&self) -> u64 {
        self.kinds.iter().map(|(_, count)| count).sum::<u64>() + self.others
    }
}

/// `cut off (31 frames), not a JPEG (2 frames)`.
impl fmt::Display for LeftOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let (true, [(why, _)]) = (self.total() == 1, &self.kinds[..]) {
            return f.write_str(why);
        }
        let others = (self.others > 0).then_some(("other reasons", self.others));
        let kinds = self.kinds.iter().map(|(why, count)| (&**why, *count));
        for (index, (why, count)) in kinds.chain(others).enumerate() {
            let comma = if index > 0 { ", " } else { "" };
            write!(f, "{comma}{why} ({count} frame{})", if count == 1 { "" } else { "s" })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_are_counted_and_bounded() {
        let mut left_out = LeftOut::default();
        left_out.add("cut off", 1);
        assert_eq!(left_out.to_string(), "cut off");
        left_out.add("cut off", 30);
        left_out.add("not a JPEG", 1);
        assert_eq!(left_out.to_string(), "cut off (31 frames), not a JPEG (1 frame)");
        (0..100).for_each(|n| left_out.add(&format!("{n} bytes"), 1));
        assert!(left_out.to_string().ends_with("1 bytes (1 frame), other reasons (98 frames)"));
        assert_eq!(left_out.total(), 132);
    }
}
