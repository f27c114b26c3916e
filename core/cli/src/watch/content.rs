//! The content of a watched file.

use rustix::fs::OFlags;
use std::fs::OpenOptions;
use std::io::{self, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// Whatever stands beyond is not compared: a pipeline file is refused before it is as large.
const MOST_BYTES: u64 = 2 << 20;

/// The bytes of a file, or the reason for which they cannot be read.
#[derive(PartialEq, Debug)]
pub struct Content(Result<Vec<u8>, io::ErrorKind>);

impl Content {
    /// Reads the file's content.
    pub fn of(file: &Path) -> Content {
        Content(read(file).map_err(|error| error.kind()))
    }

    /// Returns whether the file is there to be read, and holds anything.
    pub fn is_there(&self) -> bool {
        self.0.as_ref().is_ok_and(|bytes| !bytes.is_empty())
    }
}

fn read(file: &Path) -> io::Result<Vec<u8>> {
    // A blocking open of a pipe without a writer would wait for one.
    let nonblocking = OFlags::NONBLOCK.bits().cast_signed();
    let file = OpenOptions::new().read(true).custom_flags(nonblocking).open(file)?;
    if !file.metadata()?.is_file() {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    let mut bytes = Vec::new();
    file.take(MOST_BYTES).read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::fs::{CWD, FileType, Mode, mknodat};

    #[test]
    fn a_pipe_is_not_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        mknodat(CWD, &pipe, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
        assert_eq!(Content::of(&pipe), Content(Err(io::ErrorKind::InvalidInput)));
    }
}
