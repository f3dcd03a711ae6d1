//! An export that ends between any two steps, at either side of what it asks of the store.

use std::{
    fmt,
    ops::Range,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use bytes::Bytes;
use coordinator::export::{place::Place, table::DataSet};
use futures_util::{StreamExt as _, stream::BoxStream};
use object_store::{
    CopyOptions, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore,
    PutMultipartOptions, PutOptions, PutPayload, PutResult, Result, memory::InMemory, path::Path,
};

use super::fixture::{World, counting, in_memory, objects};

/// A store that fails for good after so many answers.
#[derive(Debug)]
pub(crate) struct Failing {
    pub(crate) store: Arc<InMemory>,
    pub(crate) left: Arc<AtomicUsize>,
    /// Whether what fails was done, and only the answer is lost.
    pub(crate) is_done: bool,
}

impl fmt::Display for Failing {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "a store that fails")
    }
}

fn cut() -> object_store::Error {
    object_store::Error::Generic {
        store: "test",
        source: "the process was killed".into(),
    }
}

impl Failing {
    fn is_last(&self) -> bool {
        let left = self
            .left
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| {
                left.checked_sub(1)
            });
        left.is_err()
    }
}

#[async_trait::async_trait]
impl ObjectStore for Failing {
    async fn put_opts(
        &self,
        at: &Path,
        payload: PutPayload,
        options: PutOptions,
    ) -> Result<PutResult> {
        if self.is_last() {
            if self.is_done {
                self.store.put_opts(at, payload, options).await?;
            }
            return Err(cut());
        }
        self.store.put_opts(at, payload, options).await
    }

    async fn put_multipart_opts(
        &self,
        _: &Path,
        _: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        Err(cut())
    }

    async fn get_opts(&self, at: &Path, options: GetOptions) -> Result<GetResult> {
        if self.is_last() {
            return Err(cut());
        }
        self.store.get_opts(at, options).await
    }

    async fn get_ranges(&self, _: &Path, _: &[Range<u64>]) -> Result<Vec<Bytes>> {
        Err(cut())
    }

    fn delete_stream(
        &self,
        paths: BoxStream<'static, Result<Path>>,
    ) -> BoxStream<'static, Result<Path>> {
        if self.is_last() && !self.is_done {
            return futures_util::stream::once(async { Err(cut()) }).boxed();
        }
        self.store.delete_stream(paths)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        if self.is_last() {
            return futures_util::stream::once(async { Err(cut()) }).boxed();
        }
        self.store.list(prefix)
    }

    async fn list_with_delimiter(&self, _: Option<&Path>) -> Result<ListResult> {
        Err(cut())
    }

    async fn copy_opts(&self, _: &Path, _: &Path, _: CopyOptions) -> Result<()> {
        Err(cut())
    }
}

/// Two data sets will do: what is asked of the store is the same for all.
async fn small() -> World {
    World {
        data_sets: vec![DataSet::Snapshots, DataSet::Prices],
        ..World::new().await
    }
}

/// Nothing twice, nothing missing: a run that was ended anywhere and then repeated leaves the
/// files of one that was not, and a manifest that agrees with them and with the database. A
/// second round, with late rows, ends while files are superseded.
#[tokio::test]
async fn an_export_that_was_killed_anywhere_is_completed_by_the_next() {
    let world = small().await;
    let (undisturbed, store) = in_memory("memory:undisturbed");
    world.export(&undisturbed).await.unwrap();
    let first = counting(&store).await;
    world
        .sql("INSERT INTO snapshot VALUES (day_at(1) + interval '7 hours', 107, 2, 2, 2, 0, 0, 0, 0, 0, 0, 0, '\\x00')")
        .await;
    world.export(&undisturbed).await.unwrap();
    let second = counting(&store).await;
    assert_ne!(first, second);

    let mut ended_early = 0;
    for is_done in [false, true] {
        for after in 0.. {
            let address = format!("memory:{is_done}-{after}");
            let store = Arc::new(InMemory::new());
            let left = Arc::new(AtomicUsize::new(after));
            let failing = Failing {
                store: store.clone(),
                left,
                is_done,
            };
            let ended = world
                .export(&Place::in_store(&address, Arc::new(failing)))
                .await;
            let place = Place::in_store(&address, store.clone());
            world.export(&place).await.unwrap();
            assert_eq!(counting(&store).await, second, "after {after} steps");
            world.assert_whole(&place, store.as_ref()).await;
            match ended {
                Ok(_) => break,
                Err(_) => ended_early += 1,
            }
        }
    }
    assert!(ended_early > 30, "{ended_early} steps");
}

/// As above, while files that count are superseded.
#[tokio::test]
async fn a_day_that_is_exported_again_is_whole_whenever_that_ends() {
    let world = small().await;
    let mut places = Vec::new();
    for is_done in [false, true] {
        for after in 0..10 {
            let store = Arc::new(InMemory::new());
            let left = Arc::new(AtomicUsize::new(usize::MAX));
            let failing = Failing {
                store: store.clone(),
                left: left.clone(),
                is_done,
            };
            let address = format!("memory:{is_done}-{after}");
            let place = Place::in_store(&address, Arc::new(failing));
            world.export(&place).await.unwrap();
            places.push((
                place,
                Place::in_store(&address, store.clone()),
                store,
                left,
                after,
            ));
        }
    }
    world
        .sql("INSERT INTO snapshot VALUES (day_at(1) + interval '7 hours', 107, 2, 2, 2, 0, 0, 0, 0, 0, 0, 0, '\\x00')")
        .await;
    let mut ended_early = 0;
    for (place, working, store, left, after) in places {
        left.store(after, Ordering::SeqCst);
        let ended = world.export(&place).await;
        ended_early += u32::from(ended.is_err());
        let manifest = working.manifest().await.unwrap().0.unwrap();
        let there = objects(store.as_ref()).await;
        assert!(
            manifest
                .files
                .iter()
                .all(|file| there.contains_key(&file.path)),
            "a reader finds every file that the manifest names"
        );
        world.export(&working).await.unwrap();
        world.assert_whole(&working, store.as_ref()).await;
    }
    assert!(ended_early > 12, "{ended_early} ended early");
}
