//! Locations of files: a directory, or a bucket of an S3-compatible store with a prefix.

use std::{collections::BTreeMap, fmt, path::PathBuf, sync::Arc};

use object_store::{
    ObjectStore,
    aws::{AmazonS3Builder, AmazonS3ConfigKey},
    local::LocalFileSystem,
    path::Path,
};
use serde::Deserialize;
use thiserror::Error;

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

/// Why a location does not serve.
#[derive(Debug, Error)]
pub enum LocationError {
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
    /// The store refuses its settings.
    #[error("the store refuses its settings")]
    Store(#[from] object_store::Error),
}

/// Whether a file in a directory is on the disk when it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// It is.
    Synced,
    /// It may be lost if the machine stops in the next seconds.
    Relaxed,
}

/// A location of files.
#[derive(Debug, Clone)]
pub struct Location {
    address: String,
    store: Arc<dyn ObjectStore>,
    prefix: Path,
    directory: Option<PathBuf>,
}

impl Location {
    /// Opens a directory, which is made if it is missing, or `s3://bucket/prefix`.
    ///
    /// For S3, what `options` does not say is taken from the environment as the library does
    /// (`AWS_ACCESS_KEY_ID`, `AWS_ENDPOINT`, `AWS_REGION` …), or from the machine's role.
    ///
    /// # Errors
    ///
    /// [`LocationError`], before anything is asked over the network.
    pub fn open(
        to: &str,
        options: &StoreOptions,
        durability: Durability,
    ) -> Result<Self, LocationError> {
        match to.split_once("://") {
            Some(("s3", rest)) => Self::bucket(to, rest, options),
            Some(("file", path)) => Self::in_directory(PathBuf::from(path), durability),
            Some(_) => Err(LocationError::Address { to: to.to_owned() }),
            None => Self::in_directory(PathBuf::from(to), durability),
        }
    }

    /// Returns a location in any store.
    #[must_use]
    pub fn in_store(address: &str, store: Arc<dyn ObjectStore>) -> Self {
        Self {
            address: address.to_owned(),
            store,
            prefix: Path::default(),
            directory: None,
        }
    }

    fn in_directory(path: PathBuf, durability: Durability) -> Result<Self, LocationError> {
        let made = std::fs::create_dir_all(&path).and_then(|()| path.canonicalize());
        let path = match made {
            Ok(path) => path,
            Err(source) => return Err(LocationError::Directory { path, source }),
        };
        let store = LocalFileSystem::new_with_prefix(&path)?;
        let store = store.with_fsync(durability == Durability::Synced);
        let mut location = Self::in_store(&format!("file://{}", path.display()), Arc::new(store));
        location.directory = Some(path);
        Ok(location)
    }

    fn bucket(to: &str, rest: &str, options: &StoreOptions) -> Result<Self, LocationError> {
        let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        if bucket.is_empty() {
            return Err(LocationError::Address { to: to.to_owned() });
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

    /// Returns its address in full, without secrets.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Returns the store.
    #[must_use]
    pub fn store(&self) -> &Arc<dyn ObjectStore> {
        &self.store
    }

    /// Returns what precedes all names.
    #[must_use]
    pub fn prefix(&self) -> &Path {
        &self.prefix
    }

    /// Returns its path, if it is a directory.
    #[must_use]
    pub fn directory(&self) -> Option<&std::path::Path> {
        self.directory.as_deref()
    }

    /// Returns the path of a name below it.
    #[must_use]
    pub fn at(&self, name: &str) -> Path {
        self.prefix
            .parts()
            .chain(Path::from(name).parts())
            .collect()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn open(to: &str, options: &StoreOptions) -> Result<Location, LocationError> {
        Location::open(to, options, Durability::Relaxed)
    }

    #[test]
    fn settings_of_a_store_are_not_shown() {
        let options = [("access_key_id", "AKIA1"), ("secret_access_key", "hush")];
        let options = options.map(|(key, value)| (key.to_owned(), value.to_owned()));
        let options = StoreOptions::from_iter(options);
        let shown = format!("{options:?}");
        assert!(shown.contains("secret_access_key") && !shown.contains("hush"));
        let location = open("s3://bucket/a/b/", &options).unwrap();
        assert_eq!(location.address(), "s3://bucket/a/b");
        assert!(!format!("{location:?}").contains("hush"));
        assert_eq!(location.at("jobs/x").to_string(), "a/b/jobs/x");
    }

    #[test]
    fn what_is_no_location_is_refused() {
        for to in ["gopher://a/b", "s3://"] {
            let refused = open(to, &StoreOptions::default());
            assert!(
                matches!(refused, Err(LocationError::Address { .. })),
                "{to}"
            );
        }
        let unknown = StoreOptions::from_iter([("colour".to_owned(), "red".to_owned())]);
        assert!(matches!(
            open("s3://bucket", &unknown),
            Err(LocationError::Store(_))
        ));
    }
}
