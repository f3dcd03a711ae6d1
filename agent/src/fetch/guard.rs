//! Keeps sources away from addresses that only this machine or its network can
//! see: a definition could otherwise read the cloud's metadata or a neighbour.

use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
};

use reqwest::{
    Url,
    dns::{Addrs, Name, Resolve, Resolving},
};

use super::phase;

/// Decides whether an address is one that anybody can reach.
#[must_use]
pub(super) fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => match embedded_v4(address) {
            Some(inner) => is_public_v4(inner),
            None => is_public_v6(address),
        },
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [first, second, third, _] = address.octets();
    // 100.64/10: shared by carriers; 192.0.0/24: protocols; 198.18/15: benchmarks;
    // 240/4: reserved.
    let special = (first == 100 && (64..128).contains(&second))
        || (first == 192 && second == 0 && third == 0)
        || (first == 198 && (second & 0xfe) == 18)
        || first == 0
        || first >= 240;
    !(special
        || address.is_loopback()
        || address.is_private()
        || address.is_link_local()
        || address.is_multicast()
        || address.is_documentation())
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    !(address.is_unspecified()
        || address.is_loopback()
        || address.is_multicast()
        || address.is_unique_local()
        || address.is_unicast_link_local())
}

/// The address that a mapped, compatible, 6to4 or NAT64 one stands for.
fn embedded_v4(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let from = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        Ipv4Addr::new(a, b, c, d)
    };
    match address.segments() {
        [0, 0, 0, 0, 0, 0, high, low] if high != 0 => Some(from(high, low)),
        [0, 0, 0, 0, 0, 0xffff, high, low]
        | [0x64, 0xff9b, 0, 0, 0, 0, high, low]
        | [0x2002, high, low, ..] => Some(from(high, low)),
        _ => None,
    }
}

/// Returns the host of `url` if it is an address that is not public.
#[must_use]
pub(super) fn private_literal(url: &Url) -> Option<IpAddr> {
    let host = url.host_str()?;
    let address: IpAddr = host
        .trim_start_matches('[')
        .trim_end_matches(']')
        .parse()
        .ok()?;
    (!is_public(address)).then_some(address)
}

/// Resolves names, unless private ones are allowed to public addresses only, so that a
/// name cannot be pointed at a private one after it was checked.
#[derive(Debug, Clone, Copy)]
pub(super) struct Names {
    pub(super) allow_private: bool,
}

impl Resolve for Names {
    fn resolve(&self, name: Name) -> Resolving {
        let allow_private = self.allow_private;
        Box::pin(async move {
            let found = phase::resolving(tokio::net::lookup_host((name.as_str(), 0))).await?;
            let allowed = |address: &SocketAddr| allow_private || is_public(address.ip());
            let allowed: Vec<_> = found.filter(allowed).collect();
            if allowed.is_empty() {
                let refusal = format!("{} has no public address", name.as_str());
                return Err(io::Error::new(io::ErrorKind::PermissionDenied, refusal).into());
            }
            Ok(Box::new(allowed.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn private_addresses_are_told_from_public_ones() {
        for private in [
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "224.0.0.1",
            "255.255.255.255",
            "::1",
            "::",
            "fe80::1",
            "fd00::1",
            "::ffff:127.0.0.1",
            "64:ff9b::7f00:1",
            "2002:a00:1::",
        ] {
            assert!(!is_public(private.parse().unwrap()), "{private}");
        }
        for public in [
            "1.1.1.1",
            "172.32.0.1",
            "100.128.0.1",
            "2606:4700::1111",
            "::ffff:8.8.8.8",
        ] {
            assert!(is_public(public.parse().unwrap()), "{public}");
        }
    }

    #[test]
    fn an_address_in_disguise_is_still_one() {
        for disguised in [
            "http://127.1/",
            "http://0x7f000001/",
            "http://2130706433/",
            "http://[::1]:80/",
        ] {
            let url = Url::parse(disguised).unwrap();
            assert!(private_literal(&url).is_some(), "{disguised}");
        }
        assert_eq!(
            private_literal(&Url::parse("http://example.org/").unwrap()),
            None
        );
    }

    #[tokio::test]
    async fn a_name_of_this_machine_does_not_resolve() {
        let name = "localhost".parse().unwrap();
        let public_only = Names {
            allow_private: false,
        };
        let refusal = public_only.resolve(name).await.err().unwrap();
        assert_eq!(refusal.to_string(), "localhost has no public address");
    }
}
