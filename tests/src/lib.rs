//! End-to-end tests: the real binary, real dylibs, real clients.
