//! The voting token: ERC-20 with delegation, checkpoints and permit.
