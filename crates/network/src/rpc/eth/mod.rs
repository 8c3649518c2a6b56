//! `eth_*`: what wallets and libraries ask.

pub(super) mod blocks;
pub(super) mod calls;
pub(super) mod chain;
pub(super) mod fees;
pub(super) mod logs;
pub(super) mod sign;
pub(super) mod simulate;
pub(super) mod state;
pub(super) mod transactions;
