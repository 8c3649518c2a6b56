//! The timelock on Ethereum, which receives from the governance chain and forwards to other chains.
