//! Mutoscope plugin: timestamp.
