#![no_main]
//! Any bytes for [`fuzz::money()`].

use fuzz::seeds;

libfuzzer_sys::fuzz_target!(
    init: seeds::write(seeds::money),
    |bytes: &[u8]| fuzz::money(bytes)
);
