//! What a series is about.

use std::fmt;

/// A kind of subject, from large to small.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SubjectKind {
    /// Everything.
    Fleet,
    /// A country.
    Territory,
    /// A chain or site.
    Source,
    /// A cinema of a source.
    Cinema,
    /// A film over all sources of a territory, which is then its parent, or of the fleet.
    Work,
    /// A film at one source.
    WorkAtSource,
}

impl SubjectKind {
    /// All kinds.
    pub const ALL: [Self; 6] = [
        Self::Fleet,
        Self::Territory,
        Self::Source,
        Self::Cinema,
        Self::Work,
        Self::WorkAtSource,
    ];

    /// Returns its name in the database.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Fleet => "fleet",
            Self::Territory => "territory",
            Self::Source => "source",
            Self::Cinema => "cinema",
            Self::Work => "work",
            Self::WorkAtSource => "work_at_source",
        }
    }

    /// Returns the kind of a name in the database.
    #[must_use]
    pub fn parse(label: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.label() == label)
    }
}

/// One subject.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Subject {
    /// Its kind.
    pub kind: SubjectKind,
    /// What identifies it among those of its kind.
    pub key: String,
}

impl Subject {
    /// Names a subject by its kind and key.
    #[must_use]
    pub fn new(kind: SubjectKind, key: impl Into<String>) -> Self {
        Self {
            kind,
            key: key.into(),
        }
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            SubjectKind::Fleet => to.write_str("the fleet"),
            SubjectKind::Territory
            | SubjectKind::Source
            | SubjectKind::Cinema
            | SubjectKind::Work => {
                write!(to, "{} {}", self.kind.label(), self.key)
            }
            SubjectKind::WorkAtSource => write!(to, "work at source {}", self.key),
        }
    }
}
