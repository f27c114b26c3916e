//! Notes the compiler, so that a plugin's header can say what built it.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    // `cfg(loom)` is set by `script/sanitize` alone. Said here too, where the workspace's lints are not.
    println!("cargo:rustc-check-cfg=cfg(loom)");
    let rustc = std::env::var("RUSTC").unwrap_or_else(|_| "rustc".into());
    let version = std::process::Command::new(rustc)
        .arg("--version")
        .output()
        .ok()
        .and_then(|output| String::from_utf8(output.stdout).ok())
        .unwrap_or_else(|| "rustc (unknown version)".into());
    println!("cargo:rustc-env=MUTOSCOPE_RUSTC={}", version.trim());
}
