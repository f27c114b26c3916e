//! YAML that could not be read: the parser's words made into what a person did, and the way out.

use crate::config::diagnostics::problem::{Problem, Target};
use crate::config::diagnostics::secret::names_a_secret;
use crate::config::diagnostics::spaces;
use crate::config::diagnostics::text::{OF_WINDOWS, extent, glued, is_drive, is_word};
use crate::config::parse::yaml::{Fault, FaultKind, Repeated, byte_of};

/// Returns what to say about a text that could not be read. `text_index` is its place among the sources; `offset` is where
/// it begins in its source (the VALUE of a `--set` does not begin it).
pub(crate) fn explain(text: &str, fault: &Fault, text_index: usize, offset: usize) -> Problem {
    let place = Place { text, at: fault.at.min(text.len()), began: fault.began, text_index, offset };
    match &fault.kind {
        FaultKind::Syntax(said) => place.syntax(said),
        FaultKind::TooDeep => place
            .span(place.at, place.at + 1, "nested too deep")
            .label("more than a hundred lists or maps inside each other")
            .help("a pipeline is a few levels deep: are brackets left open, or does an alias repeat itself?"),
        FaultKind::TooMuch => place
            .here("too many values")
            .note("a pipeline may hold 50,000 values and 4 MiB of text, its aliases (`*name`) written out"),
        FaultKind::LongKeys => place
            .here("this key is too long")
            .note("the keys on the way to a value may have 2,048 bytes together"),
        FaultKind::Tag(tag) if tag == "secret" => place
            .here("`!secret` is not known here")
            .help("write `{ file: PATH }` to read a secret from a file, or `${NAME}` for an environment variable"),
        FaultKind::Tag(tag) => place
            .here(format!("`!{tag}` is a YAML tag, and pipeline files have none"))
            .help(format!("if it is text, put it in quotes: `{}`", place.quoted())),
        FaultKind::KeyNotText if text[place.at..].starts_with("{") => place
            .here("a map stands where a key should")
            .help("`{{ … }}` is a template's way: environment variables are written `${NAME}`, in quotes inside `{ }`"),
        FaultKind::KeyNotText => place.here("a list stands where a key should"),
        FaultKind::SecondDocument => place
            .here("a second YAML document begins here")
            .label("a file holds one pipeline")
            .help("several cameras go into one document, under `streams:`"),
        FaultKind::Forbidden(c) => place
            .here(format!("the control character U+{:04X} cannot stand in YAML", *c as u32))
            .help("remove it, or write it with an escape in double quotes, like \"\\x1b\""),
    }
}

struct Place<'a> {
    text: &'a str,
    at: usize,
    began: Option<usize>,
    text_index: usize,
    offset: usize,
}

impl<'a> Place<'a> {
    fn syntax(&self, said: &str) -> Problem {
        if let Some(problem) = self.look_alike().or_else(|| self.port_alone()).or_else(|| self.apostrophe()) {
            return problem;
        }
        let problem = said.split(" at line ").next().unwrap_or(said).split(", while ").next().unwrap_or(said);
        match problem {
            "found character that cannot start any token" | "found unknown directive name" => {
                self.cannot_start()
            }
            _ if said.contains("scanning a directive") => self.cannot_start(),
            "unknown anchor" if self.token() == "*" => self.star(self.at),
            "unknown anchor" => self
                .here(format!("nothing is called `&{}`", self.token().trim_start_matches('*')))
                .label("`*` at the start of a value repeats what `&` marked")
                .help(format!("if it is text, put it in quotes: `{}`", self.quoted())),
            "found a tab character that violates indentation"
            | "found a tab character where an indentation space is expected" => self
                .span(self.at, self.at + 1, "a tab stands where YAML allows only spaces")
                .help("indent with spaces; most editors can turn tabs into them"),
            "found incompatible YAML document" => {
                self.here("`%YAML` names a version of YAML that is not known").help("leave this line out")
            }
            _ if said.contains("directive") => self.cannot_start(),
            _ if said.contains(" tag") || said.contains("invalid value: ") => self.tag(),
            "found an indentation indicator equal to 0" | "did not find expected comment or line break" => {
                let at = self.text[..self.at].rfind(['|', '>']).unwrap_or(self.at);
                let begin = Place { at, ..*self };
                begin
                    .here("`|` and `>` begin a text of several lines")
                    .help(format!("if it is text of one line, put it in quotes: `{}`", begin.quoted()))
            }
            "mapping keys are not allowed in this context" => self
                .here("`? ` begins a key in YAML")
                .help(format!("if it is text, put it in quotes: `{}`", self.quoted())),
            "found unexpected ':'" => {
                let start = self.began.unwrap_or(self.at);
                let begin = Place { at: start, ..*self };
                self.here("a `:` cannot stand here without quotes")
                    .help(format!("if it is text, put it in quotes: `{}`", begin.quoted()))
            }
            "did not find expected <document start>" => self
                .here("something follows a value that has ended")
                .help("is it indented otherwise than what is above it, or is a bracket too many?"),
            _ if problem.starts_with("did not find expected alphabetic") => {
                let at = self.text[..self.at].rfind(['*', '&']).unwrap_or(self.at);
                let begin = Place { at, ..*self };
                if begin.token() == "*" {
                    return self.star(at);
                }
                begin
                    .here("`*` and `&` have a meaning of their own at the start of a value")
                    .help(format!("put it in quotes: `{}`", begin.quoted()))
            }
            "found unknown escape character"
            | "did not find expected hexadecimal number"
            | "found invalid Unicode character escape code" => self.backslash(),
            "found unexpected end of stream" | "found unexpected document indicator" => self.unclosed_quote(),
            "block sequence entries are not allowed in this context" => self
                .here("a list cannot begin here")
                .help("begin each `- ` on a line of its own, or write `[a, b]`"),
            _ => self
                .address()
                .or_else(|| self.variable())
                .or_else(|| self.comment())
                .unwrap_or_else(|| self.structure(problem)),
        }
    }

    /// The errors that are about how lines and brackets stand to each other.
    fn structure(&self, problem: &str) -> Problem {
        if self.text[self.at..].starts_with(['}', ']']) && problem.starts_with("did not find expected") {
            return self.wrong_bracket();
        }
        match problem {
            "mapping values are not allowed in this context" => self.unexpected_colon(),
            "could not find expected ':'" => self.missing_colon(),
            "did not find expected ',' or '}'" | "did not find expected ',' or ']'" => {
                self.unclosed_bracket()
            }
            "did not find expected '-' indicator" => self
                .here("this line stands where the next `- ` of a list should")
                .help("lines of one list begin in the same column, and so do the keys of one map"),
            "did not find expected key" if self.begins_line() => {
                self.here("this line is indented like none above it").help(
                    "lines that belong together begin in the same column; two spaces more for what is inside",
                )
            }
            "did not find expected key" => {
                self.here("something follows a value that has ended").help("put the whole value in quotes")
            }
            "did not find expected node content" if self.token().is_empty() => self
                .here("no value can begin here")
                .help("is a bracket above it left open, or does a value lack?"),
            "did not find expected node content" => self
                .here("no value can begin here")
                .help(format!("if it is text, put it in quotes: `{}`", self.quoted())),
            other => self.here("YAML cannot be read here").note(format!("in the parser's words: {other}")),
        }
    }

    /// A character that only looks like one of YAML's, on the line or the one above it.
    fn look_alike(&self) -> Option<Problem> {
        let lines = [self.previous_line(), Some(self.line_start(self.at))];
        lines.into_iter().flatten().find_map(|start| {
            let line = &self.text[start..self.line_end(start)];
            let found = spaces::misplaced(line)?;
            Some(spaces::problem(line, &found, self.text_index, self.offset + start))
        })
    }

    /// `"C:\Users"`: `\` begins an escape inside double quotes.
    fn backslash(&self) -> Problem {
        let problem = match self.began.or_else(|| self.text[..self.at].rfind('"')) {
            Some(start) if self.text[start..].starts_with('"') => {
                let value = Place { at: start, ..*self };
                let inside = &self.text[start + 1..self.line_end(start)];
                let help = match inside.find('"') {
                    _ if is_drive(inside) => OF_WINDOWS.to_owned(),
                    Some(end) if !value.is_secret() => {
                        let text = inside[..end].replace('\'', "''");
                        format!("in single quotes `\\` is an ordinary character: `{}'{text}'`", value.key())
                    }
                    _ => "in single quotes `\\` is an ordinary character".to_owned(),
                };
                self.here("this `\\` is no escape that YAML knows").help(help)
            }
            _ => self.here("this `\\` is no escape that YAML knows"),
        };
        problem.help("in double quotes a `\\` itself is written `\\\\`")
    }

    /// `:8080` or `*:8080`, which YAML takes for something else.
    fn port_alone(&self) -> Option<Problem> {
        let value = self.value();
        let port: u16 = value.token().trim_start_matches('*').strip_prefix(':')?.parse().ok()?;
        let key = Some(value.key()).filter(|key| !key.is_empty())?;
        let help = format!("write `{key}127.0.0.1:{port}`, or `{key}0.0.0.0:{port}` for every network");
        Some(value.here("an address needs a host before its port").help(help))
    }

    /// `'it's here'`: the quote ends at the apostrophe.
    fn apostrophe(&self) -> Option<Problem> {
        let value = self.value();
        let token = value.token();
        let quote = token.chars().next().filter(|c| matches!(c, '"' | '\''))?;
        let inside = self.text.get(value.at + 1..self.at)?;
        let goes_on = self.text[self.at..].starts_with(char::is_alphanumeric);
        if !goes_on || !inside.ends_with(quote) || inside.contains('\n') {
            return None;
        }
        let text = token[1..].strip_suffix(quote).unwrap_or(&token[1..]);
        let written = match (quote, text.contains(['"', '\\'])) {
            ('\'', false) => format!("\"{text}\""),
            _ => format!("'{}'", text.replace('\'', "''")),
        };
        let problem = self.span(self.at - 1, self.at, format!("this {quote} ends the text"));
        Some(problem.help(format!("write `{}{written}`", value.key())))
    }

    /// A `*` alone, which stands for all in a list of names.
    fn star(&self, at: usize) -> Problem {
        let begin = Place { at, ..*self };
        let key = begin.key();
        let value = if key.is_empty() { "\"*\"" } else { "[\"*\"]" };
        begin
            .here("`*` has a meaning of its own at the start of a value")
            .help(format!("for all, write it in quotes, in a list: `{key}{value}`"))
    }

    fn tag(&self) -> Problem {
        let line = self.line_start(self.at);
        let end = self.line_end(line);
        let at = self.text[line..end].find('!').map_or(self.at, |at| line + at);
        let begin = Place { at, ..*self };
        begin
            .here("`!` begins a YAML tag, and pipeline files have none")
            .help(format!("if it is text, put it in quotes: `{}`", begin.quoted()))
    }

    /// The value at this place is one that must not be repeated.
    fn is_secret(&self) -> bool {
        self.key().strip_suffix(": ").is_some_and(names_a_secret)
    }

    fn cannot_start(&self) -> Problem {
        match self.text[self.at..].chars().next() {
            Some('\t') => self
                .here("a tab stands where YAML allows only spaces")
                .help("indent with spaces; most editors can turn tabs into them"),
            Some(c @ ('%' | '@' | '`')) => self
                .here(format!("a value cannot begin with `{c}`"))
                .help(format!("put it in quotes: `{}`", self.quoted())),
            // The parser points behind the name of a directive, at the start of a line.
            _ => {
                let line = self.line_start(self.at);
                let begin = Place { at: line, ..*self };
                begin
                    .here("a value cannot begin with `%`")
                    .help(format!("put it in quotes: `{}`", begin.quoted()))
            }
        }
    }

    fn unclosed_quote(&self) -> Problem {
        let at = self.began.unwrap_or(self.at);
        let quote = self.text[at..].chars().next().unwrap_or('"');
        self.span(at, at + quote.len_utf8(), "this quote is never closed")
            .help(format!("end the value with another {quote}"))
    }

    /// `[::]:8080` without quotes: an address to a person, a list to YAML.
    fn address(&self) -> Option<Problem> {
        let line = self.line_start(self.at);
        let shown = &self.text[line..self.line_end(self.at)];
        let start = shown.match_indices('[').map(|(at, _)| at).find(|at| is_address(&shown[*at..]))?;
        let end = start + shown[start..].find([' ', ',', '}']).unwrap_or(shown.len() - start);
        if shown[..start].ends_with(['"', '\'']) {
            return None;
        }
        let address = Place { at: line + start, ..*self };
        let written = format!("{}\"{}\"", address.key(), &shown[start..end]);
        Some(
            self.span(line + start, line + end, "an address in brackets is a list to YAML")
                .help(format!("put it in quotes: `{written}`")),
        )
    }

    /// `${NAME}` without quotes inside `{ }`.
    fn variable(&self) -> Option<Problem> {
        let line = self.line_start(self.at);
        // The parser stops at the bracket.
        let start = line + self.text[line..].get(..self.at + 1 - line)?.rfind("${")?;
        if self.text[start..self.at.max(start)].contains('}') {
            return None;
        }
        let end = self.text[start..self.line_end(start)].find('}').map_or(self.at, |end| start + end + 1);
        let variable = Place { at: start, ..*self };
        let written = format!("{}\"{}\"", variable.key(), &self.text[start..end]);
        Some(
            self.span(start, end, "a variable inside `{ }` needs quotes")
                .help(format!("write `{written}`: a number stays a number")),
        )
    }

    /// `{ color: #fff }`: the comment took the bracket with it.
    fn comment(&self) -> Option<Problem> {
        let from = self.began.filter(|at| self.text[*at..].starts_with(['{', '[']))?;
        let start = from + self.text[from..self.at.max(from)].find(" #")? + 1;
        let line = self.line_end(start);
        let value = self.text[start..line].split([' ', ',', '}', ']']).next().unwrap_or("#");
        let comment = Place { at: start, ..*self };
        let help = match value {
            "#" => "close the bracket before the comment".to_owned(),
            value => format!("if it belongs to the value, put it in quotes: `{}\"{value}\"`", comment.key()),
        };
        let problem = self.span(start, line, "the rest of the line is a comment, and the bracket stays open");
        Some(self.with_bracket(problem, from).help(help))
    }

    /// A closing bracket that belongs to no open one, or not to the one that is open.
    fn wrong_bracket(&self) -> Problem {
        let bracket = self.text[self.at..].chars().next().unwrap_or('}');
        let line = self.line_start(self.at);
        let mut open: Vec<usize> = self.open_bracket().filter(|at| *at < line).into_iter().collect();
        for (at, c) in self.text[line..self.at].char_indices() {
            match c {
                '{' | '[' => open.push(line + at),
                '}' | ']' => drop(open.pop()),
                _ => {}
            }
        }
        let closes = |at: &usize| closing(&self.text[*at..]) == bracket;
        let span = |message| self.span(self.at, self.at + 1, message);
        match open.as_slice() {
            [] => span(format!("this `{bracket}` closes nothing")).help("leave it out"),
            [outer @ .., inner] if outer.iter().any(closes) && !closes(inner) => {
                let end = inner + self.text[*inner..self.at].trim_end().len();
                self.span(*inner, end, format!("this `{}` is never closed", &self.text[*inner..inner + 1]))
                    .help(format!("end it with `{}`", closing(&self.text[*inner..])))
            }
            [.., inner] if closes(inner) => self.here("a value is missing before this"),
            [.., inner] => {
                let opening = &self.text[*inner..inner + 1];
                let problem = span(format!("a `{opening}` is closed with a `{bracket}`"));
                self.with_bracket(problem, *inner).help(format!("write `{}` in its place", closing(opening)))
            }
        }
    }

    /// The bracket that the parser was inside of.
    fn open_bracket(&self) -> Option<usize> {
        self.began.filter(|at| *at < self.at && self.text[*at..].starts_with(['{', '[']))
    }

    fn unclosed_bracket(&self) -> Problem {
        let Some(open) = self.open_bracket() else {
            return self.here("a `,` or a closing bracket is missing before this");
        };
        let close = closing(&self.text[open..]);
        // Beyond its own line a bracket is meant to be closed more often than to go on.
        if self.at >= self.line_end(open) {
            let bracket = &self.text[open..open + 1];
            return self
                .span(open, self.line_end(open), format!("this `{bracket}` is never closed"))
                .help(format!("end it with `{close}`"));
        }
        let value = self.value();
        if self.text[self.at..].starts_with(": ") && is_word(&self.text[value.at..self.at]) {
            return self
                .here("a second `: ` in one value")
                .help(format!("if it is text with a colon in it, put it in quotes: `{}`", self.quoted()));
        }
        let problem = self.here(format!("a `,` or a `{close}` is missing before this"));
        self.with_bracket(problem, open).help("inside brackets a `,` stands between one and the next")
    }

    fn unexpected_colon(&self) -> Problem {
        if let Some(problem) = self.missing_space() {
            return problem;
        }
        let line = self.line_start(self.at);
        let before = &self.text[line..self.at];
        if before.contains(": ") {
            return self
                .here("a second `: ` in one line")
                .help(format!(
                    "if the value is text with a colon in it, put it in quotes: `{}`",
                    self.quoted()
                ))
                .help("if it is a map, put it in `{ }` or on lines of its own");
        }
        let key = line + (before.len() - before.trim_start().len());
        self.span(key, self.at, "a key stands where the value above it goes on")
            .help("is it indented too far? keys that belong together begin in the same column")
    }

    fn missing_colon(&self) -> Problem {
        if let Some(problem) = self.missing_space() {
            return problem;
        }
        let at = self.began.or_else(|| self.previous_line()).unwrap_or(self.at);
        let line = self.text[at..self.line_end(at)].trim_end();
        let problem = self.span(at, at + line.len(), "this line has no colon");
        // `fps=10`, or `fps 10`.
        let entry = line.split_once('=').or_else(|| line.split_once(' '));
        match entry.map(|(key, value)| (key.trim_end(), value.trim_start_matches(['=', ' ']))) {
            Some((key, value)) if is_word(key) && !value.is_empty() && !value.contains([' ', ':']) => {
                problem.help(format!("write `{key}: {value}`"))
            }
            _ => problem.help("a line is `key: value`, or `- ` and an item"),
        }
    }

    /// `fps:10`, on the line of the error or on the one before it.
    fn missing_space(&self) -> Option<Problem> {
        let lines = [self.previous_line(), Some(self.line_start(self.at))];
        lines.into_iter().flatten().find_map(|start| {
            let line = &self.text[start..self.line_end(start)];
            let body = line.trim_start_matches([' ', '-']);
            let (key, value) = glued(body)?;
            let at = start + line.len() - body.len();
            let problem = self.span(at, at + key.len() + 1, "a space is missing after the colon");
            Some(problem.help(format!("write `{key}: {value}`")))
        })
    }

    fn with_bracket(&self, problem: Problem, open: usize) -> Problem {
        let span = self.offset + open..self.offset + open + 1;
        problem.also(Target::Span(self.text_index, span), "opened here")
    }

    fn here(&self, message: impl Into<String>) -> Problem {
        let end = extent(self.text, self.at, None);
        self.span(self.at, end, message)
    }

    fn span(&self, start: usize, end: usize, message: impl Into<String>) -> Problem {
        let inside = |at| self.offset + byte_of(self.text, at);
        Problem::error(Target::Span(self.text_index, inside(start)..inside(end)), message)
    }

    fn line_start(&self, at: usize) -> usize {
        self.text[..at].rfind('\n').map_or(0, |at| at + 1)
    }

    fn line_end(&self, at: usize) -> usize {
        self.text[at..].find(['\n', '\r']).map_or(self.text.len(), |end| at + end)
    }

    /// Returns where the last line above with something on it begins.
    fn previous_line(&self) -> Option<usize> {
        let above = self.text[..self.line_start(self.at)].trim_end();
        (!above.is_empty()).then(|| self.line_start(above.len()))
    }

    fn begins_line(&self) -> bool {
        self.text[self.line_start(self.at)..self.at].chars().all(|c| c == ' ')
    }

    /// The value that begins here: inside brackets to the next key or the end of them.
    fn token(&self) -> &'a str {
        let line = &self.text[self.at..self.line_end(self.at)];
        let inside = self.text[self.line_start(self.at)..self.at].contains(['{', '[']);
        let end = if inside { end_inside(line) } else { line.find(" #").unwrap_or(line.len()) };
        let token = &line[..end];
        let next_key = token.match_indices(", ").map(|(at, _)| at).find(|at| {
            let after = token[at + 2..].trim_start();
            inside && after.split_once(':').is_some_and(|(key, _)| is_word(key))
        });
        token[..next_key.unwrap_or(end)].trim_end()
    }

    /// The value as it should be, with its key.
    fn quoted(&self) -> String {
        let value = self.value();
        let token = if value.is_secret() { "…" } else { value.token() };
        let token = match token.contains(['"', '\\']) {
            true => format!("'{}'", token.replace('\'', "''")),
            false => format!("\"{token}\""),
        };
        format!("{}{token}", value.key())
    }

    /// Returns where the value begins that this place is in: `Porch` in `format: Porch: %H`.
    fn value(&self) -> Place<'a> {
        let at = self.entry().map_or(self.at, |(_, at)| at);
        Place { at, ..*self }
    }

    /// `key: ` of the value that this place is in.
    fn key(&self) -> String {
        self.entry().map_or(String::new(), |(key, _)| format!("{key}: "))
    }

    /// The key of the entry that this place is in, and where its value begins.
    fn entry(&self) -> Option<(&'a str, usize)> {
        let line = self.line_start(self.at);
        let before = &self.text[line..self.at];
        let start = match before.rfind(['{', '[']) {
            Some(bracket) => bracket + 1 + before[bracket + 1..].rfind(", ").map_or(0, |comma| comma + 2),
            None => 0,
        };
        let start = start + before[start..].find(|c| c != ' ' && c != '-').unwrap_or(before.len() - start);
        let (key, rest) = self.text[line + start..self.line_end(self.at)].split_once(':')?;
        let value = line + start + key.len() + 1 + (rest.len() - rest.trim_start().len());
        (is_word(key) && rest.starts_with([' ', '\t']) && value <= self.at).then_some((key, value))
    }
}

/// Returns where the value ends that begins a line inside brackets.
fn end_inside(line: &str) -> usize {
    let mut open = 0_usize;
    let end = line.bytes().position(|byte| {
        match byte {
            b'{' | b'[' => open += 1,
            b'}' | b']' if open == 0 => return true,
            b'}' | b']' => open -= 1,
            _ => {}
        }
        false
    });
    end.unwrap_or(line.len())
}

/// The bracket that closes the one that begins a text.
fn closing(open: &str) -> char {
    if open.starts_with('{') { '}' } else { ']' }
}

/// Returns whether `[` begins something like `[::1]:8080`.
fn is_address(text: &str) -> bool {
    let Some((host, port)) = text[1..].split_once(']') else { return false };
    host.contains(':')
        && host.chars().all(|c| c.is_ascii_hexdigit() || ":.%".contains(c))
        && port.strip_prefix(':').is_some_and(|port| port.starts_with(|c: char| c.is_ascii_digit()))
}

/// A key that stands twice in one map.
pub(crate) fn twice(repeated: Repeated) -> Problem {
    let key = repeated.path.last_key().unwrap_or_default().to_owned();
    let first = Target::Key(repeated.path.clone());
    Problem::error(
        Target::Repeated(repeated.path, repeated.nth),
        format!("`{key}` stands here a second time"),
    )
    .also(first, "first here")
    .help("keep the one that is meant")
}
