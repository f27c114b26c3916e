//! What it costs, against the library's limit.
