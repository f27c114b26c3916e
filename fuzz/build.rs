//! Compiles what counts coverage inside libjpeg-turbo, and lets several plugins be linked into one program.

fn main() {
    println!("cargo:rerun-if-changed=coverage.c");
    cc::Build::new().file("coverage.c").compile("coverage");
    println!("cargo:rustc-link-arg=-Wl,--wrap=__sanitizer_cov_trace_pc");
    // Each plugin defines the symbols by which a library is recognised; nothing here looks them up.
    println!("cargo:rustc-link-arg=-Wl,-z,muldefs");
}
