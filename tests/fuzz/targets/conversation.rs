#![no_main]
//! Any bytes for [`fuzz::conversation()`].

use fuzz::seeds;

libfuzzer_sys::fuzz_target!(
    init: seeds::write(seeds::conversation),
    |bytes: &[u8]| fuzz::conversation(bytes)
);
