//! The work that everybody does.

use mutoscope_benches::quality::Size;

/// The work that everybody does.
#[derive(Clone, Copy, Debug)]
pub struct Chain {
    /// The name on the command line and in file names.
    pub name: &'static str,
    /// The title of the table.
    pub title: &'static str,
    /// The input.
    pub input: Input,
    /// The sizes that come out, the largest first.
    pub sizes: &'static [Size],
    /// True if the time is written on it.
    pub text: bool,
}

/// The input of a chain.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Input {
    /// JPEG, 1920x1080, 4:2:0, quality 80.
    Jpeg,
    /// Packed 4:2:2, 1920x1080, BT.601 in limited range, as a webcam gives it.
    Yuyv,
}

/// The size of what goes in.
pub const FULL_HD: Size = (1920, 1080);

/// The height of the text in pixels.
pub const TEXT_HEIGHT: u32 = 24;

/// All of it.
pub const CHAINS: [Chain; 4] = [
    Chain {
        name: "small",
        title: "1080p JPEG → 640x360 → time on it → JPEG",
        input: Input::Jpeg,
        sizes: &[(640, 360)],
        text: true,
    },
    Chain {
        name: "half",
        title: "1080p JPEG → half the size → JPEG",
        input: Input::Jpeg,
        sizes: &[(960, 540)],
        text: false,
    },
    Chain {
        name: "raw",
        title: "1080p YUYV, limited range → JPEG",
        input: Input::Yuyv,
        sizes: &[FULL_HD],
        text: false,
    },
    Chain {
        name: "sizes",
        title: "1080p JPEG → 1280x720, 640x360 and 320x180 → three JPEGs",
        input: Input::Jpeg,
        sizes: &[(1280, 720), (640, 360), (320, 180)],
        text: false,
    },
];

impl Chain {
    /// The chain of that name.
    pub fn named(name: &str) -> Option<Chain> {
        CHAINS.into_iter().find(|chain| chain.name == name)
    }
}

/// `640x360`, which is also what a stream and its saved pictures are called.
pub fn name((width, height): Size) -> String {
    format!("{width}x{height}")
}
