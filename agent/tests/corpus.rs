//! What the fuzzer found and all that it begins with, once more: `make fuzz` looks for new
//! input, this test keeps what is known.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::{fs, path::Path};

// It belongs to the fuzzer, which is no part of this workspace.
#[path = "../../tests/fuzz/src/lib.rs"]
#[allow(dead_code, unreachable_pub)]
mod fuzz;

use fuzz::seeds::Seed;

/// The corpora in the repository stay small.
const MAX_BYTES: usize = 200 << 10;

/// Returns what is kept for a target.
fn corpus(target: &str) -> Vec<Seed> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fuzz/corpus");
    let files = fs::read_dir(folder.join(target)).unwrap().flatten();
    let read = |file: fs::DirEntry| {
        let name = file.file_name().to_string_lossy().into_owned();
        (name, fs::read(file.path()).unwrap())
    };
    files.map(read).collect()
}

fn replay(inputs: &[Seed], target: fn(&[u8])) {
    assert!(!inputs.is_empty());
    for (name, bytes) in inputs {
        println!("{name}");
        target(bytes);
    }
}

#[test]
fn definitions_that_ship_or_were_found_keep_their_promises() {
    replay(&fuzz::seeds::definition(), fuzz::definition);
    replay(&corpus("definition"), fuzz::definition);
}

#[test]
fn expressions_end() {
    replay(&fuzz::seeds::expression(), fuzz::expression);
    replay(&corpus("expression"), fuzz::expression);
}

#[test]
fn answers_that_ship_or_were_found_keep_their_promises() {
    replay(&fuzz::seeds::extract(), fuzz::extract);
    replay(&corpus("extract"), fuzz::extract);
}

#[test]
fn amounts_that_places_write_or_were_found_keep_their_digits() {
    replay(&fuzz::seeds::money(), fuzz::money);
    replay(&corpus("money"), fuzz::money);
}

#[test]
fn conversations_that_ship_or_were_found_end() {
    replay(&fuzz::seeds::conversation(), fuzz::conversation);
    replay(&corpus("conversation"), fuzz::conversation);
}

/// Seeds that are read at once as what they are not would lead the fuzzer nowhere.
#[test]
fn most_seeds_give_rows() {
    let seeds = fuzz::seeds::extract();
    let reads = seeds.iter().filter(|(_, bytes)| {
        let (case, body) = fuzz::case::of(bytes);
        let answer = fuzz::case::answer(body);
        let known = case.begin().unwrap().known().clone();
        case.source.extract(&case.step, &known, &answer).is_ok()
    });
    let (reads, all) = (reads.count(), seeds.len());
    assert!(reads * 2 > all, "{reads} of {all}");
}

#[test]
fn the_corpus_is_small() {
    let targets = [
        "definition",
        "expression",
        "extract",
        "money",
        "conversation",
    ];
    let inputs = targets.iter().flat_map(|target| corpus(target));
    let bytes: usize = inputs.map(|(_, bytes)| bytes.len()).sum();
    assert!(bytes < MAX_BYTES, "{bytes} bytes: run `make fuzz-min`");
}

#[test]
fn walks_through_pages_end() {
    replay(&fuzz::seeds::paging(), fuzz::paging);
    replay(&corpus("paging"), fuzz::paging);
}

#[test]
fn rules_and_packed_bodies_keep_within_bounds() {
    replay(&fuzz::seeds::robots(), fuzz::robots);
    replay(&corpus("robots"), fuzz::robots);
    replay(&fuzz::seeds::unpack(), fuzz::unpack);
    replay(&corpus("unpack"), fuzz::unpack);
}
