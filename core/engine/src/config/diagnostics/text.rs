//! Small readings of a line of a pipeline file: words, tokens, paths of other systems.

/// The advice for a path with a drive.
pub(crate) const OF_WINDOWS: &str = "a path has `/` here, as in `./pictures` or `/home/me/pictures`";

/// `C:\Users`, a path of Windows.
pub(crate) fn is_drive(text: &str) -> bool {
    let bytes = text.as_bytes();
    matches!(bytes, [drive, b':', b'\\' | b'/', ..] if drive.is_ascii_alphabetic()) || text.starts_with(r"\\")
}

pub(crate) fn is_word(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-')
}

/// `key:value` that was meant as `key: value`. A `//` after the colon is an address.
pub(crate) fn glued(text: &str) -> Option<(&str, &str)> {
    let (key, value) = text.split_once(':')?;
    let value = value.trim_end();
    (is_word(key)
        && key.starts_with(|c: char| c.is_ascii_alphabetic())
        && !value.is_empty()
        && !value.starts_with([' ', '/', ':'])
        && !value.contains(": "))
    .then_some((key, value))
}

/// Returns where the token that begins at a byte ends; never beyond its line.
pub(crate) fn extent(text: &str, at: usize, written: Option<&str>) -> usize {
    let line_end = text[at..].find(['\n', '\r']).map_or(text.len(), |end| at + end);
    let line = &text[at..line_end];
    let length = match line.chars().next() {
        None => 0,
        Some(quote @ ('"' | '\'')) => quoted_length(line, quote),
        Some('[' | '{') => bracketed_length(line),
        Some('|' | '>') => line.len(),
        _ => match written {
            Some(written) if !written.is_empty() && line.starts_with(written) => written.len(),
            _ => line.find([' ', '\t', ',', ']', '}']).unwrap_or(line.len()).max(1),
        },
    };
    let mut end = (at + length).min(line_end);
    while !text.is_char_boundary(end) {
        end += 1;
    }
    end
}

fn quoted_length(line: &str, quote: char) -> usize {
    let mut characters = line.char_indices().skip(1).peekable();
    while let Some((at, c)) = characters.next() {
        match c {
            '\\' if quote == '"' => {
                characters.next();
            }
            '\'' if quote == '\'' && characters.peek().is_some_and(|(_, next)| *next == '\'') => {
                characters.next();
            }
            _ if c == quote => return at + 1,
            _ => {}
        }
    }
    line.len()
}

fn bracketed_length(line: &str) -> usize {
    let mut open = 0_usize;
    let mut at = 0;
    while let Some(c) = line[at..].chars().next() {
        match c {
            '[' | '{' => open += 1,
            ']' | '}' => open -= 1,
            '"' | '\'' if line[..at].ends_with([' ', '[', '{', ',']) => {
                at += quoted_length(&line[at..], c);
                continue;
            }
            _ => {}
        }
        at += c.len_utf8();
        if open == 0 {
            return at;
        }
    }
    line.trim_end().len()
}
