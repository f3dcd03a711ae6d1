//! The limits of a source: what each limit key may send, and when.
//!
//! Takes the limits of the definitions and the ends of jobs, gives permission for one request
//! at a time. All of it is in the leader's memory and pure: instants come in as arguments. A
//! new leader starts with empty buckets, and with the shares and budgets that are stored.
//!
//! | module | takes | gives |
//! |---|---|---|
//! | [`permit`] | a rate and a burst | permits, from a token bucket |
//! | [`rate_share`] | complaints and latency | the share of its rate that a key gets |
//! | [`calendar`] | a time zone and hours | whether a key may send, and on which day |
//! | [`budget`] | a number of requests a day | what is left of it |
//! | [`breaker`] | failures in a row | whether a host is left alone |
//! | [`key`] | all of these | the most urgent task of a key, if it may be sent |

pub mod permit;
pub mod rate_share;
pub mod calendar;
pub mod budget;
pub mod breaker;
pub mod key;
