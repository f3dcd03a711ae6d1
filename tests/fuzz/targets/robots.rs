#![no_main]
//! Any bytes for [`fuzz::robots()`].

use fuzz::seeds;

libfuzzer_sys::fuzz_target!(
    init: seeds::write(seeds::robots),
    |bytes: &[u8]| fuzz::robots(bytes)
);
