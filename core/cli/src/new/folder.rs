//! A new folder with files in it: whole, or not there at all.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::Path;

/// Makes a folder and writes files into it, each by its path within. Whatever is in the way is left as it is, and what was
/// written is taken away again if the rest cannot be.
///
/// # Errors
/// One line that says what is in the way.
pub fn write(folder: &Path, files: &[(String, String)]) -> Result<(), String> {
    let shown = folder.display();
    // Fails if anything of that name is there, an empty folder and a link that leads nowhere among it.
    fs::create_dir(folder).map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => {
            format!("{shown} is there already, and nothing was written: take another name, or put it aside")
        }
        _ => format!("no folder {shown} can be made here: {error}"),
    })?;
    for (name, text) in files {
        let path = folder.join(name);
        if let Err(error) = put(&path, text) {
            // It was empty a moment ago, so all that is in it is this.
            let left = match fs::remove_dir_all(folder) {
                Ok(()) => String::new(),
                Err(_) => format!("; what was written of it is still in {shown}"),
            };
            return Err(format!("{} cannot be written: {error}{left}", path.display()));
        }
    }
    Ok(())
}

fn put(path: &Path, text: &str) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(path, text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    fn files(names: &[&str]) -> Vec<(String, String)> {
        names.iter().map(|name| ((*name).to_owned(), format!("in {name}"))).collect()
    }

    #[test]
    fn what_is_there_is_left_as_it_is() {
        let here = tempfile::tempdir().unwrap();
        let at = |name: &str| here.path().join(name);
        write(&at("new"), &files(&["a", "src/b"])).unwrap();
        assert_eq!(fs::read_to_string(at("new/src/b")).unwrap(), "in src/b");
        fs::create_dir(at("empty")).unwrap();
        fs::write(at("file"), "mine").unwrap();
        symlink("nowhere", at("link")).unwrap();
        for name in ["new", "empty", "file", "link"] {
            let error = write(&at(name), &files(&["a"])).unwrap_err();
            assert!(error.contains("is there already, and nothing was written"), "{error}");
        }
        assert_eq!(fs::read_to_string(at("file")).unwrap(), "mine");
        assert_eq!(fs::read_dir(at("empty")).unwrap().count(), 0);
        let error = write(&at("no/such"), &files(&["a"])).unwrap_err();
        assert!(error.contains("no folder") && error.contains("No such file"), "{error}");
    }

    #[test]
    fn what_cannot_be_written_whole_is_not_left_in_part() {
        let here = tempfile::tempdir().unwrap();
        let folder = here.path().join("new");
        // A file where a folder has to be.
        let error = write(&folder, &files(&["a", "b", "a/c"])).unwrap_err();
        assert!(error.contains("a/c cannot be written"), "{error}");
        assert!(!folder.exists());
    }
}
