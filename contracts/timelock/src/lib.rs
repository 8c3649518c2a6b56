//! The timelock on the governance chain.
