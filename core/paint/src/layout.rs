//! The layout of a text: its size, its place in the picture, its lines.

use crate::atlas::Atlas;

/// The place of a text in the picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Position {
    /// In the upper left corner.
    TopLeft,
    /// In the upper right corner; lines end at the right.
    TopRight,
    /// In the lower left corner.
    BottomLeft,
    /// In the lower right corner; lines end at the right.
    BottomRight,
    /// In the middle, each line too; the margin is not used.
    Centre,
}

/// A part of a picture, in luma pixels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Rect {
    /// The first column.
    pub x: usize,
    /// The first row.
    pub y: usize,
    /// Columns; 0 when nothing of the text is in the picture.
    pub width: usize,
    /// Rows; 0 when nothing of the text is in the picture.
    pub height: usize,
}

/// To which side shorter lines go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Align {
    Left,
    Right,
    Centre,
}

impl Align {
    /// The columns left of a line that leaves `free` of them.
    pub(crate) fn indent(self, free: usize) -> usize {
        match self {
            Self::Left => 0,
            Self::Right => free,
            Self::Centre => free / 2,
        }
    }
}

impl Position {
    pub(crate) fn align(self) -> Align {
        match self {
            Self::TopLeft | Self::BottomLeft => Align::Left,
            Self::TopRight | Self::BottomRight => Align::Right,
            Self::Centre => Align::Centre,
        }
    }

    /// The text's upper left corner in a picture. Where there is no room for both, the margin yields before the text,
    /// and a text that is too large anyhow shows its beginning.
    pub(crate) fn place(
        self,
        text: (usize, usize),
        picture: (usize, usize),
        margin: usize,
    ) -> (usize, usize) {
        let free = (picture.0.saturating_sub(text.0), picture.1.saturating_sub(text.1));
        let near = |free: usize| margin.min(free);
        let far = |free: usize| free.saturating_sub(margin);
        match self {
            Self::TopLeft => (near(free.0), near(free.1)),
            Self::TopRight => (far(free.0), near(free.1)),
            Self::BottomLeft => (near(free.0), far(free.1)),
            Self::BottomRight => (far(free.0), far(free.1)),
            Self::Centre => (free.0 / 2, free.1 / 2),
        }
    }
}

/// The size of a text without what surrounds it: the widest line, and the lines' rows. Nothing for an empty text.
pub(crate) fn measure(atlas: &mut Atlas, text: &str) -> (usize, usize) {
    if text.is_empty() {
        return (0, 0);
    }
    lines(text).fold((0, 0), |(width, height), line| {
        (width.max(atlas.line_width(line)), height.saturating_add(atlas.line_height()))
    })
}

/// A text's lines; `\r\n` ends one too.
pub(crate) fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.split('\n').map(|line| line.strip_suffix('\r').unwrap_or(line))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn margins_yield_before_the_text() {
        let place = |position: Position, picture, margin| position.place((30, 10), picture, margin);
        assert_eq!(place(Position::BottomRight, (100, 50), 8), (62, 32));
        assert_eq!(place(Position::TopLeft, (100, 50), 8), (8, 8));
        assert_eq!(place(Position::BottomLeft, (100, 50), 0), (0, 40));
        assert_eq!(place(Position::Centre, (100, 50), 8), (35, 20));
        assert_eq!(place(Position::TopRight, (32, 12), 8), (0, 2));
        assert_eq!(place(Position::TopLeft, (32, 12), 8), (2, 2));
        assert_eq!(place(Position::BottomRight, (20, 5), 8), (0, 0));
        assert_eq!(place(Position::BottomRight, (0, 0), usize::MAX), (0, 0));
    }

    #[test]
    fn lines_end_as_they_do_anywhere() {
        assert_eq!(lines("a\r\nb\n\nc\n").collect::<Vec<_>>(), ["a", "b", "", "c", ""]);
    }
}
