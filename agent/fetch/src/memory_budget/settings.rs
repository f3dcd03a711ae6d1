//! How much memory answers may take by default: a part of what the pod has.

use std::{fmt, fs};

use serde::{Deserialize, Deserializer, de};

/// The part of the pod's memory that answers may take: one in so many bytes.
const PART: u64 = 2;
/// Smallest and largest budget, regardless of the memory of the pod.
const BOUNDS: (u64, u64) = (64 << 20, 2 << 30);
/// Files with the memory limit of a container: cgroup v2, then v1.
const LIMITS: [&str; 2] = [
    "/sys/fs/cgroup/memory.max",
    "/sys/fs/cgroup/memory/memory.limit_in_bytes",
];

/// A number of bytes as settings write it: a plain number, or one with `KiB`, `MiB` or `GiB`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bytes(pub u64);

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Written {
            Number(u64),
            Text(String),
        }
        match Written::deserialize(from)? {
            Written::Number(bytes) => Ok(Self(bytes)),
            Written::Text(text) => parse(&text).map(Self).ok_or_else(|| {
                de::Error::custom(format!(
                    "`{text}` is not a size; write one such as \"256MiB\""
                ))
            }),
        }
    }
}

fn parse(text: &str) -> Option<u64> {
    let text = text.trim();
    let (number, shift) = [("KiB", 10), ("MiB", 20), ("GiB", 30)]
        .into_iter()
        .find_map(|(unit, shift)| Some((text.strip_suffix(unit)?, shift)))
        .unwrap_or((text, 0));
    number.trim().parse::<u64>().ok()?.checked_mul(1 << shift)
}

/// Returns half of the memory that this process may take, by its container or the machine.
#[must_use]
pub fn default_bytes() -> Bytes {
    let limits = LIMITS.iter().filter_map(|file| read(file));
    let has = limits.chain(machine()).min();
    Bytes((has.unwrap_or(BOUNDS.1) / PART).clamp(BOUNDS.0, BOUNDS.1))
}

fn read(file: &str) -> Option<u64> {
    fs::read_to_string(file).ok()?.trim().parse().ok()
}

fn machine() -> Option<u64> {
    let meminfo = fs::read_to_string("/proc/meminfo").ok()?;
    let line = meminfo
        .lines()
        .find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kib.checked_mul(1 << 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_as_they_are_written() {
        for (text, bytes) in [
            ("1024", Some(1024)),
            ("64KiB", Some(64 << 10)),
            (" 256 MiB", Some(256 << 20)),
            ("1GiB", Some(1 << 30)),
            ("1GB", None),
            ("99999999999GiB", None),
            ("", None),
        ] {
            assert_eq!(parse(text), bytes, "{text}");
        }
        assert!((BOUNDS.0..=BOUNDS.1).contains(&default_bytes().0));
    }
}
