#![allow(clippy::unwrap_used)]

use flate2::{
    Compression,
    write::{DeflateEncoder, GzEncoder, ZlibEncoder},
};
use prometheus::IntGauge;

use super::*;
use crate::memory::BytesInFlight;

const TEXT: &[u8] = br#"{"event":"seat_chosen","user_id":"u-1"}"#;

fn memory(bytes: usize) -> BytesInFlight {
    BytesInFlight::new(bytes, IntGauge::new("g", "g").unwrap())
}

fn pack(coding: Coding, text: &[u8]) -> Vec<u8> {
    match coding {
        Coding::Packed(Packing::Gzip) => {
            let mut packer = GzEncoder::new(Vec::new(), Compression::fast());
            packer.write_all(text).unwrap();
            packer.finish().unwrap()
        }
        Coding::Packed(Packing::Deflate) => {
            let mut packer = ZlibEncoder::new(Vec::new(), Compression::fast());
            packer.write_all(text).unwrap();
            packer.finish().unwrap()
        }
        Coding::Packed(Packing::Brotli) => {
            let mut packer = brotli::CompressorWriter::new(Vec::new(), 4096, 3, 22);
            packer.write_all(text).unwrap();
            packer.into_inner()
        }
        Coding::Zstd => zstd::encode_all(text, 3).unwrap(),
    }
}

const ALL: [Coding; 4] = [
    Coding::Packed(Packing::Gzip),
    Coding::Packed(Packing::Deflate),
    Coding::Packed(Packing::Brotli),
    Coding::Zstd,
];

fn unpack(coding: Coding, packed: &[u8]) -> Result<Vec<u8>, Problem> {
    coding.unpack(packed, &mut memory(64 << 20).begin())
}

#[test]
fn each_coding_gives_the_text_back() {
    for coding in ALL {
        assert_eq!(
            unpack(coding, &pack(coding, TEXT)).unwrap(),
            TEXT,
            "{coding:?}"
        );
    }
    let mut bare = DeflateEncoder::new(Vec::new(), Compression::fast());
    bare.write_all(TEXT).unwrap();
    assert_eq!(
        unpack(Coding::Packed(Packing::Deflate), &bare.finish().unwrap()).unwrap(),
        TEXT
    );
}

#[test]
fn a_bomb_is_stopped_at_the_bound() {
    let zeros = vec![0; 64 << 20];
    for coding in ALL {
        let packed = pack(coding, &zeros);
        assert!(
            matches!(unpack(coding, &packed), Err(Problem::BodyTooLarge)),
            "{coding:?}"
        );
    }
}

#[test]
fn a_body_without_room_is_refused_before_it_takes_it() {
    let zeros = vec![0; MAX_BODY_BYTES];
    for coding in ALL {
        let packed = pack(coding, &zeros);
        let refused = coding.unpack(&packed, &mut memory(1 << 20).begin());
        assert!(matches!(refused, Err(Problem::Full)), "{coding:?}");
    }
}

#[test]
fn a_body_that_is_cut_or_has_more_after_its_end_is_broken() {
    for coding in ALL {
        let packed = pack(coding, &TEXT.repeat(50));
        let cut = packed.get(..packed.len() - 3).unwrap();
        assert!(
            matches!(unpack(coding, cut), Err(Problem::Broken(_))),
            "{coding:?}"
        );
    }
    for coding in [
        Coding::Packed(Packing::Gzip),
        Coding::Packed(Packing::Deflate),
        Coding::Zstd,
    ] {
        let mut packed = pack(coding, TEXT);
        packed.extend_from_slice(b"rest");
        assert!(
            matches!(unpack(coding, &packed), Err(Problem::Broken(_))),
            "{coding:?}"
        );
    }
}

#[test]
fn a_window_beyond_the_standards_is_refused() {
    assert!(matches!(
        unpack(Coding::Packed(Packing::Brotli), &[0x11, 0, 0]),
        Err(Problem::Broken(_))
    ));
    // A frame with a window of 2 GiB.
    let frame = [0x28, 0xb5, 0x2f, 0xfd, 0, 21 << 3, 1, 0, 0];
    assert!(matches!(
        unpack(Coding::Zstd, &frame),
        Err(Problem::Broken(_))
    ));
}

#[test]
fn other_codings_and_several_of_them_are_refused() {
    assert!(matches!(Coding::from_header("identity"), Ok(None)));
    assert!(matches!(
        Coding::from_header(" GZIP "),
        Ok(Some(Coding::Packed(Packing::Gzip)))
    ));
    for header in ["compress", "gzip, gzip", "gzip, compress"] {
        assert!(
            matches!(Coding::from_header(header), Err(Problem::Coding(_))),
            "{header}"
        );
    }
}
