//! TLS with a certificate from files that are read again when they change.

use std::{
    fs,
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    path::Path,
    sync::Arc,
    time::{Duration, SystemTime},
};

use fleet_web::{server, settings::WebSettings, tls::Certificate};
use rustls::{
    ClientConfig, ClientConnection, RootCertStore, StreamOwned,
    crypto::ring,
    pki_types::{CertificateDer, ServerName, pem::PemObject as _},
};

use crate::world::World;

fn fixture(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/it/fixtures")
        .join(name)
}

/// Copies a certificate and its key, with a time of change of their own.
fn install(name: &str, directory: &Path, changed_at: SystemTime) {
    for (from, to) in [("pem", "web.pem"), ("key", "web.key")] {
        let to = directory.join(to);
        fs::copy(fixture(&format!("{name}.{from}")), &to).unwrap();
        let file = fs::File::options().write(true).open(&to).unwrap();
        file.set_modified(changed_at).unwrap();
    }
}

/// Asks for the document, trusting only the certificate `name`.
fn ask(address: SocketAddr, name: &str) -> std::io::Result<String> {
    let mut roots = RootCertStore::empty();
    let certificate = CertificateDer::from_pem_file(fixture(&format!("{name}.pem"))).unwrap();
    roots.add(certificate).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let host = ServerName::try_from("localhost").unwrap();
    let client = ClientConnection::new(Arc::new(config), host).unwrap();
    let mut stream = StreamOwned::new(client, TcpStream::connect(address)?);
    stream.write_all(
        b"GET /v1/openapi.json HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
    )?;
    let mut text = Vec::new();
    // The end of the connection may come without a farewell of TLS.
    let _ = stream.read_to_end(&mut text);
    Ok(String::from_utf8_lossy(&text).into_owned())
}

#[actix_web::test]
async fn the_listener_speaks_tls_with_its_certificate() {
    let directory = tempfile::tempdir().unwrap();
    install("one", directory.path(), SystemTime::now());
    let settings = WebSettings {
        tls_certificate: Some(directory.path().join("web.pem")),
        tls_key: Some(directory.path().join("web.key")),
        ..WebSettings::default()
    };
    let world = World::new(settings).await;
    let (address, running) = server::start("127.0.0.1:0".parse().unwrap(), world.state()).unwrap();
    let handle = running.handle();
    let running = tokio::spawn(running);
    let (right, wrong) =
        tokio::task::spawn_blocking(move || (ask(address, "one"), ask(address, "two")))
            .await
            .unwrap();
    let text = right.unwrap();
    assert!(text.starts_with("HTTP/1.1 200 OK"), "{text}");
    assert!(wrong.is_err());
    handle.stop(false).await;
    running.abort();
}

#[test]
fn a_changed_certificate_is_read_again_and_a_broken_one_is_not() {
    let directory = tempfile::tempdir().unwrap();
    let began = SystemTime::now();
    install("one", directory.path(), began);
    let (pem, key) = (
        directory.path().join("web.pem"),
        directory.path().join("web.key"),
    );
    let certificate = Certificate::load(&pem, &key).unwrap();
    assert!(!certificate.refresh().unwrap());
    install("two", directory.path(), began + Duration::from_secs(1));
    assert!(certificate.refresh().unwrap());
    assert!(!certificate.refresh().unwrap());
    // A key of another certificate, as between the replacement of two files.
    fs::copy(fixture("one.key"), &key).unwrap();
    fs::File::options()
        .write(true)
        .open(&key)
        .unwrap()
        .set_modified(began + Duration::from_secs(2))
        .unwrap();
    assert!(certificate.refresh().is_err());
    assert!(Certificate::load(&pem, &directory.path().join("none")).is_err());
}
