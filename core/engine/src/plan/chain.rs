//! One stream's cheapest way from a format to a goal: Dijkstra's search over (transforms done, format, detail left).
//!
//! The states are few: a format changes its kind a handful of ways and its size only at decoders and resizes; and a state that
//! costs more than another without more detail is left out. Each edge is a way that a plugin offered, of a transform or of a
//! conversion.

use super::fidelity::{Fidelity, Price};
use super::{Conversion, Modes, Stage, Work};
use mutoscope_plugin::host::Failure;
use mutoscope_plugin::{Format, PixelFormat, Scaling, Size};
use std::cmp::{Ordering, Reverse};
use std::collections::{BinaryHeap, HashMap};

/// The beginning of a chain.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Start {
    /// The frame's format.
    pub format: Format,
    /// It was decoded smaller than it is: a resize must come before anything that minds.
    pub scaled: bool,
    /// Transforms that are done already.
    pub from: usize,
}

/// The end that a chain must reach.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Goal<'a> {
    /// All transforms done; whatever format that leaves.
    Any,
    /// One of these kinds.
    Kinds(&'a [PixelFormat]),
}

/// A stage of the search that a frame was given back from: not to be tried on it again.
pub type Excluded = (Work, u32);

/// A chain, as the search sees it.
pub struct Chain<'a> {
    /// The plugins, as they are asked.
    pub modes: &'a dyn Modes,
    /// The stream's index.
    pub stream: usize,
    /// The number of its transforms.
    pub transforms: usize,
    /// Modes that have just failed for the frame in hand.
    pub excluded: &'a [Excluded],
}

/// A way through.
#[derive(Clone, PartialEq, Debug)]
pub struct Path {
    /// The hops.
    pub stages: Vec<Stage>,
    /// The format that comes out.
    pub output: Format,
    /// Processor time for one frame, in microseconds, as declared.
    pub cost_us: f64,
}

/// The reason for which no route exists.
#[derive(Clone, PartialEq, Debug)]
pub enum NoRoute {
    /// Nothing that the chain can become is taken by this transform.
    Transform {
        /// The stream's index.
        stream: usize,
        /// The transform's index.
        index: usize,
        /// The formats that it was offered.
        offered: Vec<Format>,
    },
    /// Nothing that the chain can become is taken by the sinks.
    Sink {
        /// The stream's index.
        stream: usize,
        /// The formats that there are.
        offered: Vec<Format>,
    },
    /// A plugin failed when it was asked.
    Failed {
        /// The stream's index.
        stream: usize,
        /// The transform's index; `None` for a conversion.
        index: Option<usize>,
        /// Its message.
        failure: Failure,
    },
}

/// A start inside a tree: with the detail that the frame has kept on its way there.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) struct Point {
    pub(super) start: Start,
    pub(super) kept: Fidelity,
}

/// A way that a search has found.
pub(super) struct Found {
    pub(super) path: Path,
    pub(super) price: Price,
    /// The detail that comes out.
    pub(super) kept: Fidelity,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
struct State {
    done: usize,
    format: Format,
    scaled: bool,
    kept: Fidelity,
}

/// The best way to each state: the state before it, and the stage between.
type Reached = HashMap<State, (Price, Option<(State, Stage)>)>;

struct Candidate {
    price: Price,
    state: State,
    /// It is the goal, and the price has the losses that show there.
    arrived: bool,
}

impl PartialEq for Candidate {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}
impl Eq for Candidate {}
impl PartialOrd for Candidate {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Candidate {
    fn cmp(&self, other: &Self) -> Ordering {
        // Among equals the one that has come further: a conversion that saves nothing is not done before a transform.
        self.price.total_cmp(&other.price).then(other.state.done.cmp(&self.state.done))
    }
}

/// A conversion costs at least this much, so that none is ever done for nothing.
const LEAST_COST_US: f64 = 0.1;

impl Chain<'_> {
    /// The cheapest way to the goal, among those that lose the least of the frame's detail unasked.
    ///
    /// # Errors
    /// There is none: where it ends, and in what.
    pub fn cheapest(&self, start: Start, goal: Goal<'_>) -> Result<Path, NoRoute> {
        let kept = Fidelity::of(&start.format);
        self.best(Point { start, kept }, &kept, goal).map(|found| found.path)
    }

    /// The same for a frame that is on its way: `came` is what the source gave.
    pub(super) fn best(&self, from: Point, came: &Fidelity, goal: Goal<'_>) -> Result<Found, NoRoute> {
        let mut ends = self.search(from, came, Some(goal))?;
        ends.pop().ok_or_else(|| unreachable_goal(self.stream))
    }

    /// The cheapest way to each format that the chain can end in, and to each with more detail.
    ///
    /// # Errors
    /// It can end in none.
    pub(super) fn ends(&self, from: Point, came: &Fidelity) -> Result<Vec<Found>, NoRoute> {
        self.search(from, came, None)
    }

    fn search(
        &self,
        Point { start, kept }: Point,
        came: &Fidelity,
        goal: Option<Goal<'_>>,
    ) -> Result<Vec<Found>, NoRoute> {
        let wanted = match goal {
            None | Some(Goal::Any) => &[],
            Some(Goal::Kinds(kinds)) => kinds,
        };
        let start = State { done: start.from, format: start.format, scaled: start.scaled, kept };
        let first = Candidate { price: Price::default(), state: start, arrived: false };
        let mut reached: Reached = HashMap::from([(start, (first.price, None))]);
        let mut settled: Vec<State> = Vec::new();
        let mut known: HashMap<(usize, Format, bool), Vec<Fidelity>> = HashMap::new();
        let mut queue = BinaryHeap::from([Reverse(first)]);
        let mut ends = Vec::new();
        while let Some(Reverse(Candidate { price, state, arrived })) = queue.pop() {
            if arrived {
                return Ok(vec![found(&reached, state)]);
            }
            // What was there before has cost no more.
            let known = known.entry((state.done, state.format, state.scaled)).or_default();
            if known.iter().any(|known| known.covers(&state.kept)) {
                continue;
            }
            known.push(state.kept);
            settled.push(state);
            let met = wanted.is_empty() || wanted.contains(&state.format.kind);
            if state.done == self.transforms && !state.scaled && met {
                let losses = state.kept.lost(came, &state.format, wanted);
                match goal {
                    None => ends.push(found(&reached, state)),
                    Some(_) if losses == 0 => return Ok(vec![found(&reached, state)]),
                    Some(_) => {
                        queue.push(Reverse(Candidate { price: price.losing(losses), state, arrived: true }));
                    }
                }
            }
            for (stage, next) in self.steps(&state, wanted)? {
                let price = price + Price::of(&stage, &state.kept);
                if reached.get(&next).is_none_or(|(known, _)| price.is_below(known)) {
                    reached.insert(next, (price, Some((state, stage))));
                    queue.push(Reverse(Candidate { price, state: next, arrived: false }));
                }
            }
        }
        if ends.is_empty() { Err(self.no_route(&settled)) } else { Ok(ends) }
    }

    /// Everything that can be done next.
    fn steps(&self, state: &State, wanted: &[PixelFormat]) -> Result<Vec<(Stage, State)>, NoRoute> {
        let mut steps = Vec::new();
        let failed = |index| move |failure| NoRoute::Failed { stream: self.stream, index, failure };
        if state.done < self.transforms {
            let index = state.done;
            let modes =
                self.modes.transform(self.stream, index, &state.format).map_err(failed(Some(index)))?;
            for mode in modes {
                let scaled = match mode.scaling {
                    Scaling::Exact if state.scaled => continue,
                    Scaling::AtLeast(size) if state.scaled && !covers(state.format.size(), size) => continue,
                    Scaling::Free => state.scaled,
                    Scaling::Exact | Scaling::AtLeast(_) => false,
                };
                let work = Work::Transform(index);
                if self.excluded.contains(&(work.clone(), mode.id)) {
                    continue;
                }
                let stage = Stage { work, mode, input: state.format, scaled, shared: false };
                steps.push(state.behind(stage, state.done + 1));
            }
        }
        for conversion in Conversion::candidates(&state.format, state.scaled, wanted) {
            let modes = self.modes.conversion(&conversion, &state.format).map_err(failed(None))?;
            for mut mode in modes {
                mode.cost_us = mode.cost_us.max(LEAST_COST_US);
                let smaller = matches!(conversion, Conversion::Decode { downscale } if downscale > 1);
                // A tiny picture decodes to the same size at any scale.
                let scaled = state.scaled || (smaller && mode.gives.size() != state.format.size());
                let work = Work::Conversion(conversion.clone());
                if self.excluded.contains(&(work.clone(), mode.id)) {
                    continue;
                }
                let stage = Stage { work, mode, input: state.format, scaled, shared: false };
                steps.push(state.behind(stage, state.done));
            }
        }
        Ok(steps)
    }

    /// Names the first stage that nothing led past.
    fn no_route(&self, settled: &[State]) -> NoRoute {
        let done = settled.iter().map(|state| state.done).max().unwrap_or(0);
        let offered =
            settled.iter().filter(|state| state.done == done && !state.scaled).map(|state| state.format);
        let offered = offered.collect();
        if done < self.transforms {
            NoRoute::Transform { stream: self.stream, index: done, offered }
        } else {
            NoRoute::Sink { stream: self.stream, offered }
        }
    }
}

fn unreachable_goal(stream: usize) -> NoRoute {
    NoRoute::Sink { stream, offered: Vec::new() }
}

/// Returns whether a picture of size `is` is at least as large as `wanted` both ways.
fn covers(is: Size, wanted: Size) -> bool {
    is.width >= wanted.width && is.height >= wanted.height
}

impl State {
    /// The state behind a stage.
    fn behind(&self, stage: Stage, done: usize) -> (Stage, State) {
        let (format, scaled, kept) = (stage.output(), stage.scaled, self.kept.after(&stage));
        (stage, State { done, format, scaled, kept })
    }
}

fn found(reached: &Reached, end: State) -> Found {
    let price = reached.get(&end).map_or_else(Price::default, |(price, _)| *price);
    let mut stages = Vec::new();
    let mut state = end;
    while let Some((_, Some((before, stage)))) = reached.get(&state) {
        stages.push(stage.clone());
        state = *before;
    }
    stages.reverse();
    Found { path: Path { stages, output: end.format, cost_us: price.cost_us }, price, kept: end.kept }
}

impl std::fmt::Display for NoRoute {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let list = |formats: &[Format]| {
            let mut kinds: Vec<_> = formats.iter().map(|format| format.kind.to_string()).collect();
            kinds.sort();
            kinds.dedup();
            kinds.join(", ")
        };
        match self {
            NoRoute::Transform { offered, .. } => {
                write!(f, "it takes none of what there is here: {}", list(offered))
            }
            NoRoute::Sink { offered, .. } => {
                write!(f, "no sink of this stream takes what comes out: {}", list(offered))
            }
            NoRoute::Failed { failure, .. } => failure.fmt(f),
        }
    }
}
