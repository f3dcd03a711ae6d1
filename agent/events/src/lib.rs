//! Says what a request with events of apps, devices and services means.
//!
//! Pure: no clock, no network, no database. The receiver passes the decompressed body and the time
//! of receipt; it gets one result per event, or one error for the request.
//!
//! | module | takes | gives |
//! |---|---|---|
//! | [`limits`] | nothing | the bounds of requests, events and schemas |
//! | `text` | received text | its short forms for answers |
//! | [`request_error`] | nothing | what is wrong with a request, and its HTTP status |
//! | [`rejection`] | nothing | what is wrong with an event |
//! | [`endpoint`] | a path | the endpoint, and the kind of its events |
//! | [`body_format`] | a content type | JSON or lines |
//! | `split` | a body | the texts of its events, and what they share |
//! | `json` | the text of an event | its JSON, within bounds |
//! | `fields` | an object | its fields by any of their spellings |
//! | [`identifier`] | a field | an identifier that is not a placeholder |
//! | [`message_id`] | a field | the key of an event |
//! | `event_name` | a field | the name of an event |
//! | `timestamp` | a field | a time |
//! | [`clock`] | the times as sent | when the event happened |
//! | [`context`] | an object | country, locale, library and so on |
//! | [`bot`] | a user agent | whether it is a bot's |
//! | [`schema_version`] | a text | a version, and which accepts which |
//! | [`event`] | all of these | an event that may be stored |
//! | [`mod@decode`] | a body | one result per event |
//! | [`schema`] | a document and an event | violations, and a verdict |
//! | [`public_key`] | an origin or an event name | whether a key may send it |
//! | [`answer`] | what became of the events | the body of the answer |

pub mod limits;
mod text;
pub mod request_error;
pub mod rejection;
pub mod endpoint;
pub mod body_format;
mod split;
mod json;
mod fields;
pub mod identifier;
pub mod message_id;
mod event_name;
mod timestamp;
pub mod clock;
pub mod context;
pub mod bot;
pub mod schema_version;
pub mod event;
pub mod decode;
pub mod schema;
pub mod public_key;
pub mod answer;

pub use answer::{Answer, EventAnswer, EventResult};
pub use body_format::BodyFormat;
pub use clock::{Adjustment, Clock, SentTimes};
pub use context::Context;
pub use decode::{DecodedRequest, Receipt, decode};
pub use endpoint::{Endpoint, EventKind};
pub use event::ReceivedEvent;
pub use message_id::MessageId;
pub use public_key::{NotAllowed, OriginPattern, ParseOriginError, PublicKeyPolicy};
pub use rejection::{Rejection, RejectionKind, Warning};
pub use request_error::RequestError;
pub use schema::{EventSchema, Privacy, SchemaError, SchemaMode, SchemaVerdict, Violation, judge};
pub use schema_version::{ParseVersionError, SchemaVersion};
