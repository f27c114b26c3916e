//! Where a value stands in a pipeline file, by name: `streams.porch.transforms[0].width`.

use std::fmt;

/// One step down into a file: a key of a map, or a place in a list (counted from 0).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Step {
    /// A key of a map.
    Key(String),
    /// A place in a list, counted from 0.
    Index(usize),
}

/// The way from the top of a pipeline file to a value, written as `--set` writes it:
/// `streams.porch.transforms[0].width`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct KeyPath(pub Vec<Step>);

impl KeyPath {
    /// The path of a key in the map at this path.
    #[must_use]
    pub fn key(&self, key: &str) -> KeyPath {
        self.joined(Step::Key(key.to_owned()))
    }

    /// The path of an item in the list at this path.
    #[must_use]
    pub fn index(&self, index: usize) -> KeyPath {
        self.joined(Step::Index(index))
    }

    /// This path followed by another.
    #[must_use]
    pub fn join(&self, rest: &KeyPath) -> KeyPath {
        KeyPath(self.0.iter().chain(&rest.0).cloned().collect())
    }

    /// Reads a path as people and plugins write it: `zones[1].x`. `None` where it is not one.
    pub fn parse(text: &str) -> Option<KeyPath> {
        let pieces = split(text)?;
        Some(KeyPath(pieces.into_iter().map(|piece| piece.step).collect()))
    }

    /// The last key on the way: what an option is called, also for an item of its list.
    pub(crate) fn last_key(&self) -> Option<&str> {
        self.0.iter().rev().find_map(|step| match step {
            Step::Key(key) => Some(key.as_str()),
            Step::Index(_) => None,
        })
    }

    /// The paths on the way to this one, and itself.
    pub(crate) fn prefixes(&self) -> impl Iterator<Item = KeyPath> {
        (0..=self.0.len()).map(|length| KeyPath(self.0[..length].to_vec()))
    }

    /// The same way in JSON, as a JSON pointer.
    pub(crate) fn pointer(&self) -> String {
        let steps = self.0.iter().map(|step| match step {
            Step::Key(key) => format!("/{}", key.replace('~', "~0").replace('/', "~1")),
            Step::Index(index) => format!("/{index}"),
        });
        steps.collect()
    }

    pub(crate) fn starts_with(&self, start: &KeyPath) -> bool {
        self.0.starts_with(&start.0)
    }

    fn joined(&self, step: Step) -> KeyPath {
        let mut steps = self.0.clone();
        steps.push(step);
        KeyPath(steps)
    }
}

impl fmt::Display for KeyPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, step) in self.0.iter().enumerate() {
            match step {
                Step::Key(key) if i == 0 => write!(f, "{key}")?,
                Step::Key(key) => write!(f, ".{key}")?,
                Step::Index(index) => write!(f, "[{index}]")?,
            }
        }
        Ok(())
    }
}

/// A step and the bytes of the text that it was written in.
#[derive(Debug)]
pub(crate) struct Piece {
    pub step: Step,
    pub span: std::ops::Range<usize>,
}

/// Splits `a.b[0].c` into its steps. `None` where a step is empty or a bracket holds no number.
pub(crate) fn split(text: &str) -> Option<Vec<Piece>> {
    let mut pieces = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let rest = &text[at..];
        if let Some(inside) = rest.strip_prefix('[') {
            let end = inside.find(']')?;
            let step = Step::Index(inside[..end].parse().ok()?);
            pieces.push(Piece { step, span: at..at + end + 2 });
            at += end + 2;
            continue;
        }
        let rest = match rest.strip_prefix('.') {
            Some(rest) if at > 0 => rest,
            _ if at == 0 => rest,
            _ => return None,
        };
        let start = text.len() - rest.len();
        let end = rest.find(['.', '[']).map_or(text.len(), |end| start + end);
        if start == end {
            return None;
        }
        pieces.push(Piece { step: Step::Key(text[start..end].to_owned()), span: start..end });
        at = end;
    }
    (!pieces.is_empty()).then_some(pieces)
}

/// The path that was probably meant by what is none: `a[0]b`, `a.[0]`, `/a/0/b`.
pub(crate) fn guessed(text: &str) -> Option<KeyPath> {
    let words = text.split(['.', '/', '[', ']', '"', '\'']).map(str::trim).filter(|word| !word.is_empty());
    let steps = words.map(|word| match word.parse() {
        Ok(index) => Step::Index(index),
        Err(_) => Step::Key(word.to_owned()),
    });
    let guess = KeyPath(steps.collect());
    let is_path = guess.0.first().is_some_and(|step| matches!(step, Step::Key(_)))
        && guess.0.iter().skip(1).all(|step| !matches!(step, Step::Key(key) if key.len() < 2));
    (is_path && KeyPath::parse(&guess.to_string()).as_ref() == Some(&guess)).then_some(guess)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_written_as_they_are_read() {
        for path in
            ["sink", "sink.listen", "transforms[0].width", "streams.porch.source.zones[1][2].x", "[3]"]
        {
            assert_eq!(KeyPath::parse(path).unwrap().to_string(), path);
        }
    }

    #[test]
    fn what_is_nearly_a_path_is_understood() {
        for (text, path) in [
            ("transforms[0]width", "transforms[0].width"),
            ("transforms.[0].width", "transforms[0].width"),
            ("/sinks/0/listen", "sinks[0].listen"),
            ("source['fps']", "source.fps"),
        ] {
            assert_eq!(guessed(text).unwrap().to_string(), path, "{text}");
        }
        for text in ["", "[", "[0]", "transforms[x].width"] {
            assert_eq!(guessed(text), None, "{text}");
        }
    }

    #[test]
    fn broken_paths_are_refused() {
        for path in ["", ".", "a.", ".a", "a..b", "a[", "a[x]", "a[0]b", "a[-1]", "a[]"] {
            assert!(KeyPath::parse(path).is_none(), "{path:?}");
        }
    }
}
