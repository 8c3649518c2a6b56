//! The root of the state in each header, and proofs against it.
//!
//! On a chain with [`ChainConfig::state_roots`](crate::ChainConfig::state_roots), the header of a stored block commits to the state after
//! it, and an empty block carries the root of the stored block before it on, as its state is the same.
//!
//! ```text
//!             edit                      block
//! root = header's ──▶ root ≠ header's: no proofs ──▶ root = header's
//! ```
//!
//! An edit changes the state outside of blocks. The root of the next stored block covers it; until then no header commits to the state
//! as it is, and proofs are refused rather than made against a root that nobody can find. Mining a block, be it without transactions, is
//! enough. Proofs are of the latest state only: the tries are kept in one version.

use alloy_primitives::{Address, B256, Bytes, U256, keccak256};

use crate::{
    chain::Chain,
    ledger::{Delta, Ledger},
    state::{AccountRecord, Accounts, StateDelta},
    trie::{NodeKey, Nodes, TrieDelta, TrieError, TrieId, advance, hashed_slot, prove, root},
};

/// An account with some of its slots, and the nodes that prove them: what `eth_getProof` returns. Source: EIP-1186.
///
/// The nodes of a proof are RLP-encoded, from the root downwards, each named by its hash in the one before. They prove a value, or by
/// where they end that there is none. An empty trie has none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// The account.
    pub address: Address,
    /// Its balance in wei.
    pub balance: U256,
    /// Its nonce.
    pub nonce: u64,
    /// The hash of its code; that of no bytes for an account without.
    pub code_hash: B256,
    /// The root of its storage.
    pub storage_hash: B256,
    /// Proves the account against the state root of the latest block, at `keccak256(address)`.
    pub account_proof: Vec<Bytes>,
    /// The slots asked for, in that order.
    pub storage: Vec<SlotProof>,
}

/// A slot and its proof.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SlotProof {
    /// The slot.
    pub key: U256,
    /// Its value.
    pub value: U256,
    /// Proves it against the account's storage root, at `keccak256(slot)`.
    pub proof: Vec<Bytes>,
}

/// Why there is no proof.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// The chain's headers do not commit to its state.
    #[error("chain {chain} computes no state roots, so there is nothing to prove: start it with them")]
    NoRoots {
        /// The chain.
        chain: u64,
    },
    /// The state was edited since the last stored block.
    #[error("the state was edited after block {block}, so no header commits to it yet: mine a block, then ask again")]
    Edited {
        /// The last block whose header commits to the state.
        block: u64,
    },
    /// Proofs of a past state were asked for.
    #[error("the state is proved as of block {first} and later, not as of block {block}: ask for the latest")]
    Past {
        /// The block that was asked for.
        block: u64,
        /// The first block with the state that can be proved.
        first: u64,
    },
    /// The tries cannot be read.
    #[error(transparent)]
    Trie(#[from] TrieError),
}

impl Chain {
    /// The last stored block up to a number: a block has the state that this one left, and an empty block's hash follows from its hash.
    pub fn stored_until(&self, number: u64) -> Option<u64> {
        Some(self.ledger().anchor(number)?.number)
    }

    /// Proves what an account and some of its slots are, against the state root of the latest block.
    ///
    /// At a block of the past, as within [`Self::with_state_at`], only if the state has not changed since.
    ///
    /// # Errors
    /// [`ProofError`].
    pub fn proof(&self, address: Address, slots: &[U256]) -> Result<Proof, ProofError> {
        let ledger = self.ledger();
        if !ledger.config.state_roots {
            return Err(ProofError::NoRoots { chain: ledger.config.chain_id });
        }
        let first = ledger.tip().number;
        if let Some(block) = ledger.state.looks_at().filter(|block| *block < first) {
            return Err(ProofError::Past { block, first });
        }
        if root(ledger, TrieId::Accounts) != ledger.tip().state_root {
            return Err(ProofError::Edited { block: first });
        }
        let hashed = keccak256(address);
        let storage = TrieId::Storage(hashed);
        let prove_slot = |key: &U256| {
            let proof = prove(ledger, storage, hashed_slot(*key))?;
            Ok(SlotProof { key: *key, value: ledger.state.slot(address, *key), proof })
        };
        let AccountRecord { balance, nonce, code_hash } = ledger.state.record(address).unwrap_or_default();
        Ok(Proof {
            address,
            balance,
            nonce,
            code_hash,
            storage_hash: root(ledger, storage),
            account_proof: prove(ledger, TrieId::Accounts, hashed)?,
            storage: slots.iter().map(prove_slot).collect::<Result<_, TrieError>>()?,
        })
    }
}

impl Ledger {
    /// The root of the state after a step, and what the step changes in the tries. Zero and nothing where no roots are computed.
    ///
    /// # Errors
    /// [`TrieError`] when the tries cannot be read.
    pub(crate) fn rooted(&self, step: &StateDelta) -> Result<TrieDelta, TrieError> {
        if !self.config.state_roots {
            return Ok(TrieDelta::default());
        }
        advance(self, step, |address| self.state.record(address).unwrap_or_default())
    }

    /// The step that changes the state and nothing else.
    ///
    /// # Errors
    /// As [`Self::rooted`].
    pub(crate) fn edit(&self, state: StateDelta) -> Result<Delta, TrieError> {
        Ok(Delta { nodes: self.rooted(&state)?.nodes, state, ..Delta::default() })
    }
}

impl Nodes for Ledger {
    fn node(&self, key: &NodeKey) -> Option<Bytes> {
        match self.disk() {
            Some(disk) => disk.node(key),
            None => self.nodes.node(key),
        }
    }
}
