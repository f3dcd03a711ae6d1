//! The certificate of the listener, read from files again when they change.

use std::{
    fmt, fs, io,
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, RwLock},
    time::{Duration, SystemTime},
};

use rustls::{
    ServerConfig,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
    server::{ClientHello, ResolvesServerCert},
    sign::CertifiedKey,
};
use tokio::time::sleep;
use tracing::{info, warn};

/// Time between two looks at the files.
const LOOK_EVERY: Duration = Duration::from_secs(10);

/// A certificate with its key, and the files that they came from.
pub struct Certificate {
    chain: PathBuf,
    key: PathBuf,
    present: RwLock<(Changed, Arc<CertifiedKey>)>,
}

/// When each file changed last.
type Changed = [Option<SystemTime>; 2];

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Certificate")
            .field("certificate", &self.chain)
            .finish_non_exhaustive()
    }
}

impl Certificate {
    /// Reads the files.
    ///
    /// # Errors
    ///
    /// If a file cannot be read, has another form, or the key is not that of the certificate.
    pub fn load(certificate: &Path, key: &Path) -> io::Result<Self> {
        let changed = changed(certificate, key);
        Ok(Self {
            chain: certificate.to_owned(),
            key: key.to_owned(),
            present: RwLock::new((changed, Arc::new(read(certificate, key)?))),
        })
    }

    /// Reads the files again when one of them changed; returns whether it did. What cannot be
    /// used leaves the present certificate in force.
    ///
    /// # Errors
    ///
    /// As [`Certificate::load`].
    pub fn refresh(&self) -> io::Result<bool> {
        let now = changed(&self.chain, &self.key);
        let before = self
            .present
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .0;
        if now == before {
            return Ok(false);
        }
        let fresh = Arc::new(read(&self.chain, &self.key)?);
        *self.present.write().unwrap_or_else(PoisonError::into_inner) = (now, fresh);
        Ok(true)
    }

    /// Looks at the files for as long as the process lives.
    pub async fn watch(self: Arc<Self>) {
        let mut last_failure = None;
        loop {
            sleep(LOOK_EVERY).await;
            match self.refresh() {
                Ok(true) => {
                    last_failure = None;
                    info!(file = %self.chain.display(), "the certificate was read again");
                }
                Ok(false) => {}
                // Two files are replaced one after the other: the next look sees both.
                Err(error) => {
                    let failure = error.to_string();
                    if last_failure.as_ref() != Some(&failure) {
                        warn!(
                            file = %self.chain.display(),
                            error = &error as &dyn std::error::Error,
                            "the changed certificate cannot be used; the one before stays"
                        );
                        last_failure = Some(failure);
                    }
                }
            }
        }
    }
}

impl ResolvesServerCert for Certificate {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let present = self.present.read().unwrap_or_else(PoisonError::into_inner);
        Some(Arc::clone(&present.1))
    }
}

fn changed(certificate: &Path, key: &Path) -> Changed {
    [certificate, key].map(|file| {
        let described = fs::metadata(file).ok()?;
        described.modified().ok()
    })
}

fn read(certificate: &Path, key: &Path) -> io::Result<CertifiedKey> {
    let fails = |file: &Path, why: &dyn fmt::Display| {
        io::Error::other(format!("{} cannot be used: {why}", file.display()))
    };
    let chain = CertificateDer::pem_file_iter(certificate)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| fails(certificate, &error))?;
    if chain.is_empty() {
        return Err(fails(certificate, &"it contains no certificate"));
    }
    let secret = PrivateKeyDer::from_pem_file(key).map_err(|error| fails(key, &error))?;
    CertifiedKey::from_der(chain, secret, &ring::default_provider())
        .map_err(|error| fails(key, &error))
}

/// Settings of TLS 1.2 and 1.3 with this certificate.
///
/// # Errors
///
/// If the cryptography of this build knows no version of TLS.
pub fn server_config(certificate: Arc<Certificate>) -> io::Result<ServerConfig> {
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?
        .with_no_client_auth()
        .with_cert_resolver(certificate);
    Ok(config)
}
