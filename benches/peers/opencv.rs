//! OpenCV, by its Python binding, which costs little beside the work.

use crate::chain::{Chain, Input};
use crate::contender::{Contender, Who};
use crate::installed::python_with_opencv;
use crate::setting::Setting;
use std::path::Path;

/// # Errors
/// What is needed.
pub fn contenders(chain: Chain, setting: &Setting) -> Result<Vec<Contender>, String> {
    let needed = "OpenCV: a `python3` that can `import cv2` (Debian: `apt install python3-opencv`)";
    let python = python_with_opencv().ok_or(needed)?;
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers/opencv.py").display().to_string();
    let input = if chain.input == Input::Jpeg { &setting.jpegs } else { &setting.yuyv };
    let input = input.display().to_string();
    let modes: &[&str] = match chain.name {
        "small" => &["reduced-area", "reduced-linear", "full-area"],
        "half" => &["reduced-area"],
        "sizes" => &["full-area", "full-linear"],
        _ => &["full-linear"],
    };
    let contender = |how: &&'static str| {
        let (script, input, how) = (script.clone(), input.clone(), *how);
        let words = match (chain.name, how) {
            ("raw", _) => "cvtColor".to_owned(),
            ("half", _) => "IMREAD_REDUCED_COLOR_2".to_owned(),
            _ => {
                let (decoded, resized) = how.split_once('-').unwrap_or((how, ""));
                let decoded = if decoded == "reduced" { "IMREAD_REDUCED_COLOR_2" } else { "IMREAD_COLOR" };
                format!("{decoded}, INTER_{}", resized.to_uppercase())
            }
        };
        Contender::new(Who::Peer("OpenCV"), words, move |frames, save| {
            let words = [python, &script, chain.name, how, &frames.to_string(), &input];
            let save = save.map(|folder| folder.display().to_string());
            words.into_iter().map(str::to_owned).chain(save).collect()
        })
    };
    Ok(modes.iter().map(contender).collect())
}
