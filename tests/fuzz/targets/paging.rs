#![no_main]
//! Any bytes for [`fuzz::paging()`].

use fuzz::seeds;

libfuzzer_sys::fuzz_target!(
    init: seeds::write(seeds::paging),
    |bytes: &[u8]| fuzz::paging(bytes)
);
