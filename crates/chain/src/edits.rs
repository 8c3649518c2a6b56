//! Changing accounts without a transaction, on rehearsal chains, several at a time.

use alloy_primitives::{Address, Bytes, U256, keccak256};
use alloy_rlp::Encodable;
use revm::{primitives::KECCAK_EMPTY, state::Bytecode};

use crate::{
    block::Block,
    chain::{Chain, ChainError},
    state::{AccountRecord, StateDelta},
};

/// What an account is to become. What is `None` stays, and so do slots that are not named.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccountEdit {
    /// Which.
    pub address: Address,
    /// Wei.
    pub balance: Option<U256>,
    /// Transactions sent.
    pub nonce: Option<u64>,
    /// Code; empty takes it away.
    pub code: Option<Bytes>,
    /// Slots and their values.
    pub slots: Vec<(U256, U256)>,
}

impl Chain {
    /// Changes accounts, all at once. An account named twice counts as its last mention says.
    ///
    /// # Errors
    /// [`ChainError::EditRefused`] unless this is a rehearsal chain; [`ChainError::Store`].
    pub fn edit_accounts(&mut self, edits: &[AccountEdit]) -> Result<(), ChainError> {
        if !self.config().rehearsal {
            return Err(ChainError::EditRefused { chain: self.config().chain_id });
        }
        let mut state = StateDelta::default();
        for edit in edits {
            let code = edit.code.clone().unwrap_or_else(|| self.code(edit.address));
            let code_hash = if code.is_empty() { KECCAK_EMPTY } else { keccak256(&code) };
            let record = AccountRecord {
                balance: edit.balance.unwrap_or_else(|| self.balance(edit.address)),
                nonce: edit.nonce.unwrap_or_else(|| self.nonce(edit.address)),
                code_hash,
            };
            state.accounts.push((edit.address, Some(record)));
            if edit.code.is_some() && code_hash != KECCAK_EMPTY {
                let code = Bytecode::new_raw_checked(code.clone()).unwrap_or_else(|_| Bytecode::new_legacy(code));
                state.codes.push((code_hash, code));
            }
            state.slots.extend(edit.slots.iter().map(|(slot, value)| (edit.address, *slot, *value)));
        }
        let step = self.ledger().edit(state)?;
        self.take_step(&step)
    }

    /// Every account there is, by ascending address.
    pub fn addresses(&self) -> Vec<Address> {
        self.ledger().state.addresses()
    }

    /// The size of a block's RLP encoding in bytes, give or take the length of its lists.
    pub fn block_size(&self, block: &Block) -> u64 {
        let stored = self.ledger().head(block.header.number).filter(|stored| stored.hash == block.hash);
        stored.map_or(0, |stored| stored.body_bytes) + (block.header.length() + 8) as u64
    }

    /// The number of the first block.
    pub fn first(&self) -> u64 {
        self.ledger().first()
    }
}
