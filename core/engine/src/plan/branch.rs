//! Streams together: what branches from one frame shares what it has in common.
//!
//! A stream's chain ends at its branching point. From there its children's chains go on, and the conversions
//! that its sinks need (its *tail*). The cheapest whole is found by trying each format that the point can
//! have, and at each point each conversion that could be done once for all children instead of by each. What a node and
//! all below it cost depends on nothing but what comes in, and is reckoned once for each of these.

use super::chain::{Chain, Found, Goal, Point, Start};
use super::fidelity::{Fidelity, Price};
use super::memory::Remembered;
use super::{Conversion, Modes, NoRoute, Stage, StreamNode, Tree, Work};
use mutoscope_plugin::Format;
use std::collections::{BTreeMap, HashMap};

/// The plan for every stream of a tree, for one format of its source.
#[derive(Clone, PartialEq, Debug)]
pub struct TreePlan {
    /// The source's format that it was made for.
    pub input: Format,
    /// By stream index.
    pub streams: BTreeMap<usize, StreamPlan>,
    /// Processor time for one frame through everything, in microseconds, as declared.
    pub cost_us: f64,
    /// The share of the source's detail gets lost on the way to what goes out, though nobody has given it up there; 0 wherever
    /// that can be had.
    pub losses: u32,
}

/// The plan for one stream.
#[derive(Clone, PartialEq, Debug)]
pub struct StreamPlan {
    /// The format that comes in from the source or from the parent's branching point.
    pub input: Format,
    /// The hops to the branching point, transforms and conversions.
    pub stages: Vec<Stage>,
    /// The format at the branching point.
    pub output: Format,
    /// The hops from there to each sink.
    pub tails: Vec<Vec<Stage>>,
}

impl StreamPlan {
    /// Returns whether each frame is worked on for itself, so that several workers may share the stream.
    pub fn is_stateless(&self) -> bool {
        self.stages.iter().chain(self.tails.iter().flatten()).all(|stage| stage.mode.stateless)
    }

    /// Processor time for one frame, in microseconds, as declared. What siblings share is counted with each.
    pub fn cost_us(&self) -> f64 {
        self.stages.iter().chain(self.tails.iter().flatten()).map(|stage| stage.mode.cost_us).sum()
    }
}

impl Tree {
    /// The cheapest plan for frames of this format, among those that lose the least of their detail unasked.
    ///
    /// # Errors
    /// There is no way through: where.
    pub fn resolve(&self, modes: &dyn Modes, input: Format) -> Result<TreePlan, NoRoute> {
        self.resolve_among(modes, input, &[])
    }

    /// The same for a source that could give these formats, too: what `input` lacks beside them counts as lost.
    ///
    /// # Errors
    /// As for `resolve`.
    pub fn resolve_among(
        &self,
        modes: &dyn Modes,
        input: Format,
        offered: &[Format],
    ) -> Result<TreePlan, NoRoute> {
        let kept = Fidelity::of(&input);
        let came = offered.iter().fold(kept, Fidelity::or);
        let mut search = Search {
            tree: self,
            modes: Remembered::new(modes),
            came,
            nodes: self.nodes.iter().map(|_| Node::default()).collect(),
        };
        let Some(root) = search.nodes.first_mut() else {
            return Ok(TreePlan { input, streams: BTreeMap::new(), cost_us: 0.0, losses: 0 });
        };
        root.starts = vec![Point { start: Start { format: input, scaled: false, from: 0 }, kept }];
        (0..self.nodes.len()).for_each(|node| search.explore(node));
        (0..self.nodes.len()).rev().for_each(|node| search.judge(node));
        let Price { losses, cost_us } = search.price(0, 0)?;
        Ok(TreePlan { input, streams: search.streams(), cost_us, losses })
    }
}

/// A search over a tree: down for everything that may come in at each node, up for what is best from there, and down again
/// along the best. It goes node by node, since the depth of a tree is up to the file.
struct Search<'a> {
    tree: &'a Tree,
    modes: Remembered<'a>,
    /// The detail that the source gives.
    came: Fidelity,
    /// As in the tree.
    nodes: Vec<Node>,
}

/// A node, and what was found of it. Indices stand for starts, points and ends, in this order of their fields.
#[derive(Default)]
struct Node {
    /// The formats that may come in.
    starts: Vec<Point>,
    /// By start: the ways to the branching point.
    ends: Vec<Result<Vec<End>, NoRoute>>,
    /// The formats that may be at the branching point.
    points: Vec<Point>,
    /// By point: where the children may start.
    onward: Vec<Result<Onward, NoRoute>>,
    /// By point: the best from there.
    beyond: Vec<Result<Beyond, NoRoute>>,
    /// By start: the best end, and the price of the node and all below it.
    best: Vec<Result<(usize, Price), NoRoute>>,
}

/// A way to a branching point.
struct End {
    stages: Vec<Stage>,
    price: Price,
    point: usize,
}

/// The starts of children: an index of their starts, which are the same for all of them.
struct Onward {
    /// Each with the frame as it is.
    alone: usize,
    /// All with what one conversion makes of it.
    shares: Vec<Share>,
}

/// A conversion that is done once for several children.
struct Share {
    first: Stage,
    price: Price,
    start: usize,
}

/// The best from a branching point: for the sinks, and for the children.
struct Beyond {
    tails: Vec<Vec<Stage>>,
    share: Option<Sharing>,
    price: Price,
}

/// The point's conversions, each with the children that share it.
struct Sharing {
    share: usize,
    users: Vec<bool>,
}

/// The points that are looked at for a node. Formats make a dozen; a row of resizes, each with sizes that differ by a line,
/// would make more with each stream. The cheapest were found first.
const MOST_POINTS: usize = 32;

/// Points in the order in which they were found.
#[derive(Default)]
struct Points {
    all: Vec<Point>,
    index: HashMap<Point, usize>,
}

impl Points {
    /// Adds a point unless it is known, and gives its index.
    fn add(&mut self, point: Point) -> usize {
        *self.index.entry(point).or_insert_with(|| {
            self.all.push(point);
            self.all.len() - 1
        })
    }

    /// The same, but for one more than there may be.
    fn add_if_room(&mut self, point: Point) -> Option<usize> {
        let has_room = self.all.len() < MOST_POINTS || self.index.contains_key(&point);
        has_room.then(|| self.add(point))
    }
}

impl Search<'_> {
    fn chain(&self, node: usize) -> Chain<'_> {
        let node = &self.tree.nodes[node];
        Chain { modes: &self.modes, stream: node.stream, transforms: node.transforms, excluded: &[] }
    }

    /// Finds the ways to a node's branching point from everything that may come in, and with them the starts of its children.
    fn explore(&mut self, at: usize) {
        let starts = std::mem::take(&mut self.nodes[at].starts);
        let tree = self.tree;
        let node = &tree.nodes[at];
        let chain = self.chain(at);
        let mut points = Points::default();
        let ends = starts.iter().map(|start| {
            // Without children the branching point can be anywhere: straight to what the sinks take.
            let found = match (&node.children[..], &node.sinks[..]) {
                ([], [only]) => vec![chain.best(*start, &self.came, Goal::Kinds(only))?],
                _ => chain.ends(*start, &self.came)?,
            };
            let mut ends: Vec<End> = Vec::new();
            for Found { path, price, kept } in found {
                let start = Start { format: path.output, scaled: false, from: node.transforms };
                let point = Point { start, kept };
                // No start is left without an end.
                let point = if ends.is_empty() { Some(points.add(point)) } else { points.add_if_room(point) };
                ends.extend(point.map(|point| End { stages: path.stages, price, point }));
            }
            Ok(ends)
        });
        let ends: Vec<Result<Vec<End>, NoRoute>> = ends.collect();
        let points = points.all;
        let mut below = Points::default();
        // All that need nothing come first: for them there is room.
        let alone: Vec<usize> = points
            .iter()
            .map(|Point { start, kept }| below.add(Point { start: Start { from: 0, ..*start }, kept: *kept }))
            .collect();
        let onward = points.iter().zip(alone);
        let onward = onward.map(|(point, alone)| {
            let shares = self.shares(at, point, &mut below)?;
            Ok(Onward { alone, shares })
        });
        let onward = onward.collect();
        for child in &node.children {
            self.nodes[*child].starts.clone_from(&below.all);
        }
        self.nodes[at] = Node { starts, ends, points, onward, ..Node::default() };
    }

    /// Finds the starts of a node's children behind a conversion that is done for all of them.
    fn shares(&self, at: usize, point: &Point, below: &mut Points) -> Result<Vec<Share>, NoRoute> {
        let Point { start: Start { format, .. }, kept } = *point;
        let StreamNode { stream, children, .. } = &self.tree.nodes[at];
        let mut shares = Vec::new();
        if children.len() < 2 {
            return Ok(shares);
        }
        for conversion in Conversion::candidates(&format, false, &[]) {
            let offered = self.modes.conversion(&conversion, &format);
            let failed = |failure| NoRoute::Failed { stream: *stream, index: None, failure };
            for mode in offered.map_err(failed)? {
                let scaled = mode.gives.size() != format.size();
                let work = Work::Conversion(conversion.clone());
                let first = Stage { work, mode, input: format, scaled, shared: true };
                let price = Price::of(&first, &kept);
                let start = Start { format: first.output(), scaled, from: 0 };
                let start = below.add_if_room(Point { start, kept: kept.after(&first) });
                shares.extend(start.map(|start| Share { first, price, start }));
            }
        }
        Ok(shares)
    }

    /// Finds the best from each branching point and each start of a node, whose children have theirs.
    fn judge(&mut self, at: usize) {
        let node = &self.nodes[at];
        let points = node.points.iter().zip(&node.onward);
        let beyond: Vec<_> = points.map(|(point, onward)| self.beyond(at, *point, onward)).collect();
        let best = node.starts.iter().zip(&node.ends).map(|(start, ends)| {
            let mut best: Option<(usize, Price)> = None;
            let mut no_route = None;
            for (index, end) in ends.as_ref().map_err(NoRoute::clone)?.iter().enumerate() {
                match &beyond[end.point] {
                    Ok(beyond) => {
                        let price = end.price + beyond.price;
                        if best.is_none_or(|(_, best)| price.is_below(&best)) {
                            best = Some((index, price));
                        }
                    }
                    Err(reason) => no_route = Some(reason),
                }
            }
            best.ok_or_else(|| {
                let offered = vec![start.start.format];
                let nothing = NoRoute::Sink { stream: self.tree.nodes[at].stream, offered };
                no_route.cloned().unwrap_or(nothing)
            })
        });
        let best = best.collect();
        let node = &mut self.nodes[at];
        (node.beyond, node.best) = (beyond, best);
    }

    fn beyond(&self, at: usize, point: Point, onward: &Result<Onward, NoRoute>) -> Result<Beyond, NoRoute> {
        let mut price = Price::default();
        let mut tails: Vec<Vec<Stage>> = Vec::new();
        let sinks = &self.tree.nodes[at].sinks;
        for (sink, kinds) in sinks.iter().enumerate() {
            // Sinks that take the same are served with the same picture.
            if let Some(same) = sinks[..sink].iter().position(|before| before == kinds) {
                tails.push(tails[same].clone());
                continue;
            }
            let tail = self.chain(at).best(point, &self.came, Goal::Kinds(kinds))?;
            if !tails.contains(&tail.path.stages) {
                price += tail.price.losing(tail.kept.lost(&self.came, &tail.path.output, kinds));
            }
            tails.push(tail.path.stages);
        }
        let (share, below) = self.children(at, onward.as_ref().map_err(NoRoute::clone)?)?;
        Ok(Beyond { tails, share, price: price + below })
    }

    /// Finds the best for a node's children: each for itself, or some with one conversion that is done for all of them.
    fn children(&self, at: usize, onward: &Onward) -> Result<(Option<Sharing>, Price), NoRoute> {
        let children = &self.tree.nodes[at].children;
        let alone: Vec<Price> =
            children.iter().map(|child| self.price(*child, onward.alone)).collect::<Result<_, _>>()?;
        let mut best = (None, alone.iter().fold(Price::default(), |whole, each| whole + *each));
        for (share, Share { price, start, .. }) in onward.shares.iter().enumerate() {
            let mut whole = *price;
            let each = children.iter().zip(&alone).map(|(child, alone)| {
                let with = self.nodes[*child].best[*start].as_ref().ok().map(|(_, with)| *with);
                let with = with.filter(|with| with.is_below(alone));
                whole += with.unwrap_or(*alone);
                with.is_some()
            });
            let users: Vec<bool> = each.collect();
            if users.iter().filter(|uses| **uses).count() > 1 && whole.is_below(&best.1) {
                best = (Some(Sharing { share, users }), whole);
            }
        }
        Ok(best)
    }

    /// The price of a node and all below it.
    fn price(&self, node: usize, start: usize) -> Result<Price, NoRoute> {
        self.nodes[node].best[start].as_ref().map(|(_, price)| *price).map_err(NoRoute::clone)
    }

    /// The streams along the best way.
    fn streams(&self) -> BTreeMap<usize, StreamPlan> {
        let mut streams = BTreeMap::new();
        let mut ahead: Vec<(usize, usize, Option<&Stage>)> = vec![(0, 0, None)];
        while let Some((at, start, first)) = ahead.pop() {
            let (stream, node) = (&self.tree.nodes[at], &self.nodes[at]);
            let (Ok((end, _)), Ok(ends)) = (&node.best[start], &node.ends[start]) else { continue };
            let End { stages, point, .. } = &ends[*end];
            let (Ok(onward), Ok(beyond)) = (&node.onward[*point], &node.beyond[*point]) else { continue };
            let plan = StreamPlan {
                input: first.map_or(node.starts[start].start.format, |first| first.input),
                stages: first.into_iter().chain(stages).cloned().collect(),
                output: node.points[*point].start.format,
                tails: beyond.tails.clone(),
            };
            streams.insert(stream.stream, plan);
            for (index, child) in stream.children.iter().enumerate() {
                let shared = beyond.share.as_ref().filter(|sharing| sharing.users[index]);
                ahead.push(match shared.map(|sharing| &onward.shares[sharing.share]) {
                    Some(share) => (*child, share.start, Some(&share.first)),
                    None => (*child, onward.alone, None),
                });
            }
        }
        streams
    }
}
