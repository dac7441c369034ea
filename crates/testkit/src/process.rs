//! A child process that never outlives its handle.
use anyhow::{Context, Result};
use std::{
    path::Path,
    process::{Child, Command, ExitStatus},
    time::{Duration, Instant},
};

/// Ends the process (SIGKILL) when dropped.
#[derive(Debug)]
pub struct Process(Child);

impl Process {
    pub fn spawn(command: &mut Command) -> Result<Self> {
        let child = command.spawn().with_context(|| format!("starting {:?}", command.get_program()))?;
        Ok(Self(child))
    }
    pub fn id(&self) -> u32 {
        self.0.id()
    }
    pub fn exited(&mut self) -> Result<Option<ExitStatus>> {
        Ok(self.0.try_wait()?)
    }
    /// SIGTERM, then waits for the orderly end.
    pub fn stop(mut self, limit: Duration) -> Result<ExitStatus> {
        signal(self.0.id(), "TERM")?;
        let until = Instant::now() + limit;
        loop {
            if let Some(status) = self.0.try_wait()? {
                return Ok(status);
            }
            anyhow::ensure!(Instant::now() < until, "the process did not end within {limit:?}");
            std::thread::sleep(Duration::from_millis(10));
        }
    }
    /// SIGKILL: what a power cut leaves of a process.
    pub fn kill(mut self) -> Result<()> {
        self.0.kill()?;
        self.0.wait()?;
        Ok(())
    }
}
impl From<Child> for Process {
    fn from(child: Child) -> Self {
        Self(child)
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

fn signal(pid: u32, name: &str) -> Result<()> {
    let status = Command::new("kill").arg(format!("-{name}")).arg(pid.to_string()).status()?;
    anyhow::ensure!(status.success(), "kill -{name} {pid} failed");
    Ok(())
}

/// Ends every process whose command line names `path`: those of a browser whose profile lies there.
pub fn end_all_naming(path: &Path) {
    let Some(needle) = path.to_str() else { return };
    let Ok(entries) = std::fs::read_dir("/proc") else { return };
    for entry in entries.flatten() {
        let Some(pid) = entry.file_name().to_str().and_then(|n| n.parse::<u32>().ok()) else { continue };
        if pid == std::process::id() {
            continue;
        }
        let line = std::fs::read(entry.path().join("cmdline")).unwrap_or_default();
        if String::from_utf8_lossy(&line).contains(needle) {
            drop(Command::new("kill").arg("-KILL").arg(pid.to_string()).output());
        }
    }
}

/// User and system time that the process has used so far, in seconds (fields 14 and 15 of /proc/PID/stat).
pub fn cpu_seconds(pid: u32) -> Result<f64> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
    let (_, rest) = stat.rsplit_once(')').context("stat of another shape")?;
    let ticks: u64 =
        rest.split_ascii_whitespace().skip(11).take(2).filter_map(|n| n.parse::<u64>().ok()).sum();
    // The kernel's USER_HZ, 100 on every platform that the tests run on.
    Ok(ticks as f64 / 100.0)
}

/// Resident memory in bytes.
pub fn resident_bytes(pid: u32) -> Result<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|l| l.strip_prefix("VmRSS:")).context("no VmRSS")?;
    let kib: u64 = line.split_ascii_whitespace().next().context("no number")?.parse()?;
    Ok(kib * 1024)
}

/// A loopback port that was free a moment ago.
pub fn free_port() -> Result<u16> {
    Ok(std::net::TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}
