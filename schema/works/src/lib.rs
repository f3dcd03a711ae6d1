//! Decides which films of different sources are one work, from their titles and facts.
//!
//! Pure: no clock, no network, no database. The method is that of record linkage: titles are
//! normalised, candidates are found by blocking keys, pairs are compared by weights that add up to
//! a score in bits with two thresholds (Fellegi and Sunter, "A Theory for Record Linkage", 1969),
//! and what people decided outranks the rules.
//!
//! | module | takes | gives |
//! |---|---|---|
//! | [`film`] | what a source says of a film | [`Film`] |
//! | [`fold`] | text | words without case, accents and punctuation |
//! | [`numeral`] | words | roman and written numerals as digits |
//! | [`attribute`] | nothing | the kinds of what a listing says of a showing |
//! | [`phrase`] | nothing | what chains write around titles: format, language, audience, event |
//! | [`vocabulary`] | words | what they say of a showing: format, language, audience, event |
//! | [`token`] | a title | its words with what separates them, and its brackets |
//! | [`title`] | a title | the title of the work, and the attributes of the showing |
//! | `spelling` | words | the form in which spellings of one title agree |
//! | `word_frequency` | a word | how many titles have it |
//! | `word_weight` | a word | what agreement on it says |
//! | `name` | a title and facts | the names that a film may be listed under |
//! | [`candidate`] | a film | its names and its blocking keys |
//! | [`evidence`] | two films | reasons for and against, with weights |
//! | [`comparison`] | the reasons | a score and a verdict |
//! | [`mod@reference`] | a list that an operator trusts | the work of a film |
//! | [`mod@cluster`] | films, verdicts of rules and of people | groups |
//! | [`question`] | doubts between groups | those that a person is asked |

pub mod film;
pub mod fold;
pub mod numeral;
pub mod attribute;
pub mod phrase;
pub mod vocabulary;
pub mod token;
pub mod title;
mod spelling;
mod word_frequency;
mod word_weight;
mod name;
pub mod candidate;
pub mod evidence;
pub mod comparison;
pub mod reference;
pub mod cluster;
pub mod question;
pub mod venue;

pub use attribute::{Attribute, AttributeKind};
pub use candidate::{Candidate, title_key};
pub use cluster::{Decision, Link, Twin, cluster};
pub use comparison::{Comparison, Verdict, compare, compare_films};
pub use evidence::{Reason, Signal};
pub use film::{Film, Listing, WorkKind};
pub use reference::{ListError, Reference, ReferenceTitle, parse_list};
pub use title::{NormalisedTitle, normalise};
