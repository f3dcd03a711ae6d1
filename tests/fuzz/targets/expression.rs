#![no_main]
//! Any bytes for [`fuzz::expression()`].

use fuzz::seeds;

libfuzzer_sys::fuzz_target!(
    init: seeds::write(seeds::expression),
    |bytes: &[u8]| fuzz::expression(bytes)
);
