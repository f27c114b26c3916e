//! Who a plugin is, as plain bytes that can be read from its file without loading it.
//!
//! The header stands in an ELF section of its own ([`SECTION`]) and is exported under [`SYMBOL`]. Loading a
//! library runs its constructors, so the program reads this first and loads only what can be understood.

use super::{ABI, LAYOUT};
use crate::error::{Error, Result};

/// The ELF section that holds the header.
pub const SECTION: &str = ".mutoscope";
/// The symbol that the header is exported under.
pub const SYMBOL: &str = "MUTOSCOPE_PLUGIN";
/// The first eight bytes of every header.
pub const MAGIC: [u8; 8] = *b"MUTOSCOP";

/// The plugin offers a source.
pub const SOURCE: u32 = 1;
/// The plugin offers a transform.
pub const TRANSFORM: u32 = 2;
/// The plugin offers a sink.
pub const SINK: u32 = 4;

/// Who a plugin is: plain bytes without pointers. Texts are UTF-8, padded with zeros.
///
/// The first fields, up to `abi`, keep their place for ever, so that any program can tell a plugin of any
/// other version what is wrong.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// [`MAGIC`].
    pub magic: [u8; 8],
    /// Size of this header in bytes.
    pub size: u32,
    /// [`ABI`] of the SDK that the plugin was built with.
    pub abi: u32,
    /// [`LAYOUT`] of the SDK that the plugin was built with.
    pub layout: u64,
    /// What the plugin offers: [`SOURCE`], [`TRANSFORM`], [`SINK`], added up.
    pub kinds: u32,
    /// 1 if the plugin was built with `panic=abort`, so that its panics cannot be contained.
    pub panic_abort: u32,
    /// Bits in a pointer.
    pub pointer_width: u32,
    pub(super) reserved: u32,
    /// The plugin's name, as a pipeline file calls it.
    pub name: [u8; 64],
    /// The plugin's own version.
    pub version: [u8; 32],
    /// Version of the SDK (`mutoscope-plugin`).
    pub sdk: [u8; 32],
    /// The compiler that built the SDK into the plugin.
    pub rustc: [u8; 64],
    /// What the plugin is, in one line (its package's description).
    pub about: [u8; 160],
}

const fn padded<const N: usize>(text: &str) -> [u8; N] {
    let bytes = text.as_bytes();
    let mut out = [0; N];
    let mut at = 0;
    while at < bytes.len() && at < N - 1 {
        out[at] = bytes[at];
        at += 1;
    }
    // Never cut a character in half.
    if at < bytes.len() {
        while at > 0 && (bytes[at] & 0b1100_0000) == 0b1000_0000 {
            at -= 1;
            out[at] = 0;
        }
    }
    out
}

/// A package's name without what all plugin packages start with, `_` made `-`: `mutoscope-plugin-my_camera`
/// and `my_camera` are both `my-camera`.
const fn plugin_name<const N: usize>(package: &str) -> [u8; N] {
    let prefix = b"mutoscope-plugin-";
    let bytes = package.as_bytes();
    let mut skip = 0;
    if bytes.len() > prefix.len() {
        skip = prefix.len();
        let mut at = 0;
        while at < prefix.len() {
            if bytes[at] != prefix[at] {
                skip = 0;
            }
            at += 1;
        }
    }
    let mut out = [0; N];
    let mut at = 0;
    while skip + at < bytes.len() && at < N - 1 {
        out[at] = if bytes[skip + at] == b'_' { b'-' } else { bytes[skip + at] };
        at += 1;
    }
    out
}

impl Header {
    /// The header of a plugin; [`export!`](crate::export) calls this in the author's crate.
    pub const fn new(package: &str, version: &str, about: &str, kinds: u32, panic_abort: bool) -> Header {
        Header {
            magic: MAGIC,
            size: size_of::<Header>() as u32,
            abi: ABI,
            layout: LAYOUT,
            kinds,
            panic_abort: panic_abort as u32,
            pointer_width: usize::BITS,
            reserved: 0,
            name: plugin_name(package),
            version: padded(version),
            sdk: padded(env!("CARGO_PKG_VERSION")),
            rustc: padded(env!("MUTOSCOPE_RUSTC")),
            about: padded(about),
        }
    }

    /// Reads a header out of a section's bytes.
    ///
    /// # Errors
    /// The bytes are not a header, or one whose ABI number differs from this program's (both are named).
    pub fn read(bytes: &[u8]) -> Result<Header> {
        const START: usize = 16;
        if bytes.len() < START || bytes[..8] != MAGIC {
            return Err(Error::new("its plugin header is damaged"));
        }
        let word = |at: usize| u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
        let (size, abi) = (word(8) as usize, word(12));
        if abi != ABI {
            return Err(Error::new(format!("the plugin speaks ABI {abi}, this program ABI {ABI}")));
        }
        if size < size_of::<Header>() || bytes.len() < size_of::<Header>() {
            return Err(Error::new(format!(
                "its plugin header is damaged ({} bytes, {} expected)",
                size.min(bytes.len()),
                size_of::<Header>()
            )));
        }
        // SAFETY: the length was checked above, every bit pattern is a valid Header (numbers and byte arrays only),
        // and the read does not need alignment.
        Ok(unsafe { std::ptr::read_unaligned(bytes.as_ptr().cast::<Header>()) })
    }

    /// Returns whether a plugin with this header can be used by a program with this SDK.
    ///
    /// # Errors
    /// One line that names both sides.
    pub fn check(&self) -> Result<()> {
        if self.abi != ABI {
            return Err(Error::new(format!("the plugin speaks ABI {}, this program ABI {ABI}", self.abi)));
        }
        if self.pointer_width != usize::BITS {
            return Err(Error::new(format!(
                "the plugin has {}-bit pointers, this program {}-bit ones",
                self.pointer_width,
                usize::BITS
            )));
        }
        if self.layout != LAYOUT {
            return Err(Error::new(format!(
                "the plugin lays its tables out differently: {:016x} (SDK {}, {}), this program {LAYOUT:016x} (SDK {}, {})",
                self.layout,
                self.sdk(),
                self.rustc(),
                env!("CARGO_PKG_VERSION"),
                env!("MUTOSCOPE_RUSTC"),
            )));
        }
        if self.kinds & (SOURCE | TRANSFORM | SINK) == 0 {
            return Err(Error::new("the plugin offers neither a source nor a transform nor a sink"));
        }
        Ok(())
    }

    /// The plugin's name, as a pipeline file calls it.
    pub fn name(&self) -> String {
        unpadded(&self.name)
    }

    /// The plugin's own version.
    pub fn version(&self) -> String {
        unpadded(&self.version)
    }

    /// Version of the SDK that the plugin was built with.
    pub fn sdk(&self) -> String {
        unpadded(&self.sdk)
    }

    /// The compiler that built it.
    pub fn rustc(&self) -> String {
        unpadded(&self.rustc)
    }

    /// Returns what the plugin is, in one line; empty if its package does not say.
    pub fn about(&self) -> String {
        unpadded(&self.about)
    }
}

/// The text in front of the padding, with what a terminal could misunderstand taken out.
fn unpadded(bytes: &[u8]) -> String {
    let end = bytes.iter().position(|b| *b == 0).unwrap_or(bytes.len());
    String::from_utf8_lossy(&bytes[..end]).chars().filter(|c| !crate::printable::steers(*c)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_survives_its_way_through_bytes() {
        let header =
            Header::new("mutoscope-plugin-my_camera", "1.2.3", "äöü".repeat(60).as_str(), SOURCE, false);
        // SAFETY: a Header is plain numbers and byte arrays without padding that is read.
        let bytes = unsafe {
            std::slice::from_raw_parts(std::ptr::from_ref(&header).cast::<u8>(), size_of::<Header>())
        };
        let read = Header::read(bytes).unwrap();
        assert!(read == header);
        assert_eq!(read.name(), "my-camera");
        assert!(read.about().chars().all(|c| "äöü".contains(c)));
        assert!(read.check().is_ok());
        for length in 0..bytes.len() {
            assert!(Header::read(&bytes[..length]).is_err(), "{length} bytes are no header");
        }
    }

    #[test]
    fn another_abi_is_refused_with_both_numbers() {
        let mut header = Header::new("x", "1", "", SINK, false);
        header.abi = 77;
        let error = header.check().unwrap_err().to_string();
        assert!(error.contains("77") && error.contains(&ABI.to_string()), "{error}");
    }
}
