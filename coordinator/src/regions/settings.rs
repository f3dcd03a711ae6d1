//! The settings of regions: of their stores. All else stands in the files that declare them.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::export::place::StoreOptions;

/// `[regions]`
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RegionSettings {
    /// Settings of the S3-compatible store of all regions, as `export.store`.
    pub store: StoreOptions,
    /// Those of the store of one region, by its name: `[regions.stores.paris]`; they take the place of
    /// all of `store`.
    pub stores: BTreeMap<String, StoreOptions>,
}

impl RegionSettings {
    /// The settings of the store of a region.
    #[must_use]
    pub fn store_of(&self, region: &str) -> &StoreOptions {
        self.stores.get(region).unwrap_or(&self.store)
    }
}
