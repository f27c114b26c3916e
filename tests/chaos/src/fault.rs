//! The catalogue of faults from which a run draws.

use mutoscope_plugin_faulty::{Form, Method, What};

/// A fault.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Fault {
    /// Name in the table.
    pub name: &'static str,
    /// Action that causes the fault.
    pub deed: Deed,
}

/// The action that causes a fault.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Deed {
    /// A stage gets orders.
    Orders(&'static [(Method, What)]),
    /// The pipeline file becomes another.
    Change(Change),
    /// Clients come that are no viewers as one would wish them.
    Crowd(Crowd),
    /// Fifty SIGHUP within a quarter of a second.
    Storm,
}

/// A change of the pipeline file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Change {
    /// The stream's camera is exchanged.
    Swap,
    /// The stream's camera is exchanged for one that does not start.
    DeadSwap,
    /// An option that the running camera takes over.
    Note,
    /// The same, and the camera fails at it.
    BadNote(What),
    /// An option that the running transform takes over.
    Quality,
    /// A transform more, or one less.
    Transform,
    /// A stream more, and one less again.
    Stream,
    /// Writes an invalid file, and the good one again.
    Bad,
    /// Half of it first.
    Half,
}

/// A kind of clients.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Crowd {
    /// Two hundred viewers.
    Many,
    /// Those that read nothing.
    Stalled,
    /// Those that read slowly.
    Slow,
    /// Clients that send no valid request.
    Garbage,
    /// Those that go again at once.
    Fickle,
}

/// Faults of sources.
pub const SOURCE: &[Fault] = &[
    orders("source: error", &[(Method::Next, What::Error)]),
    orders("source: panic", &[(Method::Next, What::Panic)]),
    orders("source: blocks", &[(Method::Next, What::Block)]),
    orders("source: spins", &[(Method::Next, What::Spin)]),
    orders("source: silent", &[(Method::Next, What::Silent)]),
    orders("source: ends though live", &[(Method::Next, What::End)]),
    orders("source: late pictures", &[(Method::Next, What::Late(400))]),
    orders("source: another size", &[(Method::Next, What::Garbage(Form::Half))]),
    orders("source: device away", &[(Method::Next, What::Error), (Method::Open, What::Error)]),
    orders("source: panic in open", &[(Method::Next, What::Error), (Method::Open, What::Panic)]),
    orders("source: blocks in open", &[(Method::Next, What::Error), (Method::Open, What::Block)]),
    orders("source: panic when dropped", &[(Method::Next, What::Error), (Method::Drop, What::Panic)]),
    orders("source: blocks when dropped", &[(Method::Next, What::Error), (Method::Drop, What::Block)]),
];

/// Faults of a source of JPEG pictures that are decoded on their way.
pub const GARBAGE: &[Fault] = &[
    orders("garbage: cut-off JPEG", &[(Method::Next, What::Garbage(Form::Cut))]),
    orders("garbage: noise for a JPEG", &[(Method::Next, What::Garbage(Form::Noise))]),
    orders("garbage: JPEG of another size", &[(Method::Next, What::Garbage(Form::Lie))]),
    orders("garbage: JPEG of 65500x65500", &[(Method::Next, What::Garbage(Form::Huge))]),
];

/// Faults of transforms.
pub const FILTER: &[Fault] = &[
    orders("transform: error", &[(Method::Process, What::Error)]),
    orders("transform: panic", &[(Method::Process, What::Panic)]),
    orders("transform: blocks", &[(Method::Process, What::Block)]),
    orders("transform: spins", &[(Method::Process, What::Spin)]),
    orders("transform: lets nothing through", &[(Method::Process, What::Silent)]),
    orders("transform: overload", &[(Method::Process, What::Late(250))]),
    orders("transform: slower than its deadline", &[(Method::Process, What::Late(4000))]),
    orders("transform: panic in open", &[(Method::Process, What::Panic), (Method::Open, What::Panic)]),
    orders("transform: blocks when dropped", &[(Method::Process, What::Panic), (Method::Drop, What::Block)]),
];

/// Faults of a sink that only observes.
pub const OBSERVER: &[Fault] = &[
    orders("sink: error", &[(Method::Receive, What::Error)]),
    orders("sink: panic", &[(Method::Receive, What::Panic)]),
    orders("sink: blocks", &[(Method::Receive, What::Block)]),
    orders("sink: panic in open", &[(Method::Receive, What::Panic), (Method::Open, What::Panic)]),
];

/// Faults in the file of a stream with a camera.
pub const SWAPS: &[Fault] = &[change("file: camera exchanged", Change::Swap)];

/// Faults in the file of the stream `front`, and of `copy`, which branches from it.
pub const CHANGES: &[Fault] = &[
    change("file: camera that does not start", Change::DeadSwap),
    change("file: option taken over live", Change::Note),
    change("file: option that the camera refuses", Change::BadNote(What::Error)),
    change("file: option at which the camera panics", Change::BadNote(What::Panic)),
    change("file: JPEG quality", Change::Quality),
    change("file: transform added or removed", Change::Transform),
];

/// Faults of the whole program.
pub const WHOLE: &[Fault] = &[
    change("file: stream added and removed", Change::Stream),
    change("file: bad one", Change::Bad),
    change("file: half-written", Change::Half),
    Fault { name: "signals: 50 SIGHUP", deed: Deed::Storm },
    crowd("clients: 200 more", Crowd::Many),
    crowd("clients: read nothing", Crowd::Stalled),
    crowd("clients: read slowly", Crowd::Slow),
    crowd("clients: send garbage", Crowd::Garbage),
    crowd("clients: come and go", Crowd::Fickle),
];

const fn orders(name: &'static str, orders: &'static [(Method, What)]) -> Fault {
    Fault { name, deed: Deed::Orders(orders) }
}

const fn change(name: &'static str, change: Change) -> Fault {
    Fault { name, deed: Deed::Change(change) }
}

const fn crowd(name: &'static str, crowd: Crowd) -> Fault {
    Fault { name, deed: Deed::Crowd(crowd) }
}
