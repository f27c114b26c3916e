//! The decoder against libjpeg-turbo, and against bytes that no encoder writes.

#![forbid(unsafe_code)]

mod damage;
mod headers;
mod reference;
mod samples;
mod writer;
