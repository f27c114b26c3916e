//! The program from outside: files in, pictures out.

mod article;
mod bad_files;
mod branches;
mod browser;
mod change;
mod clients;
mod colours;
mod command;
mod errors;
mod hardware;
mod libraries;
mod pace;
mod pipelines;
mod probe;
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
