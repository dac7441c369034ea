//! Child processes that never outlive their handle, and what the kernel says about a process.
use anyhow::{Context as _, Result, ensure};
use std::{
    path::Path,
    process::{Child, Command, ExitStatus},
    time::{Duration, Instant},
};

/// The kernel's USER_HZ, 100 on every platform that this runs on.
const TICKS_PER_SECOND: f64 = 100.0;

/// Ends the process when dropped.
#[derive(Debug)]
pub struct Process(pub Child);
impl Process {
    pub fn spawn(command: &mut Command) -> Result<Self> {
        let child = command.spawn().with_context(|| format!("{:?} does not start", command.get_program()))?;
        Ok(Self(child))
    }
    pub fn id(&self) -> u32 {
        self.0.id()
    }
    /// Asks to end (SIGTERM) and waits.
    pub fn stop(mut self) -> Result<ExitStatus> {
        let asked = Command::new("kill").arg(self.id().to_string()).status()?;
        ensure!(asked.success(), "the process is gone already");
        let until = Instant::now() + Duration::from_secs(20);
        loop {
            if let Some(status) = self.0.try_wait()? {
                return Ok(status);
            }
            ensure!(Instant::now() < until, "the process does not end");
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}
impl Drop for Process {
    fn drop(&mut self) {
        if let Ok(None) = self.0.try_wait() {
            drop(self.0.kill());
            drop(self.0.wait());
        }
    }
}

/// Whose processor time counts as the product's.
#[derive(Clone, Copy, Debug)]
pub struct Counted {
    pub server: u32,
    pub postgres: Option<u32>,
}
impl Counted {
    /// User and system time so far, in seconds; of PostgreSQL with all its processes, ended ones included.
    pub fn cpu_seconds(self) -> Result<f64> {
        let mut ticks = stat(self.server)?.own;
        if let Some(postmaster) = self.postgres {
            let first = stat(postmaster)?;
            ticks += first.own + first.ended_children;
            ticks += all()
                .into_iter()
                .filter_map(|pid| stat(pid).ok())
                .filter(|s| s.parent == postmaster)
                .map(|s| s.own)
                .sum::<u64>();
        }
        Ok(ticks as f64 / TICKS_PER_SECOND)
    }
}

#[derive(Debug, PartialEq, Eq)]
struct Stat {
    parent: u32,
    own: u64,
    ended_children: u64,
}
fn stat(pid: u32) -> Result<Stat> {
    parse_stat(&std::fs::read_to_string(format!("/proc/{pid}/stat"))?)
}
/// The name in brackets may hold spaces and brackets, so fields are counted from its end.
fn parse_stat(text: &str) -> Result<Stat> {
    let (_, rest) = text.rsplit_once(')').context("stat of another form")?;
    let fields: Vec<&str> = rest.split_ascii_whitespace().collect();
    // Numbered from 1 in proc(5); the first after the name is 3.
    let number = |field: usize| -> Result<u64> {
        fields.get(field - 3).context("stat is short")?.parse().context("stat of another form")
    };
    Ok(Stat {
        parent: number(4)?.try_into()?,
        own: number(14)? + number(15)?,
        ended_children: number(16)? + number(17)?,
    })
}
fn all() -> Vec<u32> {
    let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect()
}

/// Resident memory in MB (10^6 bytes): now, without mapped files, and at its highest.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Memory {
    pub now: f64,
    pub anonymous: f64,
    pub highest: f64,
}
pub fn memory(pid: u32) -> Result<Memory> {
    parse_memory(&std::fs::read_to_string(format!("/proc/{pid}/status"))?)
}
fn parse_memory(text: &str) -> Result<Memory> {
    let megabytes = |name: &str| -> Result<f64> {
        let line =
            text.lines().find_map(|line| line.strip_prefix(name)).with_context(|| format!("no {name}"))?;
        let kib: f64 = line.split_ascii_whitespace().next().context("no number")?.parse()?;
        Ok(kib * 1024.0 / 1e6)
    };
    Ok(Memory { now: megabytes("VmRSS:")?, anonymous: megabytes("RssAnon:")?, highest: megabytes("VmHWM:")? })
}

/// The postmaster that listens on a local port: the owner of the listening socket.
pub fn postmaster(port: u16) -> Result<u32> {
    let tables =
        ["/proc/net/tcp", "/proc/net/tcp6"].map(|path| std::fs::read_to_string(path).unwrap_or_default());
    let sockets: Vec<String> = tables
        .iter()
        .flat_map(|table| listening(table, port))
        .map(|inode| format!("socket:[{inode}]"))
        .collect();
    let owns = |pid: &u32| {
        let files = std::fs::read_dir(format!("/proc/{pid}/fd")).into_iter().flatten().flatten();
        files
            .filter_map(|file| std::fs::read_link(file.path()).ok())
            .any(|target| sockets.iter().any(|socket| Path::new(socket) == target))
    };
    let found = all().into_iter().filter(|pid| is_postgres(*pid)).find(owns);
    found.with_context(|| {
        format!("no PostgreSQL of this machine listens on port {port} (or it may not be looked at)")
    })
}
fn is_postgres(pid: u32) -> bool {
    std::fs::read_to_string(format!("/proc/{pid}/comm")).is_ok_and(|name| name.trim_end() == "postgres")
}
/// Inodes of the sockets of /proc/net/tcp that listen (state 0A) on the port.
fn listening(table: &str, port: u16) -> Vec<String> {
    let end = format!(":{port:04X}");
    let inode = |line: &str| {
        let fields: Vec<&str> = line.split_ascii_whitespace().collect();
        let listens = fields.get(1)?.ends_with(&end) && *fields.get(3)? == "0A";
        fields.get(9).filter(|_| listens).map(|inode| (*inode).to_owned())
    };
    table.lines().filter_map(inode).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stat_is_read_behind_the_name() {
        let line = "42 (a b) c) S 7 42 42 0 -1 4194560 1 2 3 4 100 23 5 6 20 0 9 0 12345 1000 10 18446744073709551615";
        assert_eq!(parse_stat(line).unwrap(), Stat { parent: 7, own: 123, ended_children: 11 });
        assert!(parse_stat("42 (x) S 7").is_err());
    }
    #[test]
    fn this_process_uses_time_and_memory() {
        let own = Counted { server: std::process::id(), postgres: None };
        assert!(own.cpu_seconds().unwrap() >= 0.0);
        let memory = memory(std::process::id()).unwrap();
        assert!(memory.now > 0.5 && memory.highest >= memory.now);
    }
    #[test]
    fn memory_is_told_in_millions_of_bytes() {
        let memory =
            parse_memory("Name:\tx\nVmHWM:\t   20000 kB\nVmRSS:\t   10000 kB\nRssAnon:\t5000 kB\n").unwrap();
        assert_eq!(memory, Memory { now: 10.24, anonymous: 5.12, highest: 20.48 });
    }
    #[test]
    fn only_listening_sockets_of_the_port() {
        let table = "  sl  local_address rem_address st tx rx tr tm retr uid timeout inode\n\
             0: 0100007F:1538 00000000:0000 0A 00000000:00000000 00:00000000 00000000 103 0 4711 1\n\
             1: 0100007F:1538 0100007F:9C40 01 00000000:00000000 00:00000000 00000000 103 0 4712 1\n\
             2: 0100007F:1539 00000000:0000 0A 00000000:00000000 00:00000000 00000000 103 0 4713 1\n";
        assert_eq!(listening(table, 5432), ["4711"]);
    }
    #[test]
    fn a_dropped_process_is_gone() {
        let process = Process::spawn(Command::new("sleep").arg("60")).unwrap();
        let pid = process.id();
        drop(process);
        assert!(stat(pid).is_err());
    }
}
