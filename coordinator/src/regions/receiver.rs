//! The pass of a region from which events are received.

use std::collections::HashSet;

use bytes::Bytes;
use schema::events::region::{
    link,
    link::{Region, RegionOutcome},
    received,
};
use sqlx::PgPool;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{
    MAX_EVENTS, MAX_FILE_BYTES, MAX_MANIFEST_BYTES, MAX_REPORT_BYTES, RegionError,
    apply::{Applied, apply},
    codec::Compression,
    ledger::{parse, sha256},
    manifest::{self, RegionFile, RegionManifest, UserIds},
    report::{self, MAX_MISSING, Missing, MissingState, ReceiverReport},
};
use crate::export::place::{Place, PlaceError};

/// Files that a pass applies at most.
const MAX_FILES: u64 = 200;

/// What a pass received.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Received {
    /// Files that were applied.
    pub files: u64,
    /// Events that were stored.
    pub events: u64,
    /// Events that had been stored before.
    pub duplicates: u64,
    /// Users that were erased.
    pub erased: u64,
    /// Files that are lost or damaged.
    pub missing: u64,
    /// Whether more can be applied at once.
    pub is_behind: bool,
}

/// Applies what a region has sent since.
///
/// # Errors
///
/// [`RegionError`]; the files that were applied before stand.
pub async fn receive(
    db: &PgPool,
    region: &Region,
    place: &Place,
    stop: &CancellationToken,
) -> Result<(Received, RegionOutcome), RegionError> {
    let Some(manifest) = read_manifest(region, place).await? else {
        return Ok((Received::default(), RegionOutcome::default()));
    };
    let identity = identity_of(region, &manifest)?;
    if region.identity.is_none() {
        link::note_manifest(db, region.region_id, identity, region.generation).await?;
    }
    let mut pass = Pass {
        db,
        region,
        place,
        applied: received::applied(db, region.region_id).await?,
        received: Received::default(),
        missing: Vec::new(),
    };
    let refused = pass.apply_all(&manifest, stop).await.err();
    pass.write_report(&manifest, refused.as_ref()).await?;
    if let Some(error) = refused {
        return Err(error);
    }
    let is_new = manifest.generation > region.generation || region.identity.is_none();
    if is_new && !pass.received.is_behind {
        link::note_manifest(db, region.region_id, identity, manifest.generation).await?;
    }
    let ended = RegionOutcome {
        is_success: is_new && !pass.received.is_behind,
        gap_files: Some(i32::try_from(pass.missing.len()).unwrap_or(i32::MAX)),
        gap: pass
            .missing
            .first()
            .map(|one| format!("{} ({})", one.path, one.state.word())),
        error: None,
    };
    Ok((pass.received, ended))
}

/// The manifest; `None` if the sender has not written one yet.
async fn read_manifest(
    region: &Region,
    place: &Place,
) -> Result<Option<RegionManifest>, RegionError> {
    let read = place
        .read(manifest::NAME, MAX_MANIFEST_BYTES)
        .await
        .map_err(RegionError::at(place.address()))?;
    match read {
        Some((content, _)) => parse(&content).map(Some),
        None if region.identity.is_none() => Ok(None),
        None => Err(refused_manifest("it is gone".to_owned())),
    }
}

fn identity_of(region: &Region, manifest: &RegionManifest) -> Result<Uuid, RegionError> {
    let identity = Uuid::parse_str(&manifest.identity)
        .map_err(|error| refused_manifest(format!("its identity is none: {error}")))?;
    if let Some(expected) = region.identity.filter(|known| *known != identity) {
        return Err(RegionError::Foreign {
            found: manifest.identity.clone(),
            expected: expected.to_string(),
        });
    }
    if manifest.users == UserIds::Ids {
        return Err(refused_manifest(
            "it is an archive, which holds ids of users and is not received".to_owned(),
        ));
    }
    if manifest.generation < region.generation {
        return Err(refused_manifest(format!(
            "it is older than one that was applied (generation {}, not {})",
            manifest.generation, region.generation
        )));
    }
    Ok(identity)
}

fn refused_manifest(why: String) -> RegionError {
    RegionError::Object {
        name: manifest::NAME.to_owned(),
        why,
    }
}

struct Pass<'a> {
    db: &'a PgPool,
    region: &'a Region,
    place: &'a Place,
    applied: HashSet<i64>,
    received: Received,
    missing: Vec<Missing>,
}

impl Pass<'_> {
    async fn apply_all(
        &mut self,
        manifest: &RegionManifest,
        stop: &CancellationToken,
    ) -> Result<(), RegionError> {
        for file in &manifest.files {
            if self.applied.contains(&file.sequence) || self.missing.len() >= MAX_MISSING {
                continue;
            }
            if self.received.files >= MAX_FILES || stop.is_cancelled() {
                self.received.is_behind = true;
                break;
            }
            self.check(file)?;
            match self.fetch(file).await? {
                Err(state) => {
                    self.received.missing += 1;
                    self.missing.push(Missing {
                        sequence: file.sequence,
                        path: file.path.clone(),
                        state,
                    });
                }
                Ok(content) => {
                    let applied = apply(self.db, self.region, file, content).await?;
                    self.count(file, &applied);
                }
            }
        }
        Ok(())
    }

    fn count(&mut self, file: &RegionFile, applied: &Applied) {
        self.applied.insert(file.sequence);
        self.received.files += 1;
        self.received.events += applied.events;
        self.received.duplicates += applied.duplicates;
        self.received.erased += applied.erased;
    }

    /// Refuses what no sender writes, before anything of it is read.
    fn check(&self, file: &RegionFile) -> Result<(), RegionError> {
        let refuse = |why: String| {
            Err(RegionError::Refused {
                sequence: file.sequence,
                path: file.path.clone(),
                why,
            })
        };
        if file.bytes > MAX_FILE_BYTES || file.events > 2 * MAX_EVENTS {
            return refuse(format!(
                "it has {} bytes and {} events, more than {MAX_FILE_BYTES} and {}",
                file.bytes,
                file.events,
                2 * MAX_EVENTS
            ));
        }
        if file.sequence < 1 || Compression::of_file(&file.path).is_none() {
            return refuse("its number or the ending of its name is none of a region".to_owned());
        }
        let is_plain = file
            .path
            .split('/')
            .all(|part| !matches!(part, "" | "." | ".."));
        if !is_plain {
            return refuse("its name leads out of the place".to_owned());
        }
        match &file.of {
            Some(of) if !self.region.clients.contains(&of.client) => refuse(format!(
                "it is of client {}, which the region does not list: add it to clients",
                of.client
            )),
            _ => Ok(()),
        }
    }

    /// The bytes of a file, or what is wrong with it.
    async fn fetch(&self, file: &RegionFile) -> Result<Result<Bytes, MissingState>, RegionError> {
        match self.place.read(&file.path, MAX_FILE_BYTES).await {
            Ok(None) => Ok(Err(MissingState::Missing)),
            Ok(Some((content, _))) if sha256(&content) == file.sha256 => Ok(Ok(content)),
            Ok(Some(_)) | Err(PlaceError::TooLarge { .. }) => Ok(Err(MissingState::Damaged)),
            Err(error) => Err(RegionError::at(self.place.address())(error)),
        }
    }

    /// Writes the report, unless it says the same as before.
    async fn write_report(
        &self,
        manifest: &RegionManifest,
        refused: Option<&RegionError>,
    ) -> Result<(), RegionError> {
        let at_place = RegionError::at(self.place.address());
        let report = ReceiverReport {
            identity: manifest.identity.clone(),
            generation: manifest.generation,
            applied: self.applied.len() as u64,
            missing: self.missing.clone(),
            error: refused.map(ToString::to_string),
        };
        let content = serde_json::to_vec_pretty(&report)
            .map_err(|error| RegionError::Region(error.to_string()))?;
        let name = report::name(&self.region.name);
        let before = match self.place.read(&name, MAX_REPORT_BYTES).await {
            Ok(before) => before.map(|(content, _)| content),
            Err(PlaceError::TooLarge { .. }) => None,
            Err(error) => return Err(at_place(error)),
        };
        if before.is_some_and(|before| before == content) {
            return Ok(());
        }
        self.place
            .put(&name, Bytes::from(content))
            .await
            .map_err(at_place)
    }
}
