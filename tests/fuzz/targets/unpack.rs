#![no_main]
//! Any bytes for [`fuzz::unpack()`].

use fuzz::seeds;

libfuzzer_sys::fuzz_target!(
    init: seeds::write(seeds::unpack),
    |bytes: &[u8]| fuzz::unpack(bytes)
);
