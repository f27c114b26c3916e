//! Freshness of a built file, by the list of its sources that cargo leaves beside it.

use std::fs;
use std::path::Path;
use std::time::SystemTime;

/// Returns whether `built` is there and none of its sources was changed since. Its sources stand in the file of the same name
/// that ends with `.d` (or, for the program, is called so), as a rule for make: `TARGET: SOURCE SOURCE …`.
pub(crate) fn is_fresh(built: &Path) -> bool {
    let (Some(time), Ok(rule)) = (modified(built), fs::read_to_string(built.with_extension("d"))) else {
        return false;
    };
    let sources =
        rule.lines().next().and_then(|line| line.split_once(": ")).map_or("", |(_, sources)| sources);
    // Spaces in names are written `\ `.
    let sources = sources.replace("\\ ", "\0");
    sources.split(' ').filter(|source| !source.is_empty()).all(|source| {
        let source = source.replace('\0', " ");
        modified(Path::new(&source)).is_some_and(|changed| changed <= time)
    })
}

fn modified(path: &Path) -> Option<SystemTime> {
    path.metadata().and_then(|about| about.modified()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Folder;
    use std::fs::File;
    use std::time::Duration;

    #[test]
    fn a_file_is_as_fresh_as_its_newest_source() {
        let folder = Folder::new();
        let (old, new) = (folder.put("old.rs", ""), folder.put("a new.rs", ""));
        let built = folder.put("program", "");
        assert!(!is_fresh(&built), "nobody knows");
        let rule =
            format!("{}: {} {}\n", built.display(), old.display(), new.to_str().unwrap().replace(' ', "\\ "));
        folder.put("program.d", rule);
        let set = |path: &Path, seconds| {
            let time = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
            File::options().write(true).open(path).unwrap().set_modified(time).unwrap();
        };
        set(&old, 10);
        set(&new, 20);
        set(&built, 20);
        assert!(is_fresh(&built));
        set(&new, 21);
        assert!(!is_fresh(&built));
        fs::remove_file(&new).unwrap();
        assert!(!is_fresh(&built), "a source is gone");
    }
}
