//! Keeps sources away from addresses that only this machine or its network can
//! see: a definition could otherwise read the cloud's metadata or a neighbour.
//!
//! Takes the host of a request and gives the addresses to connect to, or refuses. A name
//! is resolved once: the client connects to the very addresses that were judged here, so a
//! name that points elsewhere a moment later changes nothing.

use std::{
    fmt, io,
    net::{IpAddr, SocketAddr},
    pin::Pin,
    sync::Arc,
};

use reqwest::{
    Url,
    dns::{Addrs, Name, Resolve, Resolving},
};

use super::phase;

mod registry;

use registry::is_global;

/// The addresses of a name, or why there are none.
pub type LookedUp = Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send>>;

/// Finds the addresses of names. What it finds is judged all the same.
pub trait Lookup: Send + Sync {
    /// Finds the addresses of `name`.
    fn lookup(&self, name: &str) -> LookedUp;
}

/// The resolver of this machine.
#[derive(Debug, Clone, Copy)]
pub(super) struct SystemLookup;

impl Lookup for SystemLookup {
    fn lookup(&self, name: &str) -> LookedUp {
        let name = name.to_owned();
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            Ok(found.map(|address| address.ip()).collect())
        })
    }
}

/// Returns the host of `url` if it is an address that is not global.
#[must_use]
pub(super) fn private_literal(url: &Url) -> Option<IpAddr> {
    let host = url.host_str()?;
    let address: IpAddr = host
        .trim_start_matches('[')
        .trim_end_matches(']')
        .parse()
        .ok()?;
    (!is_global(address)).then_some(address)
}

/// Resolves names, unless private ones are allowed to global addresses only.
#[derive(Clone)]
pub(super) struct Names {
    pub(super) allow_private: bool,
    pub(super) lookup: Arc<dyn Lookup>,
}

impl fmt::Debug for Names {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Names")
            .field("allow_private", &self.allow_private)
            .finish_non_exhaustive()
    }
}

impl Resolve for Names {
    fn resolve(&self, name: Name) -> Resolving {
        let allow_private = self.allow_private;
        let found = self.lookup.lookup(name.as_str());
        Box::pin(async move {
            let found = phase::resolving(found).await?;
            let allowed = |address: &IpAddr| allow_private || is_global(*address);
            let allowed: Vec<_> = found.into_iter().filter(allowed).collect();
            if allowed.is_empty() {
                let refusal = format!("{} has no public address", name.as_str());
                return Err(io::Error::new(io::ErrorKind::PermissionDenied, refusal).into());
            }
            let allowed = allowed.into_iter().map(|ip| SocketAddr::new(ip, 0));
            Ok(Box::new(allowed) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn an_address_in_disguise_is_still_one() {
        for disguised in [
            "http://127.1/",
            "http://127.0.0.1./",
            "http://0x7f000001/",
            "http://0x7f.0.0.1/",
            "http://0177.0.0.1/",
            "http://017700000001/",
            "http://2130706433/",
            "http://2130706433./",
            "http://%31%32%37.0.0.1/",
            "http://１２７.0.0.1/",
            "http://0/",
            "http://169.254.169.254/",
            "http://0xa9fea9fe/",
            "http://[::1]:80/",
            "http://[0:0:0:0:0:0:0:1]/",
            "http://[::ffff:127.0.0.1]/",
            "http://[::ffff:7f00:1]/",
            "http://[::ffff:0:7f00:1]/",
            "http://[64:ff9b:1::7f00:1]/",
            "http://[fec0::1]/",
            "http://user:word@127.0.0.1/",
        ] {
            let url = Url::parse(disguised).unwrap();
            assert!(private_literal(&url).is_some(), "{disguised}");
        }
        for public in [
            "http://example.org/",
            "http://1.1.1.1/",
            "http://[2606:4700::1111]/",
        ] {
            assert_eq!(
                private_literal(&Url::parse(public).unwrap()),
                None,
                "{public}"
            );
        }
        // A zone names a network of this machine; numbers beyond an address are no host.
        for broken in [
            "http://[fe80::1%25eth0]/",
            "http://[fe80::1%eth0]/",
            "http://4294967296/",
        ] {
            assert!(Url::parse(broken).is_err(), "{broken}");
        }
    }

    #[tokio::test]
    async fn a_name_of_this_machine_does_not_resolve() {
        let names = Names {
            allow_private: false,
            lookup: Arc::new(SystemLookup),
        };
        let name = "localhost".parse().unwrap();
        let refusal = names.resolve(name).await.err().unwrap();
        assert_eq!(refusal.to_string(), "localhost has no public address");
    }
}
