//! The ledger of a region: manifest and rows that agree, whenever a writer was killed.

mod adopt;

use std::collections::{HashMap, HashSet};

use bytes::Bytes;
use chrono::{DateTime, Utc};
use schema::events::region::{
    erased, link,
    link::Region,
    pseudonym::hex,
    sent::{self, ClientHour, SentFile},
};
use sha2::{Digest as _, Sha256};
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use super::{
    LEASE, MAX_FILE_BYTES, MAX_MANIFEST_BYTES, RegionError,
    codec::{Compression, UnpackedLines},
    manifest::{self, RegionFile, RegionManifest},
};
use crate::export::place::{ManifestVersion, Place};

/// A file that was written, and is to be listed.
#[derive(Debug)]
pub struct WrittenFile {
    /// The file.
    pub file: RegionFile,
    /// The ids of events that were stored late.
    pub late_ids: Option<Vec<String>>,
    /// The numbers of erased users.
    pub erased: Vec<i64>,
}

/// The manifest of a region, and where it is kept.
#[derive(Debug)]
pub struct Ledger<'a> {
    /// The database.
    pub db: &'a PgPool,
    /// The region.
    pub region: &'a Region,
    /// Its place.
    pub place: &'a Place,
    /// What the manifest says.
    pub manifest: RegionManifest,
    seen: ManifestVersion,
    holder: Uuid,
    clients: HashMap<String, i16>,
}

/// Hash of bytes, in hexadecimal.
#[must_use]
pub fn sha256(content: &[u8]) -> String {
    hex(&Sha256::digest(content))
}

impl<'a> Ledger<'a> {
    /// Reads the manifest of a region whose lease `holder` has, and makes rows and manifest agree.
    ///
    /// # Errors
    ///
    /// [`RegionError`]; among others if the manifest is that of another sender.
    pub async fn open(
        db: &'a PgPool,
        region: &'a Region,
        place: &'a Place,
        holder: Uuid,
    ) -> Result<Self, RegionError> {
        let identity = region.identity.map(|id| id.to_string());
        let Some(identity) = identity else {
            return Err(RegionError::Region("it has no identity".to_owned()));
        };
        let read = place
            .read(manifest::NAME, MAX_MANIFEST_BYTES)
            .await
            .map_err(RegionError::at(place.address()))?;
        let is_there = read.is_some();
        let (manifest, seen) = match read {
            Some((content, seen)) => (parse(&content)?, seen),
            None => (
                RegionManifest::empty(identity.clone(), region.is_archive),
                ManifestVersion::default(),
            ),
        };
        if manifest.identity != identity {
            return Err(RegionError::Foreign {
                found: manifest.identity,
                expected: identity,
            });
        }
        let mut ledger = Self {
            db,
            region,
            place,
            manifest,
            seen,
            holder,
            clients: sent::clients(db).await?.into_iter().collect(),
        };
        if !is_there || ledger.manifest.generation != region.generation {
            ledger.adopt().await?;
        }
        Ok(ledger)
    }

    /// The lines of a file; `None` if it is lost or damaged.
    ///
    /// # Errors
    ///
    /// If the place does not serve.
    pub async fn lines(&self, file: &RegionFile) -> Result<Option<UnpackedLines>, RegionError> {
        let read = self
            .place
            .read(&file.path, MAX_FILE_BYTES)
            .await
            .map_err(RegionError::at(self.place.address()))?;
        let Some((content, _)) = read.filter(|(content, _)| sha256(content) == file.sha256) else {
            return Ok(None);
        };
        let compression = Compression::of_file(&file.path).unwrap_or_default();
        UnpackedLines::of(compression, content)
            .map(Some)
            .map_err(|error| unreadable(file, &error))
    }

    /// Writes a file that is not listed yet, and renews the lease.
    ///
    /// # Errors
    ///
    /// If the place does not serve, or another process has the lease.
    pub async fn put(&self, path: &str, content: Vec<u8>) -> Result<(), RegionError> {
        if !link::hold(self.db, self.region.region_id, self.holder, LEASE).await? {
            return Err(RegionError::Busy);
        }
        self.place
            .put(path, Bytes::from(content))
            .await
            .map_err(RegionError::at(self.place.address()))
    }

    /// Lists written files, then records them; then removes the files whose place they take.
    ///
    /// # Errors
    ///
    /// If the manifest was replaced by another process, the place does not serve, or the database cannot
    /// be asked. The next run sees what of it was done.
    pub async fn commit(
        &mut self,
        written: Vec<WrittenFile>,
        complete_until: Option<DateTime<Utc>>,
    ) -> Result<(), RegionError> {
        let mut manifest = self.manifest.clone();
        let mut replaced = Vec::new();
        for one in &written {
            let sequence = one.file.replaces().unwrap_or(one.file.sequence);
            let before = manifest.file(sequence).map(|before| before.path.clone());
            replaced.extend(before.filter(|path| *path != one.file.path));
            manifest.put(one.file.clone());
        }
        manifest.generation += 1;
        manifest.written_at = sent::clock(self.db, None).await?.now;
        manifest.complete_until = manifest.complete_until.max(complete_until);
        let content = serde_json::to_vec(&manifest)
            .map_err(|error| RegionError::Region(error.to_string()))?;

        let mut transaction = self.locked().await?;
        self.seen = self
            .place
            .replace(manifest::NAME, Bytes::from(content), &self.seen)
            .await
            .map_err(RegionError::at(self.place.address()))?;
        for one in &written {
            self.record(&mut transaction, one).await?;
        }
        let region_id = self.region.region_id;
        sent::advance(
            &mut transaction,
            region_id,
            manifest.generation,
            manifest.complete_until,
        )
        .await?;
        transaction.commit().await?;
        self.manifest = manifest;
        self.place
            .remove(&replaced)
            .await
            .map_err(RegionError::at(self.place.address()))
    }

    /// Removes files that a killed writer left and that the manifest does not list.
    ///
    /// # Errors
    ///
    /// If the place does not serve.
    pub async fn sweep(&self) -> Result<(), RegionError> {
        let at_place = RegionError::at(self.place.address());
        if self.manifest.generation == 0 {
            return Ok(());
        }
        let listed: HashSet<&str> = self.manifest.files.iter().map(|file| &*file.path).collect();
        let mut names = self.place.names().await.map_err(&at_place)?;
        names.retain(|name| is_ours(name) && !listed.contains(name.as_str()));
        self.place.remove(&names).await.map_err(&at_place)?;
        self.place.remove_unfinished().await.map_err(&at_place)
    }

    /// The name of a client.
    #[must_use]
    pub fn client_name(&self, client_id: i16) -> Option<&str> {
        let found = self.clients.iter().find(|(_, id)| **id == client_id);
        found.map(|(name, _)| name.as_str())
    }

    /// The number of a client.
    #[must_use]
    pub fn client_id(&self, name: &str) -> Option<i16> {
        self.clients.get(name).copied()
    }

    /// Begins a transaction with the row of the region locked.
    async fn locked(&self) -> Result<sqlx::Transaction<'static, sqlx::Postgres>, RegionError> {
        let mut transaction = self.db.begin().await?;
        let region_id = self.region.region_id;
        if link::lock(&mut transaction, region_id, Some(self.holder)).await? {
            Ok(transaction)
        } else {
            Err(RegionError::Busy)
        }
    }

    async fn record(
        &self,
        db: &mut PgConnection,
        written: &WrittenFile,
    ) -> Result<(), RegionError> {
        let file = &written.file;
        let of = file.of.as_ref();
        let of_client = of.and_then(|of| {
            let client_id = self.client_id(&of.client)?;
            Some(ClientHour {
                client_id,
                hour: of.hour,
            })
        });
        if of.is_some() != of_client.is_some() {
            return Err(RegionError::Object {
                name: manifest::NAME.to_owned(),
                why: format!("file {} is of an unknown client", file.sequence),
            });
        }
        let late_ids = written.late_ids.as_ref().map(|ids| {
            let ids = ids.iter().filter_map(|id| Uuid::parse_str(id).ok());
            ids.collect()
        });
        let row = SentFile {
            sequence: file.sequence,
            of: of_client,
            after: of.and_then(|of| of.after).map(Into::into),
            until: of.and_then(|of| of.until).map(Into::into),
            events: i32::try_from(file.events).unwrap_or(i32::MAX),
            bytes: i64::try_from(file.bytes).unwrap_or(i64::MAX),
            path: file.path.clone(),
            sha256: file.sha256.clone(),
            late_ids,
        };
        let region_id = self.region.region_id;
        if let Some(replaced) = file.replaces() {
            sent::forget(&mut *db, region_id, replaced).await?;
        }
        sent::record(&mut *db, region_id, &row).await?;
        if !written.erased.is_empty() {
            erased::assign(&mut *db, region_id, &written.erased, file.sequence).await?;
        }
        Ok(())
    }
}

/// Reads a manifest.
///
/// # Errors
///
/// [`RegionError::Object`] if it is none, or of a newer program.
pub fn parse(content: &[u8]) -> Result<RegionManifest, RegionError> {
    let refuse = |why: String| RegionError::Object {
        name: manifest::NAME.to_owned(),
        why,
    };
    let manifest: RegionManifest =
        serde_json::from_slice(content).map_err(|error| refuse(error.to_string()))?;
    if manifest.format != manifest::FORMAT {
        return Err(refuse(format!(
            "it has format {}, which this program does not know",
            manifest.format
        )));
    }
    Ok(manifest)
}

/// Whether a writer of regions made a file of this name.
fn is_ours(name: &str) -> bool {
    let file = name.rsplit('/').next().unwrap_or_default();
    Compression::of_file(name).is_some()
        && (name.starts_with("client=") && file.starts_with("events-")
            || name.starts_with("erasures/erased-"))
}

fn unreadable(file: &RegionFile, why: &impl ToString) -> RegionError {
    RegionError::Refused {
        sequence: file.sequence,
        path: file.path.clone(),
        why: why.to_string(),
    }
}
