//! Plans for plugins that declare costs like the real ones'.

mod deep;
mod losses;

use super::*;
use mutoscope_plugin::host::Failure;
use mutoscope_plugin::{Format, Matrix, Mode, PixelFormat, Range, Scaling, Size};

#[derive(Clone)]
enum Fake {
    /// To this width, from pixels.
    Resize(u32),
    /// Measured in pixels.
    Text,
    /// A quarter turn: on the JPEG itself or on pixels.
    Turn,
    /// Takes only RGB, which nothing here makes.
    Rgb,
}

struct Fakes(Vec<Vec<Fake>>);

const HD: Format = Format::jpeg(1920, 1080).with_sampling(PixelFormat::I420);

fn share(format: &Format) -> f64 {
    format.size().pixels() as f64 / (1920.0 * 1080.0)
}

impl Modes for Fakes {
    fn transform(&self, stream: usize, index: usize, input: &Format) -> Result<Vec<Mode>, Failure> {
        let planes = input.kind.is_planes();
        Ok(match self.0[stream][index] {
            Fake::Resize(width) if planes => {
                let size = Size::new(
                    width,
                    (u64::from(input.height) * u64::from(width) / u64::from(input.width)) as u32,
                );
                vec![
                    Mode::new(input.with_size(size), 600.0 * share(input))
                        .scaling(Scaling::AtLeast(size))
                        .stateless(),
                ]
            }
            Fake::Text if planes => vec![Mode::new(*input, 40.0).stateless()],
            Fake::Turn => {
                let turned = input.with_size(Size::new(input.height, input.width));
                let cost = if planes { 800.0 } else { 4000.0 } * share(input);
                (planes || input.kind == PixelFormat::JPEG)
                    .then(|| Mode::new(turned, cost).scaling(Scaling::Free).stateless())
                    .into_iter()
                    .collect()
            }
            _ => Vec::new(),
        })
    }

    fn conversion(&self, conversion: &Conversion, input: &Format) -> Result<Vec<Mode>, Failure> {
        Ok(match conversion {
            Conversion::Decode { downscale } => {
                let size = Size::new(input.width.div_ceil(*downscale), input.height.div_ceil(*downscale));
                let cost = [3300.0, 2600.0, 2300.0, 2200.0][downscale.ilog2() as usize] * share(input);
                vec![Mode::new(Format::new(PixelFormat::I420, size.width, size.height), cost).stateless()]
            }
            Conversion::Encode => {
                vec![Mode::new(Format::jpeg(input.width, input.height), 4500.0 * share(input)).stateless()]
            }
            Conversion::Convert => {
                let to = Format::new(PixelFormat::I422, input.width, input.height);
                vec![Mode::new(to, 500.0 * share(input)).stateless()]
            }
            Conversion::To(kind) => {
                let cost = if *kind == PixelFormat::GREY { 100.0 } else { 500.0 };
                vec![Mode::new(input.with_kind(*kind), cost * share(input)).stateless()]
            }
        })
    }
}

/// Streams as (parent, transforms), each with one sink that takes JPEG.
fn resolve(input: Format, streams: Vec<(Option<usize>, Vec<Fake>)>) -> Result<TreePlan, NoRoute> {
    let mut tree = Tree::default();
    for (stream, (parent, transforms)) in streams.iter().enumerate() {
        tree.nodes.push(StreamNode {
            stream,
            transforms: transforms.len(),
            children: Vec::new(),
            sinks: vec![vec![PixelFormat::JPEG]],
        });
        if let Some(parent) = parent {
            tree.nodes[*parent].children.push(stream);
        }
    }
    tree.resolve(&Fakes(streams.into_iter().map(|(_, transforms)| transforms).collect()), input)
}

/// A stream's hops in a few letters: `D2` decode at 1/2, `E` encode, `C` convert, `0` its first transform; what is done for
/// siblings too in brackets; `|` before the tail.
fn hops(plan: &TreePlan, stream: usize) -> String {
    let word = |stage: &Stage| {
        let word = match &stage.work {
            Work::Transform(index) => index.to_string(),
            Work::Conversion(Conversion::Decode { downscale }) => format!("D{downscale}"),
            Work::Conversion(Conversion::Encode) => "E".into(),
            Work::Conversion(Conversion::Convert) => "C".into(),
            Work::Conversion(Conversion::To(kind)) => kind.to_string(),
        };
        if stage.shared { format!("({word})") } else { word }
    };
    let plan = &plan.streams[&stream];
    let stages: Vec<_> = plan.stages.iter().map(word).collect();
    let tail: Vec<_> = plan.tails[0].iter().map(word).collect();
    if tail.is_empty() { stages.join(" ") } else { format!("{} | {}", stages.join(" "), tail.join(" ")) }
}

fn one(input: Format, transforms: Vec<Fake>) -> String {
    hops(&resolve(input, vec![(None, transforms)]).unwrap(), 0)
}

#[test]
fn a_jpeg_that_nobody_works_on_is_passed_on() {
    let plan = resolve(HD, vec![(None, vec![])]).unwrap();
    assert_eq!((hops(&plan, 0).as_str(), plan.cost_us), ("", 0.0));
}

#[test]
fn one_decode_and_one_encode_however_many_transforms() {
    assert_eq!(one(HD, vec![Fake::Text, Fake::Text, Fake::Text]), "D1 0 1 2 E");
}

#[test]
fn a_resize_is_told_to_the_decoder() {
    assert_eq!(one(HD, vec![Fake::Resize(640), Fake::Text]), "D2 0 1 E");
    assert_eq!(one(HD, vec![Fake::Resize(480)]), "D4 0 E");
    assert_eq!(one(HD, vec![Fake::Resize(200)]), "D8 0 E");
    assert_eq!(one(HD, vec![Fake::Resize(1000)]), "D1 0 E");
    assert_eq!(one(HD, vec![Fake::Resize(3840)]), "D1 0 E");
}

#[test]
fn a_text_before_the_resize_stops_the_hint_and_a_turn_does_not() {
    assert_eq!(one(HD, vec![Fake::Text, Fake::Resize(640)]), "D1 0 1 E");
    assert_eq!(one(HD, vec![Fake::Turn, Fake::Resize(360)]), "D2 0 1 E");
}

#[test]
fn a_way_on_the_jpeg_itself_is_taken_where_nothing_else_needs_pixels() {
    assert_eq!(one(HD, vec![Fake::Turn]), "0");
    assert_eq!(one(HD, vec![Fake::Turn, Fake::Text]), "D1 0 1 E");
}

#[test]
fn raw_frames_are_converted_once_and_after_the_resize_if_that_is_cheaper() {
    let yuyv = Format::new(PixelFormat::YUYV, 1920, 1080).with_colours(Matrix::BT709, Range::LIMITED);
    assert_eq!(one(yuyv, vec![]), "C E");
    assert_eq!(one(yuyv, vec![Fake::Resize(640), Fake::Text]), "C 0 1 E");
    let limited = Format::new(PixelFormat::I420, 1920, 1080).with_colours(Matrix::BT709, Range::LIMITED);
    assert_eq!(one(limited, vec![Fake::Resize(640)]), "0 C E");
}

#[test]
fn three_sizes_of_one_capture_share_one_decode_at_the_largest_hint() {
    let plan = resolve(
        HD,
        vec![
            (None, vec![]),
            (Some(0), vec![Fake::Resize(960)]),
            (Some(0), vec![Fake::Resize(640)]),
            (Some(0), vec![Fake::Resize(320)]),
        ],
    )
    .unwrap();
    assert_eq!([hops(&plan, 0), hops(&plan, 1)], ["", "(D2) 0 E"]);
    assert_eq!([hops(&plan, 2), hops(&plan, 3)], ["(D2) 0 E", "(D2) 0 E"]);
    let decode = 2600.0;
    let declared: f64 = plan.streams.values().map(StreamPlan::cost_us).sum::<f64>() - 2.0 * decode;
    assert!((plan.cost_us - declared).abs() < 0.01, "{} and {declared}", plan.cost_us);
}

#[test]
fn a_child_that_does_better_alone_stays_alone() {
    let plan = resolve(
        HD,
        vec![
            (None, vec![]),
            (Some(0), vec![Fake::Turn]),
            (Some(0), vec![Fake::Text]),
            (Some(0), vec![Fake::Text]),
        ],
    )
    .unwrap();
    assert_eq!([hops(&plan, 1), hops(&plan, 2), hops(&plan, 3)], ["0", "(D1) 0 E", "(D1) 0 E"]);
}

#[test]
fn a_child_takes_its_parents_pixels_before_they_are_encoded() {
    let plan = resolve(HD, vec![(None, vec![Fake::Resize(640)]), (Some(0), vec![Fake::Text])]).unwrap();
    assert_eq!([hops(&plan, 0), hops(&plan, 1)], ["D2 0 | E", "0 E"]);
}

#[test]
fn a_way_that_failed_for_a_frame_is_gone_round() {
    let fakes = Fakes(vec![vec![Fake::Turn]]);
    let excluded = [(Work::Transform(0), 0)];
    let chain = Chain { modes: &fakes, stream: 0, transforms: 1, excluded: &excluded };
    let start = Start { format: HD, scaled: false, from: 0 };
    // The fake has one number for both ways, so nothing is left: the error names the stage.
    let error = chain.cheapest(start, Goal::Kinds(&[PixelFormat::JPEG])).unwrap_err();
    assert!(matches!(error, NoRoute::Transform { index: 0, .. }), "{error}");
}

#[test]
fn colour_is_not_given_up_because_grey_would_be_cheaper() {
    let fakes = Fakes(vec![vec![]]);
    let chain = Chain { modes: &fakes, stream: 0, transforms: 0, excluded: &[] };
    let to = |kinds: &[PixelFormat]| {
        let start = Start { format: Format::new(PixelFormat::I444, 640, 480), scaled: false, from: 0 };
        chain.cheapest(start, Goal::Kinds(kinds)).unwrap().output.kind
    };
    assert_eq!(to(&[PixelFormat::GREY, PixelFormat::I420]), PixelFormat::I420);
    assert_eq!(to(&[PixelFormat::GREY, PixelFormat::I444]), PixelFormat::I444);
    assert_eq!(to(&[PixelFormat::GREY]), PixelFormat::GREY);
}

#[test]
fn what_only_one_sink_needs_converted_is_converted_for_that_one() {
    let limited = Format::new(PixelFormat::I420, 640, 480).with_colours(Matrix::BT601, Range::LIMITED);
    let planes = vec![PixelFormat::I420, PixelFormat::I422, PixelFormat::I444];
    let camera = StreamNode {
        stream: 0,
        transforms: 0,
        children: vec![],
        sinks: vec![vec![PixelFormat::JPEG], planes],
    };
    let plan = Tree { nodes: vec![camera] }.resolve(&Fakes(vec![vec![]]), limited).unwrap();
    let plan = &plan.streams[&0];
    assert_eq!((plan.output, plan.tails[0].len(), plan.tails[1].len()), (limited, 2, 0));
}

#[test]
fn an_impasse_names_the_stage_and_what_there_is() {
    let error = resolve(HD, vec![(None, vec![Fake::Text, Fake::Rgb])]).unwrap_err();
    let NoRoute::Transform { index: 1, offered, .. } = &error else { panic!("{error:?}") };
    assert!(offered.iter().any(|format| format.kind == PixelFormat::JPEG));
    assert!(offered.iter().any(|format| format.kind == PixelFormat::I420));
    assert_eq!(error.to_string(), "it takes none of what there is here: JPEG, YUV 4:2:0");
}
