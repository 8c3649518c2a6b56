//! Why a chain refuses a transaction.

use alloy_consensus::Transaction as _;
use alloy_primitives::{Address, B256, U256};
use revm::context::result::InvalidTransaction;

use super::Transaction;

/// A transaction that the chain refuses.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TxError {
    /// Blob and set-code transactions.
    #[error("transactions of type {tx_type} are not supported: use legacy, EIP-2930 or EIP-1559")]
    UnsupportedType {
        /// Its EIP-2718 type.
        tx_type: u8,
    },
    /// The signature recovers to nobody.
    #[error("the signature of transaction {hash} is not valid")]
    InvalidSignature {
        /// The transaction.
        hash: B256,
    },
    /// A legacy transaction that is valid on every chain.
    #[error("the transaction names no chain id and could be replayed elsewhere: sign it for chain {chain} (EIP-155)")]
    Unprotected {
        /// The chain that refuses it.
        chain: u64,
    },
    /// Signed for another chain.
    #[error("the transaction was signed for chain {tx}, this is chain {chain}")]
    WrongChain {
        /// The chain id it was signed for.
        tx: u64,
        /// The chain that refuses it.
        chain: u64,
    },
    /// Its place among the sender's transactions is taken.
    #[error("nonce {tx} is used up, the next one is {state}")]
    NonceTooLow {
        /// The transaction's nonce.
        tx: u64,
        /// The sender's next nonce, pending transactions included.
        state: u64,
    },
    /// Transactions before it are missing.
    #[error("nonce {tx} is too high, the next one is {state}")]
    NonceTooHigh {
        /// The transaction's nonce.
        tx: u64,
        /// The sender's next nonce, pending transactions included.
        state: u64,
    },
    /// The sender cannot pay for gas and value.
    #[error("the sender has {balance} wei and needs up to {needed}")]
    InsufficientFunds {
        /// Wei needed at most.
        needed: U256,
        /// Wei there.
        balance: U256,
    },
    /// More gas than a block has.
    #[error("a gas limit of {tx} is more than the {block} of a whole block")]
    GasLimitAboveBlock {
        /// The transaction's gas limit.
        tx: u64,
        /// The block's gas limit.
        block: u64,
    },
    /// Not even enough gas to begin.
    #[error("a gas limit of {limit} does not cover the {intrinsic} gas the transaction costs before it runs")]
    IntrinsicGas {
        /// Gas needed before execution.
        intrinsic: u64,
        /// The transaction's gas limit.
        limit: u64,
    },
    /// It would pay less than every transaction must.
    #[error("a fee of at most {max_fee} wei per gas is below the base fee of {base_fee}")]
    FeeBelowBaseFee {
        /// The most it would pay, in wei per gas.
        max_fee: u128,
        /// The chain's base fee, in wei per gas.
        base_fee: u64,
    },
    /// EIP-1559 fees that contradict each other.
    #[error("a priority fee of {tip} wei per gas is above the maximal fee of {max_fee}")]
    TipAboveMaxFee {
        /// The priority fee.
        tip: u128,
        /// The maximal fee.
        max_fee: u128,
    },
    /// The sender is a contract (EIP-3607).
    #[error("the sender {sender} is a contract and cannot sign transactions")]
    SenderHasCode {
        /// The sender.
        sender: Address,
    },
    /// Init code above the limit of EIP-3860.
    #[error("the init code of {len} bytes is too long")]
    InitCodeTooLong {
        /// Its length in bytes.
        len: usize,
    },
    /// The same transaction again.
    #[error("transaction {hash} is known already")]
    AlreadyKnown {
        /// The transaction.
        hash: B256,
    },
    /// Impersonation where signatures are required.
    #[error("chain {chain} is no rehearsal chain: sign the transaction")]
    ImpersonationRefused {
        /// The chain that refuses it.
        chain: u64,
    },
    /// Another fault that the virtual machine found.
    #[error("the transaction is not valid: {0}")]
    Other(InvalidTransaction),
}

impl TxError {
    /// What the virtual machine found wrong with `tx`.
    pub(crate) fn from_revm(fault: InvalidTransaction, tx: &Transaction, block_gas_limit: u64, base_fee: u64) -> Self {
        let fees = |tx: &Transaction| match tx {
            Transaction::Signed(tx) => {
                (tx.envelope.max_fee_per_gas(), tx.envelope.max_priority_fee_per_gas().unwrap_or_default())
            }
            Transaction::Unsigned(_) => (0, 0),
        };
        match fault {
            InvalidTransaction::NonceTooLow { tx, state } => Self::NonceTooLow { tx, state },
            InvalidTransaction::NonceTooHigh { tx, state } => Self::NonceTooHigh { tx, state },
            InvalidTransaction::LackOfFundForMaxFee { fee, balance } => {
                Self::InsufficientFunds { needed: *fee, balance: *balance }
            }
            InvalidTransaction::CallerGasLimitMoreThanBlock => {
                Self::GasLimitAboveBlock { tx: tx.gas_limit(), block: block_gas_limit }
            }
            InvalidTransaction::CallGasCostMoreThanGasLimit { initial_gas: intrinsic, gas_limit: limit }
            | InvalidTransaction::GasFloorMoreThanGasLimit { gas_floor: intrinsic, gas_limit: limit } => {
                Self::IntrinsicGas { intrinsic, limit }
            }
            InvalidTransaction::GasPriceLessThanBasefee => Self::FeeBelowBaseFee { max_fee: fees(tx).0, base_fee },
            InvalidTransaction::PriorityFeeGreaterThanMaxFee => {
                let (max_fee, tip) = fees(tx);
                Self::TipAboveMaxFee { tip, max_fee }
            }
            InvalidTransaction::RejectCallerWithCode => Self::SenderHasCode { sender: tx.from() },
            InvalidTransaction::CreateInitCodeSizeLimit => Self::InitCodeTooLong { len: tx.data().len() },
            other => Self::Other(other),
        }
    }
}
