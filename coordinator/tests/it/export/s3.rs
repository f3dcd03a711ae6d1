//! A real S3 server.

use std::{
    io::{BufRead as _, BufReader},
    process::{Child, Command, Stdio},
    sync::Arc,
};

use coordinator::export::{
    order::ExportReport,
    place::{Place, PlaceError, StoreOptions},
};
use object_store::{aws::AmazonS3Builder, prefix::PrefixStore};

use super::{
    fixture::{World, objects},
    python,
};

/// A server that ends when this is dropped.
pub(crate) struct Server {
    process: Child,
    endpoint: String,
}

impl Server {
    pub(crate) fn start() -> Self {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/export/s3.py");
        let mut process = Command::new("python3")
            .arg(script)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut port = String::new();
        let out = process.stdout.take().unwrap();
        BufReader::new(out).read_line(&mut port).unwrap();
        let endpoint = format!("http://127.0.0.1:{}", port.trim());
        Self { process, endpoint }
    }

    pub(crate) fn options(&self) -> StoreOptions {
        let options = [
            ("endpoint", self.endpoint.as_str()),
            ("allow_http", "true"),
            ("region", "us-east-1"),
            ("access_key_id", "key"),
            ("secret_access_key", "secret"),
        ];
        options
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .into_iter()
            .collect()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Put, list, get, delete, and a put on a condition; where the server is not installed, that
/// is said.
#[tokio::test]
async fn an_s3_server_takes_an_export() {
    if !python::has(&["moto.server", "boto3", "flask"]) {
        return;
    }
    let server = Server::start();
    let world = World::new().await;
    let place = Place::open("s3://exports/fullhouse/all", &server.options()).unwrap();
    assert_eq!(world.export(&place).await.unwrap().days, 24);
    assert_eq!(world.export(&place).await.unwrap(), ExportReport::default());

    let (manifest, seen) = place.manifest().await.unwrap();
    let manifest = manifest.unwrap();
    world
        .sql("INSERT INTO snapshot VALUES (day_at(1) + interval '7 hours', 107, 2, 2, 2, 0, 0, 0, 0, 0, 0, 0, '\\x00')")
        .await;
    assert_eq!(world.export(&place).await.unwrap().days, 2);
    // Who has seen the manifest before that is refused.
    let refused = place.write_manifest(&manifest, &seen).await;
    assert!(matches!(refused, Err(PlaceError::Overtaken)), "{refused:?}");

    let bucket = AmazonS3Builder::new()
        .with_endpoint(&server.endpoint)
        .with_allow_http(true)
        .with_region("us-east-1")
        .with_bucket_name("exports")
        .with_access_key_id("key")
        .with_secret_access_key("secret")
        .build()
        .unwrap();
    let below = PrefixStore::new(Arc::new(bucket), "fullhouse/all");
    world.assert_whole(&place, &below).await;
    assert!(objects(&below).await.contains_key("manifest.json"));
}
