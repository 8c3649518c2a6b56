//! What a person can see: plain data, gathered in one go. How it is shown is the business of others.
//!
//! | module | shows |
//! |---|---|
//! | [`election`] | an election: phase, deadlines, contenders, nominees, tallies, the cut line; an account's voting power |
//! | [`council`] | who sits, and whether each Safe follows |
//! | [`pipeline`] | updates under way, and the next step of each |
//! | [`proposals`] | removals, and what the core governor decides |

pub mod council;
pub mod election;
pub mod pipeline;
pub mod proposals;

pub use council::{CouncilView, SafeView};
pub use election::{ElectionView, PowerView};
pub use pipeline::{NextStep, PipelineView, UpdateView};
pub use proposals::ProposalView;
