//! Simulation: what a policy would have seen of a world of sales with a budget of requests.
//!
//! The policy and the [`Schedule`](crate::schedule::Schedule) are those of the leader; only
//! the queue, the agents and the clock are played. Beside them stand two schedules that
//! know what no leader can know, with the same budget: see [`clairvoyant`].
//!
//! | module | takes | gives |
//! |---|---|---|
//! | [`world`] | | showtimes and the instant of every sale |
//! | [`synthetic`] | a seed | a made-up world |
//! | [`history`] | stored snapshots | the world that they saw |
//! | [`play`] | a world, a policy, a budget | the looks that the leader would take |
//! | [`clairvoyant`] | a world, a budget | the looks of who knows the future |
//! | [`score`] | a world, looks | what they saw in time |
//! | [`compare`] | a world, a policy, a budget | the policy beside all others |

pub mod world;
pub mod synthetic;
pub mod history;
pub mod play;
pub mod clairvoyant;
pub mod score;
pub mod compare;
