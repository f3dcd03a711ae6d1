//! The archive itself: puts, gets and removes bodies by their hashes.

use std::{
    io::{self, Read as _},
    time::{Duration, SystemTime},
};

use futures_util::TryStreamExt as _;
use object_store::{ObjectStore as _, ObjectStoreExt as _};
use thiserror::Error;

use crate::{
    hash::{BodyHash, EXTENSION},
    location::{Durability, Location, LocationError, StoreOptions},
};

/// The largest body before compression.
pub const MAX_BODY_BYTES: usize = 64 << 20;
/// Effort of compression: the default of zstd, which takes a millisecond for a usual answer.
const LEVEL: i32 = 3;

/// Why a body was not stored or read.
#[derive(Debug, Error)]
pub enum ArchiveError {
    /// The archive does not have it: it was removed, or never came.
    #[error("the archive has no body {hash}")]
    Missing {
        /// Its hash.
        hash: BodyHash,
    },
    /// The file is not the body that its name says.
    #[error("the archived body {hash} is damaged")]
    Damaged {
        /// Its hash.
        hash: BodyHash,
    },
    /// The store refuses, or does not answer.
    #[error("the archive does not answer")]
    Store(#[source] object_store::Error),
}

/// A body, compressed and ready to be stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackedBody {
    hash: BodyHash,
    packed: Vec<u8>,
}

impl PackedBody {
    /// Compresses a body, from which secrets were removed. Takes a millisecond per few hundred
    /// kilobytes.
    ///
    /// # Errors
    ///
    /// If there is no memory for it.
    pub fn new(body: &[u8]) -> io::Result<Self> {
        Ok(Self {
            hash: BodyHash::of(body),
            packed: zstd::bulk::compress(body, LEVEL)?,
        })
    }

    /// Returns the hash of the body before compression.
    #[must_use]
    pub fn hash(&self) -> BodyHash {
        self.hash
    }

    /// Returns how many bytes it takes in the archive.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.packed.len()
    }
}

/// An archive; clones share its connections.
#[derive(Debug, Clone)]
pub struct Archive {
    location: Location,
}

impl Archive {
    /// Opens a directory or `s3://bucket/prefix`.
    ///
    /// # Errors
    ///
    /// [`LocationError`], before anything is asked over the network.
    pub fn open(to: &str, options: &StoreOptions) -> Result<Self, LocationError> {
        let location = Location::open(to, options, Durability::Relaxed)?;
        Ok(Self { location })
    }

    /// Returns its address, without secrets.
    #[must_use]
    pub fn address(&self) -> &str {
        self.location.address()
    }

    /// Stores a body. One that is there already counts as new again for [`Self::remove_older`].
    ///
    /// # Errors
    ///
    /// [`ArchiveError::Store`]; nothing, or the whole body, is there then.
    pub async fn put(&self, body: PackedBody) -> Result<(), ArchiveError> {
        let path = self.location.at(&body.hash.name());
        let put = self.location.store().put(&path, body.packed.into()).await;
        put.map(drop).map_err(ArchiveError::Store)
    }

    /// Reads a body, and checks that it is the one.
    ///
    /// # Errors
    ///
    /// [`ArchiveError`].
    pub async fn get(&self, hash: BodyHash) -> Result<Vec<u8>, ArchiveError> {
        let path = self.location.at(&hash.name());
        let failed = |error| match error {
            object_store::Error::NotFound { .. } => ArchiveError::Missing { hash },
            error => ArchiveError::Store(error),
        };
        let found = self.location.store().get(&path).await.map_err(failed)?;
        // Nothing that was put is larger.
        if found.meta.size > MAX_BODY_BYTES as u64 + (1 << 20) {
            return Err(ArchiveError::Damaged { hash });
        }
        let packed = found.bytes().await.map_err(failed)?;
        let body = unpack(&packed).map_err(|_| ArchiveError::Damaged { hash })?;
        if BodyHash::of(&body) == hash {
            Ok(body)
        } else {
            Err(ArchiveError::Damaged { hash })
        }
    }

    /// Removes bodies that last came longer than `age` ago, `at_most` so many; returns how many.
    /// Other files are left alone.
    ///
    /// # Errors
    ///
    /// [`ArchiveError::Store`]; some may be removed then.
    pub async fn remove_older(&self, age: Duration, at_most: usize) -> Result<u64, ArchiveError> {
        let now = SystemTime::now();
        let store = self.location.store();
        let mut listed = store.list(Some(self.location.prefix()));
        let mut old = Vec::new();
        while old.len() < at_most
            && let Some(file) = listed.try_next().await.map_err(ArchiveError::Store)?
        {
            let stored_at = SystemTime::from(file.last_modified);
            let is_old = now
                .duration_since(stored_at)
                .is_ok_and(|passed| passed > age);
            if is_old && is_body(file.location.filename()) {
                old.push(file.location);
            }
        }
        drop(listed);
        let mut removed = 0;
        for path in old {
            match store.delete(&path).await {
                Ok(()) => removed += 1,
                Err(object_store::Error::NotFound { .. }) => {}
                Err(error) => return Err(ArchiveError::Store(error)),
            }
        }
        Ok(removed)
    }
}

/// Whether a file name is that of a body.
fn is_body(name: Option<&str>) -> bool {
    let digits = name.and_then(|name| name.strip_suffix(EXTENSION));
    digits.is_some_and(|digits| digits.parse::<BodyHash>().is_ok())
}

/// Unpacks a body, at most [`MAX_BODY_BYTES`].
fn unpack(packed: &[u8]) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    let decoder = zstd::stream::read::Decoder::with_buffer(packed)?;
    let limit = MAX_BODY_BYTES as u64;
    decoder.take(limit + 1).read_to_end(&mut body)?;
    if body.len() as u64 > limit {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    Ok(body)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn archive(directory: &tempfile::TempDir) -> Archive {
        let to = directory.path().join("bodies");
        Archive::open(to.to_str().unwrap(), &StoreOptions::default()).unwrap()
    }

    #[tokio::test]
    async fn a_body_is_stored_once_and_read_back() {
        let directory = tempfile::tempdir().unwrap();
        let archive = archive(&directory);
        let body = b"{\"seats\": []}".repeat(1000);
        let packed = PackedBody::new(&body).unwrap();
        assert!(packed.bytes() < body.len() / 10);
        let hash = packed.hash();
        archive.put(packed.clone()).await.unwrap();
        archive.put(packed).await.unwrap();
        assert_eq!(archive.get(hash).await.unwrap(), body);
        let path = directory.path().join("bodies").join(hash.name());
        assert_eq!(
            std::fs::read_dir(path.parent().unwrap()).unwrap().count(),
            1
        );
    }

    #[tokio::test]
    async fn a_body_that_is_missing_or_damaged_is_an_error() {
        let directory = tempfile::tempdir().unwrap();
        let archive = archive(&directory);
        let packed = PackedBody::new(b"one").unwrap();
        let hash = packed.hash();
        let missing = archive.get(hash).await;
        assert!(matches!(missing, Err(ArchiveError::Missing { .. })));
        archive.put(packed).await.unwrap();
        let path = directory.path().join("bodies").join(hash.name());
        for damaged in [
            b"no zstd".to_vec(),
            zstd::bulk::compress(b"another body", LEVEL).unwrap(),
        ] {
            std::fs::write(&path, damaged).unwrap();
            let read = archive.get(hash).await;
            assert!(
                matches!(read, Err(ArchiveError::Damaged { .. })),
                "{read:?}"
            );
        }
    }

    /// A small file may unpack to more than the memory of the machine.
    #[test]
    fn a_body_that_unpacks_to_too_much_is_refused() {
        let zeros = vec![0; MAX_BODY_BYTES + 1];
        let bomb = zstd::bulk::compress(&zeros, LEVEL).unwrap();
        assert!(bomb.len() < 100_000);
        assert!(unpack(&bomb).is_err());
    }

    #[tokio::test]
    async fn old_bodies_are_removed_and_other_files_are_not() {
        let directory = tempfile::tempdir().unwrap();
        let archive = archive(&directory);
        for body in ["one", "two", "three"] {
            let packed = PackedBody::new(body.as_bytes()).unwrap();
            archive.put(packed).await.unwrap();
        }
        let notes = directory.path().join("bodies/notes.zst");
        std::fs::write(&notes, "of a person").unwrap();
        let kept = archive.remove_older(Duration::from_hours(1), 10).await;
        assert_eq!(kept.unwrap(), 0);
        let bounded = archive.remove_older(Duration::ZERO, 2).await;
        assert_eq!(bounded.unwrap(), 2);
        assert_eq!(archive.remove_older(Duration::ZERO, 10).await.unwrap(), 1);
        assert!(notes.exists());
    }
}
