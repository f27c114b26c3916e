//! Everybody in turns, and what came of it.

use crate::chain::{Chain, Input, TEXT_HEIGHT, name};
use crate::contender::{Contender, Who};
use crate::cost;
use crate::setting::Setting;
use mutoscope_benches::median;
use mutoscope_benches::quality::Picture;

/// The number of pictures of each that are looked at for their quality.
const LOOKED_AT: usize = 4;

/// The result of one of them.
pub struct Outcome {
    /// The program.
    pub who: Who,
    /// The program and its method.
    pub name: String,
    /// The command as a person would write it.
    pub command: String,
    /// Seconds of processor time for a picture, one for each round.
    pub seconds: Vec<f64>,
    /// PSNR in dB, the mean over pictures, for each size.
    pub psnr: Vec<f64>,
    /// Bytes of a picture, all sizes together.
    pub bytes: usize,
}

impl Outcome {
    /// The mean over the sizes.
    pub fn mean_psnr(&self) -> f64 {
        self.psnr.iter().sum::<f64>() / self.psnr.len() as f64
    }

    /// Round by round, this one's time in parts of the other's: median, least, most.
    pub fn in_parts_of(&self, other: &Outcome) -> (f64, f64, f64) {
        let ratios: Vec<_> = self.seconds.iter().zip(&other.seconds).map(|(a, b)| a / b).collect();
        let least = ratios.iter().copied().fold(f64::MAX, f64::min);
        (median(&ratios), least, ratios.iter().copied().fold(0.0, f64::max))
    }
}

/// Everybody in turns: A B C A B C …; each with a few pictures, and with so many more.
pub fn measure(contenders: &[&Contender], setting: &Setting, rounds: usize, frames: u64) -> Vec<Vec<f64>> {
    let mut seconds = vec![Vec::new(); contenders.len()];
    for round in 1..=rounds {
        for (contender, seconds) in contenders.iter().zip(&mut seconds) {
            let command = |frames| contender.command(frames, None);
            seconds.push(cost::of_a_picture(command, frames, &setting.log()));
        }
        let shown: Vec<_> =
            seconds.iter().map(|seconds| format!("{:.3}", 1e3 * seconds[round - 1])).collect();
        eprintln!("  round {round}: {} ms", shown.join("  "));
    }
    seconds
}

/// Looks at everybody's pictures.
pub fn look(chain: Chain, contender: &Contender, setting: &Setting, seconds: Vec<f64>) -> Outcome {
    let folder = setting.folder("pictures");
    cost::processor_time(&contender.command(LOOKED_AT as u64, Some(&folder)), &setting.log());
    let mut bytes = 0;
    let references = references(chain, setting);
    let psnr = chain.sizes.iter().map(|size| {
        let all = (1..=LOOKED_AT).map(|number| {
            let file = folder.join(format!("{}-{number:04}.jpg", name(*size)));
            let jpeg = std::fs::read(&file);
            let jpeg =
                jpeg.unwrap_or_else(|error| panic!("{}: {error}: {}", contender.name(), file.display()));
            bytes += jpeg.len() / LOOKED_AT;
            // What stands at the top differs: everybody writes the time in letters of their own.
            let skipped = if chain.text { 3 * TEXT_HEIGHT as usize } else { 0 };
            let reference = references[(number - 1) % references.len()].averaged(*size);
            Picture::of_jpeg(&jpeg).psnr(&reference, skipped)
        });
        all.sum::<f64>() / LOOKED_AT as f64
    });
    let psnr = psnr.collect();
    let command = contender.shown(setting);
    Outcome { who: contender.who, name: contender.name(), command, seconds, psnr, bytes }
}

/// The pictures that went in, in full.
fn references(chain: Chain, setting: &Setting) -> Vec<Picture> {
    let files = match chain.input {
        Input::Jpeg => mutoscope_benches::files(&setting.jpegs)[..LOOKED_AT].to_vec(),
        Input::Yuyv => vec![setting.yuyv_origin.clone()],
    };
    files.iter().map(|file| Picture::of_jpeg(&std::fs::read(file).expect("a picture"))).collect()
}

/// Of each peer's ways, the place of the one that is compared: the quickest of those at most 1 dB below the program's;
/// where there is none, the quickest of those within half a dB of the peer's own best.
pub fn best_of_each(results: &[Outcome]) -> Vec<usize> {
    let ours = results.iter().find(|result| result.who == Who::Mutoscope).map_or(0.0, Outcome::mean_psnr);
    let mut taken: Vec<usize> = Vec::new();
    for (at, result) in results.iter().enumerate() {
        let Who::Peer(_) = result.who else {
            taken.push(at);
            continue;
        };
        if results[..at].iter().any(|before| before.who == result.who) {
            continue;
        }
        let of_peer = || (0..results.len()).filter(|other| results[*other].who == result.who);
        let best = of_peer().map(|other| results[other].mean_psnr()).fold(0.0, f64::max);
        let enough = if best >= ours - 1.0 { ours - 1.0 } else { best - 0.5 };
        let quickest = of_peer()
            .filter(|other| results[*other].mean_psnr() >= enough)
            .min_by(|a, b| median(&results[*a].seconds).total_cmp(&median(&results[*b].seconds)));
        taken.extend(quickest);
    }
    taken
}
