//! Secrets: how options hold them, and the key of the process under which they are compared and remembered.

use hmac::{Hmac, KeyInit, Mac};
use mutoscope_plugin::schemars::JsonSchema;
use mutoscope_plugin::serde::{Deserialize, Serialize};
use mutoscope_plugin::{Error, Result};
use sha2::Sha256;
use std::fmt;
use std::sync::OnceLock;
use subtle::ConstantTimeEq;

/// A text that is not shown.
#[derive(Clone, Deserialize, Serialize, JsonSchema)]
#[serde(crate = "mutoscope_plugin::serde", transparent)]
#[schemars(crate = "mutoscope_plugin::schemars", extend("format" = "secret"))]
pub struct Secret(pub(crate) String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// A secret's mark in memory: equal for equal secrets, and of no use without the key.
#[derive(Clone, Copy)]
pub(crate) struct Mark([u8; 32]);

impl PartialEq for Mark {
    /// Looks at every byte, so that the time says nothing of where two differ.
    fn eq(&self, other: &Mark) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

/// The key of this process.
#[derive(Clone, Copy)]
pub(crate) struct Key(&'static [u8; 64]);

impl Key {
    /// The key, made when it is first asked for.
    ///
    /// # Errors
    /// The system gives no random bytes.
    pub(crate) fn of_process() -> Result<Key> {
        static KEY: OnceLock<[u8; 64]> = OnceLock::new();
        let mut made = [0; 64];
        getrandom::fill(&mut made).map_err(|error| Error::new(format!("no random bytes: {error}")))?;
        Ok(Key(KEY.get_or_init(|| made)))
    }

    /// The HMAC over these texts, each with its length.
    pub(crate) fn mark(self, texts: &[&[u8]]) -> Mark {
        let mut mac = <Hmac<Sha256> as KeyInit>::new(&(*self.0).into());
        for text in texts {
            mac.update(&(text.len() as u64).to_be_bytes());
            mac.update(text);
        }
        Mark(mac.finalize().into_bytes().into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_tell_texts_apart_and_where_they_begin() {
        let key = Key::of_process().unwrap();
        assert!(key.mark(&[b"ab", b"c"]) == key.mark(&[b"ab", b"c"]));
        for other in [&[b"a".as_slice(), b"bc"][..], &[b"abc"], &[b"ab", b"c", b""]] {
            assert!(key.mark(&[b"ab", b"c"]) != key.mark(other));
        }
        assert_eq!(format!("{:?}", Some(Secret("hunter2".into()))), "Some(***)");
    }
}
