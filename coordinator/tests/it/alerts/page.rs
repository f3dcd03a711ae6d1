//! `coordinator/ALERTS.md` is what the list of conditions says.

use std::{fs, path::Path};

use coordinator::alert::page;

/// `RENDER=1` writes the page again.
#[test]
fn the_page_has_every_condition_as_it_is() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("ALERTS.md");
    let written = fs::read_to_string(&path).unwrap();
    let rendered = page::in_place_of(&written).unwrap();
    if std::env::var_os("RENDER").is_some() {
        fs::write(&path, &rendered).unwrap();
    }
    assert!(
        written == rendered,
        "ALERTS.md is not what the conditions say: RENDER=1 cargo nextest run -p coordinator -E 'test(the_page_has_every_condition)'"
    );
}
