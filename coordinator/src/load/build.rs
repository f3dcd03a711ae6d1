//! Builds a day of a data set from its files, in one transaction.
//!
//! The files are read one after the other: this task receives their bytes and stages rows, a thread
//! between the two unpacks and maps. If any file fails, the build fails and the last good rows stay; what
//! was found of each file is kept.

use std::{convert::Infallible, future::pending};

use futures_util::StreamExt as _;
use schema::{
    data_set::{self, Build, BuildOutcome},
    load::{self, LoadFile},
};
use source_language::wording::with_causes;
use sqlx::{PgConnection, PgPool};
use tokio::{
    sync::mpsc,
    task::JoinHandle,
    time::{Instant, timeout_at},
};

use super::{
    declaration::Files,
    place::FilePlace,
    read::{FileReport, read_file},
    settings::LoadSettings,
    unpack::{Chunk, ChunkReader},
};

/// Chunks and batches that wait between the tasks.
const WAITING_CHUNKS: usize = 8;
const WAITING_BATCHES: usize = 2;

/// Why files are not read.
enum LoadError {
    /// A file cannot be used.
    Refused(String),
    /// It takes too long.
    TimedOut,
    /// The database fails.
    Database(sqlx::Error),
}

impl From<sqlx::Error> for LoadError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error)
    }
}

/// Runs a build of a data set that is read from `files`, as the database keeps them.
///
/// # Errors
///
/// If a statement fails or the connection is lost; nothing is stored then, and the build is given up after
/// a minute.
pub async fn run(
    db: &PgPool,
    build: &Build,
    files: &serde_json::Value,
    settings: &LoadSettings,
) -> Result<BuildOutcome, sqlx::Error> {
    let deadline = Instant::now() + build.timeout;
    let mut transaction = db.begin().await?;
    load::limit(&mut *transaction, build.timeout).await?;
    if !load::begin(&mut *transaction, build.build_id).await? {
        let outcome = data_set::finish(&mut *transaction, build.build_id).await?;
        transaction.commit().await?;
        return Ok(outcome);
    }
    let read = read_all(&mut transaction, build, files, settings, deadline).await;
    let (outcome, reason) = match read {
        Ok(()) => {
            let outcome = data_set::finish(&mut *transaction, build.build_id).await?;
            transaction.commit().await?;
            return Ok(outcome);
        }
        // Only this build fails, unless the database itself does.
        Err(LoadError::Database(sqlx::Error::Database(error))) => {
            transaction.rollback().await?;
            let reason = format!("the database refuses its rows: {error}");
            load::fail(db, build.build_id, BuildOutcome::Failed.word(), &reason).await?;
            return Ok(BuildOutcome::Failed);
        }
        Err(LoadError::Database(error)) => return Err(error),
        Err(LoadError::Refused(reason)) => (BuildOutcome::Failed, reason),
        Err(LoadError::TimedOut) => {
            let reason = format!(
                "its files took longer than its timeout of {}",
                humantime::format_duration(build.timeout)
            );
            (BuildOutcome::TimedOut, reason)
        }
    };
    load::fail(&mut *transaction, build.build_id, outcome.word(), &reason).await?;
    transaction.commit().await?;
    Ok(outcome)
}

async fn read_all(
    db: &mut PgConnection,
    build: &Build,
    files: &serde_json::Value,
    settings: &LoadSettings,
    deadline: Instant,
) -> Result<(), LoadError> {
    let files: Files = serde_json::from_value(files.clone()).map_err(|error| {
        LoadError::Refused(format!(
            "its declaration cannot be read by this version ({error}): apply it again"
        ))
    })?;
    let place = FilePlace::open(&files.place, settings).map_err(LoadError::Refused)?;
    let listed = load::files(&mut *db, &build.name, build.day).await?;
    if listed.is_empty() {
        return Err(LoadError::Refused("its files are gone".to_owned()));
    }
    let mut failure = None;
    for file in &listed {
        let report = read_one(db, build.build_id, &place, file, &files, deadline).await?;
        let count = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
        let counts = (count(report.rows), count(report.errors));
        load::note_read(db, &build.name, build.day, file, counts, &report.first).await?;
        // Files behind it are read as well, so that a person sees all errors at once.
        failure = failure.or(report.failure);
    }
    failure.map_or(Ok(()), |reason| Err(LoadError::Refused(reason)))
}

/// Reads a file, and stages its rows as they come.
async fn read_one(
    db: &mut PgConnection,
    build_id: i64,
    place: &FilePlace,
    file: &LoadFile,
    files: &Files,
    deadline: Instant,
) -> Result<FileReport, LoadError> {
    let opened = timeout_at(deadline, place.read(file)).await;
    let mut stream = match opened {
        Err(_) => return Err(LoadError::TimedOut),
        Ok(Err(reason)) => return Err(LoadError::Refused(reason)),
        Ok(Ok(stream)) => stream,
    };
    let (chunks, received) = mpsc::channel(WAITING_CHUNKS);
    let (batches, mut mapped) = mpsc::channel(WAITING_BATCHES);
    let mapping = start_mapping(file.path.clone(), files.clone(), received, batches);
    let receive = async {
        while let Some(bytes) = stream.next().await {
            let chunk = match bytes {
                Ok(bytes) => Chunk::Data(bytes),
                Err(error) => Chunk::Failed(with_causes(&error)),
            };
            if chunks.send(chunk).await.is_err() {
                break;
            }
        }
        let _ = chunks.send(Chunk::End).await;
        pending::<Infallible>().await
    };
    let stage = async {
        loop {
            match timeout_at(deadline, mapped.recv()).await {
                Err(_) => return Err(LoadError::TimedOut),
                Ok(None) => return Ok(()),
                Ok(Some(rows)) => load::stage(&mut *db, build_id, &rows).await?,
            }
        }
    };
    tokio::select! {
        staged = stage => staged?,
        never = receive => match never {},
    }
    mapping
        .await
        .map_err(|error| LoadError::Refused(format!("{} cannot be read: {error}", file.path)))
}

/// Unpacks and maps in a thread that may block; it ends when nobody receives its batches.
fn start_mapping(
    path: String,
    files: Files,
    received: mpsc::Receiver<Chunk>,
    batches: mpsc::Sender<String>,
) -> JoinHandle<FileReport> {
    tokio::task::spawn_blocking(move || {
        read_file(ChunkReader::new(received), &path, &files, &mut |batch| {
            batches.blocking_send(batch).is_ok()
        })
    })
}
