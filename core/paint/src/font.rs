//! A font file that was checked to be drawable; `atlas` takes its glyphs from here.

use std::{
    borrow::Cow,
    fmt,
    fs::File,
    io::Read,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    sync::Arc,
};

use swash::{
    CacheKey, FontRef,
    scale::{ScaleContext, outline::Outline},
};

use crate::error::{Error, ErrorKind};

/// The font that comes with the crate; `fonts/README.md` says which and how it was cut down.
static BUNDLED: &[u8] = include_bytes!("../fonts/DejaVuSansMono-Bold-subset.ttf");

/// A checked font; clones share the file's bytes.
#[derive(Clone)]
pub struct Font {
    file: Arc<FontFile>,
}

struct FontFile {
    data: Cow<'static, [u8]>,
    /// Of the first font's table directory: not 0 in a collection.
    offset: u32,
    key: CacheKey,
    metrics: LineMetrics,
}

/// A line's extent in parts of an em, from the baseline.
#[derive(Clone, Copy)]
pub(crate) struct LineMetrics {
    pub(crate) ascent: f32,
    pub(crate) descent: f32,
}

impl Font {
    /// Font files larger than this are refused. The largest in use (all of Chinese, Japanese and Korean in several
    /// weights) stay below it.
    pub const MAX_BYTES: usize = 64 << 20;

    /// The font that comes with the crate: DejaVu Sans Mono Bold, all its digits of one width, with Latin, Greek,
    /// Cyrillic, punctuation and a few signs.
    pub fn bundled() -> Self {
        Self::check(Cow::Borrowed(BUNDLED)).expect("the bundled font is a good one, a test draws it")
    }

    /// Takes the bytes of a TrueType or OpenType font; of a collection its first font.
    ///
    /// # Errors
    /// When they are more than [`Font::MAX_BYTES`], no font, or a font that could not draw any Latin letter or digit.
    pub fn from_bytes(data: Vec<u8>) -> Result<Self, Error> {
        Self::check(Cow::Owned(data))
    }

    /// Reads a font file; see [`Font::from_bytes`].
    ///
    /// # Errors
    /// As there, and when the file cannot be read or is no regular file. The error names the path.
    pub fn read(path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = path.as_ref();
        read_limited(path).and_then(Self::from_bytes).map_err(|error| error.at(path))
    }

    fn check(data: Cow<'static, [u8]>) -> Result<Self, Error> {
        if data.len() > Self::MAX_BYTES {
            return Err(ErrorKind::TooLarge { limit: Self::MAX_BYTES }.into());
        }
        if data.starts_with(b"wOFF") || data.starts_with(b"wOF2") {
            return Err(ErrorKind::Woff.into());
        }
        let (offset, key, metrics) = guarded(|| {
            let font = FontRef::from_index(&data, 0).ok_or(ErrorKind::NotAFont)?;
            drawable(&font)?;
            Ok((font.offset, font.key, line_metrics(&font)))
        })
        .unwrap_or(Err(ErrorKind::NotAFont))?;
        Ok(Self { file: Arc::new(FontFile { data, offset, key, metrics }) })
    }

    /// The characters of a text that the font has no glyph for, each once; a mark is drawn in their place. Spaces and control
    /// characters need none.
    pub fn missing(&self, text: &str) -> Vec<char> {
        let charmap = self.swash().charmap();
        let mut missing = Vec::new();
        for character in text.chars().filter(|character| !is_blank(*character)) {
            // What makes the parser panic is drawn blank: it is missing as well.
            let glyph = guarded(|| charmap.map(character)).unwrap_or(0);
            if glyph == 0 && !missing.contains(&character) {
                missing.push(character);
            }
        }
        missing
    }

    pub(crate) fn swash(&self) -> FontRef<'_> {
        let FontFile { data, offset, key, .. } = &*self.file;
        FontRef { data, offset: *offset, key: *key }
    }

    pub(crate) fn metrics(&self) -> LineMetrics {
        self.file.metrics
    }
}

impl fmt::Debug for Font {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Font").field("bytes", &self.file.data.len()).finish_non_exhaustive()
    }
}

/// Returns whether a character is drawn as a space, whatever the font has.
pub(crate) fn is_blank(character: char) -> bool {
    character.is_control() || character.is_whitespace()
}

/// Runs work on a font's bytes; `None` when it panicked. The file comes from outside, and so do the parsers, which do
/// panic on some broken files (swash 0.2.10 on one without widths, read-fonts 0.41 on some outlines; both
/// seen): that may cost a font or a glyph, never the stream.
pub(crate) fn guarded<T>(work: impl FnOnce() -> T) -> Option<T> {
    catch_unwind(AssertUnwindSafe(work)).ok()
}

/// The file's bytes. A pipe or a device is refused before it is opened, since opening it may block for ever.
fn read_limited(path: &Path) -> Result<Vec<u8>, Error> {
    if !path.metadata().map_err(ErrorKind::Read)?.is_file() {
        return Err(ErrorKind::NotAFile.into());
    }
    let mut data = Vec::new();
    File::open(path)
        .map_err(ErrorKind::Read)?
        .take(Font::MAX_BYTES as u64 + 1)
        .read_to_end(&mut data)
        .map_err(ErrorKind::Read)?;
    Ok(data)
}

/// Checks that at least one visible ASCII character has an outline: a cut-off file often keeps its directory and character
/// map and has lost the outlines.
fn drawable(font: &FontRef<'_>) -> Result<(), ErrorKind> {
    let mut context = ScaleContext::new();
    let mut scaler = context.builder(*font).size(16.0).build();
    if !scaler.has_outlines() {
        return Err(ErrorKind::NoOutlines);
    }
    let charmap = font.charmap();
    let mut mapped = (b'!'..=b'~').map(|c| charmap.map(c)).filter(|&glyph| glyph != 0).peekable();
    if mapped.peek().is_none() {
        return Err(ErrorKind::NoLatin);
    }
    let widths = font.glyph_metrics(&[]);
    let mut mapped = mapped.filter(|&glyph| widths.advance_width(glyph) > 0.0).peekable();
    if mapped.peek().is_none() {
        return Err(ErrorKind::NotAFont);
    }
    let mut outline = Outline::new();
    mapped
        .any(|glyph| scaler.scale_outline_into(glyph, &mut outline) && !outline.points().is_empty())
        .then_some(())
        .ok_or(ErrorKind::NoOutlines)
}

/// The font's own line, or that of an ordinary font where its own makes no sense.
fn line_metrics(font: &FontRef<'_>) -> LineMetrics {
    let metrics = font.metrics(&[]);
    let em = f32::from(metrics.units_per_em.max(1));
    let (ascent, descent) = (metrics.ascent / em, metrics.descent / em);
    if ascent > 0.2 && descent >= 0.0 && (0.5..=4.0).contains(&(ascent + descent)) {
        LineMetrics { ascent, descent }
    } else {
        LineMetrics { ascent: 0.93, descent: 0.24 }
    }
}
