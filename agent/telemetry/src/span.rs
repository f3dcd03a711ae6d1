//! A span: one part of a trace, with its times and attributes.

use std::time::SystemTime;

use crate::ids::{SpanId, TraceId};

/// What a span is to the spans around it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SpanKind {
    /// Work within a program.
    Internal,
    /// A request that was received.
    Server,
    /// A request that was sent.
    Client,
    /// Work was given to a queue.
    Producer,
    /// Work was taken from a queue.
    Consumer,
}

/// The value of an attribute.
#[derive(Debug, Clone, PartialEq)]
pub enum Attribute {
    /// A text.
    Text(String),
    /// A word of the program.
    Word(&'static str),
    /// A number.
    Int(i64),
    /// A number with a fraction, such as seconds.
    Float(f64),
    /// Yes or no.
    Bool(bool),
}

impl From<String> for Attribute {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<&'static str> for Attribute {
    fn from(word: &'static str) -> Self {
        Self::Word(word)
    }
}

impl From<i64> for Attribute {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}

impl From<i32> for Attribute {
    fn from(number: i32) -> Self {
        Self::Int(i64::from(number))
    }
}

impl From<f64> for Attribute {
    fn from(number: f64) -> Self {
        Self::Float(number)
    }
}

impl From<bool> for Attribute {
    fn from(is_so: bool) -> Self {
        Self::Bool(is_so)
    }
}

/// One part of a trace.
#[derive(Debug, Clone, PartialEq)]
pub struct Span {
    /// Its trace.
    pub trace: TraceId,
    /// Its id.
    pub id: SpanId,
    /// The span that it belongs to; `None` for the root of a trace.
    pub parent: Option<SpanId>,
    /// Spans of other traces that led to it.
    pub links: Vec<(TraceId, SpanId)>,
    /// What was done, in few different words.
    pub name: String,
    /// What it is to the spans around it.
    pub kind: SpanKind,
    /// When it began.
    pub started_at: SystemTime,
    /// When it ended.
    pub ended_at: SystemTime,
    /// What is known of it.
    pub attributes: Vec<(&'static str, Attribute)>,
    /// Whether it failed.
    pub is_failed: bool,
}

impl Span {
    /// Makes a span without attributes that did not fail.
    #[must_use]
    pub fn new(
        (trace, id, parent): (TraceId, SpanId, Option<SpanId>),
        kind: SpanKind,
        name: impl Into<String>,
        (started_at, ended_at): (SystemTime, SystemTime),
    ) -> Self {
        Self {
            trace,
            id,
            parent,
            links: Vec::new(),
            name: name.into(),
            kind,
            started_at,
            ended_at,
            attributes: Vec::new(),
            is_failed: false,
        }
    }

    /// Adds an attribute.
    pub fn set(&mut self, name: &'static str, value: impl Into<Attribute>) {
        self.attributes.push((name, value.into()));
    }

    /// Adds an attribute, if there is a value.
    pub fn set_known(&mut self, name: &'static str, value: Option<impl Into<Attribute>>) {
        if let Some(value) = value {
            self.set(name, value);
        }
    }

    /// Says that it failed, and how: `error.type`.
    pub fn fail(&mut self, class: impl Into<Attribute>) {
        self.is_failed = true;
        self.attributes.push(("error.type", class.into()));
    }
}
