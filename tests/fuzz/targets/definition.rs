#![no_main]
//! Any bytes for [`fuzz::definition()`].

use fuzz::seeds;

libfuzzer_sys::fuzz_target!(
    init: seeds::write(seeds::definition),
    |bytes: &[u8]| fuzz::definition(bytes)
);
