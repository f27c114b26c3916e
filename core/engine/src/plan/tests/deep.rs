//! Trees as large as a file of a few kilobytes can make them.

use super::*;
use std::cell::Cell;

/// Modes that count the questions.
struct Counted<'a> {
    modes: &'a Fakes,
    questions: Cell<usize>,
}

impl Modes for Counted<'_> {
    fn transform(&self, stream: usize, index: usize, input: &Format) -> Result<Vec<Mode>, Failure> {
        self.questions.set(self.questions.get() + 1);
        self.modes.transform(stream, index, input)
    }

    fn conversion(&self, conversion: &Conversion, input: &Format) -> Result<Vec<Mode>, Failure> {
        self.questions.set(self.questions.get() + 1);
        self.modes.conversion(conversion, input)
    }
}

const MANY: usize = 1_500;

/// Plans for streams, each with its parent and its transform, on a stack that recursion by the stream would overflow; gives
/// the questions that plugins were asked, too.
fn settled(stream: fn(usize) -> (usize, Option<Fake>)) -> (TreePlan, usize) {
    let resolve = move || {
        let streams: Vec<_> = (0..MANY).map(stream).collect();
        let mut tree = Tree::default();
        for (at, (parent, transform)) in streams.iter().enumerate() {
            let (transforms, sinks) = (transform.iter().count(), vec![vec![PixelFormat::JPEG]]);
            tree.nodes.push(StreamNode { stream: at, transforms, children: Vec::new(), sinks });
            if at > 0 {
                tree.nodes[*parent].children.push(at);
            }
        }
        let fakes =
            Fakes(streams.into_iter().map(|(_, transform)| transform.into_iter().collect()).collect());
        let counted = Counted { modes: &fakes, questions: Cell::new(0) };
        let plan = tree.resolve(&counted, HD).unwrap();
        (plan, counted.questions.get())
    };
    std::thread::Builder::new().stack_size(256 << 10).spawn(resolve).unwrap().join().unwrap()
}

#[test]
fn a_long_row_of_streams_passes_a_jpeg_on() {
    let (plan, questions) = settled(|at| (at.saturating_sub(1), None));
    assert_eq!((plan.streams.len(), plan.cost_us), (MANY, 0.0));
    assert!(plan.streams.values().all(|stream| stream.stages.is_empty()));
    assert!(questions < 50, "{questions}");
}

#[test]
fn a_long_row_of_streams_that_write_on_pixels_decodes_once() {
    let (plan, questions) = settled(|at| (at.saturating_sub(1), Some(Fake::Text)));
    assert_eq!([hops(&plan, 0), hops(&plan, 1), hops(&plan, MANY - 1)], ["D1 0 | E", "0 | E", "0 E"]);
    assert!(questions < 10 * MANY, "{questions}");
}

#[test]
fn many_streams_from_one_share_its_decode() {
    let (plan, questions) = settled(|at| (0, (at > 0).then_some(Fake::Resize(640))));
    assert_eq!([hops(&plan, 0), hops(&plan, 1), hops(&plan, MANY - 1)], ["", "(D2) 0 E", "(D2) 0 E"]);
    assert!(questions < 20 * MANY, "{questions}");
}

#[test]
fn a_row_from_whose_every_stream_another_branches_is_planned_too() {
    let comb = |at: usize| match at % 2 {
        0 => (at.saturating_sub(2), None),
        _ => (at - 1, Some(Fake::Resize(640))),
    };
    let (plan, questions) = settled(comb);
    assert_eq!(plan.streams.len(), MANY);
    assert!(plan.streams.values().all(|stream| stream.tails.len() == 1));
    assert!(questions < 30 * MANY, "{questions}");
}

#[test]
fn a_row_of_resizes_has_few_sizes() {
    const SIZES: [u32; 4] = [641, 359, 1283, 97];
    let (plan, questions) = settled(|at| (at.saturating_sub(1), Some(Fake::Resize(SIZES[at % 4]))));
    assert_eq!(plan.streams.len(), MANY);
    assert!(questions < 100 * MANY, "{questions}");
}
