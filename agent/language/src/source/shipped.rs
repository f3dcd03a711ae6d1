//! The definitions that come with the program.

/// Name and text of each; also the examples from which an author learns the language.
pub const SHIPPED: &[(&str, &str)] = &[
    ("bhd", include_str!("../../../sources/bhd.toml")),
    ("major", include_str!("../../../sources/major.toml")),
    ("major-web", include_str!("../../../sources/major-web.toml")),
    ("cds", include_str!("../../../sources/cds.toml")),
    ("amc", include_str!("../../../sources/amc.toml")),
    ("megabox", include_str!("../../../sources/megabox.toml")),
    ("cgv-kr", include_str!("../../../sources/cgv-kr.toml")),
    ("cgv-id", include_str!("../../../sources/cgv-id.toml")),
    ("vue", include_str!("../../../sources/vue.toml")),
    ("curzon", include_str!("../../../sources/curzon.toml")),
    ("everyman", include_str!("../../../sources/everyman.toml")),
    (
        "indycinema",
        include_str!("../../../sources/indycinema.toml"),
    ),
    ("bfi", include_str!("../../../sources/bfi.toml")),
    ("electric", include_str!("../../../sources/electric.toml")),
    ("castle", include_str!("../../../sources/castle.toml")),
    ("cgr", include_str!("../../../sources/cgr.toml")),
    ("boost", include_str!("../../../sources/boost.toml")),
    ("cineworld", include_str!("../../../sources/cineworld.toml")),
    (
        "cineworld-legacy",
        include_str!("../../../sources/cineworld-legacy.toml"),
    ),
    ("cineplex", include_str!("../../../sources/cineplex.toml")),
    ("shaw", include_str!("../../../sources/shaw.toml")),
    ("weather", include_str!("../../../sources/weather.toml")),
    (
        "video-statistics",
        include_str!("../../../sources/video-statistics.toml"),
    ),
    ("mentions", include_str!("../../../sources/mentions.toml")),
];
