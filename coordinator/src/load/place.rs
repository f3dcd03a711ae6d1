//! Places of files: which files a day has, and their bytes.

use std::{
    collections::BTreeMap,
    path::{Path as FilePath, PathBuf},
};

use body_archive::location::{Durability, Location};
use bytes::Bytes;
use chrono::SubsecRound as _;
use futures_util::{TryStreamExt as _, stream::BoxStream};
use object_store::{GetOptions, ObjectMeta, ObjectStore as _, path::Path};
use schema::load::{LoadDay, LoadFile};
use source_language::wording::with_causes;

use super::{
    pattern::{DayPattern, Pattern},
    settings::LoadSettings,
};

/// Files below a directory that are looked at, and files of a day.
const MAX_LISTED: usize = 200_000;
const MAX_FILES: usize = 10_000;

/// A place that data sets may read.
#[derive(Debug, Clone)]
pub struct FilePlace {
    location: Location,
}

impl FilePlace {
    /// Opens a place.
    ///
    /// # Errors
    ///
    /// If the settings do not permit it, or its directory is not there.
    pub fn open(place: &str, settings: &LoadSettings) -> Result<Self, String> {
        if !settings.permits(place) {
            return Err(format!(
                "the place {place} may not be read: an operator adds it to loads.places in the settings of the coordinators"
            ));
        }
        if place.starts_with('/') && !FilePath::new(place).is_dir() {
            return Err(format!("the directory {place} is not there"));
        }
        let location = Location::open(place, &settings.store, Durability::Relaxed);
        let location = location.map_err(|error| with_causes(&error))?;
        Ok(Self { location })
    }

    /// Lists the files of days. A file may be of several days, if the pattern says so.
    ///
    /// # Errors
    ///
    /// If the place cannot be listed, or has more files than are looked at.
    pub async fn list(
        &self,
        pattern: &Pattern,
        days: &[LoadDay],
    ) -> Result<BTreeMap<LoadDay, Vec<LoadFile>>, String> {
        let mut by_directory: BTreeMap<String, Vec<(LoadDay, DayPattern)>> = BTreeMap::new();
        for day in days {
            let of_day = pattern.for_day(*day);
            let directory = of_day.directory();
            by_directory
                .entry(directory)
                .or_default()
                .push((*day, of_day));
        }
        let mut found: BTreeMap<LoadDay, Vec<LoadFile>> =
            days.iter().map(|day| (*day, Vec::new())).collect();
        for (directory, wanted) in by_directory {
            self.list_directory(&directory, &wanted, &mut found).await?;
        }
        for (day, files) in &mut found {
            if files.len() > MAX_FILES {
                let of = day.map_or_else(String::new, |day| format!(" of {day}"));
                return Err(format!(
                    "there are {} files{of}, and at most {MAX_FILES} are read",
                    files.len()
                ));
            }
            files.sort_by(|one, other| one.path.cmp(&other.path));
        }
        self.check_links(&found).await?;
        Ok(found)
    }

    async fn list_directory(
        &self,
        directory: &str,
        wanted: &[(LoadDay, DayPattern)],
        found: &mut BTreeMap<LoadDay, Vec<LoadFile>>,
    ) -> Result<(), String> {
        let below = self.at(directory)?;
        let mut listed = self.location.store().list(Some(&below));
        let mut count = 0;
        while let Some(meta) = listed
            .try_next()
            .await
            .map_err(|error| with_causes(&error))?
        {
            count += 1;
            if count > MAX_LISTED {
                return Err(format!(
                    "there are more than {MAX_LISTED} files below {}/{directory}: use a pattern with a directory for each day",
                    self.location.address()
                ));
            }
            let Some(path) = self.below_place(&meta.location) else {
                continue;
            };
            for (day, pattern) in wanted {
                if pattern.matches(&path) {
                    let files = found.entry(*day).or_default();
                    files.push(file(&path, &meta));
                }
            }
        }
        Ok(())
    }

    /// A link in a directory may lead to files that nobody permitted.
    async fn check_links(&self, found: &BTreeMap<LoadDay, Vec<LoadFile>>) -> Result<(), String> {
        let Some(directory) = self.location.directory().map(PathBuf::from) else {
            return Ok(());
        };
        let paths: Vec<String> = found
            .values()
            .flatten()
            .map(|file| file.path.clone())
            .collect();
        let checked = tokio::task::spawn_blocking(move || {
            paths.iter().find_map(|path| leads_out(&directory, path))
        });
        match checked.await {
            Ok(Some(reason)) => Err(reason),
            Ok(None) => Ok(()),
            Err(error) => Err(error.to_string()),
        }
    }

    /// Opens a file that was listed, as it was then.
    ///
    /// # Errors
    ///
    /// If it is gone, was replaced meanwhile, or cannot be read.
    pub async fn read(
        &self,
        file: &LoadFile,
    ) -> Result<BoxStream<'static, object_store::Result<Bytes>>, String> {
        if let Some(directory) = self.location.directory()
            && let Some(reason) = leads_out(directory, &file.path)
        {
            return Err(reason);
        }
        let options = GetOptions {
            if_match: file.e_tag.clone(),
            ..GetOptions::default()
        };
        let path = self.at(&file.path)?;
        match self.location.store().get_opts(&path, options).await {
            Ok(found) => Ok(found.into_stream()),
            Err(object_store::Error::Precondition { .. }) => Err(format!(
                "{} was replaced since it was listed, and is read after the next listing",
                file.path
            )),
            Err(object_store::Error::NotFound { .. }) => Err(format!("{} is gone", file.path)),
            Err(error) => Err(format!(
                "{} cannot be read: {}",
                file.path,
                with_causes(&error)
            )),
        }
    }

    fn at(&self, below: &str) -> Result<Path, String> {
        let below = Path::parse(below).map_err(|error| error.to_string())?;
        Ok(self
            .location
            .prefix()
            .parts()
            .chain(below.parts())
            .collect())
    }

    fn below_place(&self, path: &Path) -> Option<String> {
        let parts = path.prefix_match(self.location.prefix())?;
        let names: Vec<_> = parts.map(|part| part.as_ref().to_owned()).collect();
        Some(names.join("/"))
    }
}

fn file(path: &str, meta: &ObjectMeta) -> LoadFile {
    LoadFile {
        path: path.to_owned(),
        bytes: i64::try_from(meta.size).unwrap_or(i64::MAX),
        // As the database keeps times.
        modified_at: meta.last_modified.trunc_subsecs(6),
        e_tag: meta.e_tag.clone(),
    }
}

/// Says that a file is not in its directory, if it is a link that leads out of it.
fn leads_out(directory: &FilePath, path: &str) -> Option<String> {
    let real = directory.join(path).canonicalize().ok()?;
    (!real.starts_with(directory)).then(|| format!("{path} is a link that leads out of the place"))
}
