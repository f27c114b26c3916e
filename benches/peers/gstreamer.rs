//! GStreamer, by `gst-launch-1.0`, in the ways that are known to be quick.

use crate::chain::{Chain, FULL_HD, Input, name};
use crate::contender::{Contender, Who};
use crate::installed::runs;
use crate::setting::Setting;
use std::path::{Path, PathBuf};

/// A way to do it.
#[derive(Clone, Copy)]
struct How {
    decoder: &'static str,
    scaler: &'static str,
    encoder: &'static str,
}

const FAST: &str = "jpegdec idct-method=ifast";
const FAST_ENCODER: &str = "jpegenc quality=85 idct-method=ifast";
const ENCODER: &str = "jpegenc quality=85";

/// # Errors
/// What is needed.
pub fn contenders(chain: Chain, setting: &Setting) -> Result<Vec<Contender>, String> {
    if !runs("gst-launch-1.0", &["--version"]) {
        return Err(
            "GStreamer: the command `gst-launch-1.0` (Debian: `apt install gstreamer1.0-tools`)".into()
        );
    }
    let needed = ["multifilesrc", "jpegdec", "jpegenc", "videoscale", "videoconvert", "clockoverlay"];
    if let Some(element) = needed.into_iter().find(|element| !exists(element)) {
        let packages = "gstreamer1.0-plugins-base gstreamer1.0-plugins-good gstreamer1.0-x";
        return Err(format!("GStreamer: the element `{element}` (Debian: `apt install {packages}`)"));
    }
    let how = |decoder, scaler, encoder| How { decoder, scaler, encoder };
    let modes = if chain.input == Input::Yuyv {
        let rgb = "videoconvert n-threads=1 ! video/x-raw,format=BGRx";
        let planes = "videoconvert n-threads=1 ! video/x-raw,format=Y42B,colorimetry=1:4:0:0";
        // Without a conversion the range stays as it is, and the picture comes out pale; from YUV to YUV of the same matrix
        // videoconvert does not see that there is one to be made.
        vec![
            how("", rgb, ENCODER),
            how("", rgb, FAST_ENCODER),
            how("", planes, FAST_ENCODER),
            how("", "identity", FAST_ENCODER),
        ]
    } else {
        let mut modes = vec![
            how(FAST, "bilinear", FAST_ENCODER),
            how("jpegdec idct-method=islow", "bilinear", ENCODER),
            how(FAST, "bilinear2", FAST_ENCODER),
            how(FAST, "4-tap", FAST_ENCODER),
        ];
        if exists("avdec_mjpeg") && exists("jpegparse") && chain.name != "sizes" {
            modes.push(how("jpegparse ! avdec_mjpeg lowres=1", "bilinear", FAST_ENCODER));
        }
        modes
    };
    let input = if chain.input == Input::Jpeg { &setting.jpegs } else { &setting.yuyv };
    Ok(modes.into_iter().map(|how| contender(chain, how, input.clone())).collect())
}

fn exists(element: &str) -> bool {
    runs("gst-inspect-1.0", &["--exists", element])
}

fn contender(chain: Chain, how: How, input: PathBuf) -> Contender {
    let first = how.decoder.trim_start_matches("jpegparse ! ");
    let words = match chain.input {
        Input::Jpeg => format!("{first}, videoscale {}, {}", how.scaler, how.encoder),
        Input::Yuyv => format!("{}, {}", how.scaler, how.encoder),
    };
    Contender::new(Who::Peer("GStreamer"), words, move |frames, save| {
        command(chain, how, &input, frames, save)
    })
}

fn command(chain: Chain, how: How, input: &Path, frames: u64, save: Option<&Path>) -> Vec<String> {
    let input = input.display();
    let mut line = "gst-launch-1.0 -q ".to_owned();
    line += &match chain.input {
        Input::Jpeg => format!(
            "multifilesrc location={input}/%04d.jpg start-index=1 stop-index=40 loop=true num-buffers={frames} \
             caps=image/jpeg,framerate=30/1 ! {}",
            how.decoder
        ),
        Input::Yuyv => {
            let (width, height) = FULL_HD;
            format!(
                "filesrc location={input} blocksize={} num-buffers=1 ! rawvideoparse format=yuy2 width={width} \
                 height={height} framerate=30/1 colorimetry=bt601 ! imagefreeze num-buffers={frames}",
                2 * width * height
            )
        }
    };
    let scale = |size: (usize, usize)| {
        let caps = format!("video/x-raw,width={},height={}", size.0, size.1);
        let scaler = match chain.input {
            Input::Jpeg => format!("videoscale method={} n-threads=1 ! {caps}", how.scaler),
            Input::Yuyv => how.scaler.to_owned(),
        };
        let text = "clockoverlay halignment=left valignment=top xpad=8 ypad=8 time-format=\"%Y-%m-%d %H:%M:%S\" \
                    font-desc=\"DejaVu Sans Mono Bold 14\" ! ";
        let text = if chain.text { text } else { "" };
        let end = match save {
            None => "fakesink sync=false async=false".to_owned(),
            Some(folder) => {
                format!(
                    "multifilesink sync=false async=false index=1 location={}/{}-%04d.jpg",
                    folder.display(),
                    name(size)
                )
            }
        };
        format!("{scaler} ! {text}{} ! {end}", how.encoder)
    };
    if let [size] = chain.sizes {
        line += &format!(" ! {}", scale(*size));
    } else {
        line += " ! tee name=t";
        for size in chain.sizes {
            line += &format!(" t. ! {}", scale(*size));
        }
    }
    words(&line)
}

/// Cuts a line at its spaces, but for those between quotes.
fn words(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quoted = false;
    for letter in line.chars() {
        match letter {
            '"' => quoted = !quoted,
            ' ' if !quoted => words.push(String::new()),
            _ => words.last_mut().expect("a word").push(letter),
        }
    }
    words.retain(|word| !word.is_empty());
    words
}
