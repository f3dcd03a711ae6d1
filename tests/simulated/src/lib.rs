//! The simulated chains: whole cinema chains over HTTP, whose truth can be asked for.
//!
//! Modules stand in the order in which a request passes through them, the world first.
//!
//! | module | is |
//! |---|---|
//! | [`options`] | what decides the world |
//! | [`calendar`] | simulated time on the wall clock |
//! | [`world`] | chains, cinemas, showtimes, found by their numbers |
//! | [`layout`], [`booking`], [`price`] | seats, what happens to them, what they cost |
//! | [`limit`], [`fault`] | what a chain refuses and how it fails |
//! | [`request`] | what a request asks for |
//! | [`seat_map`], [`pages`], [`codes`] | what it answers in each of the seven shapes |
//! | [`witness`] | what was asked and answered, logged before it is answered |
//! | [`serve`] | the server |
//! | [`definition`] | the definition files that read these chains |
//! | [`apps`] | apps that send events, beside the chains |
//!
//! A package of its own, which shares no code with the extraction that it tests and builds
//! without it; [`definition`] edits the text of the shipped definitions.

pub mod seed;

pub mod options;
pub mod calendar;
pub mod shape;
pub mod request;
pub mod layout;
pub mod redesign;
pub mod film;
pub mod booking;
pub mod price;
pub mod cache;
pub mod codes;
pub mod seat_map;
pub mod world;

pub mod limit;
pub mod fault;
pub mod pages;
pub mod witness;
pub mod serve;
pub mod definition;
pub mod apps;
