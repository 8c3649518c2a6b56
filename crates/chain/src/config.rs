//! What distinguishes one chain from another, and what it starts from.

use alloy_primitives::{Address, U256};
use revm::primitives::hardfork::SpecId;

use crate::executor::Code;

/// How blocks come about, and what contracts see as `block.number`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BlockRule {
    /// One block every so many seconds, as on Ethereum and OP Stack chains: block `n` has the timestamp
    /// `genesis + (n - genesis number) × seconds`, whether or not anything happened in it. Contracts see the chain's own number.
    Slots {
        /// Seconds between two blocks; at least one.
        seconds: u64,
    },
    /// A block whenever there is a transaction, as on Arbitrum chains: numbers are consecutive, timestamps are whatever the clock
    /// says. Contracts see the block number of Ethereum, which comes with each block's time.
    OnDemand,
}

/// The rules of one chain. They are fixed for its lifetime.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChainConfig {
    /// What signatures commit to. A rehearsal has ids of its own, so that nothing signed there is valid elsewhere.
    pub chain_id: u64,
    /// How blocks come about.
    pub blocks: BlockRule,
    /// The rules of the EVM.
    pub spec: SpecId,
    /// Wei per gas, the same in every block. Deviation: Ethereum adjusts it from block to block.
    pub base_fee: u64,
    /// Gas the transactions of one block may use together.
    pub gas_limit: u64,
    /// Receives the priority fees.
    pub coinbase: Address,
    /// Whether transactions may be impersonated and state may be edited. Never true for a chain that guards anything.
    pub rehearsal: bool,
    /// The slot that says the chain's own block number, if there is one: set in each block before its transactions.
    pub number_slot: Option<(Address, U256)>,
    /// Whether a chain in memory can be looked at as it was at any past block. One in a file always can. No rule of the chain.
    pub history: bool,
    /// Whether headers carry the root of the state, against which accounts and slots can be proved. Without, it is zero, and blocks are
    /// made faster.
    pub state_roots: bool,
}

impl ChainConfig {
    /// Ethereum's rules under another chain id: 12 s slots, no fees, impersonation allowed.
    ///
    /// Deviation: a block has room for any number of transactions, so that thousands of votes can be mined in one.
    pub fn ethereum(chain_id: u64) -> Self {
        Self {
            chain_id,
            blocks: BlockRule::Slots { seconds: 12 },
            spec: SpecId::PRAGUE,
            base_fee: 0,
            gas_limit: 1 << 40,
            coinbase: Address::ZERO,
            rehearsal: true,
            number_slot: None,
            history: false,
            state_roots: false,
        }
    }

    /// An Arbitrum chain's rules under another chain id: blocks on demand, Ethereum's block number, no fees, impersonation allowed. The gas
    /// limit is what its live headers say.
    pub fn arbitrum(chain_id: u64) -> Self {
        Self { blocks: BlockRule::OnDemand, gas_limit: 1 << 50, ..Self::ethereum(chain_id) }
    }

    /// An OP Stack chain's rules under another chain id: 2 s slots, no fees, impersonation allowed.
    pub fn optimism(chain_id: u64) -> Self {
        Self { blocks: BlockRule::Slots { seconds: 2 }, ..Self::ethereum(chain_id) }
    }
}

/// A point of time on a chain.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BlockTime {
    /// Seconds since the Unix epoch.
    pub timestamp: u64,
    /// Ethereum's block number then. Chains with slots of their own ignore it.
    pub l1_block: u64,
}

/// What a chain starts from: its first block and the accounts that exist in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Genesis {
    /// The number of the first block.
    pub number: u64,
    /// The time of the first block.
    pub time: BlockTime,
    /// The accounts that exist from the start.
    pub accounts: Vec<GenesisAccount>,
}

/// An account that exists from the start, or is put in place on a rehearsal chain.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GenesisAccount {
    /// Where.
    pub address: Address,
    /// Wei.
    pub balance: U256,
    /// Transactions sent, or contracts created. An account with code counts from one at least.
    pub nonce: u64,
    /// Bytecode or a native program.
    pub code: Option<Code>,
    /// Slots and their values.
    pub storage: Vec<(U256, U256)>,
}
