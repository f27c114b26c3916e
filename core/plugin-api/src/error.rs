//! The error of a plugin's methods.

use std::fmt;

/// The result of an author's methods.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The reason for a refusal or a failure: one clear sentence, and the option at fault if there is one.
///
/// Any [`std::error::Error`] becomes one with `?`; its causes are told with it.
pub struct Error {
    path: String,
    message: String,
}

impl Error {
    /// A failure in a sentence that says what is wrong and, where it can, the way out.
    pub fn new(message: impl Into<String>) -> Error {
        Error { path: String::new(), message: message.into() }
    }

    /// An option that is refused. The host underlines it in the user's pipeline file.
    ///
    /// `path` names the option inside the plugin's own options: `frames`, `controls.gain`, `zones[2].width`.
    pub fn option(path: impl Into<String>, message: impl Into<String>) -> Error {
        Error { path: path.into(), message: message.into() }
    }

    /// Collects the values of `results`, or one error for all that failed: the first, with a line below it for each of the next four
    /// and a line that counts the rest. A user then mends a list in one go.
    ///
    /// # Errors
    ///
    /// One of the results is an error.
    pub fn all<T>(results: impl IntoIterator<Item = Result<T>>) -> Result<Vec<T>> {
        const SHOWN: usize = 4;
        let (mut values, mut errors) = (Vec::new(), Vec::new());
        for result in results {
            match result {
                Ok(value) => values.push(value),
                Err(error) => errors.push(error),
            }
        }
        let mut errors = errors.into_iter();
        let Some(mut first) = errors.next() else { return Ok(values) };
        for error in errors.by_ref().take(SHOWN) {
            first.message = format!("{}\n{error}", first.message);
        }
        match errors.count() {
            0 => {}
            more => first.message = format!("{}\n… and {more} more", first.message),
        }
        Err(first)
    }

    /// The option that is refused; empty if the failure is not an option's.
    pub fn option_path(&self) -> &str {
        &self.path
    }

    /// The sentence that names the fault.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The same error with what was being done before it: `"cannot open /dev/video0: busy"`.
    pub fn context(self, doing: impl fmt::Display) -> Error {
        Error { path: self.path, message: format!("{doing}: {}", self.message) }
    }
}

// Not `std::error::Error` itself: that would forbid the conversion from every other error below.
impl<E: std::error::Error> From<E> for Error {
    fn from(error: E) -> Error {
        let mut message = error.to_string();
        let mut cause = error.source();
        while let Some(inner) = cause {
            let text = inner.to_string();
            // Many errors already print their cause: do not say it twice.
            if !message.contains(&text) {
                message = format!("{message}: {text}");
            }
            cause = inner.source();
        }
        Error::new(message)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.path.is_empty() {
            f.write_str(&self.message)
        } else {
            write!(f, "{}: {}", self.path, self.message)
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_errors_of_a_list_are_one() {
        let good: Vec<Result<u32>> = vec![Ok(1), Ok(2)];
        assert_eq!(Error::all(good).unwrap(), [1, 2]);
        let refused = |index: u32| Error::option(format!("hosts[{index}]"), "no name");
        let error = Error::all([Ok(0), Err(refused(1)), Err(refused(2))]).unwrap_err();
        assert_eq!((error.option_path(), error.message()), ("hosts[1]", "no name\nhosts[2]: no name"));
        let error = Error::all((0..9).map(|index| Err::<(), _>(refused(index)))).unwrap_err();
        assert_eq!(error.message().lines().count(), 6);
        assert!(error.message().ends_with("… and 4 more"));
    }
}
