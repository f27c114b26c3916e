//! The program that holds a port, for the error that says that it is taken.

use std::fs;

/// The state number of a listening socket in `/proc/net/tcp` (Linux, `include/net/tcp_states.h`: `TCP_LISTEN`).
const LISTEN: &str = "0A";

/// The program that listens on `port`, in words: `` `mutoscope` (process 4711) ``. `None` if it cannot be found out, which
/// is so for another user's programs.
pub(crate) fn of(port: u16) -> Option<String> {
    let inodes: Vec<String> = ["/proc/net/tcp", "/proc/net/tcp6"]
        .into_iter()
        .filter_map(|table| fs::read_to_string(table).ok())
        .flat_map(|table| listeners(&table, port))
        .collect();
    let wanted: Vec<String> = inodes.into_iter().map(|inode| format!("socket:[{inode}]")).collect();
    let processes = fs::read_dir("/proc").ok()?.flatten();
    let numbered = |name: &std::ffi::OsStr| name.as_encoded_bytes().iter().all(u8::is_ascii_digit);
    let process = processes.filter(|process| numbered(&process.file_name())).find(|process| {
        fs::read_dir(process.path().join("fd")).is_ok_and(|descriptors| {
            descriptors.flatten().any(|descriptor| {
                fs::read_link(descriptor.path())
                    .is_ok_and(|target| wanted.iter().any(|wanted| target.as_os_str() == wanted.as_str()))
            })
        })
    })?;
    let name = fs::read_to_string(process.path().join("comm")).ok()?;
    Some(format!("`{}` (process {})", name.trim_end().escape_debug(), process.file_name().to_string_lossy()))
}

/// The inodes of the sockets that listen on `port`, from a table in the form of `/proc/net/tcp`.
fn listeners(table: &str, port: u16) -> Vec<String> {
    let port = format!("{port:04X}");
    table
        .lines()
        .skip(1)
        .filter_map(|line| {
            let fields: Vec<&str> = line.split_whitespace().collect();
            let (_, local) = fields.get(1)?.rsplit_once(':')?;
            (local == port && *fields.get(3)? == LISTEN)
                .then(|| fields.get(9).map(|inode| (*inode).to_owned()))?
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn listening_sockets_are_found_in_the_table() {
        let table = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n   \
                     0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 4242 1 0 100\n   \
                     1: 0100007F:1F90 0100007F:A000 01 00000000:00000000 00:00000000 00000000  1000        0 4243 1 0 100\n   \
                     2: broken\n";
        assert_eq!(listeners(table, 8080), ["4242"]);
        assert!(listeners(table, 8081).is_empty());
    }

    #[test]
    fn a_port_of_this_very_process_is_traced_to_it() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let holder = of(listener.local_addr().unwrap().port()).unwrap();
        assert!(holder.contains(&format!("(process {})", std::process::id())), "{holder}");
    }
}
