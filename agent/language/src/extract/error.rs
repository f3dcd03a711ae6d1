//! Errors of an answer.

use thiserror::Error;

/// An answer that gives no rows.
#[derive(Debug, Error)]
pub enum ExtractError {
    /// The task names a step that this version of the definition does not have.
    #[error("there is no step `{step}` in the definition")]
    UnknownStep {
        /// The step.
        step: String,
    },
    /// The status says that this is no answer.
    #[error("the source answered with status {status}")]
    Status {
        /// HTTP status.
        status: u16,
    },
    /// The answer bears a mark of a challenge, a login page or a refusal: the source is to be
    /// left alone until a person decides.
    #[error("the source does not want to be asked: the answer bears the mark `{mark}`")]
    Blocked {
        /// The mark as it is written in the definition.
        mark: String,
    },
    /// A page came where data was expected.
    #[error("a page came where JSON was expected: a login or challenge page?")]
    Page,
    /// The body cannot be decoded.
    #[error("`{decoder}` cannot read the body: {problem}")]
    Undecodable {
        /// The word of `decode`.
        decoder: String,
        /// What is wrong.
        problem: String,
    },
    /// The body, or a text in it, is not JSON.
    #[error("{problem}")]
    Malformed {
        /// What is wrong, and where.
        problem: String,
    },
    /// The source says, in a 200, that it failed.
    #[error("the answer fails the check `{check}`")]
    Refused {
        /// The check as it is written in the definition.
        check: String,
    },
    /// The place where rows should be does not exist.
    #[error("there is no `{place}` in the answer; did the source change its format?")]
    NoContainer {
        /// The path or selector.
        place: String,
    },
    /// A list inside of the rows is none, where others are.
    #[error(
        "`{place}` is {found} where a list belongs; write `[]?` after its name if that means \
         that there are no rows"
    )]
    NoList {
        /// Where it stands in the answer.
        place: String,
        /// What stands there.
        found: &'static str,
    },
    /// More rows are unreadable than the definition accepts.
    #[error(
        "{skipped} of {all} rows cannot be read, more than `skip_unreadable = \"{share}\"` \
         accepts; the first: {first}"
    )]
    Unreadable {
        /// Rows that cannot be read.
        skipped: usize,
        /// All rows.
        all: usize,
        /// The share that is accepted.
        share: String,
        /// The first of them.
        first: String,
    },
    /// Rows that are kept as a whole are not whole.
    #[error("the {kind} are not whole, and so nothing of them is kept: {first}")]
    Partial {
        /// Seats or prices.
        kind: &'static str,
        /// The first gap.
        first: String,
    },
    /// The place exists and is empty.
    #[error("there are no rows in the answer; if that can be, say `may_be_empty = true`")]
    Empty,
    /// More rows than any cinema has.
    #[error("there are more than {limit} rows in the answer")]
    TooMany {
        /// The most that is accepted.
        limit: usize,
    },
    /// A selection fails on this body.
    #[error("{problem}")]
    Selection {
        /// What is wrong.
        problem: String,
    },
    /// A row does not have what it must.
    #[error("row {row}: field `{field}` {problem}")]
    Field {
        /// Index of the row, from 0.
        row: usize,
        /// Name of the field.
        field: String,
        /// What is wrong.
        problem: String,
    },
    /// Two rows have the same key.
    #[error("rows {first} and {second} have the same key `{key}`")]
    DuplicateKey {
        /// The key.
        key: String,
        /// Index of one row.
        first: usize,
        /// Index of the other.
        second: usize,
    },
    /// The database would refuse the rows.
    #[error(transparent)]
    Unstorable(#[from] crate::storable::Unstorable),
    /// Two rows have the same key, and they are not the same row.
    #[error(
        "rows {first} and {second} have the same key `{key}` and differ in {differ}: they are \
         two, so `same_key` must not drop one; make the key of more values, such as \
         {{ template = \"{{row}}-{{number}}\" }}"
    )]
    Differing {
        /// The key.
        key: String,
        /// Index of one row.
        first: usize,
        /// Index of the other.
        second: usize,
        /// The fields that differ.
        differ: String,
    },
    /// A row came on two pages.
    #[error(
        "the row `{key}` came on page {first} and again on page {second}: rows moved between \
         the requests, and others may have been missed; with `same_key = \"first\"` such an \
         answer counts as partial, and with `overlap = true` in `pages` beside it as whole"
    )]
    OnTwoPages {
        /// The key.
        key: String,
        /// Number of one page, from 1.
        first: usize,
        /// Number of the other.
        second: usize,
    },
    /// Pages of one answer, or the rows of one step, are not of one kind.
    #[error("rows of different kinds cannot be put together")]
    Mixed,
    /// A code is not mapped, and the definition says that this is an error.
    #[error("row {row}: the status code `{code}` is not mapped")]
    UnmappedCode {
        /// Index of the row, from 0.
        row: usize,
        /// The code as it came.
        code: String,
    },
}

impl ExtractError {
    /// Returns whether it is about one row, so that others may be read without it.
    pub(crate) fn is_of_row(&self) -> bool {
        matches!(
            self,
            Self::Field { .. } | Self::UnmappedCode { .. } | Self::NoList { .. }
        )
    }

    /// Returns whether the body could not be decoded, or a decoder did not find its part.
    pub(crate) fn is_of_reading(&self) -> bool {
        matches!(
            self,
            Self::Page
                | Self::Undecodable { .. }
                | Self::Malformed { .. }
                | Self::NoContainer { .. }
        )
    }
}
