//! The definitions that come with the program.

/// Name and text of each; also the examples from which an author learns the language.
pub const SHIPPED: &[(&str, &str)] = &[
    ("bhd", include_str!("../../sources/bhd.toml")),
    ("major", include_str!("../../sources/major.toml")),
    ("cds", include_str!("../../sources/cds.toml")),
    ("amc", include_str!("../../sources/amc.toml")),
    ("megabox", include_str!("../../sources/megabox.toml")),
    ("cgv-kr", include_str!("../../sources/cgv-kr.toml")),
    ("cgv-id", include_str!("../../sources/cgv-id.toml")),
];
