//! Pictures of kinds that cannot be shown: told by their names and by their first bytes, so that their absence is explained.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fmt::Write;
use std::path::Path;

/// Returns the kind of picture that a file is called after, if it is one that cannot be shown.
pub(crate) fn by_name(name: &OsStr) -> Option<&'static str> {
    let extension = Path::new(name).extension()?.to_str()?.to_ascii_lowercase();
    Some(match extension.as_str() {
        "heic" | "heif" | "heics" | "hif" => "HEIC",
        "avif" | "avifs" => "AVIF",
        "jxl" => "JPEG XL",
        "jp2" | "j2k" | "jpf" | "jpx" => "JPEG 2000",
        "cr2" | "cr3" | "crw" | "nef" | "nrw" | "arw" | "sr2" | "dng" | "orf" | "rw2" | "raf" | "pef"
        | "srw" | "rwl" | "3fr" | "iiq" | "x3f" | "gpr" => "camera RAW",
        "svg" | "svgz" => "SVG",
        "psd" | "xcf" => "layered",
        "ico" | "tga" | "dds" | "hdr" | "exr" | "ff" | "pcx" | "wbmp" => "rare",
        _ => return None,
    })
}

/// Returns the kind of picture that a file's first bytes say it is, if it is one that cannot be shown.
pub(crate) fn by_content(start: &[u8]) -> Option<&'static str> {
    match start {
        // ISO base media files, by their brand (ISO/IEC 23008-12, AV1 Image File Format).
        [_, _, _, _, b'f', b't', b'y', b'p', brand @ ..] => match brand.get(..4)? {
            b"heic" | b"heix" | b"heim" | b"heis" | b"hevc" | b"hevx" | b"mif1" | b"msf1" => {
                // `mif1` is the frame that both kinds share: the compatible brands tell them apart.
                let is_avif = brand.windows(4).any(|brand| brand == b"avif" || brand == b"avis");
                Some(if is_avif { "AVIF" } else { "HEIC" })
            }
            b"avif" | b"avis" => Some("AVIF"),
            b"crx " => Some("camera RAW"),
            _ => None,
        },
        [0xff, 0x0a, ..] | [0, 0, 0, 12, b'J', b'X', b'L', b' ', ..] => Some("JPEG XL"),
        [0, 0, 0, 12, b'j', b'P', b' ', b' ', ..] | [0xff, 0x4f, 0xff, 0x51, ..] => Some("JPEG 2000"),
        [b'8', b'B', b'P', b'S', ..] => Some("layered"),
        _ => None,
    }
}

/// Says of one file that it cannot be shown, in words that follow its path.
pub(crate) fn refusal(kind: &str) -> String {
    let article = if matches!(kind, "AVIF" | "SVG") { "an" } else { "a" };
    format!("is {article} {kind} picture, a kind that cannot be shown: convert it to JPEG")
}

/// Files of such kinds, counted, with one of each as an example.
#[derive(Default)]
pub(crate) struct Foreign(BTreeMap<&'static str, (usize, String)>);

impl Foreign {
    /// Adds a file, and returns whether its name says that it belongs here.
    pub(crate) fn add(&mut self, name: &OsStr) -> bool {
        let Some(kind) = by_name(name) else { return false };
        let (count, example) = self.0.entry(kind).or_default();
        *count += 1;
        let name = name.to_string_lossy().into_owned();
        // The folder comes in any order, and the same folder shall be told of in the same words.
        if *count == 1 || name < *example {
            *example = name;
        }
        true
    }

    /// `2 HEIC (IMG_1.heic, …) and 1 AVIF (a.avif)`; `None` without such files.
    pub(crate) fn summary(&self) -> Option<String> {
        let mut text = String::new();
        for (at, (kind, (count, example))) in self.0.iter().enumerate() {
            let separator = match at {
                0 => "",
                at if at + 1 == self.0.len() => " and ",
                _ => ", ",
            };
            let more = if *count > 1 { ", …" } else { "" };
            // Writing to a String does not fail.
            let _ = write!(text, "{separator}{count} {kind} ({}{more})", example.escape_debug());
        }
        (!text.is_empty()).then_some(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_told_by_name_and_by_content() {
        for (name, kind) in [
            ("IMG_1.HEIC", Some("HEIC")),
            ("a.avif", Some("AVIF")),
            ("a.CR2", Some("camera RAW")),
            ("a.jpg", None),
            ("notes.txt", None),
            ("heic", None),
        ] {
            assert_eq!(by_name(OsStr::new(name)), kind, "{name}");
        }
        for (start, kind) in [
            (&b"\0\0\0\x24ftypheic\0\0\0\0mif1heic"[..], Some("HEIC")),
            (b"\0\0\0\x1cftypmif1\0\0\0\0mif1avifmiaf", Some("AVIF")),
            (b"\0\0\0\x20ftypavif", Some("AVIF")),
            (b"\xff\x0a\x01", Some("JPEG XL")),
            (b"\0\0\0\x0cJXL \r\n\x87\n", Some("JPEG XL")),
            (b"\0\0\0\x20ftypisom", None),
            (b"\0\0\0\x20ftyp", None),
            (b"\xff\xd8\xff\xe0", None),
            (b"", None),
        ] {
            assert_eq!(by_content(start), kind, "{start:?}");
        }
    }

    #[test]
    fn a_kind_has_the_article_that_is_spoken() {
        for (kind, words) in
            [("AVIF", "is an AVIF"), ("SVG", "is an SVG"), ("HEIC", "is a HEIC"), ("rare", "is a rare")]
        {
            assert!(refusal(kind).starts_with(words), "{kind}");
        }
    }

    #[test]
    fn a_summary_names_each_kind_with_an_example() {
        let mut foreign = Foreign::default();
        assert_eq!(foreign.summary(), None);
        assert!(!foreign.add(OsStr::new("notes.txt")));
        for name in ["IMG_2.heic", "IMG_1.heic", "b.jxl", "a.avif"] {
            assert!(foreign.add(OsStr::new(name)));
        }
        let summary = foreign.summary().unwrap();
        assert_eq!(summary, "1 AVIF (a.avif), 2 HEIC (IMG_1.heic, …) and 1 JPEG XL (b.jxl)");
    }
}
