//! The documents that lead through the code name files and folders that exist.

use mutoscope_tests::in_repository;
use std::fs;
use std::path::Path;

/// Words in backticks that look like a path: `data/sink`, `core/engine/src/run`.
fn paths(text: &str) -> impl Iterator<Item = &str> {
    let is_path = |word: &&str| {
        word.contains('/')
            && word.split('/').all(|part| !part.is_empty())
            && word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "/_-.".contains(c))
    };
    text.split('`').skip(1).step_by(2).filter(is_path)
}

/// Adds each file and folder below `folder` as `engine/run/data/sink`: without `src/` and without the file's ending.
fn collect(folder: &Path, prefix: &str, into: &mut Vec<String>) {
    for entry in fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry")) {
        let name = entry.file_name().into_string().expect("a name");
        let name = name.strip_suffix(".rs").unwrap_or(&name);
        let path = if name == "src" { prefix.to_owned() } else { format!("{prefix}/{name}") };
        if entry.file_type().expect("a type").is_dir() {
            collect(&entry.path(), &path, into);
        }
        into.push(path);
    }
}

#[test]
fn the_documents_name_paths_that_exist() {
    let mut known = Vec::new();
    for folder in ["core", "plugins", "frames", "tests", "benches", "script", "fuzz", "pipelines", "docs"] {
        collect(&in_repository(folder), folder, &mut known);
    }
    for document in ["core/README.md", "docs/glossary.md", "CONTRIBUTING.md"] {
        let text = fs::read_to_string(in_repository(document)).expect(document);
        let missing: Vec<_> = paths(&text)
            .map(|path| path.trim_end_matches(".rs").replace("/src/", "/"))
            .filter(|path| !path.starts_with("target/") && !in_repository(path).exists())
            .filter(|path| !known.iter().any(|known| known == path || known.ends_with(&format!("/{path}"))))
            .collect();
        assert!(missing.is_empty(), "{document} names what is not there: {missing:?}");
        assert!(
            document == "CONTRIBUTING.md" || paths(&text).count() > 20,
            "{document}: its paths are not found"
        );
    }
}
