//! The limit on the memory of all frames of the program.

use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};

/// The limit on the memory of all frames of the program: a quarter of the machine's or of what its cgroup may have,
/// whichever is less; and of the address space, where that is limited, half of what everything else leaves.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MemoryLimit {
    /// A quarter of the machine's memory or of the cgroup's.
    memory: usize,
    /// Returns the limit on the address space, if there is one, and the bytes in use, frames included.
    address_space: fn() -> Option<(usize, usize)>,
}

impl MemoryLimit {
    /// As the system has it.
    pub(crate) fn of_system() -> MemoryLimit {
        let known = rustix::system::sysinfo();
        let machine = known.totalram.saturating_mul(u64::from(known.mem_unit));
        let text = |path: &str| fs::read_to_string(path).unwrap_or_default();
        let read = |path: &Path| fs::read_to_string(path).ok();
        let cgroup = cgroup_limit(&text("/proc/self/cgroup"), &text("/proc/self/mountinfo"), read);
        let least = cgroup.map_or(machine, |limit| limit.min(machine));
        MemoryLimit { memory: usize::try_from(least / 4).unwrap_or(usize::MAX), address_space }
    }

    /// Returns how many bytes frames may take in all while their memory takes `mapped` bytes of the address space.
    pub(crate) fn most(&self, mapped: usize) -> usize {
        match (self.address_space)() {
            // Threads' stacks, libraries and what plugins allocate count in `used`: it is looked at anew each time.
            Some((limit, used)) => {
                let others = used.saturating_sub(mapped);
                self.memory.min(limit.saturating_sub(others) / 2)
            }
            None => self.memory,
        }
    }
}

/// The limit of the address space, and how much is in use; `None` without a limit.
fn address_space() -> Option<(usize, usize)> {
    use rustix::process::{Resource, getrlimit};
    let limit = usize::try_from(getrlimit(Resource::As).current?).ok()?;
    let pages = fs::read_to_string("/proc/self/statm").ok();
    let pages = pages.and_then(|statm| statm.split(' ').next()?.parse::<usize>().ok());
    // Without /proc nothing is known to be left.
    Some((limit, pages.map_or(limit, |pages| pages.saturating_mul(rustix::param::page_size()))))
}

/// Returns what memory the process's cgroup and those that it is in may have: the least of them. `memberships` and `mounts` are
/// `/proc/self/cgroup` and `/proc/self/mountinfo`.
fn cgroup_limit(memberships: &str, mounts: &str, read: impl Fn(&Path) -> Option<String>) -> Option<u64> {
    let mut least = None;
    for mount in mounts.lines() {
        // `30 24 0:26 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw`
        let Some((place, kind)) = mount.split_once(" - ") else { continue };
        let place: Vec<&str> = place.split(' ').collect();
        let kind: Vec<&str> = kind.split(' ').collect();
        let ([_, _, _, root, at, ..], [kind, _, options]) = (&place[..], &kind[..]) else { continue };
        let files: &[&str] = match *kind {
            "cgroup2" => &["memory.max", "memory.high"],
            "cgroup" if options.split(',').any(|option| option == "memory") => &["memory.limit_in_bytes"],
            _ => continue,
        };
        let own = memberships.lines().find_map(|line| {
            // `0::/user.slice/…`, or `5:memory:/docker/…`.
            let (_, rest) = line.split_once(':')?;
            let (controllers, path) = rest.split_once(':')?;
            let is_it = match *kind {
                "cgroup2" => controllers.is_empty(),
                _ => controllers.split(',').any(|controller| controller == "memory"),
            };
            is_it.then_some(path)
        });
        // A path outside of what is mounted shows no more than the mount itself.
        let below = own.and_then(|own| Path::new(own).strip_prefix(root).ok()).unwrap_or(Path::new(""));
        let at = unescaped(at);
        let below =
            if below.components().any(|part| part.as_os_str() == "..") { Path::new("") } else { below };
        for folder in below.ancestors().map(|below| at.join(below)) {
            let limits = files.iter().filter_map(|file| read(&folder.join(file))?.trim().parse::<u64>().ok());
            least = limits.chain(least).min();
        }
    }
    least
}

/// A path of `mountinfo`, in which a space is `\040`.
fn unescaped(path: &str) -> PathBuf {
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let number = std::str::from_utf8(after.get(..3).unwrap_or_default()).ok();
        let escaped =
            number.filter(|_| *first == b'\\').and_then(|number| u8::from_str_radix(number, 8).ok());
        bytes.push(escaped.unwrap_or(*first));
        rest = if escaped.is_some() { &after[3..] } else { after };
    }
    PathBuf::from(OsString::from_vec(bytes))
}

/// Limits the address space that `malloc` reserves: where it is limited, `malloc` has as many arenas as an eighth of it has room for, and one at least: each
/// takes 64 MiB of it, by default one for every thread, most of which is never used.
pub fn spare_address_space() {
    #[cfg(target_env = "gnu")]
    if let Some(limit) = rustix::process::getrlimit(rustix::process::Resource::As).current {
        let arenas = i32::try_from(limit / 8 / (64 << 20)).unwrap_or(i32::MAX).max(1);
        // SAFETY: sets a number; may be called at any time.
        unsafe { libc::mallopt(libc::M_ARENA_MAX, arenas) };
    }
}

#[cfg(test)]
impl MemoryLimit {
    /// So many bytes, whatever the system has.
    pub(crate) fn of(memory: usize) -> MemoryLimit {
        MemoryLimit { memory, address_space: || None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const V2: &str = "31 24 0:27 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw,nsdelegate\n";

    /// Of these files in `/sys/fs/cgroup`.
    fn limit(memberships: &str, mounts: &str, files: &[(&str, &str)]) -> Option<u64> {
        let at = |path: &Path| {
            let (_, text) = files.iter().find(|(file, _)| path == Path::new("/sys/fs/cgroup").join(file))?;
            Some(format!("{text}\n"))
        };
        cgroup_limit(memberships, mounts, at)
    }

    #[test]
    fn the_least_limit_of_all_cgroups_above_holds() {
        let own = "0::/system.slice/mutoscope.service\n";
        let files = |own, parent| {
            [
                ("system.slice/mutoscope.service/memory.max", own),
                ("system.slice/memory.max", parent),
                ("elsewhere/memory.max", "1"),
            ]
        };
        assert_eq!(limit(own, V2, &files("max", "max")), None);
        assert_eq!(limit(own, V2, &files("300000", "max")), Some(300_000));
        assert_eq!(limit(own, V2, &files("300000", "200000")), Some(200_000), "of the parent");
        assert_eq!(limit(own, V2, &[("system.slice/memory.high", "7000")]), Some(7000));
        assert_eq!(limit("0::/\n", V2, &[("memory.max", "5000")]), Some(5000), "in a container");
        assert_eq!(limit("0::/../other\n", V2, &[("memory.max", "5000")]), Some(5000), "from outside");
        assert_eq!(limit("", "nonsense\n - \n", &[]), None);
    }

    #[test]
    fn the_first_version_has_its_own_files_and_its_own_mount() {
        let own = "5:cpu,memory:/docker/abc\n1:name=systemd:/x\n0::/\n";
        let mounts = "40 30 0:35 /docker/abc /sys/fs/cgroup/mem\\040ory ro - cgroup cgroup rw,cpu,memory\n\
                      41 30 0:36 / /sys/fs/cgroup/systemd ro - cgroup cgroup rw,name=systemd\n";
        assert_eq!(limit(own, mounts, &[("mem ory/memory.limit_in_bytes", "12345")]), Some(12_345));
        assert_eq!(limit(own, mounts, &[("systemd/memory.limit_in_bytes", "1")]), None);
    }

    #[test]
    fn of_a_limited_address_space_frames_get_half_of_what_the_rest_leaves() {
        let room = MemoryLimit { memory: 1000, address_space: || Some((800, 500)) };
        assert_eq!(room.most(0), 150);
        assert_eq!(room.most(300), 300, "what frames take is no loss");
        assert_eq!(MemoryLimit { memory: 1000, address_space: || Some((800, 900)) }.most(0), 0);
        assert_eq!(MemoryLimit { memory: 100, ..room }.most(0), 100);
    }
}
