//! What the tests share: folders of libraries, and the engine's plugins looking at them.

use mutoscope_engine::plugins::{
    Allow, Folder, FolderOrigin, LoadError, Loaded, Places, Plugins, SearchPath,
};
use object::read::elf::{ElfFile64, FileHeader};
use object::{Endianness, Object, ObjectSection};
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// Where `abi`, `layout`, … stand in a header; they keep their place for ever.
pub mod at {
    pub const MAGIC: usize = 0;
    pub const SIZE: usize = 8;
    pub const ABI: usize = 12;
    pub const LAYOUT: usize = 16;
    pub const KINDS: usize = 24;
    pub const PANIC_ABORT: usize = 28;
    pub const POINTER_WIDTH: usize = 32;
}

/// The bytes of the fixture `libmutoscope_plugin_NAME.so`.
pub fn fixture(name: &str) -> Vec<u8> {
    let test = std::env::current_exe().unwrap();
    let path = test.with_file_name(format!("libmutoscope_plugin_{name}.so"));
    fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Returns where the plugin's header stands in a library.
pub fn header_at(library: &[u8]) -> usize {
    let elf = ElfFile64::<Endianness>::parse(library).unwrap();
    let section = elf.section_by_name(".mutoscope").expect("a plugin");
    section.file_range().unwrap().0 as usize
}

/// Returns where the entry of the header's section stands in the table of sections.
pub fn section_entry_at(library: &[u8]) -> usize {
    let elf = ElfFile64::<Endianness>::parse(library).unwrap();
    let index = elf.section_by_name(".mutoscope").expect("a plugin").index().0;
    let header = elf.elf_header();
    header.e_shoff(elf.endian()) as usize + index * usize::from(header.e_shentsize(elf.endian()))
}

/// `library` with `bytes` at `at`.
pub fn patched(library: &[u8], at: usize, bytes: &[u8]) -> Vec<u8> {
    let mut patched = library.to_vec();
    patched[at..at + bytes.len()].copy_from_slice(bytes);
    patched
}

/// A folder of libraries, and the plugins of a program that looks only there.
pub struct Library {
    folder: TempDir,
    pub plugins: Plugins,
}

impl Library {
    pub fn new() -> Library {
        Library::allowing(Allow::default())
    }

    pub fn allowing(allow: Allow) -> Library {
        let folder = tempfile::tempdir().unwrap();
        let plugins = fs::canonicalize(folder.path()).unwrap().join("plugins");
        let copies = folder.path().join("copies");
        fs::create_dir(&plugins).unwrap();
        fs::create_dir(&copies).unwrap();
        let search = SearchPath::new([Folder { path: plugins, origin: FolderOrigin::Environment }]);
        Library { plugins: Plugins::new(search, allow, Places::new([copies])), folder }
    }

    /// Returns where the program looks.
    pub fn folder(&self) -> PathBuf {
        self.plugins.search().folders()[0].path.clone()
    }

    /// Returns where it copies to.
    pub fn copies(&self) -> PathBuf {
        self.folder.path().join("copies")
    }

    /// The path of the library that is called `name`.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder().join(format!("libmutoscope_plugin_{name}.so"))
    }

    /// Writes a library.
    pub fn put(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, bytes).unwrap();
        path
    }

    /// Loads a library that can be loaded.
    pub fn load(&self, name: &str) -> Loaded {
        self.plugins.load_file(&self.path(name)).unwrap()
    }

    /// Returns why a library cannot be loaded; the listing must say the same.
    pub fn refused(&self, name: &str) -> LoadError {
        let error = self.refused_at_loading(name);
        let listed = self.plugins.list(&[]).into_iter().find(|entry| entry.path == self.path(name));
        let listed = listed.expect("it is listed").header.err().expect("it is listed with its reason");
        assert_eq!(listed, error);
        error
    }

    /// Returns why a library cannot be loaded, where only the loader can tell.
    pub fn refused_at_loading(&self, name: &str) -> LoadError {
        let path = self.path(name);
        let error = self.plugins.load_file(&path).expect_err("it can be loaded");
        let line = error.to_string();
        assert!(!line.contains('\n'), "{line}");
        assert!(line.starts_with(path.to_str().unwrap()), "{line}");
        error
    }

    /// The same as [`refused`](Library::refused), without the path in front.
    pub fn reason(&self, name: &str) -> String {
        without_path(&self.refused(name), &self.path(name))
    }
}

pub fn without_path(error: &LoadError, path: &Path) -> String {
    error.to_string().replace(&format!("{}: ", path.display()), "")
}
