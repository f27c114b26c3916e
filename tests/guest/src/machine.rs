//! The kernel's account of processes: open devices, children, resources.

use mutoscope_tests::until;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// A process, zombies among them.
#[derive(Clone, Debug)]
pub struct Process {
    pub id: u32,
    pub name: String,
    /// State as in `ps`: `R`, `S`, `Z` for a zombie.
    pub state: char,
    parent: u32,
    session: u32,
}

impl Process {
    /// All there are.
    pub fn all() -> Vec<Process> {
        let entries = fs::read_dir("/proc").expect("the kernel tells").flatten();
        let ids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
        ids.filter_map(Process::of).collect()
    }

    /// Nothing if it has gone meanwhile.
    fn of(id: u32) -> Option<Process> {
        // 4711 (its name) S parent group session …
        let line = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
        let (head, rest) = line.rsplit_once(") ")?;
        let mut rest = rest.split(' ');
        let state = rest.next()?.chars().next()?;
        let (parent, session) = (rest.next()?.parse().ok()?, rest.nth(1)?.parse().ok()?);
        Some(Process { id, name: head.split_once('(')?.1.to_owned(), state, parent, session })
    }

    /// The children of a process.
    pub fn children(of: u32) -> Vec<Process> {
        Process::all().into_iter().filter(|process| process.parent == of).collect()
    }

    /// All of this name.
    pub fn called(name: &str) -> Vec<Process> {
        Process::all().into_iter().filter(|process| process.name == name).collect()
    }
}

/// The descriptors of a process, as what they lead to; none if it is gone.
fn descriptors(id: u32) -> Vec<PathBuf> {
    let links = fs::read_dir(format!("/proc/{id}/fd")).into_iter().flatten().flatten();
    links.filter_map(|link| fs::read_link(link.path()).ok()).collect()
}

fn is_camera(path: &Path) -> bool {
    path.to_str().is_some_and(|path| path.starts_with("/dev/video"))
}

/// Returns the number of camera buffers that a process has mapped.
pub fn camera_maps(id: u32) -> usize {
    let maps = fs::read_to_string(format!("/proc/{id}/maps")).unwrap_or_default();
    maps.lines().filter(|line| line.contains("/dev/video")).count()
}

/// The resources of a process without sockets, which come and go with each request.
#[derive(Clone, Debug)]
pub struct Belongings {
    /// By name.
    threads: BTreeMap<String, usize>,
    descriptors: usize,
    /// Open cameras.
    cameras: usize,
    /// Parts of cameras' memory.
    maps: usize,
    children: usize,
}

impl Belongings {
    pub fn of(id: u32) -> Belongings {
        let tasks = fs::read_dir(format!("/proc/{id}/task")).into_iter().flatten().flatten();
        let mut threads = BTreeMap::new();
        for task in tasks {
            let name = fs::read_to_string(task.path().join("comm")).unwrap_or_default();
            *threads.entry(name.trim().to_owned()).or_default() += 1;
        }
        let open = descriptors(id);
        Belongings {
            threads,
            descriptors: open.iter().filter(|to| !to.to_string_lossy().starts_with("socket:")).count(),
            cameras: open.iter().filter(|to| is_camera(to)).count(),
            maps: camera_maps(id),
            children: Process::children(id).len(),
        }
    }

    /// Returns whether the resources are no more than `before`. With a descriptor each, there may come later: the thread that
    /// draws placeholders, and workers (`camera/1`) where the machine is busy.
    pub fn is_within(&self, before: &Belongings) -> bool {
        let may_come = |name: &str| name == "placeholders" || name.contains('/');
        let known = |name: &str| before.threads.get(name).copied().unwrap_or_default();
        let more = |name: &str, count: usize| count.saturating_sub(known(name));
        let came: usize = self.threads.iter().map(|(name, count)| more(name, *count)).sum();
        self.threads.iter().all(|(name, count)| more(name, *count) == 0 || may_come(name))
            && self.descriptors <= before.descriptors + came
            && (self.cameras, self.maps, self.children) == (before.cameras, before.maps, before.children)
    }
}

/// Checks that the program, which has ended, has left no process behind. One that outlives its parent is given to another, but
/// stays in its session.
///
/// # Panics
/// There is one.
#[track_caller]
pub fn nothing_is_left() {
    let me = Process::of(std::process::id()).expect("this one");
    let mut left = Process::all();
    // This one, what has started it, and what the check itself has started, are no part of the program.
    left.retain(|other| {
        other.session == me.session && ![me.id, me.session].contains(&other.id) && other.parent != me.id
    });
    assert!(left.is_empty(), "{left:?}");
}

/// Waits until there is no process of this name, not even as a zombie.
///
/// # Panics
/// One stays.
#[track_caller]
pub fn all_gone(name: &str) {
    until(&format!("the end of {:?}", Process::called(name)), || {
        Process::called(name).is_empty().then_some(())
    });
}
