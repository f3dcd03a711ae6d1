//! Words that say little: those of chains, and those that any cinema or auditorium may have.

/// Words of chains that are hardly ever the name of a single cinema. "Empire", "Star" or "Reading"
/// are not among them.
const BRANDS: [&str; 60] = [
    "aeon",
    "amc",
    "bhd",
    "cgr",
    "cgv",
    "cinebarre",
    "cinebistro",
    "cinemagia",
    "cinemark",
    "cinemaxx",
    "cineplex",
    "cineplexx",
    "cinepolis",
    "cinesa",
    "cinestar",
    "cinetopia",
    "cineworld",
    "curzon",
    "drafthouse",
    "emagine",
    "everyman",
    "filmstaden",
    "gaumont",
    "gsc",
    "harkins",
    "hoyts",
    "imc",
    "indycinema",
    "inox",
    "kinepolis",
    "kinopolis",
    "lotte",
    "mbo",
    "megabox",
    "megaplex",
    "megarama",
    "mk2",
    "multikino",
    "nordisk",
    "ocine",
    "odeon",
    "omniplex",
    "pathe",
    "picturehouse",
    "pvr",
    "regal",
    "shaw",
    "showcase",
    "svenska",
    "tgv",
    "toho",
    "uci",
    "ugc",
    "utopolis",
    "vieshow",
    "vue",
    "wanda",
    "xscape",
    "yelmo",
    "yorck",
];

/// Words for a cinema or a kind of one, and words without a meaning of their own.
const COMMON: [&str; 66] = [
    "a",
    "al",
    "am",
    "an",
    "and",
    "arthouse",
    "at",
    "biograf",
    "bioskop",
    "by",
    "center",
    "centre",
    "cine",
    "cinema",
    "cinemas",
    "cinematheque",
    "cinematographe",
    "cines",
    "city",
    "club",
    "das",
    "de",
    "dem",
    "den",
    "der",
    "des",
    "die",
    "du",
    "el",
    "en",
    "et",
    "film",
    "filmpalast",
    "films",
    "filmtheater",
    "house",
    "im",
    "imax",
    "in",
    "kino",
    "kinocenter",
    "kinos",
    "la",
    "las",
    "le",
    "les",
    "lichtspiele",
    "lichtspielhaus",
    "los",
    "lux",
    "luxe",
    "movie",
    "movies",
    "multicines",
    "multiplex",
    "of",
    "on",
    "palast",
    "screen",
    "the",
    "theater",
    "theaters",
    "theatre",
    "theatres",
    "und",
    "y",
];

/// Words for an auditorium.
const AUDITORIUM: [&str; 31] = [
    "aud",
    "auditorio",
    "auditorium",
    "cinema",
    "hall",
    "house",
    "kino",
    "kinosaal",
    "kinosal",
    "leinwand",
    "no",
    "nr",
    "number",
    "numero",
    "room",
    "rum",
    "saal",
    "sal",
    "sala",
    "salle",
    "salon",
    "salong",
    "scr",
    "screen",
    "screening",
    "studio",
    "teatro",
    "the",
    "theater",
    "theatre",
    "zaal",
];

/// Written numbers of auditoriums, from 1 on.
const NUMBERS: [&str; 12] = [
    "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven",
    "twelve",
];

/// Returns the number that a folded word writes out.
pub(super) fn written_number(word: &str) -> Option<u32> {
    let at = NUMBERS.iter().position(|number| *number == word)?;
    u32::try_from(at + 1).ok()
}

/// Decides whether a folded word is the name of a chain.
pub(super) fn is_brand(word: &str) -> bool {
    BRANDS.contains(&word)
}

/// Decides whether a folded word may be in the name of any cinema.
pub(super) fn is_common(word: &str) -> bool {
    COMMON.contains(&word)
}

/// Decides whether a folded word tells one cinema from another.
pub(super) fn is_telling(word: &str) -> bool {
    !is_brand(word) && !is_common(word)
}

/// Decides whether a folded word only says that it is an auditorium.
pub(super) fn is_of_auditoriums(word: &str) -> bool {
    AUDITORIUM.contains(&word)
}
