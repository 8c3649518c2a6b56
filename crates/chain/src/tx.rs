//! Transactions: signed ones as everywhere on Ethereum, and unsigned ones of the chain's own.
//!
//! Signed transactions are legacy (with replay protection), EIP-2930 and EIP-1559. Unsigned ones are either *impersonated* (a
//! rehearsal acting as somebody else) or of the *system* (a bridge delivering a message); they pay no fees. Their
//! encoding is `0x75 ‖ rlp([system, source, from, to, value, mint, gas limit, data])`, their hash the hash of that, and `source`
//! makes the hash unique.

use alloy_consensus::{Transaction as _, TxEnvelope, TxType, Typed2718, transaction::SignerRecoverable};
use alloy_eips::{Decodable2718, Encodable2718};
use alloy_primitives::{Address, B256, Bytes, TxKind, U256, keccak256};
use alloy_rlp::{Decodable, Encodable, RlpDecodable, RlpEncodable};
use revm::context::{TxEnv, result::InvalidTransaction};

/// The EIP-2718 type of unsigned transactions.
pub const UNSIGNED_TX_TYPE: u8 = 0x75;

/// A transaction with its signature checked.
#[derive(Clone, Debug)]
pub struct SignedTx {
    envelope: TxEnvelope,
    sender: Address,
}

impl SignedTx {
    /// Recovers the sender.
    ///
    /// # Errors
    /// [`TxError::UnsupportedType`] for blob and set-code transactions, [`TxError::InvalidSignature`].
    pub fn recover(envelope: TxEnvelope) -> Result<Self, TxError> {
        match envelope.tx_type() {
            TxType::Legacy | TxType::Eip2930 | TxType::Eip1559 => {}
            other => return Err(TxError::UnsupportedType { tx_type: other.into() }),
        }
        // The envelope remembers its hash from here on: computed on the thread that recovers, not on the one that executes.
        let hash = *envelope.tx_hash();
        match envelope.recover_signer() {
            Ok(sender) => Ok(Self { envelope, sender }),
            Err(_) => Err(TxError::InvalidSignature { hash }),
        }
    }

    /// The transaction with its signature.
    pub fn envelope(&self) -> &TxEnvelope {
        &self.envelope
    }

    /// Who signed it.
    pub fn sender(&self) -> Address {
        self.sender
    }

    /// Its hash.
    pub fn hash(&self) -> B256 {
        *self.envelope.tx_hash()
    }
}

/// Recovers the senders of many transactions, on as many threads as the machine has cores. Results are in the order given.
///
/// # Errors
/// Each as [`SignedTx::recover`].
pub fn recover_all(envelopes: Vec<TxEnvelope>) -> Vec<Result<SignedTx, TxError>> {
    /// Below this a thread costs more than it saves.
    const WORTH_A_THREAD: usize = 32;
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(envelopes.len() / WORTH_A_THREAD);
    if threads <= 1 {
        return envelopes.into_iter().map(SignedTx::recover).collect();
    }
    let share = envelopes.len().div_ceil(threads);
    let mut shares = Vec::with_capacity(threads);
    let mut rest = envelopes;
    while rest.len() > share {
        let tail = rest.split_off(share);
        shares.push(std::mem::replace(&mut rest, tail));
    }
    shares.push(rest);
    std::thread::scope(|scope| {
        let recover = |share: Vec<TxEnvelope>| share.into_iter().map(SignedTx::recover).collect::<Vec<_>>();
        let threads: Vec<_> = shares.into_iter().map(|share| scope.spawn(move || recover(share))).collect();
        threads
            .into_iter()
            .flat_map(|thread| thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .collect()
    })
}

/// A transaction nobody signed.
#[derive(Clone, Debug, PartialEq, Eq, RlpEncodable, RlpDecodable)]
pub struct UnsignedTx {
    /// Whether it is the system's; otherwise it is impersonated.
    pub system: bool,
    /// What makes it unique: for a bridge message, its identity.
    pub source: B256,
    /// Whom it acts as.
    pub from: Address,
    /// The account called, or `Create`.
    pub to: TxKind,
    /// Wei sent along, out of `from`'s balance.
    pub value: U256,
    /// Wei created in `from`'s account beforehand, whatever the outcome: what a bridge locked on the other side.
    pub mint: U256,
    /// Gas it may use.
    pub gas_limit: u64,
    /// Calldata or init code.
    pub data: Bytes,
}

impl UnsignedTx {
    /// Its hash.
    pub fn hash(&self) -> B256 {
        keccak256(self.encoded())
    }

    fn encoded(&self) -> Vec<u8> {
        let mut out = vec![UNSIGNED_TX_TYPE];
        self.encode(&mut out);
        out
    }
}

/// Any transaction of a chain.
#[derive(Clone, Debug)]
#[expect(clippy::large_enum_variant, reason = "nearly all are signed; boxing them would allocate once a vote")]
pub enum Transaction {
    /// One with a signature.
    Signed(SignedTx),
    /// One without.
    Unsigned(UnsignedTx),
}

impl Transaction {
    /// Its hash.
    pub fn hash(&self) -> B256 {
        match self {
            Self::Signed(tx) => tx.hash(),
            Self::Unsigned(tx) => tx.hash(),
        }
    }

    /// Who signed it, or whom it acts as.
    pub fn from(&self) -> Address {
        match self {
            Self::Signed(tx) => tx.sender,
            Self::Unsigned(tx) => tx.from,
        }
    }

    /// The account called, or `Create`.
    pub fn to(&self) -> TxKind {
        match self {
            Self::Signed(tx) => tx.envelope.kind(),
            Self::Unsigned(tx) => tx.to,
        }
    }

    /// Wei sent along.
    pub fn value(&self) -> U256 {
        match self {
            Self::Signed(tx) => tx.envelope.value(),
            Self::Unsigned(tx) => tx.value,
        }
    }

    /// Calldata or init code.
    pub fn data(&self) -> &Bytes {
        match self {
            Self::Signed(tx) => tx.envelope.input(),
            Self::Unsigned(tx) => &tx.data,
        }
    }

    /// Gas it may use.
    pub fn gas_limit(&self) -> u64 {
        match self {
            Self::Signed(tx) => tx.envelope.gas_limit(),
            Self::Unsigned(tx) => tx.gas_limit,
        }
    }

    /// Its place among its sender's transactions; `None` if unsigned.
    pub fn nonce(&self) -> Option<u64> {
        match self {
            Self::Signed(tx) => Some(tx.envelope.nonce()),
            Self::Unsigned(_) => None,
        }
    }

    /// Its EIP-2718 type.
    pub fn tx_type(&self) -> u8 {
        match self {
            Self::Signed(tx) => tx.envelope.ty(),
            Self::Unsigned(_) => UNSIGNED_TX_TYPE,
        }
    }

    /// Wei it pays per gas under a base fee; an unsigned one pays nothing.
    pub fn effective_gas_price(&self, base_fee: u64) -> u128 {
        match self {
            Self::Signed(tx) => tx.envelope.effective_gas_price(Some(base_fee)),
            Self::Unsigned(_) => 0,
        }
    }

    /// Its EIP-2718 encoding.
    pub fn encoded(&self) -> Vec<u8> {
        match self {
            Self::Signed(tx) => tx.envelope.encoded_2718(),
            Self::Unsigned(tx) => tx.encoded(),
        }
    }

    /// Reads what [`Self::encoded`] wrote, given the sender found at the time.
    pub(crate) fn decode(mut encoded: &[u8], sender: Address) -> Result<Self, alloy_rlp::Error> {
        if let Some(mut rest) = encoded.strip_prefix(&[UNSIGNED_TX_TYPE]) {
            return Ok(Self::Unsigned(UnsignedTx::decode(&mut rest)?));
        }
        let envelope = TxEnvelope::decode_2718(&mut encoded).map_err(|error| match error {
            alloy_eips::eip2718::Eip2718Error::RlpError(error) => error,
            _ => alloy_rlp::Error::Custom("unknown transaction type"),
        })?;
        Ok(Self::Signed(SignedTx { envelope, sender }))
    }

    /// The transaction as revm takes it.
    pub(crate) fn to_revm(&self) -> TxEnv {
        match self {
            Self::Signed(SignedTx { envelope, sender }) => TxEnv {
                tx_type: envelope.ty(),
                caller: *sender,
                gas_limit: envelope.gas_limit(),
                gas_price: envelope.max_fee_per_gas(),
                kind: envelope.kind(),
                value: envelope.value(),
                data: envelope.input().clone(),
                nonce: envelope.nonce(),
                chain_id: envelope.chain_id(),
                access_list: envelope.access_list().cloned().unwrap_or_default(),
                gas_priority_fee: envelope.max_priority_fee_per_gas(),
                ..TxEnv::default()
            },
            Self::Unsigned(tx) => TxEnv {
                caller: tx.from,
                gas_limit: tx.gas_limit,
                gas_price: 0,
                kind: tx.to,
                value: tx.value,
                data: tx.data.clone(),
                chain_id: None,
                ..TxEnv::default()
            },
        }
    }
}

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
