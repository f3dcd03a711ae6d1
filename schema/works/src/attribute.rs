//! What a listing says of a showing.

use serde::{Deserialize, Serialize};

/// What an attribute of a showing speaks of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AttributeKind {
    /// Format of projection or kind of auditorium.
    Format,
    /// 2D or 3D.
    Dimension,
    /// Sound system.
    Sound,
    /// Language spoken, dubbing, subtitles.
    Language,
    /// For whom the showing is.
    Audience,
    /// A strand or season of the cinema.
    Strand,
    /// A preview or premiere.
    Preview,
    /// What is added to the showing: a discussion, a second broadcast.
    Event,
    /// The film with live music, or a recorded performance.
    Performance,
    /// A series of broadcasts from a stage.
    Series,
    /// A series of films on exhibitions.
    Exhibition,
    /// The season of a stage.
    Season,
    /// An anniversary.
    Anniversary,
    /// A re-release, with a year that is not the film's.
    Rerelease,
    /// A restoration.
    Restoration,
    /// A cut that may differ from the first.
    Version,
    /// An age certificate.
    Certificate,
    /// The year of the film.
    Year,
}

/// What a listing says of the showing.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Attribute {
    /// What it speaks of.
    pub kind: AttributeKind,
    /// Its folded words.
    pub text: String,
}
