//! Places: a directory, or a bucket of an S3-compatible store with a prefix.

use std::{collections::BTreeMap, fmt, path::PathBuf, sync::Arc};

use bytes::Bytes;
use futures_util::TryStreamExt as _;
use object_store::{
    ObjectStore, ObjectStoreExt as _, PutMode, PutOptions, UpdateVersion,
    aws::{AmazonS3Builder, AmazonS3ConfigKey},
    local::LocalFileSystem,
    path::Path,
};
use serde::Deserialize;
use thiserror::Error;

use super::{
    manifest::{self, Manifest},
    table::DataSet,
};

/// Settings of the store's own library, such as `endpoint` or `access_key_id`; `Debug` shows
/// only their names.
#[derive(Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct StoreOptions(BTreeMap<String, String>);

impl fmt::Debug for StoreOptions {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_set().entries(self.0.keys()).finish()
    }
}

impl FromIterator<(String, String)> for StoreOptions {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(options: I) -> Self {
        Self(options.into_iter().collect())
    }
}

/// Why a place does not serve.
#[derive(Debug, Error)]
pub enum PlaceError {
    /// The address is neither.
    #[error("`{to}` is neither a directory nor s3://bucket/prefix")]
    Address {
        /// As given.
        to: String,
    },
    /// The directory cannot be made or found.
    #[error("the directory {} cannot be written", path.display())]
    Directory {
        /// The directory.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The store refuses, or does not answer.
    #[error("the store refuses")]
    Store(#[from] object_store::Error),
    /// Another process wrote the manifest meanwhile.
    #[error("the manifest was written by another process meanwhile")]
    Overtaken,
    /// The manifest is not one.
    #[error(
        "manifest.json cannot be read; put a good one back, or move all files of the place away: what the database still has is exported anew"
    )]
    Manifest(#[from] serde_json::Error),
    /// The manifest is of a newer program.
    #[error("manifest.json has format {format}, which this program does not know")]
    Format {
        /// Its format.
        format: u32,
    },
}

/// A place to which days are exported.
#[derive(Debug, Clone)]
pub struct Place {
    address: String,
    store: Arc<dyn ObjectStore>,
    prefix: Path,
    /// Where it is a directory.
    directory: Option<PathBuf>,
}

/// What a manifest must be, still, when it is replaced.
#[derive(Debug, Clone, Default)]
pub struct ManifestVersion(Option<UpdateVersion>);

impl Place {
    /// Opens a directory, which is made if it is missing, or `s3://bucket/prefix`.
    ///
    /// For S3, what `options` does not say is taken from the environment as the library does
    /// (`AWS_ACCESS_KEY_ID`, `AWS_ENDPOINT`, `AWS_REGION` …), or from the machine's role.
    ///
    /// # Errors
    ///
    /// [`PlaceError`], before anything is asked over the network.
    pub fn open(to: &str, options: &StoreOptions) -> Result<Self, PlaceError> {
        match to.split_once("://") {
            Some(("s3", rest)) => Self::bucket(to, rest, options),
            Some(("file", path)) => Self::directory(PathBuf::from(path)),
            Some(_) => Err(PlaceError::Address { to: to.to_owned() }),
            None => Self::directory(PathBuf::from(to)),
        }
    }

    /// A place in any store.
    #[must_use]
    pub fn in_store(address: &str, store: Arc<dyn ObjectStore>) -> Self {
        Self {
            address: address.to_owned(),
            store,
            prefix: Path::default(),
            directory: None,
        }
    }

    fn directory(path: PathBuf) -> Result<Self, PlaceError> {
        let made = std::fs::create_dir_all(&path).and_then(|()| path.canonicalize());
        let path = match made {
            Ok(path) => path,
            Err(source) => return Err(PlaceError::Directory { path, source }),
        };
        let store = LocalFileSystem::new_with_prefix(&path)?.with_fsync(true);
        let mut place = Self::in_store(&format!("file://{}", path.display()), Arc::new(store));
        place.directory = Some(path);
        Ok(place)
    }

    fn bucket(to: &str, rest: &str, options: &StoreOptions) -> Result<Self, PlaceError> {
        let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        if bucket.is_empty() {
            return Err(PlaceError::Address { to: to.to_owned() });
        }
        // The library's client has no choice of its own.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut builder = AmazonS3Builder::from_env().with_bucket_name(bucket);
        for (key, value) in &options.0 {
            builder = builder.with_config(key.parse::<AmazonS3ConfigKey>()?, value);
        }
        let prefix =
            Path::parse(prefix.trim_end_matches('/')).map_err(object_store::Error::from)?;
        let address = format!("s3://{bucket}/{prefix}");
        Ok(Self {
            prefix,
            ..Self::in_store(address.trim_end_matches('/'), Arc::new(builder.build()?))
        })
    }

    /// Its address in full, without secrets.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    fn at(&self, name: &str) -> Path {
        self.prefix
            .parts()
            .chain(Path::from(name).parts())
            .collect()
    }

    /// Reads the manifest, if there is one.
    ///
    /// # Errors
    ///
    /// [`PlaceError`].
    pub async fn manifest(&self) -> Result<(Option<Manifest>, ManifestVersion), PlaceError> {
        let got = match self.store.get(&self.at(manifest::NAME)).await {
            Ok(got) => got,
            Err(object_store::Error::NotFound { .. }) => return Ok((None, ManifestVersion(None))),
            Err(error) => return Err(error.into()),
        };
        let seen = ManifestVersion(Some(UpdateVersion {
            e_tag: got.meta.e_tag.clone(),
            version: got.meta.version.clone(),
        }));
        let manifest: Manifest = serde_json::from_slice(&got.bytes().await?)?;
        if manifest.format != manifest::FORMAT {
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
        let content = Bytes::from(content);
        let mode = match &seen.0 {
            None => PutMode::Create,
            Some(_) if self.directory.is_some() => PutMode::Overwrite,
            Some(version) => PutMode::Update(version.clone()),
        };
        let path = self.at(manifest::NAME);
        let put = self
            .store
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

    /// Writes a file; one of this name has this content.
    ///
    /// # Errors
    ///
    /// [`PlaceError::Store`]; nothing, or the whole file, is there then.
    pub async fn put(&self, name: &str, content: Bytes) -> Result<(), PlaceError> {
        self.store.put(&self.at(name), content.into()).await?;
        Ok(())
    }

    /// Removes files; one that is gone already is as well.
    ///
    /// # Errors
    ///
    /// [`PlaceError::Store`]; some may be gone then.
    pub async fn remove(&self, names: &[String]) -> Result<(), PlaceError> {
        for name in names {
            match self.store.delete(&self.at(name)).await {
                Ok(()) | Err(object_store::Error::NotFound { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// The names of all files of a data set that an export can have written.
    ///
    /// # Errors
    ///
    /// [`PlaceError::Store`].
    pub async fn files(&self, data_set: DataSet) -> Result<Vec<String>, PlaceError> {
        let below = self.at(data_set.label());
        let listed: Vec<object_store::ObjectMeta> =
            self.store.list(Some(&below)).try_collect().await?;
        let names = listed.iter().filter_map(|meta| {
            let rest: Vec<_> = meta.location.prefix_match(&self.prefix)?.collect();
            let name: Vec<&str> = rest.iter().map(AsRef::as_ref).collect();
            match name.as_slice() {
                [_, day, file] if day.starts_with("date=") && is_part(file) => Some(name.join("/")),
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
        let Some(directory) = self.directory.clone() else {
            return Ok(());
        };
        let swept = tokio::task::spawn_blocking({
            let directory = directory.clone();
            move || remove_staged(&directory, 2)
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
            && (is_part(whole) || whole == manifest::NAME)
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

    #[test]
    fn settings_of_a_store_are_not_shown() {
        let options = [("access_key_id", "AKIA1"), ("secret_access_key", "hush")];
        let options = options.map(|(key, value)| (key.to_owned(), value.to_owned()));
        let shown = format!("{:?}", StoreOptions::from_iter(options.clone()));
        assert!(shown.contains("secret_access_key") && !shown.contains("hush"));
        let place = Place::open("s3://bucket/a/b/", &StoreOptions::from_iter(options)).unwrap();
        assert_eq!(place.address(), "s3://bucket/a/b");
        assert!(!format!("{place:?}").contains("hush"));
        assert_eq!(place.at("jobs/x").to_string(), "a/b/jobs/x");
    }

    #[test]
    fn what_is_no_place_is_refused() {
        for to in ["gopher://a/b", "s3://"] {
            let refused = Place::open(to, &StoreOptions::default());
            assert!(matches!(refused, Err(PlaceError::Address { .. })), "{to}");
        }
        let unknown = StoreOptions::from_iter([("colour".to_owned(), "red".to_owned())]);
        assert!(matches!(
            Place::open("s3://bucket", &unknown),
            Err(PlaceError::Store(_))
        ));
    }

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
