//! IANA's special-purpose address registries as one table, and whether an address is
//! global unicast by them.
//!
//! Source: the IPv4 and IPv6 Special-Purpose Address Registries of IANA, every row, with
//! their column "Globally Reachable"; "N/A" there counts as not reachable. Rows that stand
//! in other registries of IANA (multicast, deprecated site-local and IPv4-compatible
//! addresses) are marked. The row with the longest prefix decides. What no row names is
//! global in IPv4; in IPv6 only `2000::/3` is.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Whether the addresses of a row may be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reach {
    /// The registry calls them globally reachable.
    Global,
    /// These addresses are local, reserved, or stand for an address that a relay chooses.
    Special,
    /// The last 32 bits are an IPv4 address, which decides.
    Embedded,
}

use Reach::{Embedded, Global, Special};

/// First address, bits of the prefix, verdict, name in the registry.
type Row<A> = (A, u32, Reach, &'static str);

const fn v4(a: u8, b: u8, c: u8, d: u8) -> Ipv4Addr {
    Ipv4Addr::new(a, b, c, d)
}

/// An IPv6 address of which only the first groups and the last are not zero.
const fn v6(a: u16, b: u16, c: u16, d: u16, last: u16) -> Ipv6Addr {
    Ipv6Addr::new(a, b, c, d, 0, 0, 0, last)
}

const V4: [Row<Ipv4Addr>; 27] = [
    (v4(0, 0, 0, 0), 8, Special, "this network"),
    (v4(0, 0, 0, 0), 32, Special, "this host on this network"),
    (v4(10, 0, 0, 0), 8, Special, "private use"),
    (v4(100, 64, 0, 0), 10, Special, "shared address space"),
    (v4(127, 0, 0, 0), 8, Special, "loopback"),
    (v4(169, 254, 0, 0), 16, Special, "link local"),
    (v4(172, 16, 0, 0), 12, Special, "private use"),
    (v4(192, 0, 0, 0), 24, Special, "IETF protocol assignments"),
    (v4(192, 0, 0, 0), 29, Special, "IPv4 service continuity"),
    (v4(192, 0, 0, 8), 32, Special, "IPv4 dummy address"),
    (
        v4(192, 0, 0, 9),
        32,
        Global,
        "port control protocol anycast",
    ),
    (v4(192, 0, 0, 10), 32, Global, "TURN anycast"),
    (v4(192, 0, 0, 170), 32, Special, "NAT64/DNS64 discovery"),
    (v4(192, 0, 0, 171), 32, Special, "NAT64/DNS64 discovery"),
    (v4(192, 0, 2, 0), 24, Special, "documentation, TEST-NET-1"),
    (v4(192, 31, 196, 0), 24, Global, "AS112-v4"),
    (v4(192, 52, 193, 0), 24, Global, "AMT"),
    (
        v4(192, 88, 99, 0),
        24,
        Special,
        "deprecated 6to4 relay anycast",
    ),
    (v4(192, 88, 99, 2), 32, Special, "6a44 relay anycast"),
    (v4(192, 168, 0, 0), 16, Special, "private use"),
    (v4(192, 175, 48, 0), 24, Global, "direct delegation AS112"),
    (v4(198, 18, 0, 0), 15, Special, "benchmarking"),
    (
        v4(198, 51, 100, 0),
        24,
        Special,
        "documentation, TEST-NET-2",
    ),
    (v4(203, 0, 113, 0), 24, Special, "documentation, TEST-NET-3"),
    // Of the registry of multicast addresses.
    (v4(224, 0, 0, 0), 4, Special, "multicast"),
    (v4(240, 0, 0, 0), 4, Special, "reserved"),
    (v4(255, 255, 255, 255), 32, Special, "limited broadcast"),
];

const V6: [Row<Ipv6Addr>; 30] = [
    (v6(0, 0, 0, 0, 1), 128, Special, "loopback"),
    (v6(0, 0, 0, 0, 0), 128, Special, "unspecified"),
    // Deprecated by RFC 4291; the registry lists its first two addresses.
    (v6(0, 0, 0, 0, 0), 96, Special, "IPv4-compatible"),
    (
        Ipv6Addr::new(0, 0, 0, 0, 0, 0xffff, 0, 0),
        96,
        Special,
        "IPv4-mapped",
    ),
    // Of RFC 2765, obsolete: the translated form of an IPv4 address.
    (
        Ipv6Addr::new(0, 0, 0, 0, 0xffff, 0, 0, 0),
        96,
        Special,
        "IPv4-translated",
    ),
    (
        v6(0x64, 0xff9b, 0, 0, 0),
        96,
        Embedded,
        "IPv4-IPv6 translation",
    ),
    (
        v6(0x64, 0xff9b, 1, 0, 0),
        48,
        Special,
        "local IPv4-IPv6 translation",
    ),
    (v6(0x100, 0, 0, 0, 0), 64, Special, "discard only"),
    (v6(0x100, 0, 0, 1, 0), 64, Special, "dummy prefix"),
    (
        v6(0x2001, 0, 0, 0, 0),
        23,
        Special,
        "IETF protocol assignments",
    ),
    (v6(0x2001, 0, 0, 0, 0), 32, Special, "Teredo"),
    (
        v6(0x2001, 1, 0, 0, 1),
        128,
        Global,
        "port control protocol anycast",
    ),
    (v6(0x2001, 1, 0, 0, 2), 128, Global, "TURN anycast"),
    (
        v6(0x2001, 1, 0, 0, 3),
        128,
        Global,
        "DNS-SD registration anycast",
    ),
    (v6(0x2001, 2, 0, 0, 0), 48, Special, "benchmarking"),
    (v6(0x2001, 3, 0, 0, 0), 32, Global, "AMT"),
    (v6(0x2001, 4, 0x112, 0, 0), 48, Global, "AS112-v6"),
    (v6(0x2001, 0x10, 0, 0, 0), 28, Special, "deprecated ORCHID"),
    (v6(0x2001, 0x20, 0, 0, 0), 28, Global, "ORCHIDv2"),
    (
        v6(0x2001, 0x30, 0, 0, 0),
        28,
        Global,
        "drone remote identification",
    ),
    (v6(0x2001, 0xdb8, 0, 0, 0), 32, Special, "documentation"),
    (v6(0x2002, 0, 0, 0, 0), 16, Special, "6to4"),
    (
        v6(0x2620, 0x4f, 0x8000, 0, 0),
        48,
        Global,
        "direct delegation AS112",
    ),
    (v6(0x3fff, 0, 0, 0, 0), 20, Special, "documentation"),
    (v6(0x5f00, 0, 0, 0, 0), 16, Special, "segment routing"),
    (v6(0xfc00, 0, 0, 0, 0), 7, Special, "unique local"),
    (v6(0xfe80, 0, 0, 0, 0), 10, Special, "link-local unicast"),
    // Deprecated by RFC 3879.
    (v6(0xfec0, 0, 0, 0, 0), 10, Special, "site-local unicast"),
    // Of the registry of multicast addresses.
    (v6(0xff00, 0, 0, 0, 0), 8, Special, "multicast"),
    // Of the registry of the IPv6 address space: the only part that is given out.
    (v6(0x2000, 0, 0, 0, 0), 3, Global, "global unicast"),
];

/// Whether an address is global unicast, so that everybody reaches the same host under it.
#[must_use]
pub(crate) fn is_global(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_global_v4(address),
        IpAddr::V6(address) => {
            let bits = u128::from(address);
            let rows = V6.iter().filter(|(first, length, ..)| {
                let shift = 128 - length;
                bits.checked_shr(shift) == u128::from(*first).checked_shr(shift)
            });
            match rows.max_by_key(|(_, length, ..)| *length) {
                Some((.., Global, _)) => true,
                Some((.., Embedded, _)) => {
                    let [.., a, b, c, d] = address.octets();
                    is_global_v4(Ipv4Addr::new(a, b, c, d))
                }
                Some((.., Special, _)) | None => false,
            }
        }
    }
}

fn is_global_v4(address: Ipv4Addr) -> bool {
    let bits = u32::from(address);
    let rows = V4.iter().filter(|(first, length, ..)| {
        let shift = 32 - length;
        bits.checked_shr(shift) == u32::from(*first).checked_shr(shift)
    });
    let row = rows.max_by_key(|(_, length, ..)| *length);
    row.is_none_or(|(.., reach, _)| *reach == Global)
}

#[cfg(test)]
mod tests;
