//! Plugin libraries, good and bad, as files and as code. The good ones are the crates under `tests/fixtures`; the bad
//! ones are made of their bytes, or of a few lines of C.

mod bad_files;
mod boundary;
mod c;
mod catalogue;
mod damage;
mod frozen;
mod growth;
mod list;
mod load;
mod show;
mod support;
mod wild;
