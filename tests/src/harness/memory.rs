//! What memory a process takes, and a limit for it.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use super::error::HarnessError;

/// Returns the most memory that a process has had, in bytes (`VmHWM`).
///
/// # Errors
///
/// [`HarnessError::File`] if it does not run.
pub fn peak_bytes(pid: u32) -> Result<u64, HarnessError> {
    let path = PathBuf::from(format!("/proc/{pid}/status"));
    let status = fs::read_to_string(&path).map_err(HarnessError::file(&path))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    let missing = || HarnessError::file(&path)(io::ErrorKind::InvalidData.into());
    Ok(kilobytes.ok_or_else(missing)? << 10)
}

/// A cgroup with a limit, for one process; it is removed when this is dropped after the end of
/// the process.
#[derive(Debug)]
pub struct MemoryLimit {
    directory: PathBuf,
    /// The file that says how much was taken at most.
    peak: &'static str,
}

impl MemoryLimit {
    /// Puts a process into a cgroup of its own, below that of the caller, which kills it when it
    /// takes more than `bytes`.
    ///
    /// # Errors
    ///
    /// If no cgroup can be made here; that says nothing of the process.
    pub fn of(pid: u32, bytes: u64) -> io::Result<Self> {
        let (parent, limit, peak) = own_cgroup()?;
        let directory = parent.join(format!("fullhouse-{pid}"));
        fs::create_dir(&directory)?;
        let made = Self { directory, peak };
        fs::write(made.directory.join(limit), bytes.to_string())?;
        fs::write(made.directory.join("cgroup.procs"), pid.to_string())?;
        Ok(made)
    }

    /// Returns the most memory that was taken, files that the system caches for it included.
    ///
    /// # Errors
    ///
    /// If the system does not say.
    pub fn peak_bytes(&self) -> io::Result<u64> {
        let peak = fs::read_to_string(self.directory.join(self.peak))?;
        peak.trim().parse().map_err(io::Error::other)
    }
}

impl Drop for MemoryLimit {
    fn drop(&mut self) {
        // The system removes none that has a process; then it stays, and is empty soon.
        let _ = fs::remove_dir(&self.directory);
    }
}

/// The cgroup of this process in the hierarchy that limits memory, and the names of the files
/// that have the limit and the peak there.
fn own_cgroup() -> io::Result<(PathBuf, &'static str, &'static str)> {
    let groups = fs::read_to_string("/proc/self/cgroup")?;
    let mounts = fs::read_to_string("/proc/self/mounts")?;
    let none = || io::Error::other("no hierarchy of cgroups limits memory here");
    let mounted = |wanted: &dyn Fn(&str, &str) -> bool| {
        mounts.lines().find_map(|line| {
            let mut words = line.split(' ').skip(1);
            let (path, kind, options) = (words.next()?, words.next()?, words.next()?);
            wanted(kind, options).then(|| PathBuf::from(path))
        })
    };
    let group = |is_wanted: &dyn Fn(&str) -> bool| {
        groups.lines().find_map(|line| {
            let (_, rest) = line.split_once(':')?;
            let (controllers, path) = rest.split_once(':')?;
            is_wanted(controllers).then(|| path.trim_start_matches('/').to_owned())
        })
    };
    let limits_memory = |list: &str| list.split(',').any(|name| name == "memory");
    if let (Some(mount), Some(group)) = (
        mounted(&|kind, options| kind == "cgroup" && limits_memory(options)),
        group(&limits_memory),
    ) {
        let files = ("memory.limit_in_bytes", "memory.max_usage_in_bytes");
        return Ok((mount.join(group), files.0, files.1));
    }
    let mount = mounted(&|kind, _| kind == "cgroup2").ok_or_else(none)?;
    let own = mount.join(group(&str::is_empty).ok_or_else(none)?);
    let hands_down = |parent: &Path| fs::read_to_string(parent.join("cgroup.subtree_control"));
    if hands_down(&own)?
        .split_whitespace()
        .any(|name| name == "memory")
    {
        Ok((own, "memory.max", "memory.peak"))
    } else {
        Err(none())
    }
}
