//! The nearest right name for a wrong one.

/// Words that people bring along from elsewhere, and the plugins that they may mean.
const FROM_ELSEWHERE: &[(&str, &[&str])] = &[
    ("picamera", &["rpicam", "libcamera", "raspicam", "picamera2", "csi", "raspivid"]),
    ("v4l2", &["usb", "uvc", "webcam", "v4l", "video4linux", "video4linux2", "uvcvideo"]),
    ("mjpeg", &["http", "mjpg", "web", "browser", "stream", "mjpg_streamer", "motion_jpeg"]),
    (
        "simulated",
        &["test", "fake", "dummy", "mock", "testsrc", "videotestsrc", "simulator", "pictures", "folder"],
    ),
    ("timestamp", &["text", "overlay", "clock", "date", "time", "drawtext", "osd"]),
    ("resize", &["scale", "size", "videoscale"]),
    ("rotate", &["flip", "mirror", "rotation", "hflip", "vflip", "transpose", "videoflip"]),
];

/// `-` and `_` are the same in a name, and so are `A` and `a` where a person is to be understood.
pub(crate) fn plain(name: &str) -> String {
    name.to_lowercase().replace('-', "_")
}

/// The candidate that a misspelt name most likely means.
pub(crate) fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // The distance takes time with the product of both lengths, and no name is this long.
    if name.is_empty() || name.chars().count() > 64 {
        return None;
    }
    let name = plain(name);
    let length = name.chars().count();
    let allowed = if length <= 2 { 1 } else { 1 + length / 4 };
    candidates
        .into_iter()
        .filter_map(|candidate| {
            let other = plain(candidate);
            let near = strsim::damerau_levenshtein(&name, &other);
            let begins =
                length >= 3 && (other.starts_with(&name) || name.starts_with(&other) && other.len() >= 3);
            // One letter for another is no misspelling where there is only one letter in common.
            let fits = near <= allowed && near < length && near < other.chars().count();
            (fits || begins).then_some((if fits { near } else { allowed + 1 }, candidate))
        })
        .min_by_key(|(near, _)| *near)
        .map(|(_, candidate)| candidate)
}

/// The same for a plugin, whose names may also be known under a word from elsewhere.
pub(crate) fn nearest_plugin<'a>(name: &str, candidates: &'a [String]) -> Option<&'a str> {
    let known = |wanted: &str| {
        candidates.iter().map(String::as_str).find(|candidate| plain(candidate) == plain(wanted))
    };
    known(name)
        .or_else(|| {
            FROM_ELSEWHERE
                .iter()
                .filter(|(_, words)| words.contains(&plain(name).as_str()))
                .find_map(|(plugin, _)| known(plugin))
        })
        .or_else(|| nearest(name, candidates.iter().map(String::as_str)))
}

/// `a`, `b` and `c`: names for a message, the first dozen of them.
pub(crate) fn listed<'a>(names: impl IntoIterator<Item = &'a str>, last_word: &str) -> String {
    let mut names: Vec<String> = names.into_iter().map(|name| format!("`{name}`")).collect();
    let more = names.len().saturating_sub(12);
    if more > 0 {
        names.truncate(12);
        names.push(format!("{more} more"));
    }
    match names.pop() {
        None => String::new(),
        Some(last) if names.is_empty() => last,
        Some(last) => format!("{} {last_word} {last}", names.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelling_finds_its_word() {
        let words = ["width", "height", "filter", "fit", "frames", "fps"];
        for (wrong, right) in [
            ("widht", "width"),
            ("with", "width"),
            ("Width", "width"),
            ("frame", "frames"),
            ("frams", "frames"),
            ("hight", "height"),
            ("fsp", "fps"),
        ] {
            assert_eq!(nearest(wrong, words), Some(right), "{wrong}");
        }
        for wrong in ["quality", "x", "", "zzz"] {
            assert_eq!(nearest(wrong, words), None, "{wrong}");
        }
    }

    #[test]
    fn words_from_elsewhere_find_only_what_is_there() {
        let there = ["simulated".to_owned(), "v4l2".to_owned(), "my-camera".to_owned()];
        assert_eq!(nearest_plugin("webcam", &there), Some("v4l2"));
        assert_eq!(nearest_plugin("rpicam", &there), None);
        assert_eq!(nearest_plugin("simulatd", &there), Some("simulated"));
        assert_eq!(nearest_plugin("My_Camera", &there), Some("my-camera"));
    }
}
