//! Simulation: the sales that a policy would have seen with a budget of requests.
//!
//! The policy and the [`Schedule`](crate::schedule::Schedule) are those of the leader; only the
//! queue, the agents and the clock are simulated. They are compared with two schedules that know
//! the future, with the same budget: see [`clairvoyant`].
//!
//! | module | takes | gives |
//! |---|---|---|
//! | [`world`] | | showtimes and the instant of every sale |
//! | [`synthetic`] | a seed | synthetic sales |
//! | [`history`] | stored snapshots | the sales that they show |
//! | [`play`] | a world, a policy, a budget | the looks that the leader would take |
//! | [`clairvoyant`] | a world, a budget | the looks of a schedule that knows the future |
//! | [`score`] | a world, looks | the sales that they saw in time |
//! | [`compare`] | a world, a policy, a budget | the policy compared with all others |

pub mod world;
pub mod synthetic;
pub mod history;
pub mod play;
pub mod clairvoyant;
pub mod score;
pub mod compare;
