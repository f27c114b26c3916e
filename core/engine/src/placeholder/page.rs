//! Which lines fit on a picture, how large, and where.
//!
//! The font that is used has one width for all characters, the mark for missing ones included, so a line is measured
//! by counting them.

use super::notice::Words;
use mutoscope_plugin::Result;

/// Lines at most: a picture with more is read by nobody.
const MAX_LINES: usize = 7;
/// Lines narrower than this say nothing. "no picture" fits.
const MIN_COLUMNS: usize = 10;
/// The height of ordinary letters: what is legible on a small picture, and what is enough on the largest.
const COMFORTABLE: u32 = 12;
const LARGEST: u32 = 160;
/// Where there is little room or much to say, letters may become this small.
const SMALLEST: u32 = 8;

/// A line and its place.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) text: String,
    /// The height of its letters.
    pub(super) height: u32,
    /// From the picture's upper edge to that of the line.
    pub(super) top: usize,
    /// Whether this is what is to be read first.
    pub(super) title: bool,
}

/// The measures of letters of a height, in pixels.
#[derive(Clone, Copy)]
pub(super) struct Letters {
    /// From one to the next.
    pub(super) advance: usize,
    /// What their rim needs on each side.
    pub(super) rim: usize,
}

/// The lines that say `words` on a picture of `width` by `height`, in the middle of it. None where it is too small.
pub(super) fn lines(
    words: &Words,
    (width, height): (usize, usize),
    letters: &mut dyn FnMut(u32) -> Result<Letters>,
) -> Result<Vec<Line>> {
    // In proportion to the picture, and such that a good forty characters stand in a line of an upright one.
    let wanted = (height / 27).min(width / 22).min(LARGEST as usize) as u32;
    let wanted = wanted.max(COMFORTABLE);
    // Room is left at the edges; where there is hardly any room, less of it.
    let room = (width - width / 24 * 2, height - height / 20 * 2);
    let sizes = [wanted, wanted * 5 / 6, wanted * 2 / 3].map(|size| size.max(SMALLEST));
    let [large, medium, small] = sizes;
    let mut page = |size| Page::new(size, room, letters);
    let pages = [page(large)?, page(medium)?, page(small)?];
    // As large as everything fits; else as small as may be, and cut off.
    let whole = pages.iter().find_map(|page| page.stacked(words, false));
    let stacked = whole.or_else(|| pages[2].stacked(words, true));
    let flat = || pages.iter().find_map(|page| page.running(words, false));
    let mut lines = stacked.or_else(flat).or_else(|| pages[2].running(words, true)).unwrap_or_default();
    if let Some(last) = lines.last() {
        let bottom = last.top + last.height as usize + 2 * letters(last.height)?.rim;
        let above = height.saturating_sub(bottom) / 2;
        lines.iter_mut().for_each(|line| line.top += above);
    }
    Ok(lines)
}

/// The room for text in letters of a size.
struct Page {
    size: u32,
    title_size: u32,
    columns: usize,
    title_columns: usize,
    /// Rows for the lines themselves, the rims aside.
    rows: usize,
}

impl Page {
    fn new(
        size: u32,
        (width, height): (usize, usize),
        letters: &mut dyn FnMut(u32) -> Result<Letters>,
    ) -> Result<Page> {
        let title_size = size * 4 / 3;
        let mut columns = |size| {
            letters(size).map(|Letters { advance, rim }| width.saturating_sub(2 * rim) / advance.max(1))
        };
        let (columns, title_columns) = (columns(size)?, columns(title_size)?);
        let rows = height.saturating_sub(2 * letters(size)?.rim);
        Ok(Page { size, title_size, columns, title_columns, rows })
    }

    /// The parts one below another. Where `cut`, what failed is shortened to what fits; `None` if they do not fit.
    fn stacked(&self, words: &Words, cut: bool) -> Option<Vec<Line>> {
        if self.title_columns < MIN_COLUMNS {
            return None;
        }
        let title = format!("{}: no picture", words.stream);
        let title = if title.chars().count() <= self.title_columns {
            vec![title]
        } else {
            vec![shortened(&words.stream, self.title_columns), "no picture".to_owned()]
        };
        let mut what = wrapped(&words.what, self.columns);
        let rest = [wrapped(&words.since, self.columns), wrapped(&words.next, self.columns)].concat();
        loop {
            let count = title.len() + what.len() + rest.len();
            let mut lines = Vec::with_capacity(count);
            let mut top = 0;
            let groups =
                [(&title, self.title_size, true), (&what, self.size, false), (&rest, self.size, false)];
            for (group, height, title) in groups {
                if !lines.is_empty() && !group.is_empty() {
                    top += self.size as usize / 2;
                }
                for text in group {
                    lines.push(Line { text: text.clone(), height, top, title });
                    top += pitch(height);
                }
            }
            if count <= MAX_LINES && top - (pitch(self.size) - self.size as usize) <= self.rows {
                return Some(lines);
            }
            if !cut || what.len() <= 1 {
                return None;
            }
            what = kept(what, self.columns);
        }
    }

    /// All in one sequence: for pictures too flat for anything else.
    fn running(&self, words: &Words, cut: bool) -> Option<Vec<Line>> {
        let Words { stream, what, since, next } = words;
        let title = format!("{stream}: no picture");
        let parts = [&title, what, since, next].map(String::as_str);
        let parts: Vec<_> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        let mut lines = wrapped(&parts.join(" · "), self.columns);
        let size = self.size as usize;
        let room = self.rows.checked_sub(size)? / pitch(self.size) + 1;
        if self.columns < MIN_COLUMNS || !cut && lines.len() > room.min(MAX_LINES) {
            return None;
        }
        while lines.len() > room.min(MAX_LINES) {
            lines = kept(lines, self.columns);
        }
        let line = |(at, text)| Line { text, height: self.size, top: at * pitch(self.size), title: false };
        Some(lines.into_iter().enumerate().map(line).collect())
    }
}

/// From the top of a line to that of the next.
fn pitch(size: u32) -> usize {
    (size + size.div_ceil(5)) as usize
}

/// Words in lines of at most `columns` characters; longer words are broken.
fn wrapped(text: &str, columns: usize) -> Vec<String> {
    let columns = columns.max(1);
    let mut lines: Vec<String> = Vec::new();
    // Characters in the last line.
    let mut used = columns;
    for word in text.split_whitespace() {
        let word: Vec<char> = word.chars().collect();
        for (at, piece) in word.chunks(columns).enumerate() {
            match lines.last_mut() {
                Some(line) if at == 0 && used + 1 + piece.len() <= columns => {
                    line.push(' ');
                    line.extend(piece);
                    used += 1 + piece.len();
                }
                _ => {
                    lines.push(piece.iter().collect());
                    used = piece.len();
                }
            }
        }
    }
    lines
}

/// One line less; the last one shows that there was more.
fn kept(mut lines: Vec<String>, columns: usize) -> Vec<String> {
    lines.pop();
    if let Some(last) = lines.last_mut() {
        *last = shortened(&format!("{}…", last.trim_end_matches('…')), columns);
    }
    lines
}

/// At most `columns` characters; the last one shows that there were more.
fn shortened(text: &str, columns: usize) -> String {
    if text.chars().count() <= columns {
        return text.to_owned();
    }
    let kept: String = text.chars().take(columns.saturating_sub(1)).collect();
    format!("{}…", kept.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHAT: &str = "source v4l2: no frame for 3.0 s";

    fn words(stream: &str, what: &str) -> Words {
        let [stream, what, since, next] =
            [stream, what, "since 14:03:59 (2 min)", "next attempt in 4 s"].map(str::to_owned);
        Words { stream, what, since, next }
    }

    /// The lines' texts, with letters half as wide as high and a rim of one pixel.
    fn texts(words: &Words, width: usize, height: usize) -> Vec<String> {
        let mut letters = |height| Ok(Letters { advance: height as usize / 2, rim: 1 });
        let lines = lines(words, (width, height), &mut letters).unwrap();
        for line in &lines {
            assert!(line.text.chars().count() * line.height as usize / 2 + 2 <= width, "{width}: {line:?}");
            assert!(line.top + line.height as usize + 2 <= height, "{height}: {line:?}");
        }
        for pair in lines.windows(2) {
            assert!(pair[0].top + (pair[0].height as usize) < pair[1].top, "{pair:?}");
        }
        lines.into_iter().map(|line| line.text).collect()
    }

    #[test]
    fn an_ordinary_notice_has_a_line_for_each_part() {
        for (width, height) in [(1920, 1080), (640, 480), (320, 180), (3840, 2160)] {
            assert_eq!(
                texts(&words("porch", WHAT), width, height),
                ["porch: no picture", WHAT, "since 14:03:59 (2 min)", "next attempt in 4 s"]
            );
        }
        assert_eq!(texts(&words("porch", ""), 640, 480).len(), 3);
    }

    #[test]
    fn letters_grow_with_the_picture_and_shrink_for_a_long_text() {
        let height = |what: &str, width, height| {
            let mut letters = |height| Ok(Letters { advance: height as usize / 2, rim: 1 });
            lines(&words("porch", what), (width, height), &mut letters).unwrap()[1].height
        };
        assert_eq!([(320, 180), (1920, 1080), (1080, 1920)].map(|(w, h)| height(WHAT, w, h)), [12, 40, 49]);
        assert_eq!(height(&"word ".repeat(200), 1920, 1080), 26);
    }

    #[test]
    fn what_is_too_long_is_cut_off_visibly() {
        let long = "word ".repeat(500);
        let lines = texts(&words(&"name".repeat(100), &long), 640, 480);
        assert_eq!(lines.len(), MAX_LINES);
        assert!(lines[0].starts_with("namename") && lines[0].ends_with('…'));
        assert_eq!(lines[1], "no picture");
        assert!(lines[2].ends_with("word") && lines[4].ends_with("word…"), "{lines:?}");
        assert_eq!(lines[5..], ["since 14:03:59 (2 min)", "next attempt in 4 s"]);
    }

    #[test]
    fn a_flat_picture_has_one_sequence() {
        assert_eq!(
            texts(&words("porch", WHAT), 5000, 16),
            [
                "porch: no picture · source v4l2: no frame for 3.0 s · since 14:03:59 (2 min) · next attempt in 4 s"
            ]
        );
        let cut = texts(&words("porch", WHAT), 160, 16);
        assert_eq!(cut, ["porch: no picture · source v4l2: no…"]);
    }

    #[test]
    fn where_nothing_can_be_read_nothing_is_written() {
        for (width, height) in [(0, 0), (1, 1), (30, 1000), (1000, 9)] {
            assert!(texts(&words("porch", WHAT), width, height).is_empty());
        }
    }

    #[test]
    fn long_words_are_broken() {
        assert_eq!(wrapped("to /dev/v4l/by-id and on", 8), ["to", "/dev/v4l", "/by-id", "and on"]);
        assert_eq!(wrapped("再接 続", 2), ["再接", "続"]);
        assert!(wrapped("", 5).is_empty());
    }
}
