//! CSV files in a directory: `DATA_SET/DAY.csv`, or `DATA_SET/whole.csv`.
//!
//! A file is written beside its place and moved there when all of it is on the disk, so a reader sees one
//! build, whatever ends meanwhile.

use std::{
    io,
    path::{Path, PathBuf},
};

use futures_util::StreamExt as _;
use schema::delivery::{self, DeliveredRows, DueDelivery};
use sqlx::PgConnection;
use tokio::{
    fs::{self, File},
    io::AsyncWriteExt as _,
};

use super::{csv_text::CsvText, failure::DeliveryFailure, settings::CsvSettings};

/// Bytes that are written at a time.
const CHUNK_BYTES: usize = 256 << 10;

/// Returns the path of a day below the directory.
#[must_use]
pub fn place(one: &DueDelivery) -> String {
    let day = one
        .day
        .map_or_else(|| "whole".to_owned(), |day| day.to_string());
    format!("{}/{day}.csv", one.name)
}

/// Writes the file of a day.
///
/// # Errors
///
/// [`DeliveryFailure`]; the file of before stays then.
pub async fn write(
    db: &mut PgConnection,
    settings: &CsvSettings,
    one: &DueDelivery,
) -> Result<DeliveredRows, DeliveryFailure> {
    let path = settings.directory.join(place(one));
    let staged = staged(&path);
    let failed = |error: io::Error| {
        DeliveryFailure::unavailable(format!("{} cannot be written: {error}", path.display()))
    };
    let columns = delivery::columns(&mut *db, &one.name).await?;
    let refused =
        |error: csv::Error| DeliveryFailure::Refused(format!("its rows are no CSV: {error}"));
    let mut text = CsvText::of(&columns).map_err(refused)?;
    // The directory of the settings must be there: it may be a disk that is not mounted.
    if !fs::try_exists(&settings.directory).await.map_err(failed)? {
        return Err(DeliveryFailure::unavailable(format!(
            "the directory {} is not there: make it, or correct deliveries.{}.directory",
            settings.directory.display(),
            one.destination
        )));
    }
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent).await.map_err(failed)?;
    }
    let mut file = File::create(&staged).await.map_err(failed)?;
    let mut delivered = DeliveredRows::default();
    {
        let mut rows = std::pin::pin!(delivery::rows(&mut *db, &one.name, one.day));
        while let Some(row) = rows.next().await {
            text.add(&row?).map_err(refused)?;
            delivered.documents += 1;
            if text.len() >= CHUNK_BYTES {
                let (bytes, next) = text.take().map_err(refused)?;
                file.write_all(&bytes).await.map_err(failed)?;
                text = next;
            }
        }
    }
    let (bytes, _) = text.take().map_err(refused)?;
    file.write_all(&bytes).await.map_err(failed)?;
    file.flush().await.map_err(failed)?;
    file.sync_all().await.map_err(failed)?;
    drop(file);
    delivery::check_lock(db).await?;
    fs::rename(&staged, &path).await.map_err(failed)?;
    sync_directory(&path).await.map_err(failed)?;
    Ok(delivered)
}

/// Removes a file, and its directory if that is empty then.
///
/// # Errors
///
/// [`DeliveryFailure`], unless it is gone already.
pub async fn remove(settings: &CsvSettings, place: &str) -> Result<(), DeliveryFailure> {
    let path = settings.directory.join(place);
    for gone in [&path, &staged(&path)] {
        match fs::remove_file(gone).await {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(DeliveryFailure::unavailable(format!(
                    "{} cannot be removed: {error}",
                    gone.display()
                )));
            }
            _ => {}
        }
    }
    if let Some(parent) = path.parent() {
        // It may have other files.
        let _ = fs::remove_dir(parent).await;
    }
    Ok(())
}

fn staged(path: &Path) -> PathBuf {
    path.with_extension("csv.part")
}

async fn sync_directory(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(parent) => File::open(parent).await?.sync_all().await,
        None => Ok(()),
    }
}
