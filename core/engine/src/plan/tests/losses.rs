//! No loss that was not asked for, on any way through a plan.

use super::*;
use mutoscope_plugin::Class;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use std::collections::HashSet;

/// Transforms that give and take as the real ones do.
#[derive(Clone, Debug)]
enum Do {
    /// Something on planes of any kind.
    Text,
    /// Makes a JPEG in this sampling, or in that of what comes in.
    Jpeg(Option<PixelFormat>),
    /// Makes this kind of whatever comes in, but for JPEG.
    Convert(PixelFormat),
    /// On a JPEG for nothing, on planes for a lot.
    RatherOnJpeg,
}

struct Doing(Vec<Vec<Do>>);

fn samples(kind: PixelFormat) -> f64 {
    let (across, down) = kind.chroma_subsampling();
    if kind == PixelFormat::GREY { 1.0 } else { 1.0 + 2.0 / f64::from(across * down) }
}

fn encoded(input: &Format, sampling: PixelFormat) -> Mode {
    let jpeg = Format::jpeg(input.width, input.height).with_sampling(sampling);
    let resampled = if [input.kind, PixelFormat::GREY].contains(&sampling) { 0.0 } else { 60.0 };
    Mode::new(jpeg, 600.0 + 1050.0 * samples(sampling) + resampled)
}

fn converted(input: &Format, kind: PixelFormat) -> Mode {
    let gives = Format::new(kind, input.width, input.height);
    Mode::new(gives, if gives == *input { 0.0 } else { 300.0 + samples(kind) })
}

impl Modes for Doing {
    fn transform(&self, stream: usize, index: usize, input: &Format) -> Result<Vec<Mode>, Failure> {
        let planes = input.kind.is_planes();
        let jpeg = input.kind == PixelFormat::JPEG;
        Ok(match &self.0[stream][index] {
            Do::Text if planes => vec![Mode::new(*input, 40.0)],
            Do::Jpeg(asked) if planes && input.has_jpeg_colours() => {
                vec![encoded(input, asked.unwrap_or(input.kind))]
            }
            Do::Jpeg(None) if jpeg => vec![Mode::new(*input, 0.0)],
            Do::Jpeg(Some(asked)) if jpeg && input.sampling == *asked => vec![Mode::new(*input, 0.0)],
            Do::Jpeg(Some(asked)) if jpeg => {
                let mode = encoded(input, *asked);
                vec![Mode::new(mode.gives, mode.cost_us + 1500.0)]
            }
            Do::Convert(kind) if !jpeg => vec![converted(input, *kind)],
            Do::RatherOnJpeg if jpeg => vec![Mode::new(*input, 1.0)],
            Do::RatherOnJpeg if planes => vec![Mode::new(*input, 50_000.0)],
            _ => Vec::new(),
        })
    }

    fn conversion(&self, conversion: &Conversion, input: &Format) -> Result<Vec<Mode>, Failure> {
        Ok(match conversion {
            Conversion::Decode { downscale: 1 } => {
                vec![Mode::new(input.with_kind(input.sampling), 500.0 + 700.0 * samples(input.sampling))]
            }
            Conversion::Decode { .. } => Vec::new(),
            Conversion::Encode => vec![encoded(input, input.kind)],
            Conversion::Convert => vec![converted(
                input,
                match input.kind {
                    kind if kind.is_planes() => kind,
                    PixelFormat::YUYV => PixelFormat::I422,
                    PixelFormat::Y16 => PixelFormat::GREY,
                    _ => PixelFormat::I420,
                },
            )],
            Conversion::To(kind) => vec![converted(input, *kind)],
        })
    }
}

/// Streams: the first has the source, the others take its frames; each with the kinds that its sink takes.
fn plan(input: Format, streams: &[(Vec<Do>, Vec<PixelFormat>)]) -> Result<TreePlan, NoRoute> {
    let node = |(stream, (transforms, kinds)): (usize, &(Vec<Do>, Vec<PixelFormat>))| StreamNode {
        stream,
        transforms: transforms.len(),
        children: if stream == 0 { (1..streams.len()).collect() } else { Vec::new() },
        sinks: vec![kinds.clone()],
    };
    let tree = Tree { nodes: streams.iter().enumerate().map(node).collect() };
    tree.resolve(&Doing(streams.iter().map(|(transforms, _)| transforms.clone()).collect()), input)
}

fn rgb(transforms: Vec<Do>, sink: PixelFormat) -> String {
    let plan = plan(Format::new(PixelFormat::RGB24, 640, 480), &[(transforms, vec![sink])]).unwrap();
    assert_eq!(plan.losses, 0);
    hops(&plan, 0)
}

const JPEG: PixelFormat = PixelFormat::JPEG;

#[test]
fn what_nobody_asks_for_stays_as_cheap_as_it_is() {
    assert_eq!(rgb(vec![], JPEG), "C E");
    assert_eq!(rgb(vec![Do::Text], JPEG), "C 0 E");
    assert_eq!(rgb(vec![Do::Text, Do::Jpeg(None)], JPEG), "C 0 1");
    assert_eq!(rgb(vec![Do::Jpeg(Some(PixelFormat::I420))], JPEG), "C 0");
    assert_eq!(rgb(vec![Do::Jpeg(Some(PixelFormat::GREY))], JPEG), "C 0");
}

#[test]
fn chroma_that_goes_out_is_kept_on_the_way() {
    assert_eq!(rgb(vec![Do::Jpeg(Some(PixelFormat::I444))], JPEG), "YUV 4:4:4 0");
    assert_eq!(rgb(vec![Do::Text, Do::Jpeg(Some(PixelFormat::I444))], JPEG), "YUV 4:4:4 0 1");
    assert_eq!(rgb(vec![Do::Text, Do::Convert(PixelFormat::I444)], JPEG), "YUV 4:4:4 0 1 E");
    assert_eq!(rgb(vec![Do::Jpeg(Some(PixelFormat::I422))], JPEG), "YUV 4:2:2 0");
    assert_eq!(rgb(vec![Do::Jpeg(Some(PixelFormat::I440))], JPEG), "YUV 4:4:0 0");
    assert_eq!(rgb(vec![Do::Text], PixelFormat::BGR24), "YUV 4:4:4 0 BGR3");
    assert_eq!(rgb(vec![], PixelFormat::BGR24), "BGR3");
}

#[test]
fn what_the_file_gives_up_itself_is_not_carried_further() {
    let input = Format::new(PixelFormat::RGB24, 640, 480);
    let transforms = vec![Do::Text, Do::Convert(PixelFormat::I420), Do::Jpeg(Some(PixelFormat::I444))];
    assert_eq!(hops(&plan(input, &[(transforms, vec![JPEG])]).unwrap(), 0), "C 0 1 2");
}

#[test]
fn a_branch_that_wants_chroma_has_it_and_its_siblings_pay_nothing() {
    let input = Format::new(PixelFormat::RGB24, 640, 480);
    let fine = (vec![Do::Jpeg(Some(PixelFormat::I444))], vec![JPEG]);
    let usual = (vec![], vec![JPEG]);
    let [fine_text, usual_text] =
        [&fine, &usual].map(|(transforms, kinds)| ([&[Do::Text], &transforms[..]].concat(), kinds.clone()));
    let apart = plan(input, &[usual.clone(), fine_text.clone(), usual_text]).unwrap();
    assert_eq!([hops(&apart, 0), hops(&apart, 1), hops(&apart, 2)], [" | C E", "YUV 4:4:4 0 1", "C 0 E"]);
    // What is done for all of them is done with what one of them wants.
    let behind = plan(input, &[(vec![Do::Text], vec![JPEG]), fine]).unwrap();
    assert_eq!([hops(&behind, 0), hops(&behind, 1)], ["YUV 4:4:4 0 E", "0"]);
    let shared = plan(input, &[usual, fine_text.clone(), fine_text]).unwrap();
    assert_eq!([hops(&shared, 1), hops(&shared, 2)], ["(YUV 4:4:4) 0 1", "(YUV 4:4:4) 0 1"]);
}

#[test]
fn a_jpeg_is_not_made_to_be_decoded_again() {
    let transforms = vec![Do::Text, Do::RatherOnJpeg, Do::Text];
    let plan = plan(Format::new(PixelFormat::I420, 640, 480), &[(transforms, vec![JPEG])]).unwrap();
    assert_eq!((hops(&plan, 0).as_str(), plan.losses), ("0 1 2 E", 0));
}

#[test]
fn a_source_is_not_asked_for_less_than_goes_out() {
    let [rgb, nv12] = [PixelFormat::RGB24, PixelFormat::NV12].map(|kind| Format::new(kind, 640, 480));
    let losses = |transforms: Vec<Do>| {
        let node =
            StreamNode { stream: 0, transforms: transforms.len(), children: vec![], sinks: vec![vec![JPEG]] };
        let (tree, modes) = (Tree { nodes: vec![node] }, Doing(vec![transforms]));
        [rgb, nv12].map(|input| tree.resolve_among(&modes, input, &[rgb, nv12]).unwrap().losses)
    };
    assert_eq!(losses(vec![]), [0, 0]);
    assert_eq!(losses(vec![Do::Jpeg(Some(PixelFormat::I444))]), [0, 3]);
}

/// A way as the search's opposite sees it: every format on it, the last one last.
#[derive(Clone)]
struct Walk {
    formats: Vec<Format>,
    encoded: bool,
    again: u32,
    cost_us: f64,
}

/// Every way of a stream from where a walk has come to, without a circle: to all formats that it can end in.
fn walks(modes: &Doing, stream: usize, wanted: &[PixelFormat], from: &Walk) -> Vec<Walk> {
    let mut found = Vec::new();
    let mut ahead = vec![(from.clone(), 0, HashSet::new())];
    while let Some((walk, done, mut seen)) = ahead.pop() {
        let format = walk.formats[walk.formats.len() - 1];
        if !seen.insert((done, format)) {
            continue;
        }
        let next = |mode: Mode, encoded, again| Walk {
            formats: walk.formats.iter().copied().chain([mode.gives]).collect(),
            encoded,
            again: walk.again + again,
            cost_us: walk.cost_us + mode.cost_us,
        };
        if done < modes.0[stream].len() {
            for mode in modes.transform(stream, done, &format).unwrap() {
                ahead.push((next(mode, walk.encoded, 0), done + 1, seen.clone()));
            }
        } else {
            found.push(walk.clone());
        }
        for conversion in Conversion::candidates(&format, false, wanted) {
            for mut mode in modes.conversion(&conversion, &format).unwrap() {
                mode.cost_us = mode.cost_us.max(0.1);
                let decoded = format.kind == JPEG && walk.encoded;
                let encoded = conversion == Conversion::Encode;
                ahead.push((next(mode, encoded, u32::from(decoded)), done, seen.clone()));
            }
        }
    }
    found
}

fn chroma(format: &Format) -> u32 {
    match if format.kind == JPEG { format.sampling } else { format.kind } {
        PixelFormat::I420 | PixelFormat::NV12 => 1,
        PixelFormat::I422 | PixelFormat::I440 | PixelFormat::YUYV => 2,
        PixelFormat::I444 | PixelFormat::RGB24 => 4,
        _ => 0,
    }
}

fn bits(format: &Format) -> u32 {
    if format.kind == PixelFormat::Y16 { 16 } else { 8 }
}

/// The losses on a walk to a sink that nobody asked for, and its cost.
fn price(walk: &Walk, wanted: &[PixelFormat]) -> (u32, f64) {
    let out = walk.formats[walk.formats.len() - 1];
    let raw = wanted.iter().filter(|kind| out.kind != JPEG && **kind != JPEG);
    let goes_out = raw.map(|kind| chroma(&out.with_kind(*kind))).max().unwrap_or(0).max(chroma(&out));
    let least = |of: fn(&Format) -> u32| walk.formats.iter().map(of).min().unwrap_or(0);
    let chroma = goes_out.min(chroma(&walk.formats[0])).saturating_sub(least(chroma));
    let shallow = least(bits) < bits(&out).min(bits(&walk.formats[0]));
    (walk.again + chroma + u32::from(shallow), walk.cost_us)
}

fn least(prices: impl Iterator<Item = (u32, f64)>) -> Option<(u32, f64)> {
    prices.min_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)))
}

/// The best of all ways for a stream and its sink, from where a walk has come to: its price without what it was so far.
fn best_of_all(modes: &Doing, stream: usize, kinds: &[PixelFormat], from: &Walk) -> Option<(u32, f64)> {
    let fitting = walks(modes, stream, kinds, from).into_iter();
    let fitting = fitting.filter(|walk| kinds.contains(&walk.formats[walk.formats.len() - 1].kind));
    let (losses, cost_us) = least(fitting.map(|walk| price(&walk, kinds)))?;
    Some((losses - from.again, cost_us - from.cost_us))
}

fn sources() -> impl Strategy<Value = Format> {
    let kinds = [
        PixelFormat::RGB24,
        PixelFormat::YUYV,
        PixelFormat::NV12,
        PixelFormat::I420,
        PixelFormat::I422,
        PixelFormat::I444,
        PixelFormat::GREY,
        PixelFormat::Y16,
    ];
    let raw = select(kinds.to_vec()).prop_map(|kind| Format::new(kind, 64, 48));
    let limited = raw.clone().prop_map(|raw| raw.with_colours(Matrix::BT709, Range::LIMITED));
    let samplings = select(vec![PixelFormat::I420, PixelFormat::I422, PixelFormat::I444]);
    let jpeg = samplings.prop_map(|kind| Format::jpeg(64, 48).with_sampling(kind));
    prop_oneof![2 => raw, 1 => limited, 2 => jpeg]
}

fn transforms() -> impl Strategy<Value = Vec<Do>> {
    let kinds = || select(vec![PixelFormat::I420, PixelFormat::I422, PixelFormat::I444, PixelFormat::GREY]);
    let one = prop_oneof![
        3 => Just(Do::Text),
        2 => proptest::option::of(kinds()).prop_map(Do::Jpeg),
        1 => kinds().prop_map(Do::Convert),
        1 => Just(Do::RatherOnJpeg),
    ];
    proptest::collection::vec(one, 0..4)
}

fn sinks() -> impl Strategy<Value = Vec<PixelFormat>> {
    let raw = vec![
        JPEG,
        PixelFormat::I420,
        PixelFormat::I444,
        PixelFormat::RGB24,
        PixelFormat::GREY,
        PixelFormat::Y16,
    ];
    prop_oneof![2 => Just(vec![JPEG]), 1 => subsequence(raw, 1..=3)]
}

proptest! {
    #[test]
    fn no_plan_loses_what_another_keeps_nor_costs_more(
        input in sources(),
        transforms in transforms(),
        kinds in sinks(),
    ) {
        let modes = Doing(vec![transforms.clone()]);
        let from = Walk { formats: vec![input], encoded: false, again: 0, cost_us: 0.0 };
        let best = best_of_all(&modes, 0, &kinds, &from);
        let plan = plan(input, &[(transforms, kinds)]).ok();
        prop_assert_eq!(plan.is_some(), best.is_some());
        if let (Some(plan), Some((losses, cost_us))) = (plan, best) {
            prop_assert_eq!(plan.losses, losses);
            prop_assert!((plan.cost_us - cost_us).abs() < 0.01, "{} and {}", plan.cost_us, cost_us);
        }
    }

    #[test]
    fn no_branch_loses_what_all_of_them_could_keep(
        input in sources(),
        streams in proptest::collection::vec((transforms(), sinks()), 2..4),
    ) {
        let modes = Doing(streams.iter().map(|(transforms, _)| transforms.clone()).collect());
        let from = Walk { formats: vec![input], encoded: false, again: 0, cost_us: 0.0 };
        // Without what could be shared: that only makes it cheaper.
        let wholes = walks(&modes, 0, &[], &from).into_iter().filter_map(|point| {
            let mut whole = (point.again, point.cost_us);
            let nothing = Doing(vec![Vec::new()]);
            let tail = best_of_all(&nothing, 0, &streams[0].1, &point)?;
            let children = (1..streams.len()).map(|child| best_of_all(&modes, child, &streams[child].1, &point));
            for more in [Some(tail)].into_iter().chain(children) {
                let (losses, cost_us) = more?;
                whole = (whole.0 + losses, whole.1 + cost_us);
            }
            Some(whole)
        });
        let best = least(wholes);
        let plan = plan(input, &streams).ok();
        prop_assert_eq!(plan.is_some(), best.is_some());
        if let (Some(plan), Some((losses, cost_us))) = (plan, best) {
            prop_assert!(plan.losses <= losses, "{} and {}", plan.losses, losses);
            prop_assert!(plan.losses < losses || plan.cost_us < cost_us + 0.01, "{} and {}", plan.cost_us, cost_us);
        }
    }

    #[test]
    fn what_goes_out_of_a_plan_is_what_was_reckoned(input in sources(), transforms in transforms()) {
        // Each hop takes what the one before it gives.
        if let Ok(plan) = plan(input, &[(transforms, vec![JPEG])]) {
            let stream = &plan.streams[&0];
            let mut format = input;
            for stage in stream.stages.iter().chain(&stream.tails[0]) {
                prop_assert_eq!(stage.input, format);
                format = stage.output();
            }
            prop_assert_eq!(format.kind.class(), Some(Class::Jpeg));
        }
    }
}
