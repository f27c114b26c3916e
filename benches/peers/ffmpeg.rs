//! ffmpeg, on one thread, in the ways that are known to be quick.

use crate::chain::{Chain, FULL_HD, Input, TEXT_HEIGHT, name};
use crate::contender::{Contender, Who};
use crate::installed::runs;
use crate::setting::Setting;
use std::path::{Path, PathBuf};

/// A way to do it.
#[derive(Clone, Copy)]
struct How {
    /// Decoded at 1/2.
    half: bool,
    /// swscale's flags.
    scaler: &'static str,
    /// `-q:v`; ffmpeg has a scale of its own.
    quality: u32,
}

/// # Errors
/// What is needed.
pub fn contenders(chain: Chain, setting: &Setting) -> Result<Vec<Contender>, String> {
    if !runs("ffmpeg", &["-version"]) {
        return Err("ffmpeg: the command `ffmpeg` (Debian: `apt install ffmpeg`)".into());
    }
    let how = |half, scaler, quality| How { half, scaler, quality };
    let modes = match chain.name {
        "raw" => vec![how(false, "fast_bilinear", 2), how(false, "fast_bilinear", 3)],
        "half" => vec![how(true, "bilinear", 2), how(true, "bilinear", 3), how(false, "area", 3)],
        "sizes" => vec![how(false, "area", 3), how(false, "fast_bilinear", 3), how(false, "bilinear", 3)],
        _ => vec![
            how(true, "fast_bilinear", 3),
            how(true, "bilinear", 2),
            how(true, "bilinear", 3),
            how(true, "area", 3),
            how(false, "fast_bilinear", 3),
            how(false, "area", 3),
        ],
    };
    let input = if chain.input == Input::Jpeg { &setting.jpegs } else { &setting.yuyv };
    Ok(modes.into_iter().map(|how| contender(chain, how, input.clone())).collect())
}

fn contender(chain: Chain, how: How, input: PathBuf) -> Contender {
    let decoded = if how.half { "decoded at 1/2, " } else { "" };
    let words = format!("{decoded}{}, -q:v {}", how.scaler, how.quality);
    Contender::new(Who::Peer("ffmpeg"), words, move |frames, save| command(chain, how, &input, frames, save))
}

fn command(chain: Chain, how: How, input: &Path, frames: u64, save: Option<&Path>) -> Vec<String> {
    let mut words = "ffmpeg -hide_banner -loglevel error -nostdin -threads 1 -filter_threads 1".to_owned();
    words += " -filter_complex_threads 1";
    let input = input.display();
    words += &match chain.input {
        Input::Jpeg => {
            let half = if how.half { " -lowres 1" } else { "" };
            format!("{half} -f image2 -loop 1 -i {input}/%04d.jpg")
        }
        Input::Yuyv => {
            let size = name(FULL_HD);
            format!(" -f rawvideo -pix_fmt yuyv422 -video_size {size} -i {input}")
        }
    };
    let mut words: Vec<String> = words.split(' ').map(str::to_owned).collect();
    let decoded = if how.half { (FULL_HD.0 / 2, FULL_HD.1 / 2) } else { FULL_HD };
    let one = |size: (usize, usize)| {
        let mut filters = Vec::new();
        if size != decoded {
            filters.push(format!("scale={}:{}:flags={}", size.0, size.1, how.scaler));
        }
        if chain.input == Input::Yuyv {
            filters.push("loop=loop=-1:size=1".into());
            filters.push(format!("scale=in_range=limited:out_range=full:flags={}", how.scaler));
            filters.push("format=yuvj422p".into());
        }
        if chain.text {
            let style = "font=DejaVu Sans Mono:fontcolor=white:borderw=2:x=8:y=8";
            filters.push(format!("drawtext={style}:fontsize={TEXT_HEIGHT}:text=%{{localtime}}"));
        }
        if filters.is_empty() { "null".into() } else { filters.join(",") }
    };
    let labels = ["a", "b", "c"];
    if chain.sizes.len() > 1 {
        let each = chain.sizes.iter().zip(labels);
        let scaled: Vec<_> = each.map(|(size, label)| format!("[{label}]{}[{label}o]", one(*size))).collect();
        let graph = format!("[0:v]split=3[a][b][c];{}", scaled.join(";"));
        words.extend(["-filter_complex".into(), graph]);
    } else {
        words.extend(["-vf".into(), one(chain.sizes[0])]);
    }
    for (size, label) in chain.sizes.iter().zip(labels) {
        if chain.sizes.len() > 1 {
            words.extend(["-map".into(), format!("[{label}o]")]);
        }
        let frames = frames.to_string();
        let quality = how.quality.to_string();
        for word in ["-frames:v", &frames, "-threads", "1", "-c:v", "mjpeg", "-q:v", &quality] {
            words.push(word.to_owned());
        }
        words.extend(["-huffman", "default"].map(str::to_owned));
        words.extend(match save {
            None => ["-f", "null", "-"].map(str::to_owned),
            Some(folder) => {
                let files = format!("{}/{}-%04d.jpg", folder.display(), name(*size));
                ["-f".to_owned(), "image2".to_owned(), files]
            }
        });
    }
    words
}
