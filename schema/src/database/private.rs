//! Directories and files that nobody else can have prepared, or can replace.
//!
//! A program that root runs writes logs, numbers of processes and a password at known places. Who
//! may write above such a place, or comes first, could put a link there, and have root write to
//! where the link leads. So everything above must be root's or ours and closed to others, and a
//! file is opened only if it is what it seems: no link, one name, our own.

use std::{
    fmt::Write as _,
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, Read as _, Write as _},
    os::unix::fs::{
        DirBuilderExt as _, FileTypeExt as _, MetadataExt as _, OpenOptionsExt as _,
        PermissionsExt as _, fchown,
    },
    path::{Component, Path, PathBuf},
};

use rustix::{fs::OFlags, process::geteuid};
use thiserror::Error;

/// Links that are followed on the way to a directory.
const MAX_LINKS: usize = 40;

/// Bytes of a generated password.
const PASSWORD_BYTES: usize = 24;

/// Why a directory or file is not used.
#[derive(Debug, Error)]
pub enum PrivateError {
    /// Another user owns it.
    #[error(
        "{} belongs to user {owner}, who could change what user {you} writes there; choose another \
         directory, or remove it", path.display()
    )]
    Foreign {
        /// The directory, link or file.
        path: PathBuf,
        /// Its owner.
        owner: u32,
        /// The user of this process.
        you: u32,
    },
    /// Others may write to it.
    #[error(
        "{} (owner {owner}, mode {mode:04o}) may be written by other users; close it with \
         `chmod go-w {}`, or choose another directory", path.display(), path.display()
    )]
    Open {
        /// The directory.
        path: PathBuf,
        /// Its owner.
        owner: u32,
        /// Its mode.
        mode: u32,
    },
    /// The path is a link, or not of the expected type.
    #[error(
        "{} (owner {owner}) is {found}, not {wanted}; remove it, or choose another directory",
        path.display()
    )]
    Kind {
        /// The path.
        path: PathBuf,
        /// Its owner.
        owner: u32,
        /// Its type.
        found: &'static str,
        /// The expected type.
        wanted: &'static str,
    },
    /// The system refuses.
    #[error("cannot use {}", path.display())]
    File {
        /// The path.
        path: PathBuf,
        /// The error of the system.
        #[source]
        source: io::Error,
    },
}

/// The other users, besides this one, who may use a directory.
#[derive(Debug, Clone, Copy, Default)]
pub struct Guest {
    /// May have owned the directory, or a file in it.
    pub uid: Option<u32>,
    /// Members may pass through the directory, and no more.
    pub gid: Option<u32>,
}

/// Makes `path` a directory of this user that others may not enter, but for the guest's group,
/// which may pass through. What is above is made where it is missing.
///
/// # Errors
///
/// If others own or may write `path` or anything above it, or it is no directory.
pub fn directory(path: &Path, guest: Guest) -> Result<PathBuf, PrivateError> {
    let absolute = std::path::absolute(path).map_err(error_at(path))?;
    let (Some(above), Some(name)) = (absolute.parent(), absolute.file_name()) else {
        return Err(PrivateError::File {
            path: absolute,
            source: io::ErrorKind::InvalidInput.into(),
        });
    };
    let path = made_above(above)?.join(name);
    if let Err(source) = DirBuilder::new().mode(0o700).create(&path)
        && source.kind() != io::ErrorKind::AlreadyExists
    {
        return Err(PrivateError::File { path, source });
    }
    let found = fs::symlink_metadata(&path).map_err(error_at(&path))?;
    if !found.is_dir() {
        return Err(wrong_kind(&path, &found, "a directory"));
    }
    if found.uid() != own_uid() && Some(found.uid()) != guest.uid {
        return Err(foreign(&path, &found));
    }
    // By its handle, so that it is the one that was looked at.
    let handle = OpenOptions::new()
        .read(true)
        .custom_flags(flags(OFlags::NOFOLLOW | OFlags::DIRECTORY))
        .open(&path)
        .map_err(error_at(&path))?;
    let opened = handle.metadata().map_err(error_at(&path))?;
    if (opened.dev(), opened.ino()) != (found.dev(), found.ino()) {
        return Err(wrong_kind(&path, &found, "the directory that it was"));
    }
    let mode = if guest.gid.is_some() { 0o710 } else { 0o700 };
    if opened.uid() != own_uid() || guest.gid.is_some_and(|gid| gid != opened.gid()) {
        fchown(&handle, Some(own_uid()), guest.gid).map_err(error_at(&path))?;
    }
    handle
        .set_permissions(fs::Permissions::from_mode(mode))
        .map_err(error_at(&path))?;
    Ok(path)
}

/// Checks every directory down to `path`, and makes the missing ones; returns the resolved path.
fn made_above(path: &Path) -> Result<PathBuf, PrivateError> {
    let mut reached = PathBuf::from("/");
    let mut left: Vec<PathBuf> = parts(path);
    let mut links = 0;
    check_directory(&reached)?;
    while let Some(part) = left.pop() {
        if part == Path::new("..") {
            reached.pop();
            continue;
        }
        let next = reached.join(part);
        let found = match fs::symlink_metadata(&next) {
            Ok(found) => found,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                fs::create_dir(&next).map_err(error_at(&next))?;
                fs::symlink_metadata(&next).map_err(error_at(&next))?
            }
            Err(error) => return Err(error_at(&next)(error)),
        };
        if found.is_symlink() {
            // In a directory that passed, a link of root's or ours is as good as its target.
            if found.uid() != 0 && found.uid() != own_uid() {
                return Err(wrong_kind(&next, &found, "a directory"));
            }
            links += 1;
            if links > MAX_LINKS {
                return Err(wrong_kind(&next, &found, "a directory"));
            }
            let target = fs::read_link(&next).map_err(error_at(&next))?;
            if target.is_absolute() {
                reached = PathBuf::from("/");
            }
            left.extend(parts(&target));
            continue;
        }
        check_directory(&next)?;
        reached = next;
    }
    Ok(reached)
}

/// The parts of a path, the last first.
fn parts(path: &Path) -> Vec<PathBuf> {
    path.components()
        .rev()
        .filter_map(|part| match part {
            Component::Normal(name) => Some(PathBuf::from(name)),
            Component::ParentDir => Some(PathBuf::from("..")),
            _ => None,
        })
        .collect()
}

/// Checks that nobody but root and this user can replace what is in a directory.
fn check_directory(path: &Path) -> Result<(), PrivateError> {
    let found = fs::symlink_metadata(path).map_err(error_at(path))?;
    if !found.is_dir() {
        return Err(wrong_kind(path, &found, "a directory"));
    }
    if found.uid() != 0 && found.uid() != own_uid() {
        return Err(foreign(path, &found));
    }
    let mode = found.mode() & 0o7777;
    // Many systems give each user a group of its own, and write with it.
    let group_is_own = found.gid() == rustix::process::getegid().as_raw() || found.gid() == 0;
    let by_others = mode & 0o002 != 0 || (mode & 0o020 != 0 && !group_is_own);
    if by_others && mode & 0o1000 == 0 {
        return Err(PrivateError::Open {
            path: path.to_owned(),
            owner: found.uid(),
            mode,
        });
    }
    Ok(())
}

/// Opens a file of this user to overwrite it; no other user may read it.
///
/// # Errors
///
/// If it is a link, has a second name, or belongs to another.
pub fn create(path: &Path) -> Result<File, PrivateError> {
    let file = open(path, OpenOptions::new().write(true).create(true), None)?;
    // After it was looked at, and not while it is opened.
    file.set_len(0).map_err(error_at(path))?;
    Ok(file)
}

/// Opens a file of this user, or of `guest`, to add to its end; no other may read it.
///
/// # Errors
///
/// As [`create`].
pub fn append(path: &Path, guest: Option<u32>) -> Result<File, PrivateError> {
    open(path, OpenOptions::new().append(true).create(true), guest)
}

/// Overwrites a file of this user.
///
/// # Errors
///
/// As [`create`], or if it cannot be written.
pub fn write(path: &Path, text: &str) -> Result<(), PrivateError> {
    create(path)?
        .write_all(text.as_bytes())
        .map_err(error_at(path))
}

/// Replaces `path`, which may be anything, by a file with this text that belongs to `owner`: for a
/// directory that another user may write.
///
/// # Errors
///
/// If it cannot be removed or made.
pub fn replace(path: &Path, text: &str, owner: Option<(u32, u32)>) -> Result<(), PrivateError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error_at(path)(error)),
        _ => {}
    }
    let mut file = open(path, OpenOptions::new().write(true).create_new(true), None)?;
    file.write_all(text.as_bytes()).map_err(error_at(path))?;
    if let Some((uid, gid)) = owner {
        fchown(&file, Some(uid), Some(gid)).map_err(error_at(path))?;
    }
    Ok(())
}

/// Reads a file of this user; `None` where there is none.
///
/// # Errors
///
/// As [`create`].
pub fn read(path: &Path) -> Result<Option<String>, PrivateError> {
    match open(path, OpenOptions::new().read(true), None) {
        Ok(mut file) => {
            let mut text = String::new();
            file.read_to_string(&mut text).map_err(error_at(path))?;
            Ok(Some(text))
        }
        Err(PrivateError::File { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// A new password that nobody can guess.
///
/// # Errors
///
/// If the system gives no random bytes.
pub fn password() -> Result<String, PrivateError> {
    let source = Path::new("/dev/urandom");
    let mut bytes = [0; PASSWORD_BYTES];
    File::open(source)
        .and_then(|mut random| random.read_exact(&mut bytes))
        .map_err(error_at(source))?;
    let mut text = String::with_capacity(2 * PASSWORD_BYTES);
    for byte in bytes {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    Ok(text)
}

fn open(path: &Path, how: &mut OpenOptions, guest: Option<u32>) -> Result<File, PrivateError> {
    let opened = how
        .mode(0o600)
        // A pipe is not waited for; a regular file does not care.
        .custom_flags(flags(OFlags::NOFOLLOW | OFlags::NONBLOCK))
        .open(path);
    let file = opened.map_err(|source| match fs::symlink_metadata(path) {
        Ok(found) if !found.is_file() => wrong_kind(path, &found, "a file"),
        _ => error_at(path)(source),
    })?;
    let found = file.metadata().map_err(error_at(path))?;
    if !found.is_file() {
        return Err(wrong_kind(path, &found, "a file"));
    }
    if found.uid() != own_uid() && Some(found.uid()) != guest {
        return Err(foreign(path, &found));
    }
    if found.nlink() != 1 {
        return Err(PrivateError::Kind {
            path: path.to_owned(),
            owner: found.uid(),
            found: "a file with another name elsewhere",
            wanted: "a file of its own",
        });
    }
    Ok(file)
}

fn flags(flags: OFlags) -> i32 {
    flags.bits().cast_signed()
}

pub(crate) fn own_uid() -> u32 {
    geteuid().as_raw()
}

fn error_at(path: &Path) -> impl FnOnce(io::Error) -> PrivateError {
    let path = path.to_owned();
    move |source| PrivateError::File { path, source }
}

fn foreign(path: &Path, found: &fs::Metadata) -> PrivateError {
    PrivateError::Foreign {
        path: path.to_owned(),
        owner: found.uid(),
        you: own_uid(),
    }
}

fn wrong_kind(path: &Path, found: &fs::Metadata, wanted: &'static str) -> PrivateError {
    let kind = found.file_type();
    PrivateError::Kind {
        path: path.to_owned(),
        owner: found.uid(),
        found: match () {
            () if kind.is_symlink() => "a symbolic link",
            () if kind.is_dir() => "a directory",
            () if kind.is_file() => "a file",
            () if kind.is_fifo() => "a pipe",
            () => "something else",
        },
        wanted,
    }
}

#[cfg(test)]
mod tests;
