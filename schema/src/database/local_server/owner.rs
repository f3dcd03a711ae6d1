//! The user that runs the server: never root, which Postgres refuses.

use super::error::ServerError;
use crate::private::Guest;
use std::fs;
use std::os::unix::fs::{MetadataExt, lchown};
use std::path::Path;
use tokio::process::Command;

/// `nobody`, for a machine without the user `postgres`.
const NOBODY: (u32, u32) = (65534, 65534);

/// The user as whom the programs of the server run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Owner {
    /// The user of this process.
    Ourselves,
    /// Another user, because this process is root's.
    Other { uid: u32, gid: u32 },
}

impl Owner {
    /// Decides from the user of this process.
    pub(super) fn of_this_process() -> Self {
        // Without /proc this is no Linux, and nobody runs this as root there.
        let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
        if effective_uid(&status) != Some(0) {
            return Self::Ourselves;
        }
        let passwd = fs::read_to_string("/etc/passwd").unwrap_or_default();
        let (uid, gid) = ids_of("postgres", &passwd).unwrap_or(NOBODY);
        Self::Other { uid, gid }
    }

    /// Returns a command that runs `program` as this user, without input.
    pub(super) fn command(self, program: &Path) -> Command {
        let mut command = Command::new(program);
        // A directory that every user may enter, and messages that can be matched.
        command.current_dir("/").env("LC_ALL", "C");
        command.stdin(std::process::Stdio::null());
        match self {
            Self::Ourselves => &mut command,
            Self::Other { uid, gid } => command.uid(uid).gid(gid),
        };
        command
    }

    /// The other user, besides that of this process, who uses its directory.
    pub(super) fn guest(self) -> Guest {
        match self.ids() {
            None => Guest::default(),
            Some((uid, gid)) => Guest {
                uid: Some(uid),
                gid: Some(gid),
            },
        }
    }

    /// The user and group, where they are not those of this process.
    pub(super) fn ids(self) -> Option<(u32, u32)> {
        match self {
            Self::Ourselves => None,
            Self::Other { uid, gid } => Some((uid, gid)),
        }
    }

    /// Gives `path`, which is no link, to this user.
    pub(super) fn own(self, path: &Path) -> Result<(), ServerError> {
        match self {
            Self::Ourselves => Ok(()),
            Self::Other { uid, gid } => {
                lchown(path, Some(uid), Some(gid)).map_err(|source| ServerError::File {
                    path: path.to_path_buf(),
                    source,
                })
            }
        }
    }

    /// Checks that this user may enter every existing directory above `path`.
    ///
    /// `path` itself does not count: it is given to the user before use.
    pub(super) fn check_reach(self, path: &Path) -> Result<(), ServerError> {
        let Self::Other { uid, gid } = self else {
            return Ok(());
        };
        let closed = path.ancestors().skip(1).find(|directory| {
            fs::metadata(directory).is_ok_and(|found| {
                let bit = match (found.uid() == uid, found.gid() == gid) {
                    (true, _) => 0o100,
                    (false, true) => 0o010,
                    (false, false) => 0o001,
                };
                found.mode() & bit == 0
            })
        });
        closed.map_or(Ok(()), |directory| {
            let directory = directory.to_path_buf();
            Err(ServerError::OutOfReach { directory, uid })
        })
    }
}

/// Reads the effective user from the text of `/proc/self/status`.
fn effective_uid(status: &str) -> Option<u32> {
    let line = status.lines().find_map(|line| line.strip_prefix("Uid:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

/// Reads the ids of `user` from the text of `/etc/passwd`.
fn ids_of(user: &str, passwd: &str) -> Option<(u32, u32)> {
    passwd.lines().find_map(|line| {
        let mut fields = line.split(':');
        if fields.next()? != user {
            return None;
        }
        let uid = fields.nth(1)?.parse().ok()?;
        let gid = fields.next()?.parse().ok()?;
        Some((uid, gid))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_effective_user_is_the_second_of_the_four() {
        assert_eq!(effective_uid("Name:\tx\nUid:\t1000\t0\t0\t0\n"), Some(0));
        assert_eq!(effective_uid("Name:\tx\n"), None);
    }

    #[test]
    fn the_ids_are_those_of_the_whole_name() {
        let passwd = "postgres-old:x:7:8::/:/bin/sh\npostgres:x:104:110:admin:/var:/bin/bash\n";
        assert_eq!(ids_of("postgres", passwd), Some((104, 110)));
        assert_eq!(ids_of("nobody", passwd), None);
    }
}
