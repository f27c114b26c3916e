//! What a user lets pass that is refused otherwise.

use std::fmt;

/// The variable of the environment that holds the words.
const VARIABLE: &str = "MUTOSCOPE_ALLOW";
const PANIC_ABORT: &str = "panic-abort";
const WRITABLE: &str = "writable-plugin";

/// What a user lets pass that is refused otherwise. By default nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Allow {
    /// Plugins built with `panic=abort`, whose panics end the whole program (`panic-abort`).
    pub panic_abort: bool,
    /// Libraries that others than their owner or root may write, and such that look for others in folders of that kind
    /// (`writable-plugin`).
    pub writable: bool,
}

/// A word in `MUTOSCOPE_ALLOW` that means nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownWord(String);

impl Allow {
    /// Returns what the words of `MUTOSCOPE_ALLOW` allow.
    ///
    /// # Errors
    /// A word that means nothing.
    pub fn from_env() -> Result<Allow, UnknownWord> {
        Allow::parse(&std::env::var_os(VARIABLE).unwrap_or_default().to_string_lossy())
    }

    /// Returns what these words allow, separated by commas.
    ///
    /// # Errors
    /// A word that means nothing.
    pub fn parse(words: &str) -> Result<Allow, UnknownWord> {
        let mut allow = Allow::default();
        for word in words.split(',').map(str::trim).filter(|word| !word.is_empty()) {
            match word {
                PANIC_ABORT => allow.panic_abort = true,
                WRITABLE => allow.writable = true,
                _ => return Err(UnknownWord(word.to_owned())),
            }
        }
        Ok(allow)
    }
}

impl fmt::Display for UnknownWord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{VARIABLE} has the word {:?}; it may have `{PANIC_ABORT}` and `{WRITABLE}`", self.0)
    }
}

impl std::error::Error for UnknownWord {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_known_words_allow_anything() {
        assert_eq!(Allow::parse(""), Ok(Allow::default()));
        assert_eq!(
            Allow::parse(" writable-plugin,panic-abort,"),
            Ok(Allow { panic_abort: true, writable: true })
        );
        let error = Allow::parse("panic-abort,everything").unwrap_err().to_string();
        assert_eq!(
            error,
            "MUTOSCOPE_ALLOW has the word \"everything\"; it may have `panic-abort` and `writable-plugin`"
        );
    }
}
