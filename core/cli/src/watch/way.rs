//! The way to a file, link by link.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Component, Path, PathBuf};

/// Links on a way; the kernel follows as many.
const MOST_LINKS: usize = 40;

/// A step on the way to a file: a name that is looked up in a folder.
pub struct Step<'a> {
    /// The folder, its own path without links.
    pub folder: &'a Path,
    /// The name.
    pub name: &'a OsStr,
    /// True if the name is that of the file itself, or of a link to it.
    pub last: bool,
}

/// Follows a path from the root, and shows each step before it is taken: a watch on the folder from then on
/// reports if the step leads elsewhere afterwards. Gives the path at the way's end, without links.
pub fn follow(path: &Path, mut show: impl FnMut(Step<'_>)) -> PathBuf {
    let mut ahead = Vec::new();
    go_on(&mut ahead, path);
    let (mut folder, mut links) = (PathBuf::from("/"), 0);
    while let Some(name) = ahead.pop() {
        match Path::new(&name).components().next() {
            Some(Component::RootDir) => folder = "/".into(),
            Some(Component::ParentDir) => {
                folder.pop();
            }
            Some(Component::Normal(_)) => {
                show(Step { folder: &folder, name: &name, last: ahead.is_empty() });
                let next = folder.join(&name);
                match fs::read_link(&next) {
                    Ok(target) if links < MOST_LINKS => {
                        links += 1;
                        go_on(&mut ahead, &target);
                    }
                    Ok(_) => return next,
                    // What is no link, and what is not there.
                    Err(_) => folder = next,
                }
            }
            _ => {}
        }
    }
    folder
}

fn go_on(ahead: &mut Vec<OsString>, path: &Path) {
    let parts: Vec<_> = path.components().map(|part| part.as_os_str().to_owned()).collect();
    ahead.extend(parts.into_iter().rev());
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    /// The steps below `root`, and where they end.
    fn steps(path: &Path, root: &Path) -> Vec<String> {
        let mut steps = Vec::new();
        let end = follow(path, |step| {
            // Above the test's own folder there may be anything.
            if let Ok(folder) = step.folder.strip_prefix(root) {
                let name = Path::new(step.name).display();
                steps.push(format!("{}:{name}{}", folder.display(), if step.last { "!" } else { "" }));
            }
        });
        steps.push(end.strip_prefix(root).unwrap().display().to_string());
        steps
    }

    #[test]
    fn links_are_followed_step_by_step() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        fs::create_dir_all(root.join("mount/..1")).unwrap();
        fs::write(root.join("mount/..1/file"), "").unwrap();
        symlink("..1", root.join("mount/..data")).unwrap();
        symlink("..data/file", root.join("mount/file")).unwrap();
        symlink(root.join("mount/./x/../file"), root.join("far")).unwrap();
        let from_mount = ["mount:file!", "mount:..data", "mount:..1", "mount/..1:file!", "mount/..1/file"];
        assert_eq!(steps(&root.join("mount/file"), &root), [&[":mount"], &from_mount[..]].concat());
        // Where something is missing the way goes on as it would: `x` may yet come to be.
        let from_far = [&[":far!", ":mount", "mount:x"], &from_mount[..]].concat();
        assert_eq!(steps(&root.join("far"), &root), from_far);
        assert_eq!(steps(&root.join("no/file"), &root), [":no", "no:file!", "no/file"]);
    }

    #[test]
    fn a_circle_of_links_ends() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        symlink("b", root.join("a")).unwrap();
        symlink("a", root.join("b")).unwrap();
        assert_eq!(steps(&root.join("a"), &root).len(), MOST_LINKS + 2);
    }
}
