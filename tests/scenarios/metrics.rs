//! The reference of metrics is what the code says.

use std::{fs, path::Path};

use tests::metrics_page::{metrics, page};

/// `RENDER=1` writes the page again.
#[test]
fn the_page_has_every_metric_as_it_is() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../coordinator/METRICS.md");
    let metrics = metrics().unwrap();
    let rendered = page(&metrics);
    if std::env::var_os("RENDER").is_some() {
        fs::write(&path, &rendered).unwrap();
    }
    assert!(
        fs::read_to_string(&path).unwrap() == rendered,
        "METRICS.md is not what the code says: RENDER=1 cargo nextest run --workspace -E 'test(the_page_has_every_metric)'"
    );
    for metric in &metrics {
        let is_counter = metric.name.ends_with("_total");
        assert_eq!(is_counter, metric.kind == "counter", "{}", metric.name);
    }
}
