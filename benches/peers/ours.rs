//! The program, and the same work by hand.

use crate::chain::{Chain, FULL_HD, Input, TEXT_HEIGHT, name};
use crate::contender::{Contender, Who};
use crate::setting::Setting;
use mutoscope_benches::quality::Size;
use mutoscope_benches::{ByHand, EncodePlanes, HalfByRgb, Output, Planes};
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use turbojpeg::Subsamp;

/// The program first, then what can be done by hand.
pub fn contenders(chain: Chain, setting: &Setting) -> Vec<Contender> {
    let program = setting.mutoscope.display().to_string();
    let (scratch, frames) = (setting.scratch.path().to_owned(), frames(chain, setting));
    let ours = Contender::new(Who::Mutoscope, "", move |count, save| {
        let file = scratch.join(format!("{}.yaml", chain.name));
        std::fs::write(&file, pipeline(chain, &frames, count, save)).expect("a pipeline file");
        vec![program.clone(), "--log".into(), "error".into(), "run".into(), file.display().to_string()]
    });
    let mut all = vec![ours];
    for how in by_hand(chain) {
        let this = std::env::current_exe().expect("this program's file").display().to_string();
        let input = match chain.input {
            Input::Jpeg => &setting.jpegs,
            Input::Yuyv => &setting.planes,
        };
        let input = input.display().to_string();
        all.push(Contender::new(Who::ByHand, *how, move |count, save| {
            let words = ["by-hand", chain.name, how, &count.to_string(), &input];
            let save = save.map(|folder| folder.display().to_string());
            [this.as_str()].into_iter().chain(words).map(str::to_owned).chain(save).collect()
        }));
    }
    all
}

fn frames(chain: Chain, setting: &Setting) -> PathBuf {
    if chain.input == Input::Jpeg { setting.jpegs.clone() } else { setting.yuyv.clone() }
}

/// The pipeline file.
pub fn pipeline(chain: Chain, frames: &Path, count: u64, save: Option<&Path>) -> String {
    let raw = match chain.input {
        Input::Jpeg => String::new(),
        Input::Yuyv => format!(", width: {}, height: {}", FULL_HD.0, FULL_HD.1),
    };
    let streams = chain.sizes.len();
    let source =
        format!("{{ plugin: lockstep, frames: {frames:?}{raw}, count: {count}, streams: {streams} }}");
    let transforms = |size: Size| {
        let mut list = Vec::new();
        if size != FULL_HD {
            list.push(format!("{{ plugin: resize, width: {}, height: {} }}", size.0, size.1));
        }
        if chain.text {
            list.push(format!("{{ plugin: timestamp, text_height: {TEXT_HEIGHT} }}"));
        }
        list.join(", ")
    };
    // One core: no helper shall come.
    let mut file = "threads: 1\nstreams:\n".to_owned();
    if let [size] = chain.sizes {
        file +=
            &format!("  {}:\n    source: {source}\n    transforms: [ {} ]\n", name(*size), transforms(*size));
    } else {
        file += &format!("  capture: {{ source: {source} }}\n");
        for size in chain.sizes {
            let transforms = transforms(*size);
            file += &format!("  {}: {{ from: capture, transforms: [ {transforms} ] }}\n", name(*size));
        }
    }
    let save = save.map(|folder| format!(", save: {folder:?}, save_count: {count}")).unwrap_or_default();
    let names: Vec<_> = chain.sizes.iter().map(|size| name(*size)).collect();
    file + &format!("sink: {{ plugin: lockstep, streams: [{}]{save} }}\n", names.join(", "))
}

fn by_hand(chain: Chain) -> &'static [&'static str] {
    match chain.name {
        "half" => &["planes", "RGB"],
        "raw" => &["the encoder alone"],
        _ => &["planes"],
    }
}

/// Does the work by hand: `by-hand CHAIN HOW COUNT INPUT [FOLDER]`.
///
/// # Panics
/// If the words are wrong, or a library fails.
pub fn work_by_hand(words: &[String]) {
    let [chain, how, count, input, save @ ..] = words else { panic!("CHAIN HOW COUNT INPUT [FOLDER]") };
    let chain = Chain::named(chain).expect("a chain");
    let count: usize = count.parse().expect("a number");
    let files = match chain.input {
        Input::Jpeg => mutoscope_benches::files(Path::new(input)),
        Input::Yuyv => vec![input.into()],
    };
    let mut bytes = Vec::new();
    let mut work = work(chain, how);
    for index in 0..count {
        // The clock goes on once in so many pictures, as it does at 30 a second.
        let text = format!("2026-01-01 12:00:{:02}", index / 30 % 60);
        // As everybody: a JPEG is read each time, a raw frame once.
        if chain.input == Input::Jpeg || index == 0 {
            bytes.clear();
            let file = File::open(&files[index % files.len()]);
            file.and_then(|mut file| file.read_to_end(&mut bytes)).expect("a picture");
        }
        work.picture(&bytes, &text);
        for (folder, (size, jpeg)) in save
            .iter()
            .flat_map(|folder| chain.sizes.iter().zip(work.jpegs()).map(move |made| (folder, made)))
        {
            let file = Path::new(folder).join(format!("{}-{:04}.jpg", name(*size), index + 1));
            std::fs::write(file, jpeg).expect("a file");
        }
    }
}

fn work(chain: Chain, how: &str) -> Box<dyn ByHand> {
    if chain.input == Input::Yuyv {
        return Box::new(EncodePlanes::new(FULL_HD, Subsamp::Sub2x1));
    }
    if how == "RGB" {
        return Box::new(HalfByRgb::new(FULL_HD, Subsamp::Sub2x2));
    }
    let text_height = chain.text.then_some(TEXT_HEIGHT);
    let outputs: Vec<_> = chain.sizes.iter().map(|size| Output { size: *size, text_height }).collect();
    let downscale = if outputs[0].size.0 <= FULL_HD.0 / 2 { 2 } else { 1 };
    Box::new(Planes::new(FULL_HD, Subsamp::Sub2x2, downscale, &outputs))
}
