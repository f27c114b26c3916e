//! One of the streams that a sink serves.

/// The number of a stream, unique for the life of the pipeline.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct StreamId(pub u32);

/// One of the streams that a sink serves.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct StreamInfo {
    /// Its number, which comes with every frame.
    pub id: StreamId,
    /// Its name in the pipeline file: `camera` in the short form.
    pub name: String,
}

impl StreamInfo {
    /// A stream by its number and its name.
    pub fn new(id: StreamId, name: impl Into<String>) -> StreamInfo {
        StreamInfo { id, name: name.into() }
    }
}
