//! Libraries out of a few lines of C: with a plugin's header, and otherwise not what a plugin is.

use crate::support::{Library, fixture, header_at, section_entry_at, without_path};
use mutoscope_engine::plugins::{Cause, LoadError};
use std::path::Path;
use std::process::Command;

/// Compiles `code` to a shared library. C compilers are where turbojpeg is built, so that one is there.
fn compile(code: &str, to: &Path, arguments: &[&str]) {
    let source = to.with_extension("c");
    std::fs::write(&source, code).unwrap();
    let compiler = std::env::var("CC").unwrap_or_else(|_| "cc".into());
    let mut command = Command::new(&compiler);
    command.args(["-shared", "-fPIC", "-o"]).arg(to).arg(&source).args(arguments);
    let done = command.output().unwrap_or_else(|error| panic!("the C compiler `{compiler}`: {error}"));
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    std::fs::remove_file(source).unwrap();
}

/// The header of the good plugin as C.
fn header(exported: bool) -> String {
    let good = fixture("good");
    let at = header_at(&good);
    // sh_size stands at 32 in the section's entry.
    let size = section_entry_at(&good) + 32;
    let size = u64::from_le_bytes(good[size..size + 8].try_into().unwrap()) as usize;
    let bytes: Vec<_> = good[at..at + size].iter().map(ToString::to_string).collect();
    format!(
        "__attribute__((section(\".mutoscope\"), used)) {}const unsigned char MUTOSCOPE_PLUGIN[] = {{{}}};\n",
        if exported { "" } else { "static " },
        bytes.join(",")
    )
}

#[test]
fn a_plain_c_library_is_no_plugin() {
    let library = Library::new();
    compile("int add(int a, int b) { return a + b; }", &library.path("plain"), &[]);
    assert_eq!(library.reason("plain"), "it is a library, but no Mutoscope plugin (it has no plugin header)");
}

#[test]
fn a_missing_library_is_named_with_the_loader_s_words() {
    let library = Library::new();
    let folder = library.folder();
    let vendor = folder.join("libvendor_camera.so");
    compile("int vendor(void) { return 1; }", &vendor, &["-Wl,-soname,libvendor_camera.so.2"]);
    let code = header(true) + "int vendor(void); int call(void) { return vendor(); }";
    let search = format!("-L{}", folder.display());
    compile(&code, &library.path("vendor"), &[&search, "-lvendor_camera"]);
    std::fs::remove_file(vendor).unwrap();
    // Its file says nothing of that.
    assert!(library.plugins.list(&[])[0].header.is_ok());
    let error = library.refused_at_loading("vendor");
    assert_eq!(
        without_path(&error, &library.path("vendor")),
        "it needs libvendor_camera.so.2, which is not on this machine"
    );
    assert!(
        matches!(&error, LoadError::MissingDependency { library, .. } if library == "libvendor_camera.so.2")
    );
    assert!(error.notes()[0].starts_with("the loader says: libvendor_camera.so.2: "), "{:?}", error.notes());
    assert!(error.help().unwrap().contains("libvendor_camera.so.2"));
}

#[test]
fn a_library_beside_the_plugin_is_found_where_the_plugin_says() {
    let library = Library::new();
    let folder = library.folder();
    let inner = folder.join("libmutoscope_test_inner.so");
    let outer = folder.join("libmutoscope_test_outer.so");
    let search = format!("-L{}", folder.display());
    let beside = "-Wl,-rpath,$ORIGIN";
    compile("int inner(void) { return 1; }", &inner, &["-Wl,-soname,libmutoscope_test_inner.so"]);
    let code = "int inner(void); int outer(void) { return inner(); }";
    let soname = "-Wl,-soname,libmutoscope_test_outer.so";
    compile(code, &outer, &[soname, &search, "-lmutoscope_test_inner", beside]);
    let code = header(true) + "int outer(void); int call(void) { return outer(); }";
    compile(&code, &library.path("vendor"), &[&search, "-lmutoscope_test_outer", beside]);
    // It gets as far as its tables, of which it has none.
    let error = library.refused_at_loading("vendor");
    assert!(matches!(&error, LoadError::Incompatible { cause: Cause::Tables(_), .. }), "{error}");
}

#[test]
fn a_truncated_library_beside_the_plugin_is_refused_before_it_is_loaded() {
    let library = Library::new();
    let folder = library.folder();
    let vendor = folder.join("libmutoscope_test_short.so");
    compile("int vendor(void) { return 1; }", &vendor, &["-Wl,-soname,libmutoscope_test_short.so"]);
    let search = format!("-L{}", folder.display());
    let code = header(true) + "int vendor(void); int call(void) { return vendor(); }";
    compile(&code, &library.path("vendor"), &[&search, "-lmutoscope_test_short"]);
    let whole = vendor.metadata().unwrap().len();
    std::fs::File::options().write(true).open(&vendor).unwrap().set_len(whole / 2).unwrap();
    let error = library.plugins.load_file(&library.path("vendor")).unwrap_err();
    assert!(error.to_string().starts_with(&format!("{}: it is truncated", vendor.display())), "{error}");
}

#[test]
fn a_library_beside_the_plugin_that_is_another_one_does_not_make_it_search_for_ever() {
    let library = Library::new();
    let folder = library.folder();
    let vendor = folder.join("libmutoscope_test_renamed.so");
    compile("int vendor(void) { return 1; }", &vendor, &["-Wl,-soname,libmutoscope_test_renamed.so"]);
    let search = format!("-L{}", folder.display());
    let code = header(true) + "int vendor(void); int call(void) { return vendor(); }";
    compile(&code, &library.path("vendor"), &[&search, "-lmutoscope_test_renamed"]);
    compile("int vendor(void) { return 1; }", &vendor, &["-Wl,-soname,libmutoscope_test_other.so"]);
    let error = library.refused_at_loading("vendor");
    assert!(matches!(error, LoadError::MissingDependency { .. }), "{error}");
}

#[test]
fn a_missing_symbol_is_told_in_the_loader_s_words_and_with_the_user_s_path() {
    let library = Library::new();
    compile(
        &(header(true) + "int nowhere(void); int call(void) { return nowhere(); }"),
        &library.path("lazy"),
        &[],
    );
    let error = library.refused_at_loading("lazy");
    assert_eq!(
        without_path(&error, &library.path("lazy")),
        "the loader refuses it: undefined symbol: nowhere"
    );
}

#[test]
fn a_library_that_is_not_what_its_file_promised_is_refused() {
    let library = Library::new();
    compile(&header(true), &library.path("headeronly"), &[]);
    compile(&header(false), &library.path("hidden"), &[]);
    let other = header(false).replace("MUTOSCOPE_PLUGIN", "OTHER")
        + "const unsigned char MUTOSCOPE_PLUGIN[4096] = {1};\n";
    compile(&other, &library.path("other"), &[]);
    for (name, reason) in [
        ("headeronly", "it exports no tables"),
        ("hidden", "it has a plugin header and does not export it"),
        ("other", "the plugin header that it exports is another one"),
    ] {
        let error = library.refused_at_loading(name);
        let line = without_path(&error, &library.path(name));
        assert!(line.starts_with(reason), "{line}");
        assert!(matches!(error, LoadError::Incompatible { cause: Cause::Tables(_), .. }));
    }
}

#[test]
fn copies_have_a_bound_and_what_does_not_fit_is_loaded_from_its_own_file() {
    let library = Library::new();
    // Data that is mapped, 20 MiB of it: of two such libraries one is copied.
    let code = header(true) + "__attribute__((used)) const char large[20 << 20] = {1};";
    for name in ["large_one", "large_two"] {
        compile(&code, &library.path(name), &[]);
        // It gets as far as its tables, of which it has none.
        let error = library.refused_at_loading(name);
        assert!(matches!(&error, LoadError::Incompatible { cause: Cause::Tables(_), .. }), "{error}");
    }
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
    let from = |name: &str| maps.lines().find(|line| line.contains(name)).expect("it is mapped").to_owned();
    let copies = library.copies();
    assert!(from("large_one").contains(copies.to_str().unwrap()), "{}", from("large_one"));
    assert!(
        from("large_two").ends_with(library.path("large_two").to_str().unwrap()),
        "{}",
        from("large_two")
    );
}

#[test]
fn a_folder_that_others_may_write_is_not_searched_for_what_a_plugin_needs() {
    let library = Library::new();
    let folder = library.folder();
    let public = folder.join("public");
    std::fs::create_dir(&public).unwrap();
    std::fs::set_permissions(&public, std::os::unix::fs::PermissionsExt::from_mode(0o1777)).unwrap();
    let vendor = folder.join("libmutoscope_test_planted.so");
    compile("int vendor(void) { return 1; }", &vendor, &["-Wl,-soname,libmutoscope_test_planted.so"]);
    let code = header(true) + "int vendor(void); int call(void) { return vendor(); }";
    let search = format!("-L{}", folder.display());
    // In the folder, in one that anybody could make there, relative to anywhere, and relative to where copies are.
    let later = format!("{}/later", public.display());
    let from_origin = format!("$ORIGIN/../../..{later}");
    for (name, path) in [("a", public.to_str().unwrap()), ("b", &later), ("c", "lib"), ("d", &from_origin)] {
        let path = format!("-Wl,-rpath,/usr/lib:{path}");
        compile(&code, &library.path(name), &[&search, "-lmutoscope_test_planted", &path]);
        let error = library.refused_at_loading(name);
        assert!(matches!(&error, LoadError::Incompatible { cause: Cause::Strays(_), .. }), "{error}");
        let line = error.to_string();
        assert!(line.contains("libmutoscope_test_planted.so") && line.contains("RUNPATH"), "{line}");
        assert!(error.help().unwrap().contains("MUTOSCOPE_ALLOW=writable-plugin"));
    }
    // By a path of its own, relative to wherever the program is started.
    let bare = folder.join("libbare.so");
    compile("int vendor(void) { return 1; }", &bare, &[]);
    compile(&code, &library.path("by_path"), &[bare.to_str().unwrap()]);
    let built = std::fs::read(library.path("by_path")).unwrap();
    let (from, mut to) = (format!("{}\0", bare.display()).into_bytes(), b"lib/libbare.so".to_vec());
    to.resize(from.len(), 0);
    let at = built.windows(from.len()).position(|bytes| bytes == from).expect("its path");
    library.put("by_path", &crate::support::patched(&built, at, &to));
    let line = library.refused_at_loading("by_path").to_string();
    assert!(line.contains("lib/libbare.so: it is relative to wherever"), "{line}");
}
