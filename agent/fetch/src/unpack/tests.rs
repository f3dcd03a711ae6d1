#![allow(clippy::unwrap_used)]

use flate2::{
    Compression,
    write::{DeflateEncoder, GzEncoder, ZlibEncoder},
};

use super::*;

const TEXT: &[u8] = b"seats and more seats and more seats";

fn unpack(kind: &str, packed: &[u8], limit: usize) -> Result<Vec<u8>, Unpack> {
    Packing::named(kind).unwrap().unpack(packed, limit)
}

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut packer = GzEncoder::new(Vec::new(), Compression::fast());
    packer.write_all(text).unwrap();
    packer.finish().unwrap()
}

fn zlib(text: &[u8]) -> Vec<u8> {
    let mut packer = ZlibEncoder::new(Vec::new(), Compression::fast());
    packer.write_all(text).unwrap();
    packer.finish().unwrap()
}

fn bare(text: &[u8]) -> Vec<u8> {
    let mut packer = DeflateEncoder::new(Vec::new(), Compression::fast());
    packer.write_all(text).unwrap();
    packer.finish().unwrap()
}

fn brotli(text: &[u8], window_bits: u32) -> Vec<u8> {
    let mut packer = brotli::CompressorWriter::new(Vec::new(), 4096, 3, window_bits);
    packer.write_all(text).unwrap();
    packer.into_inner()
}

#[test]
fn what_servers_send_is_unpacked() {
    for (kind, packed) in [
        ("gzip", gzip(TEXT)),
        ("deflate", zlib(TEXT)),
        ("deflate", bare(TEXT)),
        ("br", brotli(TEXT, 18)),
    ] {
        assert_eq!(unpack(kind, &packed, 100).unwrap(), TEXT, "{kind}");
    }
}

#[test]
fn what_is_cut_or_too_large_is_refused() {
    let packed = gzip(TEXT);
    let cut = unpack("gzip", &packed[..packed.len() - 9], 100);
    assert!(matches!(cut, Err(Unpack::Broken(_))), "{cut:?}");
    for (kind, packed) in [
        ("deflate", zlib(TEXT)),
        ("deflate", bare(TEXT)),
        ("br", brotli(TEXT, 18)),
    ] {
        for end in 1..packed.len() {
            let cut = unpack(kind, &packed[..end], 100);
            assert!(
                matches!(cut, Err(Unpack::Broken(_))),
                "{kind} {end}: {cut:?}"
            );
        }
    }
    for (kind, packed) in [
        ("gzip", packed),
        ("br", brotli(TEXT, 18)),
        ("deflate", zlib(TEXT)),
    ] {
        let large = unpack(kind, &packed, TEXT.len() - 1);
        assert!(matches!(large, Err(Unpack::TooLarge)), "{large:?}");
    }
    assert!(Packing::named("zstd").is_err());
}

#[test]
fn the_first_bytes_are_unpacked_and_the_rest_ignored() {
    let text: Vec<u8> = (0..20_000_u32).flat_map(u32::to_be_bytes).collect();
    for (kind, packed) in [
        ("gzip", gzip(&text)),
        ("br", brotli(&text, 18)),
        ("deflate", zlib(&text)),
    ] {
        let packing = Packing::named(kind).unwrap();
        let first = packing.unpack_first(&packed, false, 1_000).unwrap();
        assert_eq!(first, &text[..1_000], "{kind}");
        let whole = packing.unpack_first(&packed, false, 80_000).unwrap();
        assert_eq!(whole, text, "{kind}");
        // What is there of a body whose end is missing.
        let half = &packed[..packed.len() / 2];
        let begun = packing.unpack_first(half, true, 80_000).unwrap();
        assert!(begun.len() > 1_000, "{kind}: {} bytes", begun.len());
        assert!(text.starts_with(&begun), "{kind}");
        let broken = packing.unpack_first(half, false, 80_000);
        assert!(matches!(broken, Err(Unpack::Broken(_))), "{kind}");
    }
}

/// Every size of window of RFC 7932 is read from its first byte as the decompressor reads it.
#[test]
fn every_window_of_the_standard_is_counted() {
    for bits in 10..=24 {
        let text = b"a seat ".repeat(40_000);
        let packed = brotli(&text, bits);
        assert_eq!(brotli_window_bytes(&packed).unwrap(), 1 << bits, "{bits}");
        assert_eq!(unpack("br", &packed, text.len()).unwrap(), text, "{bits}");
    }
}

/// Invariant 10: the body of 821 bytes that took 1.8 GiB begins so.
#[test]
fn a_window_beyond_the_standard_is_refused() {
    let large = unpack("br", &[0x11, 30, 0, 0, 0, 0, 0, 0], 16 << 20).unwrap_err();
    assert!(large.to_string().contains("RFC 7932"), "{large}");
    let reserved = unpack("br", &[0x91, 30, 0, 0], 16 << 20);
    assert!(matches!(reserved, Err(Unpack::Broken(_))), "{reserved:?}");
}

/// A body that packs to a thousandth never has more memory than its limit.
#[test]
fn what_unpacks_to_much_has_no_more_memory_than_it_may() {
    let zeros = vec![0_u8; 8 << 20];
    for (kind, packed) in [("gzip", gzip(&zeros)), ("br", brotli(&zeros, 22))] {
        assert!(packed.len() < 64 << 10, "{}", packed.len());
        assert!(matches!(
            unpack(kind, &packed, 1 << 20),
            Err(Unpack::TooLarge)
        ));
        let whole = unpack(kind, &packed, 8 << 20).unwrap();
        assert!(whole.capacity() <= 8 << 20, "{}", whole.capacity());
    }
}

proptest::proptest! {
    /// Whatever strangers pack is unpacked to no more than it may be, or refused.
    #[test]
    fn any_bytes_are_unpacked_or_refused(
        kind in proptest::sample::select(vec!["gzip", "br", "deflate"]),
        mut packed in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..300),
        is_framed in proptest::prelude::any::<bool>(),
    ) {
        if is_framed && kind == "gzip" {
            packed.splice(0..0, [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3]);
        }
        if let Ok(body) = unpack(kind, &packed, 10_000) {
            proptest::prop_assert!(body.len() <= 10_000 && body.capacity() <= 10_000);
        }
    }
}
