//! Places: a directory, or a bucket of an S3-compatible store with a prefix.

mod error;

use std::{path::PathBuf, sync::Arc};

pub use body_archive::location::StoreOptions;
use body_archive::location::{Durability, Location};
use bytes::Bytes;
use futures_util::TryStreamExt as _;
use object_store::{ObjectStore, ObjectStoreExt as _, PutMode, PutOptions, UpdateVersion};

pub use error::PlaceError;

use super::{
    manifest::{self, Manifest},
    table::DataSet,
};

/// A place to which days are exported.
#[derive(Debug, Clone)]
pub struct Place {
    location: Location,
}

/// What a manifest must be, still, when it is replaced.
#[derive(Debug, Clone, Default)]
pub struct ManifestVersion(Option<UpdateVersion>);

impl Place {
    /// Opens a directory, which is made if it is missing, or `s3://bucket/prefix`.
    ///
    /// # Errors
    ///
    /// [`PlaceError`], before anything is asked over the network.
    pub fn open(to: &str, options: &StoreOptions) -> Result<Self, PlaceError> {
        let location = Location::open(to, options, Durability::Synced)?;
        Ok(Self { location })
    }

    /// A place in any store.
    #[must_use]
    pub fn in_store(address: &str, store: Arc<dyn ObjectStore>) -> Self {
        let location = Location::in_store(address, store);
        Self { location }
    }

    /// Its address in full, without secrets.
    #[must_use]
    pub fn address(&self) -> &str {
        self.location.address()
    }

    /// Reads the manifest, if there is one.
    ///
    /// # Errors
    ///
    /// [`PlaceError`].
    pub async fn manifest(&self) -> Result<(Option<Manifest>, ManifestVersion), PlaceError> {
        let Some((content, seen)) = self.read(manifest::NAME, u64::MAX).await? else {
            return Ok((None, ManifestVersion(None)));
        };
        let manifest: Manifest = serde_json::from_slice(&content)?;
        if !(manifest::OLDEST_FORMAT..=manifest::FORMAT).contains(&manifest.format) {
            return Err(PlaceError::Format {
                format: manifest.format,
            });
        }
        Ok((Some(manifest), seen))
    }

    /// Replaces the manifest that was `seen`, as a whole.
    ///
    /// A store that can compare does; a directory cannot, there the lease alone keeps others
    /// out.
    ///
    /// # Errors
    ///
    /// [`PlaceError::Overtaken`] if it is another one now, and any other [`PlaceError`].
    pub async fn write_manifest(
        &self,
        manifest: &Manifest,
        seen: &ManifestVersion,
    ) -> Result<ManifestVersion, PlaceError> {
        let mut content = serde_json::to_vec(manifest)?;
        content.push(b'\n');
        self.replace(manifest::NAME, Bytes::from(content), seen)
            .await
    }

    /// Reads a file of at most `max_bytes`, if there is one of this name.
    ///
    /// # Errors
    ///
    /// [`PlaceError::TooLarge`], or [`PlaceError::Store`].
    pub async fn read(
        &self,
        name: &str,
        max_bytes: u64,
    ) -> Result<Option<(Bytes, ManifestVersion)>, PlaceError> {
        let got = match self.location.store().get(&self.location.at(name)).await {
            Ok(got) => got,
            Err(object_store::Error::NotFound { .. }) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        if got.meta.size > max_bytes {
            return Err(PlaceError::TooLarge {
                name: name.to_owned(),
                bytes: got.meta.size,
                max_bytes,
            });
        }
        let seen = ManifestVersion(Some(UpdateVersion {
            e_tag: got.meta.e_tag.clone(),
            version: got.meta.version.clone(),
        }));
        Ok(Some((got.bytes().await?, seen)))
    }

    /// Replaces the file that was `seen`, as [`write_manifest`](Self::write_manifest) does.
    ///
    /// # Errors
    ///
    /// [`PlaceError::Overtaken`] if it is another one now, and any other [`PlaceError`].
    pub async fn replace(
        &self,
        name: &str,
        content: Bytes,
        seen: &ManifestVersion,
    ) -> Result<ManifestVersion, PlaceError> {
        let mode = match &seen.0 {
            None => PutMode::Create,
            Some(_) if self.location.directory().is_some() => PutMode::Overwrite,
            Some(version) => PutMode::Update(version.clone()),
        };
        let path = self.location.at(name);
        let put = self
            .location
            .store()
            .put_opts(&path, content.into(), PutOptions::from(mode))
            .await;
        match put {
            Ok(done) => Ok(ManifestVersion(Some(UpdateVersion {
                e_tag: done.e_tag,
                version: done.version,
            }))),
            Err(
                object_store::Error::Precondition { .. }
                | object_store::Error::AlreadyExists { .. },
            ) => Err(PlaceError::Overtaken),
            Err(error) => Err(error.into()),
        }
    }

    /// The names of all its files.
    ///
    /// # Errors
    ///
    /// [`PlaceError::Store`].
    pub async fn names(&self) -> Result<Vec<String>, PlaceError> {
        let prefix = self.location.prefix();
        let below = (prefix.parts().next().is_some()).then_some(prefix);
        let listed: Vec<object_store::ObjectMeta> =
            self.location.store().list(below).try_collect().await?;
        let names = listed.iter().filter_map(|meta| {
            let rest: Vec<_> = meta.location.prefix_match(prefix)?.collect();
            let name: Vec<&str> = rest.iter().map(AsRef::as_ref).collect();
            Some(name.join("/"))
        });
        Ok(names.collect())
    }

    /// Writes a file; one of this name has this content.
    ///
    /// # Errors
    ///
    /// [`PlaceError::Store`]; nothing, or the whole file, is there then.
    pub async fn put(&self, name: &str, content: Bytes) -> Result<(), PlaceError> {
        let path = self.location.at(name);
        self.location.store().put(&path, content.into()).await?;
        Ok(())
    }

    /// Writes the metadata file of a table, which must not exist.
    ///
    /// # Errors
    ///
    /// [`PlaceError::ForeignCommit`] if it does, and any other [`PlaceError`].
    pub async fn put_new(&self, name: &str, content: Bytes) -> Result<(), PlaceError> {
        let path = self.location.at(name);
        let only_new = PutOptions::from(PutMode::Create);
        let put = self
            .location
            .store()
            .put_opts(&path, content.into(), only_new);
        match put.await {
            Ok(_) => Ok(()),
            Err(object_store::Error::AlreadyExists { .. }) => Err(PlaceError::ForeignCommit {
                name: name.to_owned(),
            }),
            Err(error) => Err(error.into()),
        }
    }

    /// Removes files; one that is gone already is as well.
    ///
    /// # Errors
    ///
    /// [`PlaceError::Store`]; some may be gone then.
    pub async fn remove(&self, names: &[String]) -> Result<(), PlaceError> {
        for name in names {
            match self.location.store().delete(&self.location.at(name)).await {
                Ok(()) | Err(object_store::Error::NotFound { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// The names of all files of a data set that an export can have written, or a program that took
    /// its table for its own.
    ///
    /// # Errors
    ///
    /// [`PlaceError::Store`].
    pub async fn files(&self, data_set: DataSet) -> Result<Vec<String>, PlaceError> {
        let below = self.location.at(data_set.label());
        let listed: Vec<object_store::ObjectMeta> = self
            .location
            .store()
            .list(Some(&below))
            .try_collect()
            .await?;
        let names = listed.iter().filter_map(|meta| {
            let rest: Vec<_> = meta
                .location
                .prefix_match(self.location.prefix())?
                .collect();
            let name: Vec<&str> = rest.iter().map(AsRef::as_ref).collect();
            match name.as_slice() {
                [_, day, file] if day.starts_with("date=") && is_part(file) => Some(name.join("/")),
                [_, "metadata", file] if is_of_table(file) => Some(name.join("/")),
                _ => None,
            }
        });
        Ok(names.collect())
    }

    /// Removes what a process that was killed had not finished to write: the library gives
    /// files their names when they are whole, and does not list others.
    ///
    /// # Errors
    ///
    /// [`PlaceError::Directory`].
    pub async fn remove_unfinished(&self) -> Result<(), PlaceError> {
        let Some(directory) = self.location.directory().map(PathBuf::from) else {
            return Ok(());
        };
        let swept = tokio::task::spawn_blocking({
            let directory = directory.clone();
            move || remove_staged(&directory, 3)
        });
        match swept.await {
            Ok(Ok(())) | Err(_) => Ok(()),
            Ok(Err(source)) => Err(PlaceError::Directory {
                path: directory,
                source,
            }),
        }
    }
}

fn is_part(file: &str) -> bool {
    file.starts_with("part-") && file.ends_with(".parquet")
}

fn is_of_table(file: &str) -> bool {
    [".avro", ".metadata.json", ".text"]
        .iter()
        .any(|ending| file.ends_with(ending))
}

fn is_of_region(file: &str) -> bool {
    [".jsonl.zst", ".jsonl.gz"]
        .iter()
        .any(|ending| file.ends_with(ending))
}

/// Removes `part-….parquet#1` and `manifest.json#1`, down to `levels` directories deep.
fn remove_staged(directory: &std::path::Path, levels: u8) -> std::io::Result<()> {
    for entry in std::fs::read_dir(directory)? {
        let entry = entry?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if entry.file_type()?.is_dir() {
            if levels > 0 {
                remove_staged(&entry.path(), levels - 1)?;
            }
        } else if let Some((whole, _)) = name.rsplit_once('#')
            && (is_part(whole)
                || is_of_table(whole)
                || is_of_region(whole)
                || whole == manifest::NAME)
        {
            std::fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[tokio::test]
    async fn what_a_killed_process_had_begun_to_write_goes() {
        let directory = tempfile::tempdir().unwrap();
        let to = directory.path().to_str().unwrap();
        let place = Place::open(to, &StoreOptions::default()).unwrap();
        place
            .put("jobs/date=2026-11-01/part-000-ab.parquet", Bytes::from("x"))
            .await
            .unwrap();
        let day = directory.path().join("jobs/date=2026-11-01");
        for staged in [
            day.join("part-000-cd.parquet#1"),
            directory.path().join("manifest.json#2"),
        ] {
            std::fs::write(staged, "half").unwrap();
        }
        std::fs::write(directory.path().join("notes#1"), "not ours").unwrap();
        place.remove_unfinished().await.unwrap();
        assert_eq!(std::fs::read_dir(&day).unwrap().count(), 1);
        assert!(directory.path().join("notes#1").exists());
        assert!(!directory.path().join("manifest.json#2").exists());
        assert_eq!(
            place.files(DataSet::Jobs).await.unwrap(),
            ["jobs/date=2026-11-01/part-000-ab.parquet"]
        );
    }
}
