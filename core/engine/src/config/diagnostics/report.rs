//! What is wrong with a pipeline file, in the look of rustc: the place, the line with a caret, the way out.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use crate::config::diagnostics::problem::{MOST_SHOWN, Severity};
use crate::config::diagnostics::secret;
use crate::config::diagnostics::spaces;
use mutoscope_plugin::host::said;
use mutoscope_plugin::printable::steers;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

/// Bytes above an excerpt in which a secret may begin that goes on in it.
const LOOK_BACK: usize = 16 << 10;

/// Everything that is wrong with a pipeline file (or worth a warning), in the order of the file.
///
/// Shown by [`Report::render`], or as text without colour by its `Display`:
///
/// ```text
/// error: `resize` has no option `widht`
///  --> porch.yaml:3:22
///   |
/// 3 |   - { plugin: resize, widht: 640 }
///   |                       ^^^^^ did you mean `width`?
/// ```
#[derive(Clone, Debug, Default)]
pub struct Report {
    diagnostics: Vec<Diagnostic>,
    left_out: usize,
}

/// One thing that is wrong.
#[derive(Clone, Debug)]
pub struct Diagnostic {
    severity: Severity,
    message: String,
    name: Option<Arc<str>>,
    excerpt: Option<Excerpt>,
    notes: Vec<String>,
    helps: Vec<String>,
}

/// A text and what is underlined in it.
#[derive(Clone)]
struct Excerpt {
    text: Arc<str>,
    marks: Vec<Mark>,
    hidden: Hidden,
}

// The text may hold secrets.
impl fmt::Debug for Excerpt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Excerpt").field("marks", &self.marks).finish_non_exhaustive()
    }
}

/// The bytes that an excerpt hides, beside those that look like a secret.
#[derive(Clone, Debug)]
pub(crate) enum Hidden {
    /// These bytes of the text.
    These(Vec<Range<usize>>),
    /// All bytes that are not underlined.
    Unmarked,
    /// All bytes.
    All,
}

/// Bytes that are underlined.
#[derive(Clone, Debug)]
pub(crate) struct Mark {
    pub span: Range<usize>,
    pub label: String,
    pub primary: bool,
}

impl Report {
    /// Adds what another report says behind what this one does; what goes beyond the most that is shown is counted.
    pub fn extend(&mut self, other: Report) {
        self.diagnostics.extend(other.diagnostics);
        self.left_out += other.left_out + self.diagnostics.len().saturating_sub(MOST_SHOWN);
        self.diagnostics.truncate(MOST_SHOWN);
    }

    /// Returns true if another diagnostic would only be counted.
    pub(crate) fn is_full(&self) -> bool {
        self.diagnostics.len() >= MOST_SHOWN
    }

    /// Counts diagnostics that are left out.
    pub(crate) fn count(&mut self, more: usize) {
        self.left_out += more;
    }

    pub(crate) fn new(diagnostics: Vec<Diagnostic>, left_out: usize) -> Report {
        Report { diagnostics, left_out }
    }

    /// One error about a whole file, or about what is no file at all.
    pub(crate) fn about(name: &str, message: impl Into<String>, helps: Vec<String>) -> Report {
        let diagnostic = Diagnostic {
            severity: Severity::Error,
            message: said(&message.into()),
            name: Some(name.into()),
            excerpt: None,
            notes: Vec::new(),
            helps,
        };
        Report::new(vec![diagnostic], 0)
    }

    /// The first of what is wrong; at most 20, see [`Report::left_out`].
    #[must_use]
    pub fn diagnostics(&self) -> &[Diagnostic] {
        &self.diagnostics
    }

    /// Returns how many more there are than are shown.
    #[must_use]
    pub fn left_out(&self) -> usize {
        self.left_out
    }

    /// Returns whether there is nothing to say.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.diagnostics.is_empty()
    }

    /// The text for a person, its last line ended. Colours are ANSI's, for a terminal.
    #[must_use]
    pub fn render(&self, colour: bool) -> String {
        let mut shown: Vec<String> = self.diagnostics.iter().map(|d| d.render(colour)).collect();
        if self.left_out > 0 {
            shown.push(format!("… and {} more", self.left_out));
        }
        shown.iter().map(|text| format!("{}\n", text.trim_end())).collect::<Vec<_>>().join("\n")
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.render(false).trim_end())
    }
}

impl std::error::Error for Report {}

impl Diagnostic {
    pub(crate) fn in_text(
        severity: Severity,
        message: String,
        (name, text): (&Arc<str>, &Arc<str>),
        marks: Vec<Mark>,
        hidden: Hidden,
    ) -> Diagnostic {
        let excerpt = Excerpt { text: text.clone(), marks, hidden };
        let name = Some(name.clone());
        Diagnostic { severity, message, name, excerpt: Some(excerpt), notes: Vec::new(), helps: Vec::new() }
    }

    pub(crate) fn with(self, notes: Vec<String>, helps: Vec<String>) -> Diagnostic {
        Diagnostic { notes, helps, ..self }
    }

    /// Leaves out of the words what the excerpt hides, and texts that are known to be secrets.
    pub(crate) fn without(mut self, secrets: &[String]) -> Diagnostic {
        let hidden = self.excerpt.as_ref().map(Excerpt::secrets).unwrap_or_default();
        let secrets: Vec<String> = hidden.into_iter().chain(secrets.iter().cloned()).collect();
        let marks =
            self.excerpt.iter_mut().flat_map(|excerpt| &mut excerpt.marks).map(|mark| &mut mark.label);
        let words = self.notes.iter_mut().chain(&mut self.helps).chain(marks).chain([&mut self.message]);
        words.for_each(|words| *words = secret::left_out_of(words, &secrets));
        self
    }

    /// Returns how bad it is.
    #[must_use]
    pub fn severity(&self) -> Severity {
        self.severity
    }

    /// Returns what is wrong, in one line.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The file's name as it was given; `command line` for a `--set`.
    #[must_use]
    pub fn file(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// Line and column, both counted from 1, the column in characters.
    #[must_use]
    pub fn position(&self) -> Option<(usize, usize)> {
        let excerpt = self.excerpt.as_ref()?;
        let before = &excerpt.text[..excerpt.marks[0].span.start];
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        Some((before.matches('\n').count() + 1, before[line_start..].chars().count() + 1))
    }

    /// The bytes that are underlined.
    #[must_use]
    pub fn span(&self) -> Option<Range<usize>> {
        self.excerpt.as_ref().map(|excerpt| excerpt.marks[0].span.clone())
    }

    /// The words beside the caret; may be empty.
    #[must_use]
    pub fn label(&self) -> &str {
        self.excerpt.as_ref().map_or("", |excerpt| excerpt.marks[0].label.as_str())
    }

    /// The ways out, one sentence each.
    #[must_use]
    pub fn helps(&self) -> &[String] {
        &self.helps
    }

    fn render(&self, colour: bool) -> String {
        let level = match self.severity {
            Severity::Error => Level::ERROR,
            Severity::Warning => Level::WARNING,
        };
        // The name of a file may have ends of lines in it.
        let name = self.name.as_deref().map(|name| clean(name).replace('\n', "␊"));
        let title = match (&name, &self.excerpt) {
            (Some(name), None) => format!("{name}: {}", clean(&self.message)),
            _ => clean(&self.message),
        };
        let mut group = Group::with_title(level.primary_title(title));
        if let (Some(excerpt), Some(name)) = (&self.excerpt, name) {
            group = group.element(excerpt.snippet(name));
        }
        let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
        if self.excerpt.is_none() {
            // Below a single line, without a margin.
            let notes =
                self.notes.iter().map(|note| Group::with_title(Level::NOTE.secondary_title(clean(note))));
            let helps =
                self.helps.iter().map(|help| Group::with_title(Level::HELP.secondary_title(clean(help))));
            let groups: Vec<Group<'_>> = std::iter::once(group).chain(notes).chain(helps).collect();
            return renderer.render(&groups);
        }
        for note in &self.notes {
            group = group.element(Level::NOTE.message(clean(note)));
        }
        for help in &self.helps {
            group = group.element(Level::HELP.message(clean(help)));
        }
        renderer.render(&[group])
    }
}

impl Excerpt {
    /// The bytes of the lines that are underlined.
    fn lines(&self) -> Range<usize> {
        let first = self.marks.iter().map(|mark| mark.span.start).min().unwrap_or(0);
        let last = self.marks.iter().map(|mark| mark.span.end).max().unwrap_or(0);
        let start = self.text[..first].rfind('\n').map_or(0, |at| at + 1);
        start..self.text[last..].find('\n').map_or(self.text.len(), |at| last + at)
    }

    /// The texts in those lines that are secrets.
    fn secrets(&self) -> Vec<String> {
        let lines = self.lines();
        let known = match &self.hidden {
            Hidden::These(spans) => spans.clone(),
            Hidden::Unmarked | Hidden::All => Vec::new(),
        };
        let spans = inside(known.into_iter().chain(self.looks(&lines)), &lines);
        spans.map(|span| self.text[span].to_owned()).collect()
    }

    /// The lines that are underlined, and only these: the text may be long.
    fn snippet(&self, name: String) -> Snippet<'static, annotate_snippets::Annotation<'static>> {
        let Range { start, end } = self.lines();
        let line = self.text[..start].matches('\n').count() + 1;
        let mut shown = harmless(self.text[start..end].trim_end_matches('\r'));
        for hidden in self.hidden_in(start..start + shown.len()) {
            shown.replace_range(hidden.start - start..hidden.end - start, &"*".repeat(hidden.len()));
        }
        let marks = self.marks.iter().map(|mark| {
            let kind = if mark.primary { AnnotationKind::Primary } else { AnnotationKind::Context };
            let label = Some(clean(&mark.label)).filter(|label| !label.is_empty());
            kind.span(mark.span.start - start..mark.span.end - start).label(label)
        });
        Snippet::source(shown).path(name).line_start(line).annotations(marks)
    }

    /// The bytes among those that are shown which are hidden.
    fn hidden_in(&self, lines: Range<usize>) -> Vec<Range<usize>> {
        let text = &self.text[lines.clone()];
        let looks = self.looks(&lines);
        let marked = |at: usize| self.marks.iter().any(|mark| mark.span.contains(&at));
        let unmarked = |keep_marked: bool| {
            let hidden = text
                .char_indices()
                .map(|(at, c)| (lines.start + at, c))
                .filter(move |(at, c)| !c.is_whitespace() && (!keep_marked || !marked(*at)));
            hidden.map(|(at, c)| at..at + c.len_utf8()).collect::<Vec<_>>()
        };
        let hidden = match &self.hidden {
            Hidden::These(spans) => spans.iter().cloned().chain(looks).collect(),
            Hidden::Unmarked => unmarked(true).into_iter().chain(looks).collect(),
            Hidden::All => unmarked(false),
        };
        inside(hidden, &lines).collect()
    }

    /// The bytes of some lines, and of those above them, that look like secrets.
    fn looks(&self, lines: &Range<usize>) -> impl Iterator<Item = Range<usize>> {
        // A secret of several lines begins above.
        let above = self.text.floor_char_boundary(lines.start.saturating_sub(LOOK_BACK));
        let looks = secret::found_in(&self.text[above..lines.end]).into_iter();
        looks.map(move |span| above + span.start..above + span.end)
    }
}

/// The parts of spans that lie in some lines.
fn inside(
    spans: impl IntoIterator<Item = Range<usize>>,
    lines: &Range<usize>,
) -> impl Iterator<Item = Range<usize>> {
    let spans = spans.into_iter().map(|span| span.start.max(lines.start)..span.end.min(lines.end));
    spans.filter(|span| span.start < span.end)
}

/// Text in a message: what could steer a terminal is made visible, and what looks like a space is one, so that a line can
/// be copied.
fn clean(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '\n' => c,
            '\t' => ' ',
            '\0'..='\u{1f}' => char::from_u32(0x2400 + c as u32).unwrap_or('·'),
            _ if spaces::is_odd(c) => ' ',
            _ if steers(c) => '·',
            _ => c,
        })
        .collect()
}

/// Text of a file, byte for byte as long as before: what the renderer does not make visible itself.
fn harmless(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '\u{80}'..='\u{9f}' => '·',
            '\u{2028}' | '\u{2029}' => '␤',
            _ if spaces::is_odd(c) && c.len_utf8() == 2 => '·',
            _ if spaces::is_odd(c) => '␣',
            _ => c,
        })
        .collect()
}
