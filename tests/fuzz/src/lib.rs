//! What strangers write, and what must hold whatever they wrote.
//!
//! Takes bytes, gives nothing, and panics where a promise is broken. The fuzzer calls these
//! functions with bytes of its own making (`make fuzz`), and a test of the agent with all
//! that is in `corpus` and all of [`seeds`].
//!
//! | function | takes | promises |
//! |---|---|---|
//! | [`definition`] | the text of a definition | it compiles, or the error names a line of it |
//! | [`expression`] | an expression in jq and an answer | it ends |
//! | [`extract`] | a name of [`case`] and an answer | rows with keys, each once, or an error |
//! | [`money`] | words of an amount and a text | an amount with its digits, or an error |
//! | [`conversation`] | a name of [`case`] and answers | it ends |
//! | [`paging`] | how a walk goes on, and pages | it ends, and says how many rows it holds |
//! | [`robots`] | a path and a `robots.txt` | a decision, in little memory |
//! | [`unpack`] | how a body is packed, and the body | no more than may come out |

pub mod case;
pub mod seeds;

mod bounds;
mod definition;
mod expression;
mod extract;
mod money;
mod paging;
mod talk;

pub use bounds::{robots, unpack};
pub use definition::definition;
pub use expression::expression;
pub use extract::extract;
pub use money::money;
pub use paging::paging;
pub use talk::conversation;
