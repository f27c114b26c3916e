//! The program from outside: files in, pictures out.

mod article;
mod bad_files;
mod bench;
mod branches;
mod browser;
mod change;
mod clients;
mod colours;
mod command;
mod errors;
mod libraries;
mod pace;
mod pipelines;
mod rest;
mod scene;
mod schema;
mod several;
mod stop;
mod stream;
mod supervision;
mod swaps;
mod threads;
mod trouble;
mod two_pipelines;
mod untidy;
