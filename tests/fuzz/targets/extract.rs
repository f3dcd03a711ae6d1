#![no_main]
//! Any bytes for [`fuzz::extract()`].

use fuzz::seeds;

libfuzzer_sys::fuzz_target!(
    init: seeds::write(seeds::extract),
    |bytes: &[u8]| fuzz::extract(bytes)
);
