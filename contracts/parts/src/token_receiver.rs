//! Acceptance of tokens that are sent safely (ERC-721, ERC-1155): every token from anybody.
//!
//! The arguments are decoded and then ignored. Source: OpenZeppelin Contracts Upgradeable 4.7.3, `TimelockController` and
//! `Governor`.

use alloc::vec::Vec;

use alloy_primitives::{Address, FixedBytes, U256};
use alloy_sol_types::SolCall;
use ephor_abi::common::ITokenReceiver::{
    self, onERC721ReceivedCall, onERC1155BatchReceivedCall, onERC1155ReceivedCall,
};
use stylus_sdk::{host::VM, stylus_core::HostAccess};

use crate::{calldata::Memory, revert::Outcome, routes};

/// A contract that accepts tokens.
#[allow(unused_variables, reason = "what is received does not matter")]
pub trait TokenReceiver: HostAccess<Host = VM> {
    /// Accepts an ERC-721 token.
    ///
    /// # Errors
    /// None.
    fn on_erc721_received(
        &self,
        operator: Address,
        from: Address,
        id: U256,
        data: Memory<'_>,
    ) -> Outcome<FixedBytes<4>> {
        Ok(FixedBytes(onERC721ReceivedCall::SELECTOR))
    }

    /// Accepts ERC-1155 tokens of one kind.
    ///
    /// # Errors
    /// None.
    fn on_erc1155_received(
        &self,
        operator: Address,
        from: Address,
        id: U256,
        amount: U256,
        data: Memory<'_>,
    ) -> Outcome<FixedBytes<4>> {
        Ok(FixedBytes(onERC1155ReceivedCall::SELECTOR))
    }

    /// Accepts ERC-1155 tokens of several kinds.
    ///
    /// # Errors
    /// None.
    fn on_erc1155_batch_received(
        &self,
        operator: Address,
        from: Address,
        ids: Vec<U256>,
        amounts: Vec<U256>,
        data: Memory<'_>,
    ) -> Outcome<FixedBytes<4>> {
        Ok(FixedBytes(onERC1155BatchReceivedCall::SELECTOR))
    }
}

routes! {
    /// The callbacks of safe transfers.
    pub fn routes<C: TokenReceiver>;
    nonpayable ITokenReceiver::onERC721ReceivedCall =>
        on_erc721_received(operator: Address, from: Address, id: U256, data: Memory);
    nonpayable ITokenReceiver::onERC1155ReceivedCall =>
        on_erc1155_received(operator: Address, from: Address, id: U256, amount: U256, data: Memory);
    nonpayable ITokenReceiver::onERC1155BatchReceivedCall =>
        on_erc1155_batch_received(operator: Address, from: Address, ids: Vec<U256>, amounts: Vec<U256>, data: Memory);
}
