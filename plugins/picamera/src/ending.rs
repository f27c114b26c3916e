//! The reason for the program's end, in one sentence with the way out.

use crate::arguments::option_of;
use mutoscope_plugin::Error;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;

/// The circumstances of the program's end.
pub(crate) struct Ending<'a> {
    /// Its name.
    pub(crate) program: &'a str,
    pub(crate) camera: u32,
    /// `None`: it closed its pipe and went on.
    pub(crate) status: Option<ExitStatus>,
    /// The last lines of its standard error.
    pub(crate) last_words: &'a [String],
    /// Pictures that it gave.
    pub(crate) frames: u64,
}

impl Ending<'_> {
    /// The error that the user reads.
    pub(crate) fn error(&self) -> Error {
        let Ending { program, camera, .. } = self;
        let said = |texts: &[&str]| {
            let lines = self.last_words.iter().map(|line| line.to_lowercase());
            lines.into_iter().any(|line| texts.iter().any(|text| line.contains(text)))
        };
        if let Some(error) = self.refused_option() {
            return error;
        }
        let reason = if said(&["only supports the raspberry pi platforms"]) {
            format!(
                "`{program}` works on a Raspberry Pi only, and does not take this machine for one: use the source `v4l2` \
                 here, or name another program with `command`"
            )
        } else if said(&["no cameras available"]) {
            format!(
                "`{program}` finds no camera: is its ribbon cable seated at both ends, and does `{program} --list-cameras` \
                 show it?"
            )
        } else if said(&["selected camera is not available", "camera index out of range"]) {
            format!("there is no camera {camera}: `{program} --list-cameras` shows which there are")
        } else if said(&["failed to acquire camera", "in use by another process", "resource busy"]) {
            format!(
                "camera {camera} is in use by another program: end that (`sudo fuser -v /dev/media*` names it), and this \
                 source goes on by itself"
            )
        } else {
            self.by_status()
        };
        let words: Vec<_> = self.telling_words();
        let words = if words.is_empty() {
            "it said nothing on its standard error".to_owned()
        } else {
            format!("its last words: {}", words.join(" / "))
        };
        Error::new(format!("{reason} ({words})"))
    }

    /// An option that the program does not know, or a value that it does not take.
    fn refused_option(&self) -> Option<Error> {
        let line = self.last_words.iter().find(|line| {
            line.contains("unrecognised option '")
                || line.contains("for option '") && line.contains("invalid")
        })?;
        let (_, rest) = line.rsplit_once("option '")?;
        let word = rest.split(['\'', '=']).next()?.trim_start_matches('-');
        let unknown = line.contains("unrecognised");
        let program = self.program;
        Some(match (option_of(word), unknown) {
            (Some(option), true) => Error::option(
                option,
                format!(
                    "this `{program}` knows no `--{word}`: bring the system's camera programs up to date, or leave `{option}` out"
                ),
            ),
            (Some(option), false) => Error::option(option, format!("`{program}` refuses it: {line}")),
            (None, _) => Error::option("extra_args", format!("`{program}` refuses `--{word}`: {line}")),
        })
    }

    fn by_status(&self) -> String {
        let Ending { program, frames, .. } = self;
        let after = match frames {
            0 => "before its first picture".to_owned(),
            1 => "after 1 picture".to_owned(),
            frames => format!("after {frames} pictures"),
        };
        let Some(status) = self.status else {
            return format!("`{program}` closed its output {after}, and has been ended");
        };
        // A shell tells of a signal by 128 and its number.
        let signal = status
            .signal()
            .or(status.code().filter(|code| (129..=159).contains(code)).map(|code| code - 128));
        match (signal, status.code()) {
            (Some(9), _) => format!(
                "`{program}` was killed (signal 9) {after}: somebody did it, or the memory ran out, which `dmesg` tells"
            ),
            (Some(signal @ (4 | 6 | 7 | 8 | 11)), _) => format!(
                "`{program}` crashed (signal {signal}) {after}: try the same command line in a terminal, and bring the \
                 system's camera programs up to date"
            ),
            (Some(signal), _) => format!("`{program}` was ended by signal {signal} {after}"),
            (None, Some(0)) => format!(
                "`{program}` ended by itself {after}, as if it were done: is there something in `extra_args` that limits it?"
            ),
            (None, Some(code)) => format!("`{program}` ended with code {code} {after}"),
            (None, None) => format!("`{program}` ended {after}"),
        }
    }

    /// Of its last words those that tell something: errors if there are any, else the last three.
    fn telling_words(&self) -> Vec<&str> {
        let errors: Vec<&str> =
            self.last_words.iter().map(String::as_str).filter(|line| line.contains("ERROR")).collect();
        let words =
            if errors.is_empty() { self.last_words.iter().map(String::as_str).collect() } else { errors };
        words[words.len().saturating_sub(3)..].to_vec()
    }
}
