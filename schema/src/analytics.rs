//! Data derived from stored rows, and queries of them.

pub mod rollup;
pub mod mapping;
pub mod attribute;
pub mod materialise;
pub mod refresh;
pub mod data_set;
pub mod load;
pub mod delivery;
pub mod lineage;
pub mod sales;
pub mod pair;
pub mod work;
pub mod venue;
pub mod forecasts;
pub mod anomaly;
